"""What a page shows tracks of: a library, or a table of features."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from specrec.descriptors.features import CONCEPTS
from specrec.explain.feature_stats import FeatureStats
from specrec.recommend.by_features.recommender import FeatureRecommender
from specrec.recommend.collection import Collection
from specrec.recommend.results import Track, track_of_row
from specrec.report.page.data import Tile
from specrec.shapes import Float64


@dataclass(frozen=True, eq=False)
class TrackList:
    """Tracks and what is known of them.

    Attributes:
        name: Name of the library or table.
        tracks: One row a track.
        features: One row a track, in the features' units; NaN where nothing is known.
        stats: The distribution of each feature.
        audio_root: The folder to which the tracks' paths are relative; None if there is no audio.
    """

    name: str
    tracks: pd.DataFrame
    features: pd.DataFrame
    stats: FeatureStats
    audio_root: Path | None

    @classmethod
    def of_library(cls, collection: Collection) -> "TrackList":
        """Takes all tracks of a library."""
        return cls(
            collection.folder.resolve().name,
            collection.tracks,
            collection.features,
            collection.stats,
            collection.audio_root,
        )

    @classmethod
    def of_table(cls, table: Path, recommender: FeatureRecommender) -> "TrackList":
        """Takes the tracks of a table whose features are known."""
        return cls(
            table.name,
            recommender.tracks,
            recommender.known,
            recommender.stats,
            recommender.audio_root,
        )

    @property
    def ordered(self) -> list[str]:
        """Names of the features whose values have an order; concepts are left out."""
        return [
            item.name
            for item in self.stats.features
            if item.kind != "class" and item.name not in CONCEPTS
        ]

    def numbers(self, name: str) -> Float64[np.ndarray, " tracks"]:
        """A feature of all tracks, or another column; NaN where there is no number."""
        column = self.features[name] if name in self.features else self.tracks[name]
        values: np.ndarray = pd.to_numeric(column, errors="coerce").to_numpy(
            np.float64, na_value=np.nan
        )
        return values

    def has_numbers(self, name: str) -> bool:
        """Whether a column has two different numbers or more."""
        if name not in self.tracks:
            return False
        values = self.numbers(name)
        return len(np.unique(values[np.isfinite(values)])) > 1

    def tile(self, track: int | Track, note: str) -> Tile:
        """A track, or that in a row, with a note on it."""
        if isinstance(track, int):
            track = track_of_row(self.tracks.iloc[track])
        file = None
        if track.track_id is None:
            file = Path(track.path)
        elif self.audio_root is not None and track.path:
            file = self.audio_root / track.path
        return Tile(track, note, file)
