"""Compares tracks by sound and features in one score, with one weight."""

from functools import cached_property

import numpy as np

from specrec.errors import QueryError
from specrec.explain.directions import Directions
from specrec.explain.explainer import Explainer
from specrec.explain.explanation import Explanation
from specrec.recommend.by_features.recommender import FeatureRecommender
from specrec.recommend.by_features.space import FeatureSpace
from specrec.recommend.hubness import HubSample
from specrec.recommend.query import Query
from specrec.recommend.space import Space, highest
from specrec.shapes import Bool, Float, Float32, Float64, Int64
from specrec.vectors import unit

_SAMPLE = 500  # tracks between which the spread of similarities is measured


class HybridSpace(Space):
    """Compares tracks by a weighted mean of two cosines: of embeddings, and of features.

    Cosines in a space of few features are spread much wider than those of embeddings, and would
    decide alone. So sound is weighted by w and features by 1 - w in units of the spread (standard
    deviation) of each cosine between random pairs of tracks: with a and f these spreads, the share
    of sound in the mean is (w / a) / (w / a + (1 - w) / f). The mean is itself the cosine of the
    two unit vectors concatenated, each times the root of its share; so it is explained like every
    score, and what embedding and features add for one feature is summed under its name.

    Attributes:
        features: The comparable tracks in the space of features.
        share: Share of sound in the score, from 0 to 1.
        vectors: The two unit vectors of each comparable track, concatenated to length 1.
    """

    def __init__(
        self,
        embeddings: Float32[np.ndarray, "tracks dim"],
        features: FeatureRecommender,
        explainer: Explainer,
        weight: float,
    ) -> None:
        """Concatenates the vectors of sound and features.

        Args:
            embeddings: Centered embeddings of a library's tracks.
            features: The same tracks in the space of features.
            explainer: Explains matches by sound alone.
            weight: Weight of sound, from 0 to 1.

        Raises:
            QueryError: If the weight is not from 0 to 1, or the features are not compared by the
                cosine of scaled values.
        """
        if not 0 <= weight <= 1:
            raise QueryError(
                f"the weight of sound must be from 0 (features) to 1 (sound), not {weight:g}"
            )
        settings = features.settings
        if settings.metric != "cosine" or settings.scaling == "none":
            raise QueryError(
                "with sound, features are compared by the cosine of scaled values; leave out"
                " --metric euclidean and --scaling none"
            )
        sound = unit(np.asarray(embeddings)[features.rows])
        named = unit(features.vectors)
        of_sound = weight / max(_spread(sound), 1e-9)
        of_features = (1 - weight) / max(_spread(named), 1e-9)
        self.features = features
        self.share = of_sound / (of_sound + of_features)
        self.vectors: Float64[np.ndarray, "tracks columns"] = self._joined(sound, named)
        self._by_sound = explainer

    def _joined(
        self, sound: Float64[np.ndarray, "*rows dim"], named: Float64[np.ndarray, "*rows columns"]
    ) -> Float64[np.ndarray, "*rows both"]:
        parts = np.sqrt(self.share) * sound, np.sqrt(1 - self.share) * named
        return unit(np.concatenate(parts, axis=-1))

    @property
    def comparable(self) -> Bool[np.ndarray, " all"] | None:
        """Which tracks of the library can be compared; None if all can."""
        return self.features.comparable

    @cached_property
    def hubs(self) -> HubSample:
        """The sample of tracks by which hubs are corrected."""
        return HubSample(self.vectors, self.features.rows)

    def vector(self, query: Query) -> Float64[np.ndarray, " columns"]:
        """The vector of a query, of length 1."""
        return self._joined(unit(query.sound), unit(self.features.vector_of(query)))

    def vectors_of(self, rows: Int64[np.ndarray, " rows"]) -> Float64[np.ndarray, "rows columns"]:
        """The vectors of tracks, of length 1."""
        return self.vectors[self.features.places(rows)]

    def scores(
        self, vector: Float64[np.ndarray, " columns"], others: Float64[np.ndarray, "rows columns"]
    ) -> Float64[np.ndarray, " rows"]:
        """The weighted means of the two cosines, from -1 to 1."""
        return others @ vector

    def nearest(
        self,
        vectors: Float64[np.ndarray, "queries columns"],
        size: int,
        allowed: Bool[np.ndarray, " all"] | None,
    ) -> Int64[np.ndarray, " found"]:
        """Finds the tracks nearest to some vectors exactly, by comparing with all."""
        here = None if allowed is None else allowed[self.features.rows]
        found = [highest(self.vectors @ vector, size, here) for vector in vectors]
        return self.features.rows[np.unique(np.concatenate(found))]

    def explanations(
        self, query: Query, rows: Int64[np.ndarray, " rows"], k: int, in_full: bool = True
    ) -> list[Explanation]:
        """Explains why tracks are near a query, by sound and features."""
        known, place = self.features.known_of(query), None
        if query.row is not None:
            place = int(self.features.places(np.array([query.row]))[0])
        vector = self.vector(query).astype(np.float32)
        places = self.features.places(rows)
        return self._explainer.explain(vector, known, places, k, place, in_full=in_full)

    @cached_property
    def _explainer(self) -> Explainer:
        directions = _joint(self._by_sound.directions, self.features.space)
        return Explainer(self.vectors.astype(np.float32), self.features.stats, directions)


def _spread(vectors: Float[np.ndarray, "tracks dim"]) -> float:
    """Standard deviation of the cosines between different tracks, over a sample of them."""
    rows = np.random.default_rng(0).permutation(len(vectors))[:_SAMPLE]
    cosines = vectors[rows] @ vectors[rows].T
    return float(cosines[~np.eye(len(rows), dtype=bool)].std())


def _joint(directions: Directions, space: FeatureSpace) -> Directions:
    """Joins directions of embeddings and columns of features; equal names form one group."""
    dim, columns = directions.axes.shape[1], len(space.owner)
    names, members = list(directions.names), list(directions.members)
    number_of = {name: group for group, names in enumerate(members) for name in names}
    for name in space.names:
        if name not in number_of:
            number_of[name] = len(names)
            names.append(name)
            members.append((name,))
    axes = np.zeros((len(directions.axes) + columns, dim + columns))
    axes[: len(directions.axes), :dim] = directions.axes
    axes[len(directions.axes) :, dim:] = np.eye(columns)
    owners = [number_of[space.names[feature]] for feature in space.owner]
    groups = np.concatenate([directions.groups, np.array(owners, dtype=directions.groups.dtype)])
    nothing = np.zeros((len(names), dim + columns))
    return Directions(tuple(names), tuple(members), groups, axes, nothing, np.ones(len(names)))
