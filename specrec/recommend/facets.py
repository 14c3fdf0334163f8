"""Facets: a few choices by which tracks are filtered, and how many tracks each would leave."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from specrec.recommend.collection import Collection
from specrec.recommend.concepts import MUCH
from specrec.recommend.filters import conjuncts
from specrec.recommend.query import folded
from specrec.shapes import Bool

_MINUTES = (0, 2, 4, 7)
_ARTISTS = 50  # choices; more are found by their beginnings


@dataclass(frozen=True)
class Choice:
    """A choice of a facet.

    Attributes:
        value: What is chosen: a name, or the number where a range begins.
        where: The condition that it stands for.
        tracks: How many tracks it leaves, together with what else is asked for.
    """

    value: str | int
    where: str
    tracks: int


@dataclass(frozen=True)
class Facet:
    """One aspect of tracks, and its choices.

    Attributes:
        column: The column that its conditions name; `concepts` stands for that of each concept.
        choices: Those that leave any track.
    """

    column: str
    choices: tuple[Choice, ...]


def find_facets(collection: Collection, where: str | None = None, artist: str = "") -> list[Facet]:
    """Finds the choices of year, duration, artist and concepts, with what each leaves.

    What is chosen already counts, but in its own facet: there a choice takes its place. Concepts
    are chosen one beside the other.

    >>> [facet.column for facet in find_facets(library.collection)]
    ['duration_seconds']

    Args:
        collection: The tracks.
        where: The condition that holds already; None if there is none.
        artist: A text with which a word of an artist's name begins; empty for any artist.

    Raises:
        QueryError: If the condition can't be read, or names an unknown column.
    """
    parts = {} if where is None else conjuncts(where, collection.columns)
    facets = []
    for column, choices in (
        ("year", _years), ("duration_seconds", _durations), ("artist", _artists),
    ):  # fmt: skip
        others = [part for part, names in parts.items() if names != {column}]
        open_to = _all_of(collection, others)
        found = [choice for choice in choices(collection, open_to) if choice.tracks]
        if column == "artist":
            found = _named(found, artist)
        facets.append(Facet(column, tuple(found)))
    facets.append(Facet("concepts", tuple(_concepts(collection, _all_of(collection, [*parts])))))
    return [facet for facet in facets if facet.choices]


def _all_of(collection: Collection, parts: Sequence[str]) -> Bool[np.ndarray, " tracks"]:
    found = np.ones(len(collection), dtype=bool)
    for part in parts:
        found &= collection.matching(part)
    return found


def _years(collection: Collection, open_to: Bool[np.ndarray, " tracks"]) -> Iterator[Choice]:
    """A choice for each decade."""
    years = pd.to_numeric(collection.tracks["year"][open_to], errors="coerce").dropna()
    for decade, count in (years.astype(int) // 10 * 10).value_counts().sort_index().items():
        yield Choice(int(decade), f"{decade} <= year < {int(decade) + 10}", int(count))


def _durations(collection: Collection, open_to: Bool[np.ndarray, " tracks"]) -> Iterator[Choice]:
    """A choice for each range of minutes."""
    minutes = collection.tracks["duration_seconds"].to_numpy(np.float64, na_value=np.nan) / 60
    for low, high in zip(_MINUTES, (*_MINUTES[1:], None), strict=True):
        inside = open_to & (minutes >= low) & (True if high is None else minutes < high)
        where = f"{60 * low} <= duration_seconds"
        where += "" if high is None else f" < {60 * high}"
        yield Choice(low, where, int(inside.sum()))


def _artists(collection: Collection, open_to: Bool[np.ndarray, " tracks"]) -> Iterator[Choice]:
    """A choice for each artist, those of most tracks first."""
    names = collection.tracks["artist"][open_to].dropna().astype(str)
    counts = names.str.split(";").explode().str.strip().value_counts()
    whole: dict[str, tuple[str, int]] = {}
    for name, count in counts.items():
        key = str(name).casefold()
        first, so_far = whole.get(key, (str(name), 0))
        whole[key] = (first, so_far + int(count))
    for name, count in sorted(whole.values(), key=lambda item: (-item[1], item[0])):
        quote = "'" if "'" not in name else '"'
        if name and quote not in name and "\\" not in name:  # what conditions can't name
            yield Choice(name, f"artist == {quote}{name}{quote}", count)


def _named(choices: list[Choice], artist: str) -> list[Choice]:
    """The first choices in whose names a word begins so."""
    wanted = folded(artist)
    fits = (item for item in choices if not wanted or f" {wanted}" in f" {folded(str(item.value))}")
    return [item for item, _ in zip(fits, range(_ARTISTS), strict=False)]


def _concepts(collection: Collection, open_to: Bool[np.ndarray, " tracks"]) -> Iterator[Choice]:
    """A choice for much of each concept."""
    for column, much in collection.concepts.much.items():
        # A condition means the table's column where both have the same name.
        if column not in collection.tracks and column not in collection.features:
            count = int((open_to & much).sum())
            if count:
                yield Choice(column, f"{column} > {MUCH}", count)
