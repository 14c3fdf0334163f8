"""The answer to queries: who may stand in it, the best of them, and why others do not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float64, Int64

from specrec.errors import QueryError
from specrec.explain.explanation import Explanation
from specrec.recommend.filters import matches
from specrec.recommend.hubness import Sample
from specrec.recommend.ranking import AGAINST_WEIGHT, Choice, Ranking, choose, score
from specrec.recommend.recommendation import Recommendation
from specrec.recommend.track import Neighbor, Sound, Track
from specrec.vectors import unit

if TYPE_CHECKING:
    from specrec.recommend.library import Library

_POOL = 300  # the fewest candidates whose order is worked out where it is not the index's


@dataclass(frozen=True, eq=False)
class _Candidates:
    """Tracks that may stand in the answer.

    Attributes:
        rows: Theirs, ascending.
        similarities: Cosines with the seeds.
        scores: By which they are ranked.
        choice: Those chosen.
    """

    rows: Int64[np.ndarray, " candidates"]
    similarities: Float64[np.ndarray, "seeds candidates"]
    scores: Float64[np.ndarray, " candidates"]
    choice: Choice


def recommend(
    library: "Library",
    seeds: Sequence[Sound],
    against: Sequence[Sound],
    k: int,
    where: str | None,
    ranking: Ranking,
) -> Recommendation:
    """The k best tracks for some seeds; see `Library.neighbors`."""
    if k < 1:
        raise QueryError(f"k must be 1 or more, not {k}")
    if not seeds:
        raise QueryError("nothing was asked for; give a track_id, a file, or words of a title")
    seeds = list({(sound.row, sound.path): sound for sound in seeds}.values())
    queries = tuple(library.track_of(sound) for sound in seeds)
    notes: list[str] = []
    own = _own(library, [*seeds, *against], ranking)
    allowed = _allowed(library, queries, where, ranking, own, notes)
    available = len(library) - len(own) if allowed is None else int(allowed.sum())
    plain = len(seeds) == 1 and not against and not (ranking.fewer_hubs or ranking.diversity)
    size = k if plain else max(_POOL, 10 * k)
    while True:
        rows = _pool(library, seeds, against, min(size, available), allowed, own)
        found = _rank(library, seeds, against, rows, k, ranking)
        if len(found.choice.places) == k or size >= available:
            break
        size *= 4
    notes += _left_out(found, k, ranking)
    negatives = tuple(library.track_of(sound) for sound in against)
    return Recommendation(queries, _neighbors(library, seeds, found, k), tuple(notes), negatives)


def _own(library: "Library", asked: Sequence[Sound], ranking: Ranking) -> Int64[np.ndarray, " own"]:
    """Rows of the queries themselves, and of other files of their recordings."""
    rows = np.unique(np.array([sound.row for sound in asked if sound.row is not None], np.int64))
    if ranking.duplicates or not len(rows):
        return rows
    groups = library.duplicate_groups
    return np.flatnonzero(np.isin(groups, groups[rows]))


def _allowed(
    library: "Library",
    queries: Sequence[Track],
    where: str | None,
    ranking: Ranking,
    own: Int64[np.ndarray, " own"],
    notes: list[str],
) -> Bool[np.ndarray, " tracks"] | None:
    """Which tracks the filters leave; None if there are none. What each does is noted."""
    asked = [
        name
        for name, wanted in (("artist", ranking.other_artists), ("album", ranking.other_albums))
        if wanted
    ]
    if where is None and not asked:
        return None
    allowed = np.ones(len(library), dtype=bool)
    if where is not None:
        allowed = matches(where, library.columns).copy()  # it may be a view that can't be written
        notes.append(f"the filter left {allowed.sum()} of {len(library)} tracks")
    allowed[own] = False
    for name in asked:
        known = {
            getattr(query, name).strip().casefold() for query in queries if getattr(query, name)
        }
        if len(known) == 0:
            notes.append(f"no {name} is known of what was asked for, so none was left out")
            continue
        same = library.tracks[name].str.strip().str.casefold().isin(known).to_numpy(dtype=bool)
        notes.append(f"{_tracks(int((allowed & same).sum()))} of the same {name} left out")
        allowed &= ~same
    return allowed


def _pool(
    library: "Library",
    seeds: Sequence[Sound],
    against: Sequence[Sound],
    size: int,
    allowed: Bool[np.ndarray, " tracks"] | None,
    own: Int64[np.ndarray, " own"],
) -> Int64[np.ndarray, " candidates"]:
    """Rows of the tracks nearest to each seed and, of several, to their mean."""
    if size < 1:
        return np.empty(0, dtype=np.int64)
    vectors = _units(seeds)
    if len(seeds) + len(against) > 1:
        mean = vectors.mean(axis=0)
        if against:
            mean = mean - AGAINST_WEIGHT * _units(against).mean(axis=0)
        vectors = np.concatenate([vectors, mean[None]])
    more = len(own) if allowed is None else 0
    _, rows = library.search(vectors.astype(np.float32), size + more, allowed)
    return np.setdiff1d(rows[rows >= 0], own).astype(np.int64)


def _rank(
    library: "Library",
    seeds: Sequence[Sound],
    against: Sequence[Sound],
    rows: Int64[np.ndarray, " candidates"],
    k: int,
    ranking: Ranking,
) -> _Candidates:
    units = unit(np.asarray(library.embeddings[rows]))
    similarities = _units(seeds) @ units.T
    compared = similarities
    if ranking.fewer_hubs:
        sample: Sample = library.sample
        usual = [sample.usual(_units([sound]), _row(sound)) for sound in seeds]
        there = sample.usual(units, rows)
        compared = np.concatenate(
            [
                sample.correct(line[None], here, there)
                for line, here in zip(similarities, usual, strict=True)
            ]
        )
    negative = _units(against) @ units.T if against else np.empty((0, len(rows)))
    scores = score(compared, negative)
    artists = library.tracks["artist"].iloc[rows].str.strip().str.casefold()
    chosen = choose(
        scores, units, library.duplicate_groups[rows], pd.factorize(artists)[0], k, ranking
    )
    return _Candidates(rows, similarities, scores, chosen)


def _row(sound: Sound) -> Int64[np.ndarray, " 1"] | None:
    return None if sound.row is None else np.array([sound.row])


def _units(sounds: Sequence[Sound]) -> Float64[np.ndarray, "sounds dim"]:
    return unit(np.stack([sound.embedding for sound in sounds]))


def _left_out(found: _Candidates, k: int, ranking: Ranking) -> list[str]:
    """What was passed over for the tracks chosen, and whether they are fewer than asked for."""
    notes, count = [], len(found.choice.places)
    last = found.scores[found.choice.places].min() if count == k else -np.inf
    repeated, capped = (
        int((passed & (found.scores >= last)).sum())
        for passed in (found.choice.repeated, found.choice.capped)
    )
    if repeated:
        notes.append(f"{_tracks(repeated)} left out: the same recording as one in the list")
    if capped:
        limit = ranking.per_artist
        notes.append(f"{_tracks(capped)} left out: at most {limit} by one artist")
    if count < k:
        notes.append(f"{count} of the {k} asked for: no other track is left")
    return notes


def _tracks(count: int) -> str:
    return f"{count} track{'s' * (count != 1)}"


def _neighbors(
    library: "Library", seeds: Sequence[Sound], found: _Candidates, k: int
) -> tuple[Neighbor, ...]:
    places = found.choice.places
    nearest = found.similarities[:, places].argmax(axis=0)
    scored = bool(np.abs(found.scores - found.similarities[0]).max(initial=0) > 1e-9)

    @cache
    def explained(seed: int) -> dict[int, Explanation]:
        rows = found.rows[places[nearest == seed]]
        made = library.explain_rows(seeds[seed], rows, k)
        return dict(zip(rows.tolist(), made, strict=True))

    return tuple(
        Neighbor(
            rank,
            float(found.similarities[seed, place]),
            library.track(int(found.rows[place])),
            partial(_item, explained, int(seed), int(found.rows[place])),
            float(found.scores[place]) if scored else None,
            int(seed),
        )
        for rank, (place, seed) in enumerate(zip(places, nearest, strict=True), 1)
    )


def _item(explained: Callable[[int], dict[int, Explanation]], seed: int, row: int) -> Explanation:
    return explained(seed)[row]
