"""Libraries as a media server knows them: by its own ids."""

import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from specrec.explain.explanation import Explanation
from specrec.recommend.collection import Collection
from specrec.recommend.library import Library
from specrec.recommend.query import Query
from specrec.recommend.ranking import Ranking
from specrec.recommend.results import Neighbor, Neighbors, Track
from specrec.recommend.search import find_neighbors
from specrec.serve.links import Links
from specrec.serve.problems import NotFoundError
from specrec.serve.shelf import Shelf
from specrec.shapes import Bool, Int64


@dataclass(frozen=True)
class LinkedLibrary:
    """A library, and the ids that a media server has given to its tracks.

    Attributes:
        library: The library.
        links: The ids; none if it is not linked.
    """

    library: Library
    links: Links

    @property
    def collection(self) -> Collection:
        """What the library holds."""
        return self.library.collection

    def row(self, item_id: str) -> int | None:
        """The row of the track that has an id; None if there is none."""
        return self.collection.row_of(self.links.track_id(item_id) or item_id)

    def artist(self, asked: str) -> str:
        """The artist who has an id of the media server; what was asked for if none has it."""
        return self.links.artist(asked) or asked

    def item_id(self, track: Track) -> str | None:
        """The media server's id of a track; None if the server does not have it."""
        assert track.track_id is not None
        return self.links.item_id(track.track_id) if self.links.server else track.track_id

    def on_server(self, rows: Int64[np.ndarray, " rows"]) -> Int64[np.ndarray, " left"]:
        """Those of some rows whose tracks the media server has."""
        mask = _on_server(self.collection, self.links)
        return rows if mask is None else rows[mask[rows]]

    def neighbors(
        self,
        seeds: Sequence[Query],
        n: int,
        against: Sequence[Query] = (),
        ranking: Ranking | None = None,
    ) -> Neighbors:
        """Finds neighbors among the tracks that the media server has."""
        collection = self.collection
        return find_neighbors(
            collection.space(),
            collection.table,
            seeds,
            against,
            n,
            ranking or Ranking(),
            _on_server(collection, self.links),
            in_full=False,
        )

    def item(self, track: Track) -> dict[str, Any]:
        """A track as plugins read it."""
        return {
            "item_id": self.item_id(track),
            "title": track.title,
            "author": track.artist,
            "album": track.album or "unknown",
        }

    def match(self, neighbor: Neighbor) -> dict[str, Any]:
        """A neighbor as plugins read it: with its distance, and why it is one."""
        return {
            **self.item(neighbor.track),
            "distance": 1.0 - neighbor.similarity,
            "similarity": neighbor.similarity,
            **reasons(neighbor.explanation),
        }


def reasons(explanation: Explanation | None) -> dict[str, Any]:
    """Why a track was found: a sentence, and the features of which it speaks."""
    if explanation is None:
        return {"reason": None, "reasons": []}
    return {
        "reason": explanation.sentence,
        "reasons": [
            {
                "feature": item.feature,
                "side": item.side,
                "verdict": item.verdict,
                "contribution": item.contribution,
            }
            for item in explanation.reasons
        ],
    }


def linked_libraries(shelf: Shelf, server: str | None) -> list[LinkedLibrary]:
    """The libraries that may be meant: all, or the one whose name a plugin has for a server.

    Raises:
        NotFoundError: If no library has that name.
        LibraryError: If the links of one are damaged.
    """
    names = shelf.names if server is None else [server]
    found = [(shelf.library(name), name) for name in names]
    return [LinkedLibrary(library, Links.of(shelf.folder(name))) for library, name in found]


def find_tracks(
    shelf: Shelf, server: str | None, item_ids: Sequence[str]
) -> tuple[LinkedLibrary, list[Query]]:
    """Finds the library that has tracks with some ids, and these tracks.

    Raises:
        NotFoundError: If no library has them all.
    """
    libraries = linked_libraries(shelf, server)
    for linked in libraries:
        rows = [row for item_id in item_ids if (row := linked.row(item_id)) is not None]
        if len(rows) == len(item_ids):
            return linked, [linked.collection.query(row) for row in rows]
    missing = [one for one in item_ids if all(linked.row(one) is None for linked in libraries)]
    named = " and ".join(repr(item_id) for item_id in missing or item_ids)
    raise NotFoundError(
        f"no library has {named}; index the music, and link it again with specrec link"
    )


_masks: "weakref.WeakKeyDictionary[Collection, tuple[Links, Bool[np.ndarray, ' tracks'] | None]]"
_masks = weakref.WeakKeyDictionary()


def _on_server(collection: Collection, links: Links) -> "Bool[np.ndarray, ' tracks'] | None":
    """Which tracks the media server has; None if it has all, or the library is not linked."""
    if not links.server:
        return None
    known = _masks.get(collection)
    if known is None or known[0] is not links:
        ids = collection.tracks["track_id"]
        mask = np.fromiter((links.item_id(name) is not None for name in ids), bool, len(ids))
        known = _masks[collection] = links, None if mask.all() else mask
    return known[1]
