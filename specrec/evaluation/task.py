"""Who looks for what: the chosen tracks, their labels, and the artist filter."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from specrec.errors import CatalogError
from specrec.recommend.collection import Collection
from specrec.recommend.filters import matches
from specrec.shapes import Bool, Int


@dataclass(frozen=True, eq=False)
class Task:
    """Each track looks for those that share its label.

    Values are coded as integers; -1 stands for an unknown artist or album.

    Attributes:
        label: The column.
        rows: Where the labeled tracks stand among those chosen; the others take no part.
        labels: Label of each labeled track.
        artists: Artist of each track.
        albums: Album of each track.
        artist_filter: Whether tracks by the query's artist are no candidates, nor, where that is
            unknown, those of its album: what an encoder knows of a voice or a mastering would
            pass for similarity (Pampalk 2005, "Computational models of music similarity";
            Flexer and Schnitzer 2010, "Effects of album and artist filters in audio similarity
            computed for very large music databases").
    """

    label: str
    rows: Int[np.ndarray, " tracks"]
    labels: Int[np.ndarray, " tracks"]
    artists: Int[np.ndarray, " tracks"]
    albums: Int[np.ndarray, " tracks"]
    artist_filter: bool = False

    def relevant(self, queries: Int[np.ndarray, " queries"]) -> Bool[np.ndarray, "queries tracks"]:
        """Which candidates each query should find."""
        return (self.labels[queries, None] == self.labels) & self.candidates(queries)

    def candidates(
        self, queries: Int[np.ndarray, " queries"]
    ) -> Bool[np.ndarray, "queries tracks"]:
        """Which tracks may stand in each query's ranking; never the query itself."""
        allowed = np.ones((len(queries), len(self.labels)), dtype=bool)
        allowed[np.arange(len(queries)), queries] = False
        if self.artist_filter:
            artists, albums = self.artists[queries, None], self.albums[queries, None]
            same_artist = (artists == self.artists) & (artists >= 0)
            same_album = (albums == self.albums) & (albums >= 0) & (artists < 0)
            allowed &= ~(same_artist | same_album)
        return allowed


def choose_rows(collection: Collection, where: str | None) -> Int[np.ndarray, " chosen"]:
    """Rows of the library's tracks, or of those for which a condition holds.

    Args:
        collection: What the library holds.
        where: A condition as `Library.neighbors` takes it: `split == 'test'`.

    Raises:
        QueryError: If the condition can't be read, or names no column.
        CatalogError: If it holds for fewer than two tracks.
    """
    if where is None:
        return np.arange(len(collection))
    rows = np.flatnonzero(matches(where, collection.columns))
    if len(rows) < 2:
        raise CatalogError(f"{collection.folder}: {where} fits {len(rows)} tracks, 2 are needed")
    return rows


def label_tasks(collection: Collection, rows: Int[np.ndarray, " chosen"], label: str) -> list[Task]:
    """The task of a label, without the artist filter and with it.

    Raises:
        CatalogError: If there is no such column, or no two of the tracks share a value.
    """
    codes = _codes(_column(collection, label).iloc[rows])
    labeled = np.flatnonzero(codes >= 0)
    if len(np.unique(codes[labeled])) == len(labeled):
        raise CatalogError(f"no two of the {len(labeled)} tracks chosen share their {label}")
    artists, albums = (
        _codes(collection.tracks[name].iloc[rows])[labeled] for name in ("artist", "album")
    )
    task = Task(label, labeled, codes[labeled], artists, albums)
    return [task, replace(task, artist_filter=True)]


def _codes(values: "pd.Series[object]") -> Int[np.ndarray, " tracks"]:
    """Equal integers for equal texts, whatever their case; -1 where there is none."""
    codes: np.ndarray = pd.factorize(values.astype("string").str.strip().str.casefold())[0]
    return codes


def _column(collection: Collection, name: str) -> "pd.Series[object]":
    if name not in collection.tracks:
        have = ", ".join(map(str, collection.tracks.columns))
        raise CatalogError(f"{collection.folder}: no column {name}; there are {have}")
    return collection.tracks[name]
