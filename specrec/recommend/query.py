"""Queries: a track found by what a person types, a file from outside the library, or words."""

import difflib
import os
import re
import threading
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from specrec.errors import QueryError
from specrec.index.table_file import find_text, take_rows
from specrec.recommend.results import Track
from specrec.shapes import Float16, Float32

NAMES = ["track_id", "path", "title", "artist", "album"]
"""The columns by which a track is found."""
_SHOWN = 10


@dataclass(frozen=True, eq=False)
class Query:
    """What to find neighbors of, resolved once: a track, or words for how it should sound.

    `Library.resolve` makes it of a track, `Collection.words` of words.

    >>> query = library.resolve("track 0")
    >>> query.track.title, query.row, query.embedding.shape
    ('track 0', 0, (24,))

    Attributes:
        track: Its title, artist and other data; of words, they are the title.
        row: Its row in the library or table; None for a file from outside, and for words.
        path: Its file; None for words, or if it is from a table that names no files.
        features: Its features, measured or from a table, by name and in their units.
        embedding: Its centered embedding, not of unit length; None if it is from a table, which
            has no audio.
        windows: Centered embeddings of its windows, in order; None if it is from a table, or words
            have a part in it.
        content_id: Hash of its file's bytes; None if it is from a table, and for words.
        aim: What is searched for in place of the embedding, if words turned the query.
        asked: The coordinates that words asked for, by name.
        notes: What of the words could not be understood as meant, one line each.
    """

    track: Track
    row: int | None
    path: Path | None
    features: Mapping[str, float]
    embedding: Float32[np.ndarray, " dim"] | None = None
    windows: Float16[np.ndarray, "windows dim"] | None = None
    content_id: str | None = None
    aim: Float32[np.ndarray, " dim"] | None = None
    asked: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    @property
    def sound(self) -> Float32[np.ndarray, " dim"]:
        """The embedding that is searched for.

        Raises:
            QueryError: If it has none, because it is a track of a table.
        """
        if self.aim is not None:
            return self.aim
        if self.embedding is None:
            raise QueryError(f"{self.track.title}: a track of a table has no audio to compare")
        return self.embedding

    @property
    def library_row(self) -> int:
        """The query's row in the library.

        Raises:
            QueryError: If it is a file from outside.
        """
        if self.row is None:
            name = self.path or self.track.title
            raise QueryError(f"{name} is not in the library; give a track that is")
        return self.row


QueryLike = str | os.PathLike[str] | int | Query
"""A track_id, a path (also of a file outside the library), words of title and artist, a row of the
library's `tracks`, or a resolved query."""


def as_list(queries: QueryLike | Sequence[QueryLike]) -> Sequence[QueryLike]:
    """Returns several queries as they are, and a single one in a list."""
    single = isinstance(queries, str | os.PathLike | int | np.integer | Query)
    return [queries] if single else queries  # type: ignore[list-item,return-value]


def track_of_file(path: Path) -> Track:
    """Makes the track of a file outside the library from its own tags.

    Raises:
        AudioError: If reading the tags crashes.
    """
    from specrec.audio.pool import map_path
    from specrec.catalog.tags import read_tags

    # What it may cost is bounded in a main thread only: a server's threads leave it to a worker.
    is_main = threading.current_thread() is threading.main_thread()
    tags = read_tags(path) if is_main else map_path(read_tags, path)
    return Track(
        None,
        str(path),
        tags.title or path.stem,
        tags.artist,
        tags.album,
        tags.genre,
        tags.year,
        tags.duration_seconds,
    )


def is_file(path: Path) -> bool:
    """Whether there is a file of this name."""
    try:
        return path.is_file()
    except OSError:  # words may be too long for a path
        return False


def find_row(tracks: pa.Table, query: str) -> int:
    """Finds the row of the one track that a query means.

    It tries in turn: the path relative to the audio root; the whole title, with or without the
    artist; words that all occur in title, artist or album.

    Args:
        tracks: The tracks, with the columns `NAMES`.
        query: The text. Case, punctuation and underscores do not matter, nor do accents unless
            tracks differ only by them.

    Raises:
        QueryError: If nothing fits, or several tracks do; the message lists candidates.
    """
    if not is_text(query):
        raise QueryError(f"{query!a} is neither a file nor text in UTF-8")
    row = find_text(tracks["path"], query)
    if row is not None:
        return row
    if not query.strip():
        raise QueryError("the query is empty; give a track_id, a file, or words of a title")
    titles, artists, albums = (tracks[name].to_pylist() for name in ("title", "artist", "album"))
    for rows in _fitting(titles, artists, albums, query):
        if len(rows) == 1:
            return rows[0]
        if rows:
            raise _several(tracks, query, rows)
    raise QueryError(_nothing([*titles, *artists], query))


_Texts = Sequence[str | None]


def _fitting(titles: _Texts, artists: _Texts, albums: _Texts, query: str) -> Iterator[list[int]]:
    """Yields the rows that fit a query, more and more loosely."""
    different = {*titles, *artists, *albums}
    read = []
    for normalize in (_words, folded):
        wanted, plain = normalize(query), {text: normalize(text or "") for text in different}
        names = [[plain[text] for text in texts] for texts in (titles, artists, albums)]
        read.append((wanted, names))
        yield [
            row
            for row, (title, artist) in enumerate(zip(*names[:2], strict=True))
            if wanted and wanted in (title, f"{artist} {title}", f"{title} {artist}")
        ]
    for wanted, names in read:
        needed = set(wanted.split())
        yield [
            row
            for row, of_track in enumerate(zip(*names, strict=True))
            if needed and needed <= set(" ".join(of_track).split())
        ]


def is_text(query: str) -> bool:
    """Whether a query is valid text; one from a command line may be any bytes."""
    try:
        query.encode()
    except UnicodeEncodeError:
        return False
    return True


def _words(text: str) -> str:
    """Reduces a text to its words in lower case; to its other characters if it has no words."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"[^\W_]+", plain)) or " ".join(plain.split())


# Letters that Unicode takes for no variant of another, though who has no key for them does.
_BARE = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h"}
)


def folded(text: str) -> str:
    """Reduces a text to its words in lower case, without accents.

    >>> folded("Café del MØR")
    'cafe del mor'
    """
    apart = unicodedata.normalize("NFKD", text.casefold()).translate(_BARE)
    return _words("".join(sign for sign in apart if not unicodedata.combining(sign)))


def _nothing(names: _Texts, query: str) -> str:
    known = {folded(name): name for name in reversed(names) if name is not None}
    close = difflib.get_close_matches(folded(query), known, n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(repr(known[name]) for name in close)}?" if close else ""
    return f"{query!r} is neither a file nor a track_id, and fits no title or artist{hint}"


def _several(tracks: pa.Table, query: str, rows: Sequence[int]) -> QueryError:
    """Makes an error that lists the tracks that fit."""
    fitting = take_rows(tracks.select(NAMES), np.array(rows[:_SHOWN])).to_pylist()
    shown = [f"  {track['track_id']}  {describe(track)}" for track in fitting]
    more = [f"  ... and {len(rows) - _SHOWN} more"] if len(rows) > _SHOWN else []
    message = f"{query!r} fits {len(rows)} tracks; add words or give a track_id:"
    return QueryError(message, [*shown, *more])


def describe(track: Mapping[str, str | None]) -> str:
    """Returns `artist - title` of a track, or the title alone if the artist is unknown."""
    title, artist = track["title"], track["artist"]
    return f"{title}" if artist is None else f"{artist} - {title}"
