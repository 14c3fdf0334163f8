"""Finds the neighbors of queries: which tracks are allowed, and which of them are the best."""

from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np

from specrec.errors import QueryError
from specrec.explain.explanation import Explanation
from specrec.recommend.query import Query
from specrec.recommend.ranking import AGAINST_WEIGHT, Choice, Ranking, choose, score
from specrec.recommend.results import Neighbor, Neighbors, Track, names_in
from specrec.recommend.space import Selection, Space
from specrec.recommend.tracks import Tracks
from specrec.shapes import Float64, Int64

_POOL = 300  # the fewest candidates whose order is worked out where it is not the space's


@dataclass(frozen=True, eq=False)
class _Candidates:
    """The tracks that may be neighbors, and those chosen from them.

    Attributes:
        rows: Rows of the candidates, in the order in which ties are resolved.
        similarities: Similarity of each seed to each candidate, at most 1.
        scores: Scores by which the candidates are ranked.
        choice: The candidates that were chosen.
    """

    rows: Int64[np.ndarray, " candidates"]
    similarities: Float64[np.ndarray, "seeds candidates"]
    scores: Float64[np.ndarray, " candidates"]
    choice: Choice


def find_neighbors(
    space: Space,
    tracks: Tracks,
    seeds: Sequence[Query],
    against: Sequence[Query],
    k: int,
    ranking: Ranking,
    matching: Selection | None = None,
    explain: bool = True,
    in_full: bool = False,
) -> Neighbors:
    """Finds the k best tracks for some queries, which are left out themselves.

    Args:
        space: The space in which tracks are compared.
        tracks: All tracks.
        seeds: The queries.
        against: Negative queries, which the neighbors should not resemble.
        k: Number of neighbors; fewer are found if fewer are allowed, and a note says so.
        ranking: Which tracks are left out, and how the rest is ranked.
        matching: For which tracks a condition holds; None if there is no condition.
        explain: Whether to explain each neighbor.
        in_full: Whether in full; see `Space.explanations`.

    Raises:
        QueryError: If `k` is below 1, or there is no query.
    """
    if k < 1:
        raise QueryError(f"k must be 1 or more, not {k}")
    if not seeds:
        raise QueryError("no query was given; give a track_id, a file, words of a title, or `like`")
    # What is asked for in words has neither a row nor a file.
    seeds = list({(item.row, item.path, item.track.title): item for item in seeds}.values())
    queries = tuple(query.track for query in seeds)
    notes = list(dict.fromkeys(note for query in (*seeds, *against) for note in query.notes))
    own = _own(tracks, [*seeds, *against], ranking)
    allowed = _allowed(space, tracks, queries, matching, ranking, own, notes)
    available = len(tracks) - len(own) if allowed is None else int(allowed.sum())
    here, there = (_vectors(space, asked) for asked in (seeds, against))
    plain = len(seeds) == 1 and not against and not (ranking.fewer_hubs or ranking.diversity)
    size = k if plain else max(_POOL, 10 * k)
    while True:
        rows = _pool(space, here, there, min(size, available), allowed, own)
        found = _rank(space, tracks, seeds, here, there, rows, k, ranking)
        if len(found.choice.places) == k or size >= available:
            break
        size *= 4
    notes += _left_out(found, k, ranking)
    neighbors = _neighbors(space, tracks, seeds, found, k, explain, in_full)
    return Neighbors(queries, neighbors, tuple(notes), tuple(query.track for query in against))


def _own(tracks: Tracks, asked: Sequence[Query], ranking: Ranking) -> Int64[np.ndarray, " own"]:
    """Finds the rows of the queries themselves, and of duplicates of them."""
    rows = np.array(sorted({query.row for query in asked if query.row is not None}), np.int64)
    return rows if ranking.duplicates or not len(rows) else tracks.with_duplicates(rows)


def _allowed(
    space: Space,
    tracks: Tracks,
    queries: Sequence[Track],
    matching: Selection | None,
    ranking: Ranking,
    own: Int64[np.ndarray, " own"],
    notes: list[str],
) -> Selection | None:
    """Says which tracks may be neighbors, None if all; adds a note for each condition."""
    asked = [
        name
        for name, wanted in (("artist", ranking.other_artists), ("album", ranking.other_albums))
        if wanted
    ]
    if matching is None and not asked and space.comparable is None:
        return None
    allowed = tracks.all_but(own)
    if matching is not None:
        allowed = allowed & matching
        notes.append(f"the filter left {matching.sum()} of {len(tracks)} tracks")
    if space.comparable is not None:
        allowed = allowed & space.comparable
    for name in asked:
        known = set().union(*(names_in(name, getattr(query, name) or "") for query in queries))
        if len(known) == 0:
            notes.append(f"the {name} of the query is unknown, so none was left out")
            continue
        same = tracks.same_as(name, known)
        notes.append(f"{_counted(int((allowed & same).sum()))} of the same {name} left out")
        allowed = allowed & ~same
    return allowed


def _vectors(space: Space, asked: Sequence[Query]) -> Float64[np.ndarray, "asked dim"]:
    vectors = [space.vector(query) for query in asked]
    return np.stack(vectors) if vectors else np.empty((0, 0))


def _pool(
    space: Space,
    seeds: Float64[np.ndarray, "seeds dim"],
    against: Float64[np.ndarray, "negatives _"],
    size: int,
    allowed: Selection | None,
    own: Int64[np.ndarray, " own"],
) -> Int64[np.ndarray, " candidates"]:
    """Finds the rows of the tracks nearest to each seed and, of several, to their mean."""
    if size < 1:
        return np.empty(0, dtype=np.int64)
    vectors = seeds
    if len(seeds) + len(against) > 1:
        mean = seeds.mean(axis=0)
        if len(against):
            mean = mean - AGAINST_WEIGHT * against.mean(axis=0)
        vectors = np.concatenate([seeds, mean[None]])
    more = len(own) if allowed is None else 0
    found = space.nearest(vectors, size + more, allowed)
    return found[~np.isin(found, own)].astype(np.int64)


def _rank(
    space: Space,
    tracks: Tracks,
    seeds: Sequence[Query],
    here: Float64[np.ndarray, "seeds dim"],
    there: Float64[np.ndarray, "negatives _"],
    rows: Int64[np.ndarray, " candidates"],
    k: int,
    ranking: Ranking,
) -> _Candidates:
    vectors = space.vectors_of(rows)
    similarities = np.stack([space.scores(vector, vectors) for vector in here])
    compared = similarities
    if ranking.fewer_hubs:
        sample = space.hubs
        around = sample.stats(vectors, rows)
        seed_rows = [None if query.row is None else np.array([query.row]) for query in seeds]
        compared = np.concatenate(
            [
                sample.correct(line[None], sample.stats(vector[None], row), around)
                for line, vector, row in zip(similarities, here, seed_rows, strict=True)
            ]
        )
    negative = [space.scores(vector, vectors) for vector in there]
    scores = score(compared, np.stack(negative) if negative else np.empty((0, len(rows))))
    artists: Sequence[Set[str]] = [set()] * len(rows)
    if ranking.per_artist is not None:
        artists = tracks.artists(rows)
    chosen = choose(
        scores,
        lambda place: space.scores(vectors[place], vectors),
        tracks.recordings(rows),
        artists,
        k,
        ranking,
    )
    return _Candidates(rows, similarities, scores, chosen)


def _left_out(found: _Candidates, k: int, ranking: Ranking) -> list[str]:
    """Notes which better tracks were left out, and whether there are fewer than k neighbors."""
    notes, count = [], len(found.choice.places)
    last = found.scores[found.choice.places].min() if count == k else -np.inf
    repeated, capped = (
        int((passed & (found.scores >= last)).sum())
        for passed in (found.choice.repeated, found.choice.capped)
    )
    if repeated:
        notes.append(f"{_counted(repeated)} left out: the same recording as one in the list")
    if capped:
        limit = ranking.per_artist
        notes.append(f"{_counted(capped)} left out: at most {limit} by one artist")
    if count < k:
        notes.append(f"{count} of {k} neighbors: no other track is left")
    return notes


def _counted(count: int) -> str:
    return f"{count} track{'s' * (count != 1)}"


def _neighbors(
    space: Space,
    tracks: Tracks,
    seeds: Sequence[Query],
    found: _Candidates,
    k: int,
    explain: bool,
    in_full: bool,
) -> tuple[Neighbor, ...]:
    places = found.choice.places
    nearest = found.similarities[:, places].argmax(axis=0)
    scored = bool(np.abs(found.scores - found.similarities[0]).max(initial=0) > 1e-9)
    why: dict[int, Explanation] = {}
    rows = found.rows[places]
    for seed in sorted({*nearest.tolist()}) if explain else ():
        own = rows[nearest == seed]
        why |= zip(own.tolist(), space.explanations(seeds[seed], own, k, in_full), strict=True)
    chosen = zip(places, nearest, rows.tolist(), tracks.at(rows), strict=True)
    return tuple(
        Neighbor(
            rank,
            float(found.similarities[seed, place]),
            track,
            why.get(row),
            float(found.scores[place]) if scored else None,
            int(seed),
        )
        for rank, (place, seed, row, track) in enumerate(chosen, 1)
    )
