"""Tracks compared by sound and features in one score, with one weight."""

from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int64

from specrec.errors import QueryError
from specrec.explain.directions import Directions
from specrec.explain.explainer import Explainer
from specrec.explain.explanation import Explanation
from specrec.recommend.by_features.recommender import FeatureRecommender
from specrec.recommend.by_features.space import FeatureSpace
from specrec.recommend.hubness import HubSample
from specrec.recommend.query import Query
from specrec.recommend.space import Space, highest
from specrec.vectors import unit

_SAMPLE = 500  # tracks between which the spread of similarities is measured


class HybridSpace(Space):
    """Compares tracks by a weighted mean of two cosines: of embeddings, and of features.

    Cosines in a space of few features are spread much wider than those of embeddings, and would
    decide alone. So a weight of w counts sound w and features 1 - w in units of each one's
    spread (standard deviation) between random pairs of tracks: with a and f those spreads, the
    share of sound in the mean is (w / a) / (w / a + (1 - w) / f). The mean is itself the cosine
    of the two unit vectors laid end to end, each times the root of its share; so it is explained
    as every score is, and what both systems know of a feature adds up under one name.

    Attributes:
        features: The tracks by their features, which are those that can be compared.
        share: Share of sound in the score, from 0 to 1.
        vectors: The two unit vectors of each of those tracks, end to end; their length is 1.
    """

    def __init__(
        self,
        embeddings: Float32[np.ndarray, "tracks dim"],
        features: FeatureRecommender,
        directions: Directions,
        weight: float,
    ) -> None:
        """Puts both side by side.

        Args:
            embeddings: Centered embeddings of a library's tracks.
            features: The same tracks by their features.
            directions: The directions of the embeddings that stand for features.
            weight: Weight of sound, from 0 to 1.

        Raises:
            QueryError: If the weight is out of its range, or the features are not compared by the
                cosine of scaled values.
        """
        if not 0 <= weight <= 1:
            raise QueryError(
                f"the weight of sound must be from 0 (features) to 1 (sound), not {weight:g}"
            )
        settings = features.settings
        if settings.metric != "cosine" or settings.scaling == "none":
            raise QueryError(
                "sound and features are mixed as two cosines around what is usual; leave out"
                " --metric and --scaling none"
            )
        sound = unit(np.asarray(embeddings)[features.rows])
        named = unit(features.vectors)
        heard = weight / max(_spread(sound), 1e-9)
        known = (1 - weight) / max(_spread(named), 1e-9)
        self.features = features
        self.share = heard / (heard + known)
        self.vectors: Float64[np.ndarray, "tracks columns"] = self._joined(sound, named)
        self._directions = _joint(directions, features.space)

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
        """Tracks that stand for all where hubs are corrected."""
        return HubSample(self.vectors, self.features.rows)

    def vector(self, query: Query) -> Float64[np.ndarray, " columns"]:
        """Where a query lies."""
        return self._joined(unit(query.sound), unit(self.features.vector_of(query)))

    def vectors_of(self, rows: Int64[np.ndarray, " rows"]) -> Float64[np.ndarray, "rows columns"]:
        """Where tracks lie."""
        return self.vectors[self.features.places(rows)]

    def scores(
        self, vector: Float64[np.ndarray, " columns"], others: Float64[np.ndarray, "rows columns"]
    ) -> Float64[np.ndarray, " rows"]:
        """The weighted means of the two cosines."""
        return others @ vector

    def nearest(
        self,
        vectors: Float64[np.ndarray, "queries columns"],
        size: int,
        allowed: Bool[np.ndarray, " all"] | None,
    ) -> Int64[np.ndarray, " found"]:
        """The tracks nearest to some vectors, exactly: all are looked at."""
        here = None if allowed is None else allowed[self.features.rows]
        found = [highest(self.vectors @ vector, size, here) for vector in vectors]
        return self.features.rows[np.unique(np.concatenate(found))]

    def explanations(
        self, query: Query, rows: Int64[np.ndarray, " rows"], k: int
    ) -> list[Explanation]:
        """Why tracks are near to a query, by both."""
        known, place = self.features.known_of(query), None
        if query.row is not None:
            place = int(self.features.places(np.array([query.row]))[0])
        vector = self.vector(query).astype(np.float32)
        return self._explainer.explain(vector, known, self.features.places(rows), k, place)

    @cached_property
    def _explainer(self) -> Explainer:
        vectors = self.vectors.astype(np.float32)
        return Explainer(vectors, self.features.known, None, self._directions)


def _spread(vectors: Float[np.ndarray, "tracks dim"]) -> float:
    """Standard deviation of the cosines between different tracks, over a sample of them."""
    rows = np.random.default_rng(0).permutation(len(vectors))[:_SAMPLE]
    cosines = vectors[rows] @ vectors[rows].T
    return float(cosines[~np.eye(len(rows), dtype=bool)].std())


def _joint(heard: Directions, space: FeatureSpace) -> Directions:
    """The directions of embeddings and the columns of features; those of one name are a group."""
    dim, columns = heard.axes.shape[1], len(space.owner)
    names, members = list(heard.names), list(heard.members)
    number_of = {name: group for group, names in enumerate(members) for name in names}
    for name in space.names:
        if name not in number_of:
            number_of[name] = len(names)
            names.append(name)
            members.append((name,))
    axes = np.zeros((len(heard.axes) + columns, dim + columns))
    axes[: len(heard.axes), :dim] = heard.axes
    axes[len(heard.axes) :, dim:] = np.eye(columns)
    owners = [number_of[space.names[feature]] for feature in space.owner]
    groups = np.concatenate([heard.groups, np.array(owners, dtype=heard.groups.dtype)])
    nothing = np.zeros((len(names), dim + columns))
    return Directions(tuple(names), tuple(members), groups, axes, nothing, np.ones(len(names)))
