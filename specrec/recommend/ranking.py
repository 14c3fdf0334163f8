"""How candidates are put in order: several seeds, caps, diversity."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from specrec.errors import QueryError

AGAINST_WEIGHT = 0.2
"""How much of its agreement with the tracks asked against is taken from a candidate's score."""

_SOFTNESS = 0.5


@dataclass(frozen=True)
class Ranking:
    """What may stand in an answer, and in which order.

    Attributes:
        other_artists: Leave out the artists of the queries.
        other_albums: Leave out their albums.
        per_artist: Most tracks by one artist; None for any number. Tracks whose artist is unknown
            are not counted.
        diversity: From 0, the best tracks, to 1, those least like one another: how much of a
            candidate's similarity to those before it is taken from its score (maximal marginal
            relevance; Carbonell and Goldstein 1998, whose lambda is 1 minus this).
        fewer_hubs: Keep tracks that are near to everything from standing in every answer, by
            mutual proximity (`specrec.recommend.hubness`).
        duplicates: Show every file of one recording, and the query's own copies, not only the
            best ranked.
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
            QueryError: If a value is out of its range.
        """
        if self.per_artist is not None and self.per_artist < 1:
            raise QueryError(f"per_artist must be 1 or more, not {self.per_artist}")
        if not 0 <= self.diversity <= 1:
            raise QueryError(f"diversity must be from 0 to 1, not {self.diversity}")


@dataclass(frozen=True, eq=False)
class Choice:
    """Which candidates were chosen.

    Attributes:
        places: Theirs, in order.
        repeated: Which candidates were passed over as another file of one that was chosen.
        capped: Which were passed over as one too many of their artist.
    """

    places: Int[np.ndarray, " chosen"]
    repeated: Bool[np.ndarray, " candidates"]
    capped: Bool[np.ndarray, " candidates"]


def agreement(
    similarities: Float[np.ndarray, "seeds candidates"],
) -> Float[np.ndarray, " candidates"]:
    """One score from the similarities to several seeds: a soft maximum, between mean and maximum.

    It is t log mean exp(s / t) with t = 0.5, about the mean plus the variance: seeds that agree on
    a candidate count together, and one that is all of a playlist's other half doesn't count
    against it. For one seed it is the similarity. To ask that all agree (a minimum, or the mean
    less the spread) found fewer tracks of the seeds' held-out soundtracks than the mean does; this
    finds as many from seeds of one soundtrack, and more from seeds of two.
    """
    highest = similarities.max(axis=0)
    likened = np.exp((similarities - highest) / _SOFTNESS).mean(axis=0)
    score: np.ndarray = highest + _SOFTNESS * np.log(likened)
    return score


def score(
    similarities: Float[np.ndarray, "seeds candidates"],
    against: Float[np.ndarray, "negatives candidates"],
) -> Float[np.ndarray, " candidates"]:
    """The agreement with the seeds, less a part of that with what is asked against.

    The penalty is Rocchio's (1971, "Relevance feedback in information retrieval").
    """
    likened = agreement(similarities)
    return likened - AGAINST_WEIGHT * agreement(against) if len(against) else likened


def choose(
    scores: Float[np.ndarray, " candidates"],
    likeness: Callable[[int], Float[np.ndarray, " candidates"]],
    recordings: Int[np.ndarray, " candidates"],
    artists: Int[np.ndarray, " candidates"],
    k: int,
    ranking: Ranking,
) -> Choice:
    """Takes the best candidate, then the best of the rest, until there are k.

    Args:
        scores: Higher is better; of equals the first.
        likeness: Gives the similarities of the candidate in a place with all of them.
        recordings: Equal for files of one recording.
        artists: Equal for tracks of one artist; -1 where unknown.
        k: How many.
        ranking: Its cap, its diversity and whether duplicates are shown.
    """
    count = len(scores)
    taken, repeated, capped = (np.zeros(count, dtype=bool) for _ in range(3))
    redundancy = np.zeros(count)
    places: list[int] = []
    while len(places) < k and not (closed := taken | repeated | capped).all():
        values = scores
        if ranking.diversity and places:
            values = (1 - ranking.diversity) * scores - ranking.diversity * redundancy
        best = int(np.where(closed, -np.inf, values).argmax())
        places.append(best)
        taken[best] = True
        if not ranking.duplicates:
            repeated |= (recordings == recordings[best]) & ~taken
        mine = artists == artists[best]
        if artists[best] >= 0 and (mine & taken).sum() == ranking.per_artist:
            capped |= mine & ~taken & ~repeated
        if ranking.diversity:
            alike = likeness(best)
            redundancy = alike if len(places) == 1 else np.maximum(redundancy, alike)
    return Choice(np.array(places, dtype=np.int64), repeated, capped)
