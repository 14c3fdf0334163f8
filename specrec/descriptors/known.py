"""Combines features of tracks from a table and from measurements."""

import pandas as pd

from specrec.descriptors.features import FEATURES, SYNONYMS, feature_name


def known_features(tracks: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Combines features: a table's value where it has one, else the measured one.

    Args:
        tracks: The tracks, with a table's columns; columns without a feature's name are ignored.
        measured: Measured features, one row per track in the same order.

    Returns:
        One row per track, float64, NaN where unknown. A table's `tempo`, in bpm too, goes into
        `tempo_bpm`.
    """
    known = measured.reset_index(drop=True).copy(deep=False)  # columns are replaced, never changed
    for column in (name for name in (*FEATURES, *SYNONYMS) if name in tracks):
        name = feature_name(column)
        given = pd.to_numeric(tracks[column], errors="coerce").astype("float64")
        given = given.reset_index(drop=True)
        known[name] = given.fillna(known[name]) if name in known else given
    return known
