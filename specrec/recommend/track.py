"""The tracks that a library is asked about and answers with."""

import json
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float16, Float32

from specrec.catalog.catalog import TAG_COLUMNS
from specrec.explain.explanation import Explanation

_INTERNAL = {"track_id", "path", "content_id", *TAG_COLUMNS}


@dataclass(frozen=True)
class Track:
    """A track of a library, or a query from outside it.

    Attributes:
        track_id: Stable name; the content's unless a table gave another. None for a query from
            outside.
        path: Relative to the library's audio root; as given for a query from outside.
        title: From a table or tags, else the file's name.
        artist: None where unknown, as all that follow.
        album: Its album.
        genre: Its genres.
        year: Of its release.
        duration_seconds: Of the decoded audio.
        columns: What else a table said of it.
    """

    track_id: str | None
    path: str
    title: str
    artist: str | None = None
    album: str | None = None
    genre: str | None = None
    year: int | None = None
    duration_seconds: float | None = None
    columns: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Sound:
    """A track as the model hears it.

    Attributes:
        row: Its row in the library; None for a file from outside.
        path: Its file.
        embedding: Centered.
        windows: Centered embeddings of its windows, in order.
        seconds: Its length.
    """

    row: int | None
    path: Path
    embedding: Float32[np.ndarray, " dim"]
    windows: Float16[np.ndarray, "windows dim"]
    seconds: float


@dataclass(frozen=True)
class Neighbor:
    """A track that resembles the query.

    Attributes:
        rank: From 1, the best.
        similarity: Cosine of the centered embeddings, from -1 to 1; higher is nearer. Of several
            queries, with the nearest, whose match the explanation explains.
        track: The track.
        score: By which it was ranked, before diversity, where there were several queries or hubs
            were corrected; None where that is the similarity.
        seed: Place of the nearest query among those asked, from 0.
    """

    rank: int
    similarity: float
    track: Track
    explain: Callable[[], Explanation] = field(repr=False, compare=False)
    score: float | None = None
    seed: int = 0

    @property
    def explanation(self) -> Explanation:
        """Why it resembles the query; worked out for all neighbors when first asked for."""
        return self.explain()


def track_of_row(row: "pd.Series[Any]") -> Track:
    """The track in a row of a library's table."""
    values = {str(name): _plain(value) for name, value in row.items()}
    return Track(
        track_id=values["track_id"],
        path=values["path"],
        **{name: values[name] for name in TAG_COLUMNS},
        columns={name: value for name, value in values.items() if name not in _INTERNAL},
    )


def track_of_file(path: Path) -> Track:
    """A file outside the library, by its own tags.

    Raises:
        AudioError: If reading them crashes.
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


def _plain(value: Any) -> Any:
    """A cell as a value that JSON has, a date as text; None where it is missing or no number."""
    if np.ndim(value) == 0 and pd.isna(value):
        return None
    if hasattr(value, "tolist"):
        value = json.loads(json.dumps(value.tolist(), default=str))
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | list | dict) else str(value)
