"""What changed in a library between its last state and the one before."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from specrec.errors import LibraryError
from specrec.index.generation import Generation
from specrec.index.generations import generation_folders, is_complete, open_folder


@dataclass(frozen=True)
class Changes:
    """How one state of a library differs from the one before.

    Attributes:
        since: When the state before was written, as an ISO date and time in UTC.
        added: The rows of the tracks that are new, of the table of tracks.
        gone: The rows of the tracks that are in the library no more, of the table before.
        renewed: The rows of the tracks whose file has other bytes, such as other tags.
        refused: The rows of the files that were not skipped before, of the table of skipped files.
    """

    since: str
    added: pd.DataFrame
    gone: pd.DataFrame
    renewed: pd.DataFrame
    refused: pd.DataFrame


def last_changes(library: Path, generation: Generation) -> Changes | None:
    """Compares a state of a library with the one before, which stays on disk.

    Returns:
        None if there is none before it.
    """
    earlier = [
        folder
        for folder in generation_folders(library)
        if is_complete(folder) and folder.name < generation.folder.name
    ]
    if not earlier:
        return None
    try:
        before = open_folder(library, earlier[-1])
        then, now = before.tracks, generation.tracks
        skipped = generation.skipped
        content_then = then.set_index("track_id")["content_id"]
        stays = now["track_id"].isin(then["track_id"])
        same = now["content_id"] == now["track_id"].map(content_then)
        return Changes(
            str(before.manifest["created"]),
            now[~stays],
            then[~then["track_id"].isin(now["track_id"])],
            now[stays & ~same],
            skipped[~skipped["path"].isin(before.skipped["path"])],
        )
    except LibraryError:  # a run that just ended has removed it, or it is damaged
        return None
