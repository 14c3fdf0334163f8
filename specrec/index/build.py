"""An index run: reads the catalog, embeds what is new, writes a complete generation."""

import math
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from specrec.audio.windows import REMAINDER
from specrec.catalog.catalog import Catalog
from specrec.catalog.joins import Joined
from specrec.catalog.scan import Skipped
from specrec.config import IndexConfig
from specrec.descriptors.files import Measurements
from specrec.descriptors.measure import VERSION as MEASURE_VERSION
from specrec.errors import AudioError, LibraryError, SkipReason
from specrec.index.adapted import adapted_model
from specrec.index.assemble import assemble, pair_duplicates
from specrec.index.decision_files import note_decisions
from specrec.index.decisions import Decisions, kept_tracks
from specrec.index.files import REMEDY, damaged_files
from specrec.index.generation import Contents, Generation, skipped_files
from specrec.index.generations import (
    FORMAT_VERSION,
    read_generation,
    remove_old_generations,
    write_generation,
)
from specrec.index.inventory import keep_vanished, take_inventory
from specrec.index.locks import writer_lock
from specrec.index.plan import Plan
from specrec.index.segment_store import Failure, SegmentStore, store_key
from specrec.model.card import read_card
from specrec.model.embedding import Embedded
from specrec.model.probe import same_probe
from specrec.model.registry import find_model
from specrec.progress import Progress

Load = Callable[[Path, str], Any]
"""A function that loads a model, as `specrec.model.model.load_model` does."""


@dataclass(frozen=True)
class BuildReport:
    """Says what an index run did, or would do.

    Attributes:
        tracks: Number of tracks in the library after the run; in a dry run, before it.
        embedded: Number of files that this run embedded, without those that it refused; in a dry
            run, number of files that it would try.
        skipped: Files that are not in the library, and why; from this run or an earlier one.
        ignored: Number of files that are not audio.
        table: One line on how a table of tracks fitted the files; None if there is no table.
        featured: How the table of features fitted the tracks; None if no table was given.
        changed: Whether a new generation was written.
        plan: How the files changed since the last run.
        unmeasured: Number of tracks whose features should have been measured, but could not be.
        pruned: Whether tracks whose files are gone were dropped.
        dry_run: Whether this was a dry run, which writes nothing.
        untagged: Why the tags of some new files could not be read, by path.
        incomplete: Folders of the library that were left out because files in them are missing.
        moved_from: The previous audio root, if it changed.
        model_before: The model that embedded the library before, with its fingerprint, if it was
            another one.
    """

    tracks: int
    embedded: int
    skipped: list[Skipped]
    ignored: int
    table: str | None
    featured: Joined | None
    changed: bool
    plan: Plan
    unmeasured: int = 0
    pruned: bool = False
    dry_run: bool = False
    untagged: Mapping[str, str] = field(default_factory=dict)
    incomplete: list[str] = field(default_factory=list)
    moved_from: str | None = None
    model_before: str | None = None


def build_library(
    config: IndexConfig,
    on_scan: Progress | None = None,
    on_embed: Progress | None = None,
    on_measure: Progress | None = None,
    adapted: bool = True,
    load: Load | None = None,
) -> BuildReport:
    """Builds a library, or brings it up to date.

    What an earlier run embedded with the same model is not embedded again, even if that run was
    interrupted; a file that was moved or renamed is recognized by its content, one whose tags were
    edited by its audio data. Tracks whose files are gone stay unless `config.prune` is set. Readers
    see the previous state of the library until the run has finished.

    >>> settings = {"audio": str(music_folder), "library": str(library_folder)}
    >>> report = build_library(IndexConfig(**settings, model=str(model_folder), dry_run=True))
    >>> report.tracks, report.embedded, report.changed
    (6, 0, False)

    Args:
        config: The settings of `conf/index.yaml`.
        on_scan: Called while new files are read for their content_id and tags.
        on_embed: Called while new files are decoded, embedded and measured.
        on_measure: Called while tracks that were already embedded are measured.
        adapted: Whether the model that was adapted to the library takes the place of the one that
            it was made of.
        load: Loads a model from its folder onto a device, in place of `load_model`; so that a
            process that builds several libraries can load it once.

    Returns:
        What was embedded, skipped and changed.

    Raises:
        CatalogError: If there is no audio.
        ModelError: If the model is missing or damaged.
        LibraryError: If the library is damaged or in use, or no file can be used.
    """
    library, model = Path(config.library), find_model(config.model)
    if adapted:
        model = adapted_model(library, model)
    key = store_key(read_card(model).fingerprint, config.windows_per_track)
    if config.dry_run:
        return _rehearse(config, library, key, on_scan)
    with writer_lock(library):
        before = read_generation(library)
        _check_share(config, library, before)
        work = take_inventory(config, library, before, on_scan)
        catalog, plan, decisions = work.catalog, work.plan, work.decisions
        store = SegmentStore(library, key)
        if before is not None and before.version < 3:
            _adopt(before, store)
        new, retagged = work.unknown(store), work.retagged(store)
        store.add_copies(retagged)
        known = _measurements(config, before, decisions)
        known.recall(list(retagged), known.table(list(retagged.values())))
        embedded, lost = _embed(config, model, catalog, new, store, known, on_embed, load)
        stay = plan.hidden if config.prune else [*plan.hidden, *plan.vanished]
        catalog, kept = keep_vanished(catalog, work.known, stay)
        alive = set(catalog.tracks["content_id"]) if config.prune else None
        store.merge(alive)
        may_be_empty = config.shard is not None and not lost
        after = assemble(
            catalog, model, store, lost, decisions.removed, config.index_type, may_be_empty
        )
        same = before if before is not None and _same_key(before, key) else None
        after = replace(
            after,
            manifest=after.manifest | {"settings": _lasting(config)},
            descriptors=_measure(config, known, after, on_measure),
            duplicates=pair_duplicates(same, after, store),
        )
        noted = kept_tracks(kept, known.table(kept["content_id"].tolist()), MEASURE_VERSION)
        decisions = replace(decisions, kept=(*noted, *decisions.kept_of_removed(alive)))
        note_decisions(library, work.copies, decisions)
        changed = before is None or not _equal(before, after)
        if changed:
            write_generation(library, after)
        store.collect(remove_old_generations(library))
        shutil.rmtree(library / "journal", ignore_errors=True)
    return BuildReport(
        len(after.tracks),
        embedded,
        skipped_files(after.skipped),
        catalog.ignored,
        catalog.remark,
        work.featured,
        changed,
        plan,
        int(after.descriptors.isna().all(axis=1).sum()) if config.measure_features else 0,
        bool(config.prune),
        untagged=catalog.untagged,
        incomplete=[str(folder) for folder in store.incomplete],
        moved_from=work.moved_from,
        model_before=_other_model(before, key),
    )


def _other_model(before: Generation | None, key: str) -> str | None:
    """The model by which a library was embedded, if it was not that of a store's key."""
    if before is None or key.startswith(f"{before.fingerprint}-"):
        return None
    return f"{before.manifest['model']['name']} ({before.fingerprint})"


def _rehearse(
    config: IndexConfig, library: Path, key: str, on_scan: Progress | None
) -> BuildReport:
    """Says what a run would do, and writes nothing."""
    before = read_generation(library)
    _check_share(config, library, before)
    work = take_inventory(config, library, before, on_scan)
    return BuildReport(
        0 if before is None else len(before),
        len(work.unknown(SegmentStore(library, key))),
        work.catalog.skipped,
        work.catalog.ignored,
        work.catalog.remark,
        work.featured,
        changed=False,
        plan=work.plan,
        pruned=bool(config.prune),
        dry_run=True,
        untagged=work.catalog.untagged,
        moved_from=work.moved_from,
        model_before=_other_model(before, key),
    )


def _lasting(config: IndexConfig) -> dict[str, Any]:
    """The settings with which `Library.update` repeats a run."""
    table = config.feature_table
    return {
        "audio": str(Path(config.audio).absolute()),
        "windows_per_track": config.windows_per_track,
        "measure_features": config.measure_features,
        "feature_table": None if table is None else str(Path(table).absolute()),
        "index_type": config.index_type,
        "shard": config.shard,
    }


def _check_share(config: IndexConfig, library: Path, before: Generation | None) -> None:
    """Refuses to make one share of the music of another, or of all: most tracks would be gone."""
    if before is None or before.shard == config.shard:
        return
    was = "all the music" if before.shard is None else f"shard {before.shard}"
    give = "leave shard= out" if before.shard is None else f"give shard={before.shard}"
    raise LibraryError(f"{library}: holds {was}; {give}, or name another library")


def _same_key(before: Generation, key: str) -> bool:
    """Whether a generation was embedded with a store's key: the same model and coverage."""
    return before.version >= 3 and all(name.startswith(f"{key}/") for name in before.segments)


def _adopt(before: Generation, store: SegmentStore) -> None:
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


def _embed(
    config: IndexConfig,
    model: Path,
    catalog: Catalog,
    new: pd.DataFrame,
    store: SegmentStore,
    known: Measurements,
    on_embed: Progress | None,
    load: Load | None,
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


def _measurements(
    config: IndexConfig, before: Generation | None, decisions: Decisions
) -> Measurements:
    """Collects all measured features so far; they do not depend on the model."""
    journal = Path(config.library) / "journal"
    known = Measurements(journal / f"descriptors-{MEASURE_VERSION}.jsonl")
    kept = [item for item in decisions.kept if item.measure_version == MEASURE_VERSION]
    ids = [item.track["content_id"] for item in kept]
    known.recall(ids, pd.DataFrame([item.features for item in kept]))
    if before is not None and before.manifest.get("measure_version", 1) == MEASURE_VERSION:
        known.recall(before.tracks["content_id"].tolist(), before.descriptors)
    return known


def _measure(
    config: IndexConfig, known: Measurements, after: Contents, on_measure: Progress | None
) -> pd.DataFrame:
    """Measures the tracks that were embedded earlier and whose features are still unknown."""
    content_ids = after.tracks["content_id"].tolist()
    if config.measure_features:
        root = Path(after.manifest["audio_root"])
        paths = [root / path for path in after.tracks["path"]]
        known.measure(content_ids, paths, config.workers, on_measure)
    return known.table(content_ids)


def _equal(before: Generation, after: Contents) -> bool:
    """Whether a new generation would be the same as the old one."""
    return (
        before.version == FORMAT_VERSION
        and before.fingerprint == after.manifest["model"]["fingerprint"]
        and before.manifest.get("search") == after.manifest["search"]
        and before.manifest["audio_root"] == after.manifest["audio_root"]
        and before.manifest.get("measure_version") == after.manifest["measure_version"]
        and before.manifest.get("duplicates_version") == after.manifest["duplicates_version"]
        and before.tracks.to_csv() == after.tracks.to_csv()
        and before.placement.equals(after.placement)
        and same_probe(before.probe, after.probe)
        and before.duplicates.to_csv() == after.duplicates.to_csv()
        and before.descriptors.to_csv() == after.descriptors.to_csv()
        and before.files.to_csv() == after.files.to_csv()
        and before.skipped.to_csv() == after.skipped.to_csv()
    )
