"""Joins libraries of shares of the music into one, as if one run had built it.

Nothing is decoded or embedded, and the music need not be there: each part knows what its run saw
in its files, and stores what it embedded by content.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from specrec.catalog.catalog import FILE_COLUMNS, Catalog, identified, split_copies
from specrec.catalog.columns import TAG_COLUMNS
from specrec.catalog.scan import Skipped
from specrec.config import Shard
from specrec.descriptors.files import Measurements
from specrec.descriptors.measure import VERSION as MEASURE_VERSION
from specrec.errors import LibraryError, ModelError, SkipReason
from specrec.index.adapted import find_embedder
from specrec.index.assemble import REMOVED, assemble, pair_duplicates, settle
from specrec.index.decision_files import note_decisions, read_copies
from specrec.index.decisions import Decisions, kept_tracks, known_tracks, typed
from specrec.index.generation import Generation, skipped_files
from specrec.index.generations import read_generation, remove_old_generations, write_generation
from specrec.index.inventory import Inventory, keep_vanished
from specrec.index.library_parts import LibraryParts, open_parts
from specrec.index.locks import writer_lock
from specrec.index.plan import make_plan
from specrec.index.segment_store import Failure, SegmentStore
from specrec.model.card import read_card
from specrec.progress import Progress
from specrec.writing import storing

_JOURNAL = f"journal/descriptors-{MEASURE_VERSION}.jsonl"


@dataclass(frozen=True)
class MergeReport:
    """Says what became of the parts.

    Attributes:
        tracks: Number of tracks in the library.
        parts: Number of parts that were joined.
        shares: Number of shares into which the music is divided.
        skipped: Files that are not in the library, and why.
        unmeasured: Number of tracks whose features should have been measured, but could not be.
        missing: Numbers of the shares that are not in the library yet.
        interrupted: Parts that have not finished; what they embedded is not embedded again.
        changed: Whether a new generation was written.
    """

    tracks: int
    parts: int
    shares: int
    skipped: list[Skipped]
    unmeasured: int
    missing: list[int]
    interrupted: list[Path]
    changed: bool


def merge_libraries(
    library: Path,
    folders: Sequence[Path],
    partial: bool = False,
    on_progress: Progress | None = None,
) -> MergeReport:
    """Joins libraries of shares into one library of all the music.

    The parts stay as they are. If the library exists, the parts bring it up to date: they decide
    about the files of their shares, and what was decided about its tracks holds. If they are the
    same as when it was made, nothing is written.

    Args:
        library: The folder of the library.
        folders: The folders of the parts.
        partial: Whether to join what there is, if shares are missing or not finished; the next
            index run of the library makes the rest.
        on_progress: Called after the segments of each part were taken over.

    Raises:
        LibraryError: If the parts do not belong together, or one is missing, damaged, not finished
            or too old; or if the library is in use, or one of other music.
        ModelError: If their model is nowhere.
        StorageError: If the library can't be written.
    """
    parts = open_parts(folders, partial)
    with writer_lock(library):
        before = _open_before(library, parts)
        made_of = None if before is None else before.manifest.get("parts")
        if before is not None and made_of == _states(parts) and not parts.interrupted:
            return _report(parts, before.tracks, before.skipped, before.descriptors, False)
        store = _gather(library, parts, on_progress)
        report = _join(library, parts, before, store)
        store.collect(remove_old_generations(library))
        _pass_on_measurements(library, parts.interrupted)
    return report


def _open_before(library: Path, parts: LibraryParts) -> Generation | None:
    """Opens the library as it was; None if it is new."""
    before = read_generation(library)
    if before is None:
        return None
    if before.shard is not None:
        raise LibraryError(f"{library}: holds only shard {before.shard}; name another library")
    root, theirs = (item.manifest["audio_root"] for item in (before, parts.first.generation))
    if root != theirs:
        raise LibraryError(
            f"{library}: its folder of music is {root}, but that of the parts is {theirs};"
            " name another library"
        )
    return before


def _gather(library: Path, parts: LibraryParts, on_progress: Progress | None) -> SegmentStore:
    """Takes over what the parts embedded."""
    store = SegmentStore(library, parts.key)
    for done, folder in enumerate(parts.folders, 1):
        store.take(SegmentStore(folder, parts.key))
        if on_progress:
            on_progress(done, len(parts.folders))
    store.merge()
    stored = set(store.table.index)
    for part in parts.finished:
        absent = len(set(part.generation.tracks["content_id"]) - stored)
        if absent:
            raise LibraryError(
                f"{part.folder}: what was embedded of {absent:,} of its tracks is missing;"
                " run its specrec index again"
            )
    return store


def _join(
    library: Path, parts: LibraryParts, before: Generation | None, store: SegmentStore
) -> MergeReport:
    """Writes a generation of what the parts know, and of what the library had."""
    work, settings = _take_inventory(library, parts, before), parts.first.settings
    stay = [*work.plan.hidden, *work.plan.vanished]
    catalog, kept = keep_vanished(work.catalog, work.known, stay)
    again = set(kept["path"])  # which a part may list as skipped, for lack of an embedding
    listed = [item for item in catalog.skipped if item.path not in again]
    catalog = replace(catalog, skipped=listed)
    settled = settle(catalog, store, _passing_failures(parts), work.decisions.removed)
    after = assemble(catalog, _find_model(parts), store, settled, settings["index_type"])
    known = _measurements(library, parts, before, work.decisions)
    same = before is not None and {name.partition("/")[0] for name in before.segments}
    # A row that was added only to say why it is left out has no cells of a table.
    types = dict(pd.concat([part.generation.tracks for part in parts.finished]).dtypes)
    features = known.table(after.tracks["content_id"].tolist())
    unmeasured = int(features.isna().all(axis=1).sum()) if settings["measure_features"] else 0
    said = {"settings": settings, "parts": _states(parts), "unmeasured": unmeasured}
    table, row_hashes = _table(parts, before)
    after = replace(
        after,
        manifest=after.manifest | said | table,
        tracks=typed(after.tracks, types),
        descriptors=features,
        duplicates=pair_duplicates(before if same == {parts.key} else None, after, store),
        row_hashes=row_hashes,
    )
    noted = kept_tracks(kept, known.table(kept["content_id"].tolist()), MEASURE_VERSION)
    decisions = replace(work.decisions, kept=(*noted, *work.decisions.kept_of_removed()))
    note_decisions(library, work.copies, decisions)
    write_generation(library, after)
    return _report(parts, after.tracks, after.skipped, after.descriptors, True)


def _table(
    parts: LibraryParts, before: Generation | None
) -> tuple[dict[str, Any], "pd.Series[int] | None"]:
    """What the manifest says of the table that named the tracks, and the hashes of its rows.

    Nothing, if not all tracks come from one state of it: the next index run then looks at all.
    """
    states = [part.generation for part in parts.finished]
    if before is not None and parts.missing:
        states.append(before)
    first = states[0]
    if not all("table" in state.manifest for state in states):
        return {}, None
    if any(state.manifest["table"] != first.manifest["table"] for state in states):
        return {}, None
    return {"table": first.manifest["table"]}, first.row_hashes


def _states(parts: LibraryParts) -> dict[str, str]:
    """Says of which states of the parts a library is made."""
    return {str(part.shard): part.state for part in parts.finished}


def _report(
    parts: LibraryParts,
    tracks: pd.DataFrame,
    skipped: pd.DataFrame,
    features: pd.DataFrame,
    changed: bool,
) -> MergeReport:
    measured = parts.first.settings["measure_features"]
    return MergeReport(
        len(tracks),
        len(parts.finished),
        parts.count,
        skipped_files(skipped),
        int(features.isna().all(axis=1).sum()) if measured else 0,
        parts.missing,
        parts.interrupted,
        changed,
    )


def _take_inventory(library: Path, parts: LibraryParts, before: Generation | None) -> Inventory:
    """What the parts, and the library before, know of the music, as if one run had seen it."""
    copies = read_copies(library)
    states = [(part.generation, part.decisions) for part in parts.finished]
    if before is not None:
        states.append((before, copies.or_of(before)))
    decisions = _all_decisions([item for _, item in states])
    taken = [item.content_id for item in decisions.removed]
    known = pd.concat(
        [known_tracks(state.tracks, state.files, decided) for state, decided in states],
        ignore_index=True,
    )
    known = known[~known["content_id"].isin(taken)].drop_duplicates("path")
    known = known.sort_values("path").drop_duplicates("content_id").reset_index(drop=True)
    catalog = _catalog(parts, before)
    out = decisions.removed_among(catalog.files, known)
    plan = make_plan(known, catalog, out, catalog.files["path"])
    return Inventory(None, catalog, None, known, copies, decisions.seen(out), plan)


def _all_decisions(found: Sequence[Decisions]) -> Decisions:
    """Joins decisions; one about a content or its track is enough."""
    removed = {item.content_id: item for decisions in found for item in decisions.removed}
    kept = {item.track["content_id"]: item for decisions in found for item in decisions.kept}
    revision = max(decisions.revision for decisions in found)
    return Decisions(tuple(removed.values()), tuple(kept.values()), revision)


def _catalog(parts: LibraryParts, before: Generation | None) -> Catalog:
    """The files of all shares; those of missing ones as the library last saw them."""
    seen = [part.generation for part in parts.finished]
    tables = [(state.files, state.tracks, state.skipped) for state in seen]
    if before is not None and parts.missing:
        shares = {Shard(number, parts.count) for number in parts.missing}
        tables.append(
            tuple(
                table[[Shard.of(path, parts.count) in shares for path in table["path"]]]
                for table in (before.files, before.tracks, before.skipped)
            )
        )
    files, tracks, skipped = (
        pd.concat(same, ignore_index=True) for same in zip(*tables, strict=True)
    )
    files = files.astype(FILE_COLUMNS | TAG_COLUMNS).sort_values("path", ignore_index=True)
    first, copies = split_copies(files)
    embedded = tracks[tracks["path"].isin(first["path"])]  # with the columns of a table
    others = identified(first[~first["path"].isin(embedded["path"])])
    rows = pd.concat([embedded, others] if len(others) else [embedded])
    rows = rows.sort_values("path", ignore_index=True)
    apart = skipped[~skipped["path"].isin(files["path"]) & (skipped["reason"] != REMOVED.reason)]
    listed = sorted([*skipped_files(apart), *copies], key=lambda item: item.path)
    ignored = max(int(state.manifest["counts"]["ignored"]) for state in seen)
    return Catalog(
        Path(seen[0].manifest["audio_root"]), rows, files, listed, ignored, None, None, {}
    )


def _passing_failures(parts: LibraryParts) -> dict[str, Failure]:
    """Failures that may be temporary and are not stored, by content_id."""
    lost = {}
    for part in parts.finished:
        files = part.generation.files.set_index("path")["content_id"]
        skipped = part.generation.skipped
        skipped = skipped[skipped["content_id"].isna() & skipped["path"].isin(files.index)]
        for item in skipped_files(skipped[skipped["reason"] != SkipReason.DUPLICATE]):
            lost[files[item.path]] = Failure(item.reason, item.detail)
    return lost


def _find_model(parts: LibraryParts) -> Path:
    """Finds the model that embedded the parts."""
    first = parts.first
    model = first.generation.manifest["model"]
    found = find_embedder(first.folder, model["folder"], model["name"])
    if read_card(found).fingerprint != model["fingerprint"]:
        raise ModelError(
            f"{found}: not the model of the parts ({model['fingerprint']}); put that one there"
        )
    return found


def _measurements(
    library: Path, parts: LibraryParts, before: Generation | None, decisions: Decisions
) -> Measurements:
    """Collects all measured features; they do not depend on the model."""
    known = Measurements(library / _JOURNAL)
    kept = [item for item in decisions.kept if item.measure_version == MEASURE_VERSION]
    ids = [item.track["content_id"] for item in kept]
    known.recall(ids, pd.DataFrame([item.features for item in kept]))
    if before is not None and before.manifest.get("measure_version") == MEASURE_VERSION:
        known.recall(before.tracks["content_id"].tolist(), before.descriptors)
    for part in parts.finished:
        state = part.generation
        known.recall(state.tracks["content_id"].tolist(), state.descriptors)
    return known


def _pass_on_measurements(library: Path, interrupted: Sequence[Path]) -> None:
    """Adds what unfinished parts measured to the journal that the library's next run reads."""
    lines = b"".join(
        (folder / _JOURNAL).read_bytes() for folder in interrupted if (folder / _JOURNAL).is_file()
    )
    if lines:
        journal = library / _JOURNAL
        with storing(journal):
            journal.parent.mkdir(exist_ok=True)
            with journal.open("ab") as file:
                file.write(lines)
