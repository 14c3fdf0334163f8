"""The space in which tracks are compared by named features: columns, scales, weights, metric."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float64, Int

from specrec.descriptors.features import FEATURES, Feature
from specrec.errors import QueryError
from specrec.explain.ablation import needed_move
from specrec.recommend.by_features.settings import FeatureSettings, Metric, Scaling
from specrec.vectors import unit

HELD = 3.0
"""Spreads from the median beyond which robust scaling tells values apart no more."""

_NORMAL_IQR = 1.3489795  # interquartile range of a normal distribution of unit variance


@dataclass(frozen=True, eq=False)
class FeatureSpace:
    """Vectors of features, in which a score is a sum over the features.

    Attributes:
        features: What is compared.
        metric: How.
        weights: Of the features.
        owner: Number of the feature to which each column belongs; a pitch class has two.
        center: What is taken from each column.
        spread: What it is then divided by.
        limit: Where it is held; infinite but for robust scaling.
        usual: What stands for a missing value: the center, or without scaling the median.
        variance: Of the fitted tracks' columns.
    """

    features: tuple[Feature, ...]
    metric: Metric
    weights: Float64[np.ndarray, " features"]
    owner: Int[np.ndarray, " columns"]
    center: Float64[np.ndarray, " columns"]
    spread: Float64[np.ndarray, " columns"]
    limit: float
    usual: Float64[np.ndarray, " columns"]
    variance: Float64[np.ndarray, " columns"]

    @classmethod
    def fit(cls, values: pd.DataFrame, settings: FeatureSettings) -> "FeatureSpace":
        """Finds centers and spreads.

        Args:
            values: One column a feature, in its unit; NaN where it is not known.
            settings: Scaling, metric and weights.

        Raises:
            QueryError: If a weight is given to a feature that is not compared, or all are 0.
        """
        raw = settings.scaling == "none"
        features = tuple(_feature(name, raw) for name in values)
        weights = np.array([float(settings.weights.get(item.name, 1.0)) for item in features])
        for name in settings.weights:
            if name not in values:
                raise QueryError(
                    f"weight of {name}: not compared; the features are {', '.join(values)}"
                )
        if not weights.any():
            raise QueryError("all weights are 0; give one feature a weight above 0")
        scaled = _scaled(features, values)
        owner = np.repeat(np.arange(len(features)), [item.columns for item in features])
        circular = np.array([features[place].scale == "circular" for place in owner])
        center, spread = _center_and_spread(scaled, settings.scaling)
        center, spread = np.where(circular, 0.0, center), np.where(circular, 0.5**0.5, spread)
        space = cls(
            features,
            settings.metric,
            weights,
            owner,
            center,
            spread,
            HELD if settings.scaling == "robust" else np.inf,
            np.nanmedian(scaled, axis=0) if raw else center,
            np.zeros(len(owner)),
        )
        variance = space.vectors(values).var(axis=0)
        return cls(**vars(space) | {"variance": variance})

    @property
    def names(self) -> tuple[str, ...]:
        """Of the features."""
        return tuple(item.name for item in self.features)

    def vectors(self, values: pd.DataFrame) -> Float64[np.ndarray, "tracks columns"]:
        """Values in their units to vectors: scaled, held, times the roots of the weights."""
        scaled = _scaled(self.features, values)
        moved = (np.where(np.isnan(scaled), self.usual, scaled) - self.center) / self.spread
        weighted: np.ndarray = np.clip(moved, -self.limit, self.limit) * self._roots
        return weighted

    @property
    def _roots(self) -> Float64[np.ndarray, " columns"]:
        roots: np.ndarray = np.sqrt(self.weights)[self.owner]
        return roots

    def parts(
        self,
        query: Float64[np.ndarray, " columns"],
        tracks: Float64[np.ndarray, "tracks columns"],
    ) -> Float64[np.ndarray, "tracks features"]:
        """What each feature adds to the scores of some tracks: their sum is the score.

        With x and y the two vectors, a column of a cosine adds x y / (|x| |y|); of the Euclidean
        score (v - (x - y)^2 / 2) / V, with v the column's variance and V that of all.
        """
        return self._columns(query, tracks) @ self._members

    @property
    def _members(self) -> Float64[np.ndarray, "columns features"]:
        members: np.ndarray = (self.owner[:, None] == np.arange(len(self.features))).astype(float)
        return members

    def _columns(
        self, query: np.ndarray, tracks: np.ndarray, kept: np.ndarray | slice = slice(None)
    ) -> Float64[np.ndarray, "tracks kept"]:
        query, tracks = query[kept], tracks[:, kept]
        if self.metric == "cosine":
            return unit(tracks) * unit(query)
        variance = self.variance[kept]
        whole = variance.sum()
        columns: np.ndarray = variance - np.square(tracks - query) / 2
        return columns / whole if whole > 0 else np.zeros_like(columns)

    def scores(
        self,
        query: Float64[np.ndarray, " columns"],
        tracks: Float64[np.ndarray, "tracks columns"],
    ) -> Float64[np.ndarray, " tracks"]:
        """Scores of some tracks, at most 1; higher is nearer."""
        return self.parts(query, tracks).sum(axis=1)

    def without(
        self,
        query: Float64[np.ndarray, " columns"],
        tracks: Float64[np.ndarray, "tracks columns"],
    ) -> Float64[np.ndarray, "tracks features"]:
        """The scores if each feature in turn were not compared."""
        left = [
            self._columns(query, tracks, self.owner != number).sum(axis=1)
            for number in range(len(self.features))
        ]
        return np.stack(left, axis=1)

    def needed_change(
        self,
        query: Float64[np.ndarray, " columns"],
        track: Float64[np.ndarray, " columns"],
        number: int,
        score: float,
    ) -> tuple[float, float] | None:
        """The least change of a feature, in its unit as (from, to), that gives a track a score.

        A value that is held counts as the bound at which it is. None if no change does it, or
        the feature is a class.
        """
        columns = np.flatnonzero(self.owner == number)
        if len(columns) > 1 or self.weights[number] == 0:
            return None
        column = int(columns[0])
        move = self._needed_move(query, track, column, score)
        if move is None:
            return None
        ends = np.array([track[column], track[column] + move]) / self._roots[column]
        if abs(ends[1]) > self.limit:
            return None
        scaled = (self.center[column] + self.spread[column] * ends)[:, None]
        feature = self.features[number]
        before, after = feature.from_scale(scaled).tolist()
        felt = np.allclose(feature.to_scale(np.array([after])), scaled[1])  # the scale has ends too
        return (before, after) if felt and _possible(feature.name, after) else None

    def _needed_move(
        self, query: np.ndarray, track: np.ndarray, column: int, score: float
    ) -> float | None:
        if self.metric == "cosine":
            return needed_move(query, track, np.eye(len(query))[column], score)
        off = query[column] - track[column]
        rest = self.scores(query, track[None])[0] - score
        square = off**2 + 2 * self.variance.sum() * rest
        if square < 0:
            return None
        return float(min((off - np.sqrt(square), off + np.sqrt(square)), key=abs))

    def apart(
        self,
        query: Float64[np.ndarray, " columns"],
        tracks: Float64[np.ndarray, "tracks columns"],
    ) -> Float64[np.ndarray, "tracks features"]:
        """How far tracks are from a query in each feature, in spreads, whatever the weights."""
        roots = np.where(self._roots > 0, self._roots, np.inf)
        apart: np.ndarray = np.sqrt(np.square((tracks - query) / roots) @ self._members)
        return apart


def _feature(name: str, raw: bool) -> Feature:
    """A feature by name; a plain number if it has none, or nothing is to be scaled."""
    known = FEATURES.get(name)
    return Feature(name, "", "amount", "linear") if known is None or raw else known


def _possible(name: str, value: float) -> bool:
    """Whether a feature can have a value."""
    scale = FEATURES[name].scale if name in FEATURES else "linear"
    return 0 <= value <= 1 if scale == "logit" else scale != "log" or value > 0


def _scaled(
    features: tuple[Feature, ...], values: pd.DataFrame
) -> Float64[np.ndarray, "tracks columns"]:
    numbers = [values[item.name].to_numpy(np.float64, na_value=np.nan) for item in features]
    pairs = zip(features, numbers, strict=True)
    return np.concatenate([item.to_scale(column) for item, column in pairs], axis=1)


def _center_and_spread(
    scaled: Float64[np.ndarray, "tracks columns"], scaling: Scaling
) -> tuple[Float64[np.ndarray, " columns"], Float64[np.ndarray, " columns"]]:
    if scaling == "none":
        return np.zeros(scaled.shape[1]), np.ones(scaled.shape[1])
    center, deviation = np.nanmean(scaled, axis=0), np.nanstd(scaled, axis=0)
    spread = deviation
    if scaling == "robust":
        low, center, high = np.nanpercentile(scaled, [25, 50, 75], axis=0)
        spread = np.where(high > low, (high - low) / _NORMAL_IQR, deviation)
    return center, np.where(spread > 0, spread, 1.0)
