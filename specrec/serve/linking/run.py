"""Links a library to a media server: lists its songs, finds their tracks, and writes it down."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from specrec.errors import LibraryError
from specrec.printing import counted
from specrec.progress import Progress
from specrec.recommend.collection import Collection
from specrec.recommend.results import Track
from specrec.serve.linking.matching import Song, match_songs
from specrec.serve.links import Links


@dataclass(frozen=True)
class LinkReport:
    """What a run has linked, and what it could not.

    Attributes:
        server: Address of the media server.
        songs: Number of its songs.
        by_path: How many of them a path told.
        by_tags: How many of them tags and duration told.
        ambiguous: Songs that may be one of several tracks, with these.
        unknown: Songs that fit no track of the library.
        unlinked: Tracks of the library that are no song of the server.
    """

    server: str
    songs: int
    by_path: int
    by_tags: int
    ambiguous: tuple[tuple[Song, tuple[Track, ...]], ...]
    unknown: tuple[Song, ...]
    unlinked: tuple[Track, ...]

    def to_dict(self) -> dict[str, Any]:
        """Returns plain values for JSON."""
        return {
            "server": self.server,
            "songs": self.songs,
            "linked": {"by_path": self.by_path, "by_tags": self.by_tags},
            "ambiguous": [
                {"song": asdict(song), "tracks": [track.to_dict() for track in tracks]}
                for song, tracks in self.ambiguous
            ],
            "unknown": [asdict(song) for song in self.unknown],
            "unlinked": [track.to_dict() for track in self.unlinked],
        }


def link_library(
    collection: Collection,
    server: Links,
    list_songs: Callable[[Progress], list[Song]],
    on_progress: Progress,
) -> LinkReport:
    """Links a library to a media server; links of an earlier run are replaced.

    Args:
        collection: What the library holds.
        server: The media server: links without any songs yet.
        list_songs: Lists its songs.
        on_progress: Called with the number of songs listed and of all.

    Raises:
        MediaServerError: If the server can't be reached, refuses, or is none.
        LibraryError: If no song fits a track; links of an earlier run stay then.
        StorageError: If the links can't be written.
    """
    songs = list_songs(on_progress)
    tracks = collection.tracks
    found = match_songs(songs, tracks, collection.generation.duplicate_groups)
    if not found.rows:
        raise LibraryError(
            f"{collection.folder}: no track is among the {counted(len(songs), 'song')} of"
            f" {server.server}; is it the same music?"
        )
    ids = tracks["track_id"]
    items = {item: str(ids.iat[row]) for item, row in found.rows.items()}
    replace(server, items=items, artists=found.artists).save(collection.folder)
    unlinked = np.setdiff1d(np.arange(len(tracks)), list(found.rows.values()))
    return LinkReport(
        server.server,
        len(songs),
        len(found.by_path),
        len(found.by_tags),
        tuple(
            (song, tuple(collection.tracks_at(np.array(rows, np.int64))))
            for song, rows in found.ambiguous
        ),
        found.unknown,
        tuple(collection.tracks_at(unlinked)),
    )
