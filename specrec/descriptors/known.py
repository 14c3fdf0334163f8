"""Combines features of tracks from a table and from measurements."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from specrec.descriptors.features import FEATURES, SYNONYMS, feature_name
from specrec.shapes import Float64

if TYPE_CHECKING:
    import pandas as pd

Column: TypeAlias = "np.ndarray | pd.Series[Any]"
"""A column of a frame, or values by themselves."""


def known_features(tracks: "pd.DataFrame", measured: "pd.DataFrame") -> "pd.DataFrame":
    """Combines features as `known_columns` does.

    Returns:
        One row per track, float64, NaN where unknown.
    """
    import pandas as pd

    return pd.DataFrame(known_columns(tracks, measured), range(len(tracks)), copy=False)


def known_columns(
    tracks: "Mapping[str, Column]", measured: "Mapping[str, Column]"
) -> dict[str, Float64[np.ndarray, " tracks"]]:
    """Combines features: a table's value where it has one, else the measured one.

    >>> table = {"tempo": np.array([120.0, np.nan]), "mood": np.array(["calm", "wild"])}
    >>> known_columns(table, {"tempo_bpm": np.array([121.0, 90.0])})
    {'tempo_bpm': array([120.,  90.])}

    Args:
        tracks: Columns of a table of the tracks; those without a feature's name are ignored.
        measured: Measured features of the same tracks, by name.

    Returns:
        Features by name, NaN where unknown. A table's `tempo`, in bpm too, goes into `tempo_bpm`;
        its `key` is unknown where it is below 0.
    """
    known = {str(name): as_numbers(measured[name]) for name in measured}
    for column in (name for name in (*FEATURES, *SYNONYMS) if name in tracks):
        name, given = feature_name(column), as_numbers(tracks[column])
        if name == "key":  # a table of Spotify's has -1 where none was found
            given = np.where(given < 0, np.nan, given)
        known[name] = np.where(np.isnan(given), known[name], given) if name in known else given
    return known


def as_numbers(column: "Column") -> Float64[np.ndarray, " tracks"]:
    """The numbers in a column, NaN where it has none; not a copy if it is float64 already."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
        return np.asarray(column, np.float64)
    import pandas as pd

    numbers = pd.to_numeric(pd.Series(column), errors="coerce")
    return numbers.to_numpy(np.float64, na_value=np.nan)
