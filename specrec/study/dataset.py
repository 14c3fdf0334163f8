"""The dataset of a study: tracks, their known features, and the vectors that are compared."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from specrec.catalog.feature_table import read_feature_table
from specrec.descriptors.features import FEATURES
from specrec.descriptors.known import known_features
from specrec.errors import QueryError
from specrec.recommend.by_features.settings import FeatureSettings
from specrec.recommend.by_features.sources import (
    Source,
    select_features,
    tracks_of_table,
)
from specrec.recommend.by_features.space import FeatureSpace
from specrec.recommend.collection import Collection
from specrec.shapes import Float64
from specrec.vectors import unit

Space = Literal["embeddings", "features"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Tracks as points of a space.

    Attributes:
        space: Whether they are compared by sound or by named features.
        tracks: One row a track, with the columns of a library's table.
        features: The known features, in their units; NaN where nothing is known.
        sources: Where each feature's values are from; empty if that is unknown.
        vectors: Embeddings of unit length, or features scaled robustly (median and
            interquartile range, held within 3; see `recommend.by_features.space`).
        columns: The feature that each column of the vectors stands for; none for embeddings.
        rows: Where the tracks stand in the library or table; others know too few features.
    """

    space: Space
    tracks: pd.DataFrame
    features: pd.DataFrame
    sources: Mapping[str, Source]
    vectors: Float64[np.ndarray, "tracks dim"]
    columns: tuple[str, ...] = ()
    rows: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self.vectors)

    def column(self, name: str) -> pd.Series:
        """A feature, or another column of the tracks.

        Raises:
            QueryError: If there is no such column, or it is empty.
        """
        columns = {str(key): self.tracks[key] for key in self.tracks}
        columns |= {str(key): self.features[key] for key in self.features}
        if name not in columns:
            close = difflib.get_close_matches(name, columns, n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(close)}?" if close else f"has {', '.join(columns)}"
            raise QueryError(f"{name}: no column of that name; {hint}")
        if columns[name].isna().all():
            raise QueryError(f"{name}: holds nothing; name another column")
        return columns[name].reset_index(drop=True)


def of_library(collection: Collection, space: Space = "embeddings") -> Dataset:
    """Takes a library's tracks; their features are a table's, else measured, else predicted.

    Raises:
        QueryError: If the space is of features and none are known.
    """
    sources = collection.feature_sources
    if space == "features":
        return _by_features(collection.tracks, sources)
    features, origins = known_of(sources)
    vectors = unit(np.asarray(collection.embeddings, dtype=np.float64))
    rows = np.arange(len(vectors))
    return Dataset(space, collection.tracks, features, origins, vectors, rows=rows)


def of_table(table: Path | pd.DataFrame) -> Dataset:
    """Takes the tracks of a table of features, such as Spotify's.

    Raises:
        CatalogError: If it can't be read.
        QueryError: If it has no features.
    """
    tracks = tracks_of_table(read_feature_table(table))
    known = known_features(tracks, pd.DataFrame(index=tracks.index))
    return _by_features(tracks, {"table": known})


def _by_features(tracks: pd.DataFrame, sources: Mapping[Source, pd.DataFrame]) -> Dataset:
    compared = select_features(tracks, sources, ())
    values = compared.values.iloc[compared.rows].reset_index(drop=True)
    tracks = tracks.iloc[compared.rows].reset_index(drop=True)
    return of_features(values, tracks, compared.sources, compared.rows)


def of_features(
    features: pd.DataFrame,
    tracks: pd.DataFrame | None = None,
    sources: Mapping[str, Source] | None = None,
    rows: np.ndarray | None = None,
) -> Dataset:
    """Makes points whose coordinates are features, scaled robustly.

    Args:
        features: One column a feature, in its unit; NaN is imputed.
        tracks: The tracks, in the same order; None for numbers alone.
        sources: Where each feature's values are from.
        rows: Where the tracks stand in what they are taken from; None for the same places.
    """
    space = FeatureSpace.fit(features, FeatureSettings(metric="euclidean"))
    names = tuple(space.names[owner] for owner in space.owner)
    return Dataset(
        "features",
        pd.DataFrame(index=features.index) if tracks is None else tracks,
        features,
        sources or {},
        space.vectors(features),
        names,
        np.arange(len(features)) if rows is None else rows,
    )


def known_of(sources: Mapping[Source, pd.DataFrame]) -> tuple[pd.DataFrame, dict[str, Source]]:
    """Every feature that has an order, from the first source that has it, and which that is."""
    found: dict[str, tuple[Source, pd.Series]] = {}
    for source, frame in sources.items():
        for name in frame:
            ordered = name in FEATURES and FEATURES[name].kind != "class"
            if ordered and frame[name].notna().any():
                found.setdefault(str(name), (source, frame[name].astype("float64")))
    length = len(next(iter(sources.values()))) if sources else 0
    columns = {name: values for name, (_, values) in found.items()}
    frame = pd.DataFrame(columns, index=range(length))
    return frame, {name: source for name, (source, _) in found.items()}
