"""Embeds and measures what an index run finds new."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from specrec.audio.windows import REMAINDER
from specrec.catalog.catalog import Catalog
from specrec.config import IndexConfig
from specrec.descriptors.files import Measurements
from specrec.descriptors.measure import VERSION as MEASURE_VERSION
from specrec.errors import AudioError, LibraryError, SkipReason
from specrec.index.decisions import Decisions
from specrec.index.files import REMEDY, damaged_files
from specrec.index.generation import Generation
from specrec.index.part import Part
from specrec.index.segment_store import Failure, SegmentStore, store_key
from specrec.model.embedding import Embedded
from specrec.progress import Progress

Load = Callable[[Path, str], Any]
"""A function that loads a model, as `specrec.model.model.load_model` does."""


def embed_new(
    config: IndexConfig,
    model: Path,
    catalog: Catalog,
    new: pd.DataFrame,
    store: SegmentStore,
    known: Measurements,
    on_embed: Progress | None,
    load: Load | None = None,
) -> tuple[int, dict[str, Failure]]:
    """Embeds new files into the store, and measures those of which nothing is known.

    Returns:
        Number of embedded files, and failures that may be temporary, by content_id.
    """
    if new.empty:
        return 0, {}
    from specrec.model.model import load_model  # here, for a run with nothing new needs no torch

    loaded = (load or load_model)(model, config.device)
    unmeasured = ~new["content_id"].isin(known.content_ids) & config.measure_features
    lost: dict[str, Failure] = {}
    embedded = done = 0
    try:
        for part, measure in ((new[unmeasured], True), (new[~unmeasured], False)):
            paths = [catalog.file(path) for path in part["path"]]
            content_ids = part["content_id"].tolist()
            for position, result in loaded.stream(
                paths, config.workers, config.batch_size, config.windows_per_track, measure
            ):
                content_id = content_ids[position]
                embedded += isinstance(result, Embedded)
                if measure and isinstance(result, Embedded):
                    known.add(content_id, result.features)
                failure = store.add(content_id, result)
                if failure is not None:
                    lost[content_id] = failure
                done += 1
                if on_embed:
                    on_embed(done, len(new))
    finally:
        store.flush()  # also when interrupted
    return embedded, lost


def find_measurements(
    config: IndexConfig, before: Generation | None, part: Part | None, decisions: Decisions
) -> Measurements:
    """Collects all features that were measured of a part so far; no model changes them."""
    journal = Path(config.library) / "journal"
    known = Measurements(journal / f"descriptors-{MEASURE_VERSION}.jsonl")
    kept = [item for item in decisions.kept if item.measure_version == MEASURE_VERSION]
    ids = [item.track["content_id"] for item in kept]
    known.recall(ids, pd.DataFrame([item.features for item in kept]))
    if before is None or part is None:
        return known
    if before.manifest.get("measure_version", 1) == MEASURE_VERSION:
        known.recall(part.tracks["content_id"].tolist(), part.descriptors)
    return known


def measure_tracks(
    config: IndexConfig,
    known: Measurements,
    tracks: pd.DataFrame,
    root: Path,
    on_measure: Progress | None,
) -> pd.DataFrame:
    """Measures the tracks that were embedded earlier and whose features are still unknown."""
    content_ids = tracks["content_id"].tolist()
    if config.measure_features:
        paths = [root / path for path in tracks["path"]]
        known.measure(content_ids, paths, config.workers, on_measure)
    return known.table(content_ids)


def adopt_old(before: Generation, store: SegmentStore) -> None:
    """Copies into the store what older formats kept in the generation itself."""
    if store.folder.name != store_key(before.fingerprint, None):
        return
    damage = damaged_files(before.folder, before.sums)
    if damage:
        raise LibraryError(f"{damage[0]}; {REMEDY}")
    known = set(store.table.index)
    window_seconds = before.manifest["model"].get("window_seconds", math.nan)
    for row, track in enumerate(before.tracks.itertuples()):
        windows, seconds = before.windows(row), track.duration_seconds
        # A remainder of up to 2 % of a window once made a window of its own.
        rest = len(windows) - seconds / window_seconds
        if track.content_id not in known and not rest > 1 - REMAINDER - 1e-6:
            store.add(
                track.content_id,
                Embedded(np.asarray(before.embeddings[row]), windows, seconds),
            )
    for item in before.skipped.dropna(subset=["content_id"]).itertuples():
        if item.content_id not in known:
            store.add(item.content_id, AudioError(item.path, SkipReason(item.reason), item.detail))
    store.flush()
