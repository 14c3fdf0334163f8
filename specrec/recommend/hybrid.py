"""Sound and features in one score, with one weight."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, cached_property, partial

import numpy as np
from jaxtyping import Float, Float64, Int64

from specrec.errors import QueryError
from specrec.explain.directions import Directions
from specrec.explain.explainer import Explainer
from specrec.explain.explanation import Explanation
from specrec.recommend.feature_reasons import FeatureQuery
from specrec.recommend.feature_search import one_of_each
from specrec.recommend.feature_space import FeatureSpace
from specrec.recommend.features import FeatureRecommender, releases_left_out
from specrec.recommend.library import Library
from specrec.recommend.recommendation import Recommendation
from specrec.recommend.track import Neighbor
from specrec.vectors import unit

_SAMPLE = 500  # tracks between which the spread of similarities is measured


class Hybrid:
    """Finds tracks by a weighted mean of two cosines: of embeddings, and of features.

    Cosines in a space of few features are spread much wider than those of embeddings, and would
    decide alone. So a weight of w counts sound w and features 1 - w in units of each one's
    spread (standard deviation) between random pairs of tracks: with a and f those spreads, the
    share of sound in the mean is (w / a) / (w / a + (1 - w) / f). The mean is itself the cosine
    of the two unit vectors laid end to end, each times the root of its share; so it is explained
    as every score is, and what both systems know of a feature adds up under one name.

    Attributes:
        features: The recommender by features, whose tracks are those found.
        share: Of sound in the score.
        vectors: The two unit vectors of each track, end to end.
    """

    def __init__(self, library: Library, features: FeatureRecommender, weight: float) -> None:
        """Puts both side by side.

        Args:
            library: The tracks as they sound.
            features: Of the same library.
            weight: Of sound, from 0 to 1.

        Raises:
            QueryError: If the weight is out of its range, or the features are not compared by the
                cosine of scaled values.
        """
        if not 0 <= weight <= 1:
            raise QueryError(f"hybrid must be from 0 (features) to 1 (sound), not {weight:g}")
        settings = features.settings
        if settings.metric != "cosine" or settings.scaling == "none":
            raise QueryError(
                "a hybrid is made of two cosines around what is usual; leave out --metric"
                " and --scaling none"
            )
        sound = unit(np.asarray(library.embeddings)[features.rows])
        named = unit(features.vectors)
        heard = weight / max(_spread(sound), 1e-9)
        known = (1 - weight) / max(_spread(named), 1e-9)
        self.features = features
        self.share = heard / (heard + known)
        self.vectors: Float64[np.ndarray, "tracks columns"] = np.concatenate(
            [np.sqrt(self.share) * sound, np.sqrt(1 - self.share) * named], axis=1
        )
        self._library = library

    def scores(self, row: int) -> Float64[np.ndarray, " tracks"]:
        """The score of every track for that in a row, itself included."""
        return self._scores(self.vectors[row])

    def _scores(self, vector: Float64[np.ndarray, " columns"]) -> Float64[np.ndarray, " tracks"]:
        scores: np.ndarray = unit(self.vectors) @ unit(vector)
        return scores

    def ask(self, query: str) -> FeatureQuery:
        """What a query means, by both; a file outside the library is embedded and measured.

        Raises:
            QueryError: If nothing or several tracks fit, or too few features are known.
            AudioError: If a file outside the library can't be used.
            ModelError: If the library's model is gone or another.
        """
        asked = self.features.ask(query)
        if asked.row is not None:
            return replace(asked, vector=self.vectors[asked.row])
        sound = unit(self._library.sound(query).embedding.astype(np.float64))
        vector = np.concatenate(
            [np.sqrt(self.share) * sound, np.sqrt(1 - self.share) * unit(asked.vector)]
        )
        return replace(asked, vector=vector)

    def neighbors(self, query: str, k: int = 10) -> Recommendation:
        """The tracks nearest to a query, which is left out itself, as other releases of a song are.

        Raises:
            QueryError: If k is below 1, or as `ask`.
            AudioError: As `ask`.
            ModelError: As `ask`.
        """
        if k < 1:
            raise QueryError(f"k must be 1 or more, not {k}")
        asked = self.ask(query)
        scores = self._scores(asked.vector)
        order = np.argsort(-scores, kind="stable")
        places, repeated = one_of_each(order, self.features.songs, asked.row, k)
        rows = order[places]

        @cache
        def explanations() -> list[Explanation]:
            return self._explain(asked, rows, k)

        neighbors = tuple(
            Neighbor(
                rank,
                float(scores[other]),
                self.features.track(int(other)),
                partial(_item, explanations, rank - 1),
            )
            for rank, other in enumerate(rows, 1)
        )
        return Recommendation((asked.track,), neighbors, releases_left_out(repeated))

    def _explain(
        self, asked: FeatureQuery, others: Int64[np.ndarray, " k"], k: int
    ) -> list[Explanation]:
        return self._explainer.explain(asked.vector, asked.known, others, k, asked.row)

    @cached_property
    def _explainer(self) -> Explainer:
        directions = _joint(self._library.explainer.directions, self.features.space)
        return Explainer(self.vectors.astype(np.float32), self.features.known, None, directions)


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


def _item(explanations: Callable[[], list[Explanation]], place: int) -> Explanation:
    return explanations()[place]
