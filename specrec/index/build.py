"""An index run: read the catalog, embed what is new, write a complete generation."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from specrec.catalog.catalog import Catalog, read_catalog
from specrec.catalog.joins import join_features
from specrec.catalog.scan import Skipped
from specrec.config import IndexConfig
from specrec.descriptors.files import Measurements
from specrec.errors import LibraryError, Reason
from specrec.index.journal import EmbeddedTrack, Failure, Journal, Result
from specrec.index.storage import (
    Generation,
    read_generation,
    skipped_table,
    write_generation,
    writer_lock,
)
from specrec.index.vectors import build_index
from specrec.model.probe import load_probe, same_probe
from specrec.model.resolve import find_model, read_card

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class BuildReport:
    """What an index run did.

    Attributes:
        tracks: Tracks in the library now.
        embedded: Files that this run decoded and embedded.
        skipped: Files left out, this time or before.
        ignored: Files that are not audio.
        table: The table whose columns were joined, if any.
        featured: Files that the table of features knows; None if none was given.
        changed: Whether a new generation was written.
    """

    tracks: int
    embedded: int
    skipped: list[Skipped]
    ignored: int
    table: Path | None
    featured: int | None
    changed: bool


def build_library(
    config: IndexConfig,
    on_scan: Progress | None = None,
    on_embed: Progress | None = None,
    on_describe: Progress | None = None,
) -> BuildReport:
    """Builds a library, or brings it up to date.

    What an earlier run embedded with the same model is not embedded again, whether it came to
    its end or not; a file that was moved or renamed is known by its content. Files are decoded
    in processes that import the calling script: it needs the usual `if __name__ == "__main__":`.

    Args:
        config: What `conf/index.yaml` describes.
        on_scan: Called while new files are read for their identity and tags.
        on_embed: Called while they are decoded and embedded.
        on_describe: Called while their features are measured.

    Raises:
        CatalogError: If there is no audio.
        ModelError: If the model is missing or damaged.
        LibraryError: If the library is damaged or in use, or no file can be used.
    """
    library, model = Path(config.library), find_model(config.model)
    fingerprint = str(read_card(model)["fingerprint"])
    with writer_lock(library):
        before = read_generation(library)
        same_model = before is not None and before.manifest["model"]["fingerprint"] == fingerprint
        catalog = read_catalog(
            Path(config.audio), None if before is None else before.files, on_scan
        )
        featured = None
        if config.features is not None:
            tracks, featured = join_features(
                catalog.root, catalog.tracks, Path(config.features).expanduser()
            )
            catalog = replace(catalog, tracks=tracks)
        journal = Journal(library, fingerprint)
        results = (_results(before) if before and same_model else {}) | journal.read()
        new = catalog.tracks[~catalog.tracks["content_id"].isin(list(results))]
        if len(new):
            results |= _embed(config, model, catalog, new, journal, on_embed)
        after = _assemble(config, model, catalog, results)
        after = replace(after, descriptors=_describe(config, before, after, on_describe))
        changed = not (before and same_model and _equal(before, after))
        if changed:
            write_generation(library, after)
        journal.clear()
    return BuildReport(
        len(after.tracks),
        len(new),
        after.skipped_files(),
        catalog.ignored,
        catalog.table,
        featured,
        changed,
    )


def _results(generation: Generation) -> dict[str, Result]:
    """What a complete generation knows, by content."""
    results: dict[str, Result] = {
        row.content_id: Failure(Reason(row.reason), row.detail)
        for row in generation.skipped.dropna(subset=["content_id"]).itertuples()
    }
    for row in generation.tracks.itertuples():
        windows = generation.windows[row.first_window : row.first_window + row.window_count]
        results[row.content_id] = EmbeddedTrack(
            generation.embeddings[row.Index], windows, row.duration_seconds
        )
    return results


def _embed(
    config: IndexConfig,
    model: Path,
    catalog: Catalog,
    new: pd.DataFrame,
    journal: Journal,
    on_embed: Progress | None,
) -> dict[str, Result]:
    # Here, not above: a run with nothing new needs no torch.
    import torch

    from specrec.index.embedding import embed_files
    from specrec.model.artifact import load_model

    device = config.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    encoder, _ = load_model(model, device)
    paths = [catalog.file(path) for path in new["path"]]
    content_ids = new["content_id"].tolist()
    results: dict[str, Result] = {}
    try:
        for position, result in embed_files(encoder, paths, config.workers, config.batch_windows):
            content_id = content_ids[position]
            results[content_id] = journal.add(content_id, result)
            if on_embed:
                on_embed(len(results), len(paths))
    finally:
        journal.flush()  # also when interrupted
    return results


def _assemble(
    config: IndexConfig, model: Path, catalog: Catalog, results: dict[str, Result]
) -> Generation:
    """Puts tracks, embeddings and index together, in the catalog's order."""
    found = [results[name] for name in catalog.tracks["content_id"]]
    usable = np.array([isinstance(result, EmbeddedTrack) for result in found], dtype=bool)
    embedded = [result for result in found if isinstance(result, EmbeddedTrack)]
    refused = {
        path: (content_id, result)
        for path, content_id, result in zip(
            catalog.tracks["path"], catalog.tracks["content_id"], found, strict=True
        )
        if isinstance(result, Failure)
    }
    failures = [Skipped(path, why.reason, why.detail) for path, (_, why) in refused.items()]
    lasting = {path: content_id for path, (content_id, why) in refused.items() if why.lasting}
    skipped = sorted([*catalog.skipped, *failures], key=lambda item: item.path)
    if not embedded:
        raise LibraryError(
            f"{config.audio}: none of the {len(skipped)} files can be used;"
            f" the first: {skipped[0].path}: {skipped[0].detail} ({skipped[0].reason})"
        )
    counts = np.array([len(track.windows) for track in embedded])
    tracks = catalog.tracks[usable].reset_index(drop=True)
    tracks = tracks.assign(
        duration_seconds=np.array([track.seconds for track in embedded]),
        first_window=counts.cumsum() - counts,
        window_count=counts,
    )
    embeddings = np.stack([track.embedding for track in embedded])
    return Generation(
        _manifest(catalog, read_card(model), model, len(tracks), len(skipped)),
        tracks,
        pd.DataFrame(index=tracks.index),
        load_probe(model, read_card(model)["fingerprint"]),
        catalog.files,
        skipped_table(skipped, lasting),
        embeddings,
        np.concatenate([track.windows for track in embedded]),
        build_index(embeddings),
    )


def _describe(
    config: IndexConfig, before: Generation | None, after: Generation, on_describe: Progress | None
) -> pd.DataFrame:
    """Measures the tracks of which nothing is known yet; it does not depend on the model."""
    known = Measurements(Path(config.library) / "journal" / "descriptors.jsonl")
    if before is not None:
        known.recall(before.tracks["content_id"].tolist(), before.descriptors)
    content_ids = after.tracks["content_id"].tolist()
    if config.describe:
        root = Path(after.manifest["audio_root"])
        paths = [root / path for path in after.tracks["path"]]
        known.measure(content_ids, paths, config.workers, on_describe)
    return known.table(content_ids)


def _manifest(
    catalog: Catalog, card: dict[str, Any], model: Path, tracks: int, skipped: int
) -> dict[str, Any]:
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "audio_root": str(catalog.root.resolve()),
        "model": {
            "name": card["name"],
            "fingerprint": card["fingerprint"],
            "folder": str(model.resolve()),
            "window_seconds": card["front_end"]["window_seconds"],
        },
        "counts": {"tracks": tracks, "skipped": skipped, "ignored": catalog.ignored},
        "index": {"kind": "flat", "measured_recall": 1.0},
    }


def _equal(before: Generation, after: Generation) -> bool:
    """Whether a new generation would say the same as the old one."""
    return (
        before.manifest["audio_root"] == after.manifest["audio_root"]
        and before.tracks.to_csv() == after.tracks.to_csv()
        and same_probe(before.probe, after.probe)
        and before.descriptors.to_csv() == after.descriptors.to_csv()
        and before.files.to_csv() == after.files.to_csv()
        and before.skipped.to_csv() == after.skipped.to_csv()
    )
