"""What the columns of published tables are called, and what we call them."""

import ast
import re
from collections.abc import Iterable

TAG_COLUMNS = {
    "title": "string",
    "artist": "string",
    "album": "string",
    "genre": "string",
    "year": "Int64",
    "duration_seconds": "Float64",
}
"""The columns of every catalog that tags fill, and a table, with their types."""

SHARES = (  # as Spotify and Echo Nest give them, from 0 to 1
    "energy",
    "danceability",
    "valence",
    "acousticness",
    "instrumentalness",
    "liveness",
    "speechiness",
)
NUMBERS = (*SHARES, "tempo", "loudness")
"""Features that are numbers in every table."""

# Our names, with those that others use (Spotify's API, Kaggle's tables, Exportify), the first that
# is there; in small letters, with underscores for all other signs.
_ALIASES = {
    "track_id": ("track_id", "id", "spotify_id", "track_uri", "uri", "spotify_track_id"),
    "title": ("title", "track_name", "name", "track", "song", "song_name"),
    "artist": (
        "artist", "artists", "artist_name", "artist_names", "artist_name_s", "track_artist",
        "artist_s_name",
    ),
    "album": ("album", "album_name", "track_album_name", "release_name"),
    "genre": ("genre", "genres", "track_genre", "playlist_genre"),
    "year": ("year", "release_year", "release_date", "album_release_date",
        "track_album_release_date",
    ),
    "duration_ms": ("duration_ms", "track_duration_ms"),
}  # fmt: skip
_TEXTS = {"track_id", "title", "artist", "album", "genre"}


def text_columns(columns: Iterable[object]) -> set[object]:
    """The columns that hold identifiers and names, which stay text even where they are digits."""
    names = list(columns)
    ours = our_names(names)
    return {name for name in names if ours.get(name, name) in _TEXTS}


def our_names(columns: Iterable[object]) -> dict[object, str]:
    """Our name for each column of a table that is called otherwise.

    >>> our_names(["Track Name", "Artist Name(s)", "Energy", "mood"])
    {'Track Name': 'title', 'Artist Name(s)': 'artist', 'Energy': 'energy'}
    """
    names = list(columns)
    there = {_plain(str(name)): name for name in reversed(names)}
    ours = _ALIASES | {name: (name,) for name in (*NUMBERS, "key", "mode", "time_signature")}
    found = {}
    for our, aliases in ours.items():
        first = next((there[alias] for alias in aliases if alias in there), None)
        if first is not None and our not in names:
            found[first] = our
    return found


def items(cell: object) -> list[str]:
    r"""The names in a cell: a list, as text or not, or one or several separated by semicolons.

    >>> items("['Ana', \"D'Eva\"]"), items("Ana;Eva")
    (['Ana', "D'Eva"], ['Ana', 'Eva'])
    """
    if isinstance(cell, str):
        text = cell.strip()
        if text.startswith("[") and text.endswith("]"):
            try:
                cell = ast.literal_eval(text)
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                cell = [cell]
        else:
            cell = cell.split(";")
    values = cell if isinstance(cell, Iterable) else [cell]
    return [name for name in (str(value).strip() for value in values) if name]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
