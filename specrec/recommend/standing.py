"""Where a track stands in an answer, and why it is not in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from specrec.errors import CatalogError, QueryError, SkipReason
from specrec.index.generation import skipped_files
from specrec.recommend.by_features.settings import FeatureSettings
from specrec.recommend.filters import conjuncts
from specrec.recommend.library import Library
from specrec.recommend.query import Query, folded
from specrec.recommend.results import Track, names_in
from specrec.recommend.space import By

_FILES = 10  # that are not in the library, named at most

State = Literal[
    "listed", "further", "asked", "same_recording", "filtered", "same_artist", "artist_limit",
    "not_comparable", "skipped", "duplicate", "removed", "pending",
]  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """Where a track stands among the neighbors of a query, or why it does not.

    Attributes:
        track: The track; None for a file that the library does not hold.
        path: Its file, relative to the folder of music.
        state: `listed` or `further` down; else what keeps it out.
        detail: That in one sentence, without the name of the track.
        rank: Its place among the neighbors, from 1; None if it has none among those looked at.
        similarity: Its similarity to the query, or to the nearest of several; None if that can't be
            told.
    """

    track: Track | None
    path: str
    state: State
    detail: str
    rank: int | None = None
    similarity: float | None = None


@dataclass(frozen=True)
class Search:
    """A search of a library, as `Library.neighbors` takes it.

    Attributes:
        library: The library.
        queries: The queries, resolved.
        k: How many neighbors are shown.
        depth: How many are looked at.
        options: The other options, by name.
    """

    library: Library
    queries: Sequence[Query]
    k: int
    depth: int
    options: Mapping[str, Any]

    def ranks(self, **changed: object) -> dict[str | None, tuple[int, float]]:
        """Rank and similarity of each neighbor by track_id, with some options changed."""
        options = {**self.options, **changed}
        found = self.library.neighbors(self.queries, self.depth, explain=False, **options)
        return {item.track.track_id: (item.rank, item.similarity) for item in found}


def find_standings(search: Search, track_ids: Sequence[str]) -> list[Standing]:
    """Says of tracks where they stand in an answer, or which option keeps them out of it.

    Args:
        search: The search that is asked about.
        track_ids: Tracks of the library.

    Raises:
        QueryError: If the search can't be answered, or a track is not in the library.
    """
    listed = search.ranks()
    without: dict[str, dict[str | None, tuple[int, float]]] = {}
    collection = search.library.collection
    standings = []
    for name in track_ids:
        row = collection.row_of(name)
        if row is None:
            raise QueryError(f"no track has the id {name!r}")
        (track,) = collection.tracks_at(np.array([row]))
        standing = Standing(track, track.path, "further", "", None, _similarity(search, row))
        if name in listed:
            rank, _ = listed[name]
            shown = rank <= search.k
            detail = f"Number {rank:,}" + ("." if shown else ", further down.")
            state: State = "listed" if shown else "further"
            standings.append(replace(standing, state=state, detail=detail, rank=rank))
        else:
            standings.append(_kept_out(search, standing, row, without))
    return standings


def _similarity(search: Search, row: int) -> float | None:
    """The similarity of a track to the nearest query, as it is without options."""
    options, library = search.options, search.library
    by: By = options.get("by", "sound")
    features: FeatureSettings | None = options.get("features")
    space = library.collection.space(by, features, options.get("sound_weight", 0.5))
    if space.comparable is not None and not space.comparable[row]:
        return None
    vectors = space.vectors_of(np.array([row]))
    return max(float(space.scores(space.vector(one), vectors)[0]) for one in search.queries)


def _kept_out(
    search: Search,
    standing: Standing,
    row: int,
    without: dict[str, dict[str | None, tuple[int, float]]],
) -> Standing:
    """What keeps a track of the library out of the answer."""
    for state, detail in _certain(search, standing, row):
        return replace(standing, state=state, detail=detail)
    assert standing.track is not None
    options: list[tuple[dict[str, Any], State, str]] = []
    if search.options.get("per_artist") is not None:
        text = "Better ones by the same artist take their places."
        options.append(({"per_artist": None}, "artist_limit", text))
    if not search.options.get("duplicates"):
        text = "Another file of this recording is in the list."
        options.append(({"duplicates": True}, "same_recording", text))
    if len(options) > 1:  # and where each of the two alone would keep it out
        text = "Better ones by the same artist, and a better file of this recording, come before."
        both = options[0][0] | options[1][0]
        options.append((both, "artist_limit", text))
    for changed, state, text in options:
        name = ", ".join(changed)
        if name not in without:
            without[name] = search.ranks(**changed)
        if standing.track.track_id in without[name]:
            rank, _ = without[name][standing.track.track_id]
            return replace(
                standing, state=state, detail=f"{text} Else it would be number {rank:,}."
            )
    return replace(standing, detail=f"Not among the first {search.depth:,}.")


def _certain(search: Search, standing: Standing, row: int) -> Iterator[tuple[State, str]]:
    """What certainly keeps a track out, whatever its rank."""
    library, options = search.library, search.options
    collection, track = library.collection, standing.track
    assert track is not None
    rows = [query.row for query in search.queries if query.row is not None]
    if row in rows:
        yield "asked", "It is what you asked for."
    against = [library.resolve(one).row for one in options.get("against", ())]
    if row in against:
        yield "asked", "You asked for nothing like it."
    groups = collection.generation.duplicate_groups
    own = np.array([one for one in (*rows, *against) if one is not None], np.int64)
    if not options.get("duplicates") and groups[row] in groups[own]:
        yield "same_recording", "It is the recording that you asked for, in another file."
    if standing.similarity is None:
        yield "not_comparable", "Its features are not known."
    where = options.get("where")
    parts = [] if where is None else conjuncts(where, collection.columns)
    kept = [part for part in parts if not collection.matching(part)[row]]
    if kept:
        yield "filtered", f"The filter leaves it out: {', '.join(kept)}."
    for name in ("artist", "album"):
        mine, *theirs = (
            names_in(name, getattr(one, name) or "")
            for one in (track, *(query.track for query in search.queries))
        )
        if options.get(f"other_{name}s") and not mine.isdisjoint(set().union(*theirs)):
            yield "same_artist", f"It has the {name} of what you asked for."


def find_missing(library: Library, words: str) -> list[Standing]:
    """Finds files that the library does not hold by words of their paths, and why it doesn't.

    The folder of music is looked through only if none of the files that were left out fits.

    Args:
        library: The library.
        words: Beginnings of words in the paths.
    """
    terms = folded(words).split()

    def fits(path: str) -> bool:
        text = f" {folded(path)}"
        return bool(terms) and all(f" {term}" in text for term in terms)

    found = [
        Standing(None, item.path, _state_of(item.reason), _left_out(item.reason, item.detail))
        for item in skipped_files(library.collection.generation.skipped)
        if fits(item.path)
    ]
    if not found:
        found = [
            Standing(None, path, "pending", "New or changed: the next index run reads it.")
            for path in _pending(library)
            if fits(path)
        ]
    return found[:_FILES]


def _state_of(reason: SkipReason) -> State:
    named: dict[SkipReason, State] = {
        SkipReason.DUPLICATE: "duplicate", SkipReason.REMOVED: "removed",
    }  # fmt: skip
    return named.get(reason, "skipped")


def _left_out(reason: SkipReason, detail: str) -> str:
    if reason is SkipReason.REMOVED:
        return "Removed from the library."
    return f"Left out: {detail}."


def _pending(library: Library) -> Sequence[str]:
    from specrec.index.coverage import find_coverage  # here: it reads the folder

    try:
        return find_coverage(library.collection.generation).pending
    except CatalogError:  # the folder is not there now
        return ()
