"""An index run: reads the catalog, embeds what is new, writes a complete generation."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from specrec.catalog.catalog import Catalog
from specrec.catalog.found import audio_root
from specrec.catalog.joins import Joined
from specrec.catalog.scan import Skipped
from specrec.config import IndexConfig
from specrec.descriptors.measure import VERSION as MEASURE_VERSION
from specrec.errors import LibraryError
from specrec.index.adapted import adapted_model
from specrec.index.assemble import (
    Settled,
    assemble,
    pair_duplicates,
    settle,
)
from specrec.index.decision_files import note_decisions
from specrec.index.decisions import kept_tracks
from specrec.index.duplicates import VERSION as DUPLICATES_VERSION
from specrec.index.embedding import Load, adopt_old, embed_new, find_measurements, measure_tracks
from specrec.index.generation import Contents, Generation, Newer, skipped_files
from specrec.index.generations import (
    FORMAT_VERSION,
    read_generation,
    remove_old_generations,
    write_changed,
    write_generation,
)
from specrec.index.inventory import Inventory, keep_vanished, take_inventory
from specrec.index.locks import writer_lock
from specrec.index.part import room
from specrec.index.plan import Plan
from specrec.index.segment_store import SegmentStore, store_key
from specrec.index.update import Found, can_lie_over, compare, update_part
from specrec.model.card import read_card
from specrec.model.probe import load_probe, same_probe
from specrec.model.registry import find_model
from specrec.progress import Progress


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
        return _rehearse(config, library, model, key, on_scan)
    with writer_lock(library):
        before, work, store = _prepare(config, library, model, key, on_scan)
        plan, decisions, part = work.plan, work.decisions, work.part
        if before is not None and before.version < 3:
            adopt_old(before, store)
        new, retagged = work.unknown(store), work.retagged(store)
        store.add_copies(retagged)
        known = find_measurements(config, before, part, decisions)
        known.recall(list(retagged), known.table(list(retagged.values())))
        embedded, lost = embed_new(config, model, work.catalog, new, store, known, on_embed, load)
        stay = plan.hidden if config.prune else [*plan.hidden, *plan.vanished]
        catalog, kept = keep_vanished(work.catalog, work.known, stay)
        alive = set(catalog.tracks["content_id"]) if config.prune else None
        store.merge(None if part is not None and part.is_few else alive)
        settled = settle(catalog, store, lost, decisions.removed)
        features = measure_tracks(config, known, settled.tracks, catalog.root, on_measure)
        noted = kept_tracks(kept, known.table(kept["content_id"].tolist()), MEASURE_VERSION)
        decisions = replace(decisions, kept=(*noted, *decisions.kept_of_removed(alive)))
        may_be_empty = config.shard is not None and not lost
        made = _make(
            config, model, key, before, work, catalog, settled, features, store, may_be_empty
        )
        note_decisions(library, work.copies, decisions)
        after = _write(library, before, made)
        store.collect(remove_old_generations(library))
        shutil.rmtree(library / "journal", ignore_errors=True)
    return BuildReport(
        len(after),
        embedded,
        skipped_files(after.skipped),
        catalog.ignored,
        catalog.remark,
        work.featured,
        after is not before,
        plan,
        _unmeasured(config, features),
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


def _prepare(
    config: IndexConfig, library: Path, model: Path, key: str, on_scan: Progress | None
) -> tuple[Generation | None, Inventory, SegmentStore]:
    """Reads what a run starts from: the library as it was, the music, and what is embedded."""
    before = read_generation(library)
    _check_share(config, library, before)
    in_layers = before is not None and _continues(config, before, model, key)
    work = take_inventory(config, library, before, in_layers, on_scan)
    if before is None or work.part is None or not work.part.is_few:
        return before, work, SegmentStore(library, key)
    newer = before.table("tracks").newer["content_id"]
    among = {*work.catalog.files["content_id"], *work.known["content_id"], *newer}
    return before, work, SegmentStore(library, key, before.base_segments, among)


def _continues(config: IndexConfig, before: Generation, model: Path, key: str) -> bool:
    """Whether a run leaves alone what it does not look at: its settings are those of the last."""
    manifest = before.manifest
    same = {
        "search": config.index_type,
        "measure_version": MEASURE_VERSION,
        "duplicates_version": DUPLICATES_VERSION,
        "audio_root": str(audio_root(Path(config.audio)).resolve()),
    }
    return (
        before.version == FORMAT_VERSION
        and not manifest.get("unfinished")
        and all(manifest.get(name) == value for name, value in same.items())
        and manifest.get("settings", {}).get("measure_features") == config.measure_features
        and _same_key(before, key)
        and same_probe(before.probe, load_probe(model, before.fingerprint))
    )


def _make(
    config: IndexConfig,
    model: Path,
    key: str,
    before: Generation | None,
    work: Inventory,
    catalog: Catalog,
    settled: Settled,
    features: pd.DataFrame,
    store: SegmentStore,
    may_be_empty: bool,
) -> Contents | Newer | None:
    """Makes what is to be written; None if it would be what is there."""
    unmeasured, part = _unmeasured(config, features), work.part
    manifest = {"settings": _lasting(config), "unmeasured": unmeasured, "table": work.table}
    found = Found(settled.tracks, features, catalog.files, settled.skipped)
    if before is not None and part is not None and can_lie_over(before, part, found):
        differing = compare(part, found)
        if not part.is_whole or differing.most <= room(before):
            newer = update_part(before, part, found, differing, store)
            counts = {"counts": {"ignored": catalog.ignored}}
            return newer and replace(newer, manifest=manifest | counts, row_hashes=work.row_hashes)
    after = assemble(catalog, model, store, settled, config.index_type, may_be_empty)
    same = before if before is not None and _same_key(before, key) else None
    after = replace(
        after,
        manifest=after.manifest | manifest,
        descriptors=features,
        duplicates=pair_duplicates(same, after, store),
        row_hashes=_row_hashes(work, before),
    )
    return None if before is not None and _equal(before, after, key) else after


def _row_hashes(work: Inventory, before: Generation | None) -> "pd.Series[int] | None":
    """Those of the table that names tracks, if one does."""
    if work.table is None or work.row_hashes is not None or before is None:
        return work.row_hashes
    return before.row_hashes


def _write(library: Path, before: Generation | None, made: Contents | Newer | None) -> Generation:
    """Writes what was made, if anything; returns the state of the library from now on."""
    if isinstance(made, Contents):
        return write_generation(library, made)
    assert before is not None  # else all was made
    return before if made is None else write_changed(library, before, made)


def _unmeasured(config: IndexConfig, features: pd.DataFrame) -> int:
    """The number of tracks that should have been measured, but could not be."""
    return int(features.isna().all(axis=1).sum()) if config.measure_features else 0


def _rehearse(
    config: IndexConfig, library: Path, model: Path, key: str, on_scan: Progress | None
) -> BuildReport:
    """Says what a run would do, and writes nothing."""
    before, work, store = _prepare(config, library, model, key, on_scan)
    return BuildReport(
        0 if before is None else len(before),
        len(work.unknown(store)),
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
    if before.version >= 3 and not before.segments:  # a share without a track
        coverage = before.manifest.get("settings", {}).get("windows_per_track")
        return key == store_key(before.fingerprint, coverage)
    return before.version >= 3 and all(name.startswith(f"{key}/") for name in before.segments)


def _equal(before: Generation, after: Contents, key: str) -> bool:
    """Whether a new generation would be the same as the old one."""
    return (
        before.version == FORMAT_VERSION
        and _same_key(before, key)
        and before.manifest.get("search") == after.manifest["search"]
        and before.manifest["audio_root"] == after.manifest["audio_root"]
        and before.manifest.get("measure_version") == after.manifest["measure_version"]
        and before.manifest.get("duplicates_version") == after.manifest["duplicates_version"]
        and "table" in before.manifest
        and _same(before.tracks, after.tracks)
        and before.placement.equals(after.placement)
        and same_probe(before.probe, after.probe)
        and _same(before.duplicates, after.duplicates)
        and _same(before.descriptors, after.descriptors)
        and _same(before.files, after.files)
        and _same(before.skipped, after.skipped)
    )


def _same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return one.shape == other.shape and one.to_csv() == other.to_csv()
