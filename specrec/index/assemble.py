"""Assembles a generation from a catalog and the stored embeddings of its tracks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from specrec.catalog.catalog import Catalog
from specrec.catalog.scan import Skipped
from specrec.descriptors.measure import VERSION as MEASURE_VERSION
from specrec.errors import LibraryError, SkipReason
from specrec.index.decisions import Removed
from specrec.index.duplicates import COLUMNS, find_duplicates
from specrec.index.duplicates import VERSION as DUPLICATES_VERSION
from specrec.index.generation import Contents, Generation, skipped_table
from specrec.index.search import AUTO
from specrec.index.search_building import build_index
from specrec.index.segment_store import Failure, SegmentStore
from specrec.index.table_file import is_among
from specrec.model.card import ModelCard, read_card
from specrec.model.probe import load_probe
from specrec.printing import counted

REMOVED = Failure(SkipReason.REMOVED, "removed with specrec remove")
_GONE = Failure(SkipReason.MISSING, "its file is gone, and this model has not embedded it")


@dataclass(frozen=True, eq=False)
class Settled:
    """What has become of a catalog's tracks.

    Attributes:
        tracks: Those that are in the library, with their durations.
        skipped: Files that are not, as in `Contents`.
    """

    tracks: pd.DataFrame
    skipped: pd.DataFrame

    @property
    def contents(self) -> list[str]:
        """The content_ids of the tracks."""
        return list(self.tracks["content_id"])


def settle(
    catalog: Catalog,
    store: SegmentStore,
    lost: Mapping[str, Failure],
    removed: Sequence[Removed],
) -> Settled:
    """Says which of a catalog's tracks are in the library, and why the others are not.

    Args:
        catalog: The tracks that the library is to hold.
        store: Holds their embeddings, and why some could not be embedded.
        lost: Failures of this run that may be temporary, by content_id.
        removed: The tracks that were removed; those whose files are missing are listed as skipped.
    """
    taken = {item.content_id: item for item in removed}
    failures = _failures(catalog.tracks["content_id"], store, lost, set(taken))
    refused = catalog.tracks["content_id"].map(failures)
    out = catalog.tracks[refused.notna()]
    listed = [
        Skipped(path, failure.reason, failure.detail)
        for path, failure in zip(out["path"], refused.dropna(), strict=True)
    ]
    here = set(out["content_id"])
    away = [item for item in removed if item.content_id not in here]
    listed += [Skipped(item.path, REMOVED.reason, REMOVED.detail) for item in away]
    lasting = {
        path: content_id
        for path, content_id in zip(out["path"], out["content_id"], strict=True)
        if failures[content_id].lasting
    }
    lasting |= {item.path: item.content_id for item in away}
    skipped = sorted([*catalog.skipped, *listed], key=lambda item: item.path)
    tracks = catalog.tracks[refused.isna()].reset_index(drop=True)
    seconds = store.table.loc[tracks["content_id"].tolist(), "duration_seconds"].to_numpy()
    return Settled(tracks.assign(duration_seconds=seconds), skipped_table(skipped, lasting))


def assemble(
    catalog: Catalog,
    model: Path,
    store: SegmentStore,
    settled: Settled,
    index_type: str = AUTO,
    may_be_empty: bool = False,
) -> Contents:
    """Puts tracks, embeddings and index together, in the catalog's order.

    Args:
        catalog: All the music.
        model: Folder of the model that embedded it.
        store: Holds the embeddings.
        settled: What has become of the catalog's tracks.
        index_type: The type of the search index, one of `IndexConfig.index_type`.
        may_be_empty: Whether it may hold no track, as a share of few files.

    Raises:
        LibraryError: If no track is left, and it may not be empty.
    """
    tracks, skipped = settled.tracks, settled.skipped
    if not len(tracks) and not may_be_empty:
        first = next(skipped.itertuples())
        raise LibraryError(
            f"{catalog.root}: nothing that can be used in {counted(len(skipped), 'file')};"
            f" the first: {first.path}: {first.detail} ({first.reason})"
        )
    card = read_card(model)
    none = np.empty((0, card.architecture.embedding_dim), dtype=np.float32)
    embeddings = store.embeddings(settled.contents) if len(tracks) else none
    return Contents(
        _manifest(catalog, card, model, len(tracks), len(skipped), index_type),
        tracks,
        store.placement(settled.contents),
        pd.DataFrame(index=tracks.index),
        load_probe(model, card.fingerprint),
        catalog.files,
        skipped,
        embeddings,
        build_index(embeddings, index_type),
        pd.DataFrame(columns=[*COLUMNS]).astype(COLUMNS),
    )


def pair_duplicates(
    before: Generation | None, after: Contents, store: SegmentStore
) -> pd.DataFrame:
    """Lists pairs of files of one recording: the known pairs, and those that new tracks form.

    Args:
        before: The previous generation, if it was embedded in the same way.
        after: The new generation.
        store: Holds the window embeddings of its tracks.

    Returns:
        Columns first, second (content_ids) and similarity, sorted by both ids.
    """
    contents = after.tracks["content_id"]
    if before is None or before.manifest.get("duplicates_version") != DUPLICATES_VERSION:
        known, new = after.duplicates, np.arange(len(contents))
    else:
        known = before.duplicates
        known = known[is_among(known["first"], contents) & is_among(known["second"], contents)]
        new = np.flatnonzero(~is_among(contents, before.tracks["content_id"]).to_numpy(dtype=bool))
    pairs = find_duplicates(
        after.index,
        after.embeddings,
        after.tracks["duration_seconds"].to_numpy(dtype=np.float64),
        lambda row: store.windows(contents[row]),
        after.manifest["model"]["window_seconds"],
        new,
    )
    rows = [(*sorted((contents[one], contents[other])), value) for one, other, value in pairs]
    found = pd.DataFrame(rows, columns=[*COLUMNS]).astype(COLUMNS)
    joined = pd.concat([known, found]).drop_duplicates(["first", "second"])
    return joined.sort_values(["first", "second"], ignore_index=True)


def _failures(
    contents: pd.Series, store: SegmentStore, lost: Mapping[str, Failure], removed: set[str]
) -> dict[str, Failure]:
    """Says by content_id why contents are left out; all others are in the library."""
    known = store.table.reindex(contents)
    absent = dict.fromkeys(known.index[known["row"].isna()], _GONE)
    bad = known[known["reason"].notna()]
    stored = {row.Index: Failure(SkipReason(row.reason), row.detail) for row in bad.itertuples()}
    passing = {name: failure for name, failure in lost.items() if name not in store.table.index}
    return absent | stored | passing | dict.fromkeys(set(contents) & removed, REMOVED)


def _manifest(
    catalog: Catalog, card: ModelCard, model: Path, tracks: int, skipped: int, index_type: str
) -> dict[str, Any]:
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "audio_root": str(catalog.root.resolve()),
        "model": {
            "name": card.name,
            "fingerprint": card.fingerprint,
            "folder": str(model.resolve()),
            "window_seconds": card.front_end.window_seconds,
        },
        "measure_version": MEASURE_VERSION,
        "duplicates_version": DUPLICATES_VERSION,
        "counts": {"tracks": tracks, "skipped": skipped, "ignored": catalog.ignored},
        "search": index_type,
    }
