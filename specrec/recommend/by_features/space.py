"""The space of named features in which tracks are compared: scales, weights, metric."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from specrec.descriptors.features import FEATURES, Feature
from specrec.errors import QueryError
from specrec.explain.counterfactual import needed_move
from specrec.recommend.by_features.settings import FeatureSettings, Metric, Scaling
from specrec.shapes import Float64, Int
from specrec.vectors import unit

CLIP_AT = 3.0
"""Spreads from the median at which robust scaling clips values."""

_NORMAL_IQR = 1.3489795  # interquartile range of a normal distribution of unit variance


@dataclass(frozen=True, eq=False)
class FeatureSpace:
    """Vectors of features, in which a score is a sum over the features.

    Attributes:
        features: The features that are compared.
        metric: `cosine` or `euclidean`.
        weights: Weights of the features, 0 or more.
        owner: Number of the feature to which each column belongs; a pitch class has two columns.
        center: The number that is subtracted from each column.
        spread: The number by which it is then divided.
        limit: The absolute value at which it is clipped; infinite except for robust scaling.
        imputed: The value for a missing one: the center, or without scaling the median.
        variance: Variance of each column of the vectors over the fitted tracks.
    """

    features: tuple[Feature, ...]
    metric: Metric
    weights: Float64[np.ndarray, " features"]
    owner: Int[np.ndarray, " columns"]
    center: Float64[np.ndarray, " columns"]
    spread: Float64[np.ndarray, " columns"]
    limit: float
    imputed: Float64[np.ndarray, " columns"]
    variance: Float64[np.ndarray, " columns"]

    @classmethod
    def fit(cls, values: pd.DataFrame, settings: FeatureSettings) -> "FeatureSpace":
        """Fits a space to tracks: finds the centers and spreads of their features.

        Args:
            values: One row per track, one column per feature, in its unit; NaN if unknown.
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
            CLIP_AT if settings.scaling == "robust" else np.inf,
            np.nanmedian(scaled, axis=0) if raw else center,
            np.zeros(len(owner)),
        )
        variance = space.vectors(values).var(axis=0)
        return cls(**vars(space) | {"variance": variance})

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the features."""
        return tuple(item.name for item in self.features)

    def vectors(self, values: pd.DataFrame) -> Float64[np.ndarray, "tracks columns"]:
        """Turns values in their units into vectors: scaled, clipped, times roots of weights."""
        scaled = _scaled(self.features, values)
        moved = (np.where(np.isnan(scaled), self.imputed, scaled) - self.center) / self.spread
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
        """Computes what each feature adds to the scores of some tracks; the sum is the score.

        With x and y the two vectors, a column adds x y / (|x| |y|) to a cosine, and
        (v - (x - y)^2 / 2) / V to the Euclidean score, with v the column's variance and V the sum
        of all variances.
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
        """Computes the scores of some tracks for a query, at most 1; higher is nearer."""
        return self.parts(query, tracks).sum(axis=1)

    def without(
        self,
        query: Float64[np.ndarray, " columns"],
        tracks: Float64[np.ndarray, "tracks columns"],
    ) -> Float64[np.ndarray, "tracks features"]:
        """Computes the scores with each feature in turn left out."""
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
        """Finds the least change of a feature that gives a track a certain score.

        Returns:
            Value before and after, in the feature's unit; a clipped value counts as the bound. None
            if no change gives that score, or the feature is a class.
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

    def distances(
        self,
        query: Float64[np.ndarray, " columns"],
        tracks: Float64[np.ndarray, "tracks columns"],
    ) -> Float64[np.ndarray, "tracks features"]:
        """Computes the distances of tracks to a query by feature, in spreads, without weights."""
        roots = np.where(self._roots > 0, self._roots, np.inf)
        distances: np.ndarray = np.sqrt(np.square((tracks - query) / roots) @ self._members)
        return distances


def _feature(name: str, raw: bool) -> Feature:
    """Finds a feature by name; a linear one if the name is unknown, or nothing is scaled."""
    known = FEATURES.get(name)
    return Feature(name, "", "amount", "linear") if known is None or raw else known


def _possible(name: str, value: float) -> bool:
    """Whether a value is in the range of a feature."""
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
