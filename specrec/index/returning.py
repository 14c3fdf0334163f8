"""Puts removed tracks back at once, from what the library still holds of them; no file is read."""

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from specrec.errors import LibraryError, QueryError
from specrec.index.assemble import pair_duplicates
from specrec.index.decision_files import read_decisions, write_decisions
from specrec.index.decisions import Decisions, Kept, typed
from specrec.index.duplicates import COLUMNS
from specrec.index.generation import Contents, Generation
from specrec.index.generations import remove_old_generations, write_generation
from specrec.index.locks import writer_lock
from specrec.index.maintenance import WRITTEN, open_generation, refuse_damage, skipped_after
from specrec.index.search import AUTO
from specrec.index.search_building import build_index
from specrec.index.segment_store import SegmentStore


def removed_tracks(library: Path) -> list[Kept]:
    """Lists what is known of the tracks that were removed, those removed last at the end.

    Raises:
        LibraryError: If there is no library, or it is damaged.
    """
    return _removed(read_decisions(library, open_generation(library)))


def put_back(library: Path, track_ids: Collection[str]) -> int:
    """Puts removed tracks back, as if they had not been removed.

    `restore_tracks` lets the next index run do that, which reads new files too.

    Returns:
        The number of tracks in the library then.

    Raises:
        QueryError: If one was not removed.
        LibraryError: If there is no library, it is in use, or the embedding of a track is gone
            from it.
    """
    open_generation(library)  # before the lock, which would make the folder
    with writer_lock(library):
        before = open_generation(library)
        decisions = read_decisions(library, before)
        known = {str(item.track["track_id"]): item for item in _removed(decisions)}
        for track_id in track_ids:
            if track_id not in known:
                raise QueryError(f"no track with the id {track_id!r} was removed")
        refuse_damage(before)
        back = [known[track_id] for track_id in dict.fromkeys(track_ids)]
        decisions = decisions.restored({item.track["path"] for item in back})
        after = _joined(library, before, back, decisions)
        write_decisions(library, decisions)
        write_generation(library, after)
        remove_old_generations(library)
    return len(after.tracks)


def _removed(decisions: Decisions) -> list[Kept]:
    """What is known of removed tracks, each with the path at which its file was seen last."""
    paths = {item.content_id: item.path for item in decisions.removed}
    return [
        Kept(
            item.track | {"path": paths[item.track["content_id"]]},
            item.features,
            item.measure_version,
            item.audio_id,
        )
        for item in decisions.kept_of_removed()
    ]


def _joined(
    library: Path, before: Generation, back: Sequence[Kept], decisions: Decisions
) -> Contents:
    """A generation with more tracks, all in the order of their paths, as index runs have them."""
    store = _store(library, before)
    ids = [str(item.track["content_id"]) for item in back]
    found = store.table.reindex(ids)["row"].fillna(-1).to_numpy(dtype=np.int64)
    for item, row in zip(back, found, strict=True):
        if row < 0:
            raise LibraryError(
                f"{item.track['path']}: its embedding is gone; specrec restore, then specrec"
                " index, adds it again"
            )
    rows = typed(pd.DataFrame([item.track for item in back]), before.tracks.dtypes.to_dict())
    version = int(before.manifest.get("measure_version", 1))
    measured = [item.features if item.measure_version == version else {} for item in back]
    features = pd.DataFrame(measured, columns=before.descriptors.columns, dtype="float64")
    tracks = pd.concat([before.tracks, rows[before.tracks.columns]], ignore_index=True)
    order = np.argsort(tracks["path"].to_numpy(dtype=object), kind="stable")
    embeddings = np.concatenate([before.embeddings, store.embeddings(ids)])[order]
    manifest = {name: value for name, value in before.manifest.items() if name not in WRITTEN}
    skipped = skipped_after(before, decisions)
    counts = manifest["counts"] | {"tracks": len(tracks), "skipped": len(skipped)}

    def ordered(*parts: pd.DataFrame) -> pd.DataFrame:
        return pd.concat(parts, ignore_index=True).iloc[order].reset_index(drop=True)

    after = Contents(
        manifest | {"counts": counts},
        tracks.iloc[order].reset_index(drop=True),
        ordered(before.placement, store.placement(ids)),
        ordered(before.descriptors, features),
        before.probe,
        before.files,
        skipped,
        embeddings,
        build_index(embeddings, manifest.get("search", AUTO)),
        pd.DataFrame(columns=[*COLUMNS]).astype(COLUMNS),
        before.row_hashes,
    )
    return Contents(**vars(after) | {"duplicates": pair_duplicates(before, after, store)})


def _store(library: Path, before: Generation) -> SegmentStore:
    """The store of the embeddings by the model of a generation."""
    name = next(iter(before.segments))
    return SegmentStore(library, name.partition("/")[0])
