"""Sound and features compared for one query: where the two recommenders agree, and where not."""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from specrec.errors import QueryError
from specrec.recommend.by_features.recommender import FeatureRecommender
from specrec.recommend.collection import Collection
from specrec.recommend.query import Query
from specrec.recommend.results import Track
from specrec.shapes import Float64, Int64
from specrec.vectors import unit

_NAMED = 3  # features that a disagreement is put down to
_DIFFERING = 3  # tracks listed, either way


@dataclass(frozen=True)
class RankedTrack:
    """A track as both recommenders rank it for a query.

    Attributes:
        track: The track.
        sound_rank: Its rank among all tracks by sound, from 1.
        feature_rank: Its rank among all tracks by features, from 1.
        sound_similarity: Cosine of the embeddings.
        feature_similarity: Score by features.
    """

    track: Track
    sound_rank: int
    feature_rank: int
    sound_similarity: float
    feature_similarity: float


@dataclass(frozen=True)
class Disagreement:
    """A track that is near by one system and far by the other, and what sets it apart.

    Attributes:
        match: The track.
        near_by: The system that ranks it among the first k.
        features: The features that lower the other's score most, by name: contributions, which are
            negative, the lowest first.
        unnamed: Residual of the other's score, which no feature explains; 0 for features.
        values: Values of these features, the query's and the track's, where they are known.
    """

    match: RankedTrack
    near_by: str
    features: dict[str, float]
    unnamed: float
    values: dict[str, tuple[float, float]]


@dataclass(frozen=True)
class QueryComparison:
    """Two answers to one query.

    Attributes:
        query: The query.
        k: Length of the answers.
        candidates: Tracks that both rank.
        by_sound: The first k by sound.
        by_features: The first k by features.
        agreed: The tracks in both answers, by the sum of their ranks.
        correlation: Spearman's rank correlation of the two scores over all candidates.
        disagreements: Tracks that are in one answer and furthest from the other.
    """

    query: Track
    k: int
    candidates: int
    by_sound: tuple[RankedTrack, ...]
    by_features: tuple[RankedTrack, ...]
    agreed: tuple[RankedTrack, ...]
    correlation: float
    disagreements: tuple[Disagreement, ...]

    @property
    def overlap(self) -> float:
        """Share of the first k that both answers have, from 0 to 1."""
        return len(self.agreed) / self.k

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "overlap": self.overlap}


class SoundAndFeatures:
    """The two recommenders over the same tracks: those whose features are known.

    Attributes:
        collection: The recommender by sound.
        features: The recommender by features.
    """

    def __init__(self, collection: Collection, features: FeatureRecommender) -> None:
        self.collection = collection
        self.features = features

    def __len__(self) -> int:
        return len(self.features)

    @cached_property
    def _units(self) -> Float64[np.ndarray, "tracks dim"]:
        return unit(np.asarray(self.collection.embeddings)[self.features.rows])

    def scores(
        self, row: int
    ) -> tuple[Float64[np.ndarray, " tracks"], Float64[np.ndarray, " tracks"]]:
        """Scores of all tracks for that in a row, by sound and by features."""
        return self._units @ self._units[row], self.features.scores_of(row)

    def place(self, query: Query) -> int | None:
        """Where a query stands among the tracks; None for a file from outside."""
        return None if query.row is None else int(np.searchsorted(self.features.rows, query.row))

    def scores_of_file(
        self, query: Query
    ) -> tuple[Float64[np.ndarray, " tracks"], Float64[np.ndarray, " tracks"]]:
        """Scores of all tracks for a file from outside, by sound and by features."""
        vector = self.features.vector_of(query)
        by_features = self.features.space.scores(vector, self.features.vectors)
        return self._units @ unit(query.sound), by_features

    def check_length(self, k: int, row: int | None = 0) -> None:
        """Makes sure that an answer leaves some tracks out.

        Args:
            k: Length of the answer.
            row: Row of the query; None for a file from outside.

        Raises:
            QueryError: If it does not.
        """
        most = len(self) - (1 if row is None else 2)
        if most < 1:
            raise QueryError(f"{len(self)} tracks are too few to compare two answers; 3 at least")
        if not 1 <= k <= most:
            and_query = "" if row is None else " and the query is one"
            raise QueryError(
                f"k must be from 1 to {most}, not {k}: {len(self)} tracks are compared{and_query}"
            )


def compare_query(
    collection: Collection, features: FeatureRecommender, query: Query, k: int = 10
) -> QueryComparison:
    """Asks both recommenders for the neighbors of a track, or of a file from outside.

    Both rank the same candidates: the tracks whose features are known, but the query.

    Raises:
        QueryError: If k leaves nothing out, or too few features of the query are known.
    """
    pair, vector = SoundAndFeatures(collection, features), features.vector_of(query)
    place = pair.place(query)
    pair.check_length(k, place)
    others = np.arange(len(pair))
    if place is None:
        sound, named = pair.scores_of_file(query)
    else:
        sound, named = pair.scores(place)
        others = np.delete(others, place)
    ranks = _ranks(sound, others), _ranks(named, others)

    def match(other: int) -> RankedTrack:
        return RankedTrack(
            features.track(other),
            int(ranks[0][other]),
            int(ranks[1][other]),
            float(sound[other]),
            float(named[other]),
        )

    lists = [others[np.argsort(rank[others])][:k].tolist() for rank in ranks]
    both = sorted(set(lists[0]) & set(lists[1]), key=lambda row: ranks[0][row] + ranks[1][row])
    differing = [
        sorted(set(rows) - set(both), key=lambda other: -rank[other])[:_DIFFERING]
        for rows, rank in zip(lists, reversed(ranks), strict=True)
    ]
    disagreements = [
        _far_in_features(pair, query, vector, other, match(other)) for other in differing[0]
    ]
    disagreements += [_far_in_sound(pair, query, other, match(other), k) for other in differing[1]]
    return QueryComparison(
        query.track,
        k,
        len(others),
        tuple(match(other) for other in lists[0]),
        tuple(match(other) for other in lists[1]),
        tuple(match(other) for other in both),
        correlation(sound[others], named[others]),
        tuple(disagreements),
    )


def correlation(
    sound: Float64[np.ndarray, " candidates"], named: Float64[np.ndarray, " candidates"]
) -> float:
    """Spearman's rank correlation of two scores; 0 where one tells no tracks apart."""
    if np.ptp(sound) == 0 or np.ptp(named) == 0:
        return 0.0
    return float(np.corrcoef(pd.Series(sound).rank(), pd.Series(named).rank())[0, 1])


def _ranks(
    scores: Float64[np.ndarray, " tracks"], others: Int64[np.ndarray, " candidates"]
) -> Int64[np.ndarray, " tracks"]:
    """Ranks of the candidates, from 1; equals by row. The query has none: 0."""
    ranks = np.zeros(len(scores), dtype=np.int64)
    ranks[others[np.argsort(-scores[others], kind="stable")]] = np.arange(1, len(others) + 1)
    return ranks


def _far_in_features(
    pair: SoundAndFeatures,
    query: Query,
    vector: Float64[np.ndarray, " columns"],
    other: int,
    match: RankedTrack,
) -> Disagreement:
    space, vectors = pair.features.space, pair.features.vectors
    parts = space.parts(vector, vectors[[other]])[0]
    taken = dict(zip(space.names, parts.tolist(), strict=True))
    return _disagreement(pair, query, other, match, "sound", taken, 0.0)


def _far_in_sound(
    pair: SoundAndFeatures, query: Query, other: int, match: RankedTrack, k: int
) -> Disagreement:
    row = pair.features.rows[[other]]
    (explanation,) = pair.collection.space().explanations(query, row, k)
    taken = {item.feature: item.value for item in explanation.contributions}
    return _disagreement(pair, query, other, match, "features", taken, explanation.residual)


def _disagreement(
    pair: SoundAndFeatures,
    query: Query,
    other: int,
    match: RankedTrack,
    near_by: str,
    parts: dict[str, float],
    unnamed: float,
) -> Disagreement:
    taken = sorted((value, name) for name, value in parts.items() if value < 0)[:_NAMED]
    known = pair.features.known_of(query), pair.features.stats.known(other)
    values = {
        name: (known[0][name], known[1][name])
        for _, name in taken
        if name in known[0] and name in known[1]
    }
    named = {name: value for value, name in taken}
    return Disagreement(match, near_by, named, unnamed, values)
