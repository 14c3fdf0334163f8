"""Ranks candidates: several queries, a limit per artist, diversity."""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

import numpy as np

from specrec.errors import QueryError
from specrec.shapes import Bool, Float, Int

AGAINST_WEIGHT = 0.2
"""Weight of the similarity to negative queries, which is subtracted from a candidate's score."""

_SOFTNESS = 0.5


@dataclass(frozen=True)
class Ranking:
    """Options of a search: which tracks may be neighbors, and in which order.

    Attributes:
        other_artists: Whether to leave out tracks by any artist of the queries.
        other_albums: Whether to leave out tracks from the albums of the queries.
        per_artist: Most tracks by one artist, of whom a track may have several; None for no limit.
            Tracks whose artist is unknown are not limited.
        diversity: From 0, the most similar tracks, to 1, the most diverse ones: the weight of a
            candidate's similarity to the neighbors chosen before it (maximal marginal relevance;
            Carbonell and Goldstein 1998, whose lambda is 1 minus this).
        fewer_hubs: Whether to rank tracks lower that are near to everything, by mutual proximity
            (`specrec.recommend.hubness`).
        duplicates: Whether to list every file of one recording, and copies of the query, not only
            the best ranked.
    """

    other_artists: bool = False
    other_albums: bool = False
    per_artist: int | None = None
    diversity: float = 0.0
    fewer_hubs: bool = False
    duplicates: bool = False

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            QueryError: If `per_artist` is below 1, or `diversity` not from 0 to 1.
        """
        if self.per_artist is not None and self.per_artist < 1:
            raise QueryError(f"per_artist must be 1 or more, not {self.per_artist}")
        if not 0 <= self.diversity <= 1:
            raise QueryError(f"diversity must be from 0 to 1, not {self.diversity}")


@dataclass(frozen=True, eq=False)
class Choice:
    """The candidates that were chosen as neighbors.

    Attributes:
        places: Places of the chosen candidates, the best first.
        repeated: Which candidates were left out as another file of a chosen recording.
        capped: Which candidates were left out because of the limit per artist.
    """

    places: Int[np.ndarray, " chosen"]
    repeated: Bool[np.ndarray, " candidates"]
    capped: Bool[np.ndarray, " candidates"]


def agreement(
    similarities: Float[np.ndarray, "seeds candidates"],
) -> Float[np.ndarray, " candidates"]:
    """Combines the similarities to several queries (seeds) by a soft maximum.

    It is t log mean exp(s / t) with t = 0.5, about the mean plus the variance, so between mean and
    maximum: seeds that agree on a candidate count together, and a seed from the other half of a
    mixed playlist hardly counts against it. For one seed it is the similarity. Requiring that all
    agree (the minimum, or the mean less the spread) found fewer tracks of the seeds' held-out
    soundtracks than the mean does; this finds as many from seeds of one soundtrack, and more from
    seeds of two.

    >>> agreement(np.array([[0.9, 0.5], [0.1, 0.5]])).round(2)
    array([0.65, 0.5 ])
    """
    highest = similarities.max(axis=0)
    weights = np.exp((similarities - highest) / _SOFTNESS).mean(axis=0)
    score: np.ndarray = highest + _SOFTNESS * np.log(weights)
    return score


def score(
    similarities: Float[np.ndarray, "seeds candidates"],
    against: Float[np.ndarray, "negatives candidates"],
) -> Float[np.ndarray, " candidates"]:
    """Scores candidates by their agreement with the seeds, less a part of that with negatives.

    The penalty is Rocchio's (1971, "Relevance feedback in information retrieval").
    """
    positive = agreement(similarities)
    return positive - AGAINST_WEIGHT * agreement(against) if len(against) else positive


def choose(
    scores: Float[np.ndarray, " candidates"],
    similarities_of: Callable[[int], Float[np.ndarray, " candidates"]],
    recordings: Int[np.ndarray, " candidates"],
    artists: Sequence[Set[str]],
    k: int,
    ranking: Ranking,
) -> Choice:
    """Chooses the best candidate, then the best of the rest, until there are k.

    Args:
        scores: Scores of the candidates; higher is better, ties go to the first.
        similarities_of: Gives the similarities of the candidate in a place to all candidates.
        recordings: A number for each candidate, equal for files of one recording.
        artists: The names of the artists of each candidate; none if they are unknown.
        k: Number of candidates to choose.
        ranking: Limit per artist, diversity, and whether duplicates are listed.
    """
    count = len(scores)
    taken, repeated, capped = (np.zeros(count, dtype=bool) for _ in range(3))
    redundancy = np.zeros(count)
    places: list[int] = []
    by_artist: dict[str, list[int]] = {}
    for place, names in enumerate(artists):
        for name in names:
            by_artist.setdefault(name, []).append(place)
    while len(places) < k and not (closed := taken | repeated | capped).all():
        values = scores
        if ranking.diversity and places:
            values = (1 - ranking.diversity) * scores - ranking.diversity * redundancy
        best = int(np.where(closed, -np.inf, values).argmax())
        places.append(best)
        taken[best] = True
        if not ranking.duplicates:
            repeated |= (recordings == recordings[best]) & ~taken
        for name in artists[best]:
            mine = by_artist[name]
            if taken[mine].sum() == ranking.per_artist:
                capped[mine] |= ~(taken | repeated)[mine]
        if ranking.diversity:
            similar = similarities_of(best)
            redundancy = similar if len(places) == 1 else np.maximum(redundancy, similar)
    return Choice(np.array(places, dtype=np.int64), repeated, capped)
