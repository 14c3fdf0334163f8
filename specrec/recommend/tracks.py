"""The tracks of a collection as a search asks about them, in a table or in a database."""

from collections.abc import Set
from typing import Protocol, runtime_checkable

import numpy as np

from specrec.recommend.results import Track
from specrec.recommend.space import Selection
from specrec.shapes import Int64


@runtime_checkable
class Tracks(Protocol):
    """All tracks of a collection, each of which has a row: a number that stands for it.

    `specrec.recommend.results.TrackTable` holds them in memory, where rows count from 0;
    `specrec.scale.milvus.tracks.MilvusTracks` asks a database, whose keys the rows are.
    """

    def __len__(self) -> int: ...

    def at(self, rows: Int64[np.ndarray, " rows"]) -> list[Track]:
        """Makes the tracks in some rows, in their order."""

    def recordings(self, rows: Int64[np.ndarray, " rows"]) -> Int64[np.ndarray, " rows"]:
        """A number for the track in each row, equal for files of one recording."""

    def with_duplicates(self, rows: Int64[np.ndarray, " rows"]) -> Int64[np.ndarray, " more"]:
        """Adds to some rows those of other files of the same recordings."""

    def artists(self, rows: Int64[np.ndarray, " rows"]) -> list[set[str]]:
        """The artists of the track in each row, as `specrec.recommend.results.names_in` gives them.

        There are none of a track whose artist is unknown.
        """

    def all_but(self, rows: Int64[np.ndarray, " rows"]) -> Selection:
        """Selects all tracks but those in some rows."""

    def same_as(self, column: str, names: Set[str]) -> Selection:
        """Selects the tracks of which an artist, or the album, has one of some names.

        They are as `specrec.recommend.results.names_in` gives them.
        """
