"""Selects the features to compare, and their source: a table, the waveform, or a probe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from specrec.catalog.columns import TAG_COLUMNS
from specrec.catalog.feature_table import FeatureTable
from specrec.catalog.tables import PATH_COLUMNS
from specrec.descriptors.features import FEATURES, feature_name
from specrec.descriptors.known import known_features
from specrec.errors import QueryError
from specrec.model.probe import Probe
from specrec.recommend.query import Query
from specrec.shapes import Float32, Int64

Source = Literal["table", "measured", "predicted"]

LEAST_KNOWN = 0.5
"""Least share of the features that must be known for a track to be compared."""

_EXAMPLES = ("energy", "tempo", "acousticness")


@dataclass(frozen=True, eq=False)
class SelectedFeatures:
    """The features that are compared.

    Attributes:
        values: One row per track, one column per feature, in its unit; NaN if unknown.
        sources: Source of each feature's values, by name.
        rows: Rows of the tracks with at least half of the features.
        filled: Number of these tracks that lack a feature.
    """

    values: pd.DataFrame
    sources: dict[str, Source]
    rows: Int64[np.ndarray, " rows"]
    filled: int


def tracks_of_table(table: FeatureTable) -> pd.DataFrame:
    """Gives the tracks of a table the columns of a library's tracks."""
    tracks = table.tracks.copy()
    files = next((name for name in PATH_COLUMNS if name in tracks), None)
    path = pd.Series("", tracks.index) if files is None else tracks[files].fillna("")
    tracks = tracks.drop(columns=[] if files is None else files).assign(path=path)
    if "genre" in tracks:
        tracks["genre"] = tracks["genre"].map("; ".join).replace("", pd.NA)
    for name, dtype in TAG_COLUMNS.items():
        given = tracks.get(name, pd.Series(pd.NA, tracks.index))
        if dtype != "string":  # a date, say, is no year
            given = pd.to_numeric(given, errors="coerce")
            given = given.where(given % 1 == 0) if dtype == "Int64" else given
        tracks[name] = given.astype(dtype)
    tracks["title"] = tracks["title"].fillna(tracks["track_id"])
    return tracks


def sources_of(
    tracks: pd.DataFrame,
    descriptors: pd.DataFrame,
    probe: Probe | None,
    embeddings: Float32[np.ndarray, "tracks dim"],
) -> dict[Source, pd.DataFrame]:
    """Collects the features of a library's tracks by source, the most trusted source first.

    Args:
        tracks: The library's tracks, with the columns of its table if there is one.
        descriptors: Measured features, one row per track.
        probe: Predicts features from embeddings; None if there is no probe.
        embeddings: Centered embeddings of the tracks.

    Returns:
        One table of features per source, with one row per track.
    """
    nothing = pd.DataFrame(index=range(len(tracks)))
    predicted = {} if probe is None else probe.predict(np.asarray(embeddings))
    usable = [] if probe is None else [item.feature.name for item in probe.usable()]
    return {
        "table": known_features(tracks, nothing),
        "measured": descriptors.reset_index(drop=True),
        "predicted": pd.DataFrame({name: predicted[name] for name in usable}, nothing.index),
    }


def features_of_file(
    query: Query, probe: Probe | None, sources: Mapping[str, Source]
) -> dict[str, float]:
    """Collects the features of a file outside a library, of which a table has none.

    Args:
        query: The file, measured and embedded.
        probe: Predicts features from an embedding; None if there is no probe.
        sources: Source of each feature that is compared, by name.

    Returns:
        Known features, by name and in their units.
    """
    told = {name for name, source in sources.items() if source == "table"}
    known = {name: value for name, value in query.features.items() if name not in told}
    guessed = [name for name, source in sources.items() if source == "predicted"]
    if guessed and probe is not None:
        predicted = probe.predict(query.sound[None])
        known |= {name: float(predicted[name][0]) for name in guessed}
    return known


def select_features(
    tracks: pd.DataFrame, sources: Mapping[Source, pd.DataFrame], wanted: Sequence[str]
) -> SelectedFeatures:
    """Selects the features with given names, or all amounts and confidences of the first source.

    Args:
        tracks: One row per track; its numeric columns may be selected too.
        sources: Tables of features; a feature is taken from the first that has it.
        wanted: Names of features; empty for those of the first source.

    Raises:
        QueryError: If a name is unknown, or no feature is known for two tracks.
    """
    found: dict[str, tuple[Source, pd.Series]] = {}
    for source, frame in sources.items():
        for name in frame:
            if name in FEATURES and frame[name].notna().any():
                found.setdefault(str(name), (source, frame[name]))
    names = list(dict.fromkeys(feature_name(name) for name in wanted))
    if not names:
        usable = [name for name in found if FEATURES[name].kind != "class"]
        first = [found[name][0] for name in usable][:1]
        names = [name for name in usable if found[name][0] in first]
    if not names:
        raise QueryError(
            "the tracks have no features; index with measure_features=true or feature_table=TABLE"
            if "measured" in sources
            else f"the table has none of the known features, such as {', '.join(_EXAMPLES)}"
        )
    for name in names:
        if name not in found:
            found[name] = "table", _numbers(tracks, name, found)
    values = pd.DataFrame({name: found[name][1].astype("float64") for name in names})
    known = values.notna().mean(axis=1).to_numpy()
    rows = np.flatnonzero(known >= LEAST_KNOWN)
    if len(rows) < 2:
        what = ", ".join(wanted) or "the features"
        raise QueryError(f"{what}: known for fewer than 2 tracks, so there is nothing to compare")
    filled = int((known[rows] < 1).sum())
    return SelectedFeatures(values, {name: found[name][0] for name in names}, rows, filled)


def _numbers(tracks: pd.DataFrame, name: str, found: Mapping[str, object]) -> pd.Series:
    """Finds a numeric column.

    Raises:
        QueryError: If no numeric column has that name.
    """
    plain = [str(column) for column in tracks if pd.api.types.is_numeric_dtype(tracks[column])]
    plain = [column for column in plain if tracks[column].notna().any()]
    if name not in plain:
        known = ", ".join(dict.fromkeys([*found, *plain]))
        raise QueryError(f"{name}: unknown feature; the known ones are {known}")
    return tracks[name].reset_index(drop=True)
