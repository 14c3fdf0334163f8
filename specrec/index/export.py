"""A library, or embeddings of files, as Parquet: for pandas, Hugging Face datasets, databases."""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from specrec.audio.windows import window_spans
from specrec.descriptors.known import known_features
from specrec.errors import StorageError
from specrec.index.files import discard
from specrec.index.generation import Generation
from specrec.progress import Progress
from specrec.shapes import Float
from specrec.writing import new_file, storing, to_disk, write_file

METADATA = "metadata.json"
FORMAT_VERSION = 1
_ROWS_A_GROUP = 16_384

_README = """\
{tracks} tracks of a specrec library.

{files}
metadata.json       the model: name, fingerprint, dim, license; how the tables are to be read

The rows of all tables but windows.parquet are the same tracks in the same order; track_id joins
them. An embedding is float32, centered on the mean of the model's training music and not of unit
length: the similarity of two tracks is the cosine of their embeddings.

pandas:    pd.read_parquet("embeddings.parquet")
datasets:  load_dataset("parquet", data_files="embeddings.parquet")

The embeddings were made with the model {model}, whose license is {license}.
"""
_FILES = {
    "tracks.parquet": "paths, tags, length in seconds, the columns of a table",
    "embeddings.parquet": "track_id, embedding",
    "features.parquet": "track_id, and features: those of a table, else measured ones",
    "concepts.parquet": "track_id, and concepts: the share of the library that has less, 0 to 1",
    "windows.parquet": "track_id, window, start_seconds, end_seconds, embedding",
}


def export_library(
    generation: Generation,
    folder: Path,
    windows: bool = False,
    overwrite: bool = False,
    on_progress: Progress | None = None,
    concepts: Mapping[str, "pd.Series"] | None = None,
) -> dict[str, Any]:
    """Writes a library's tracks, embeddings and features; the folder is complete or not there.

    Args:
        generation: The library's state.
        folder: Where to; `tracks.parquet`, `embeddings.parquet`, `features.parquet`,
            `metadata.json` and `README.txt`.
        windows: Whether to write the embeddings of windows too, as `windows.parquet`.
        overwrite: Whether an earlier export there may be replaced.
        on_progress: Called after each track whose windows are written.
        concepts: How much of each concept the tracks have, by name: the share of the library's
            tracks that have less. They are written as `concepts.parquet`, if there are any.

    Returns:
        What stands in `metadata.json`.

    Raises:
        StorageError: If the folder is not empty, unless it is an earlier export to be replaced,
            or can't be written.
        LibraryError: If the library is damaged.
    """
    check_target(folder, overwrite)
    target = folder.resolve()
    making = target.with_name(f".{target.name}.tmp")
    discard(making)
    try:
        with storing(making):
            making.mkdir(parents=True)
        _write_tables(generation, making, windows, on_progress, concepts or {})
        left_out = set() if windows else {"windows.parquet"}
        metadata = _metadata(generation, left_out if concepts else left_out | {"concepts.parquet"})
        write_file(making / METADATA, json.dumps(metadata, indent=2, ensure_ascii=False) + "\n")
        write_file(making / "README.txt", _readme(metadata))
        with storing(folder):
            to_disk(making)
            before = target.with_name(f".{target.name}.gone")
            if target.exists():
                target.rename(before)
            making.rename(target)
            to_disk(target.parent)
            shutil.rmtree(before, ignore_errors=True)
    except BaseException:
        discard(making)
        raise
    return metadata


def check_target(folder: Path, overwrite: bool) -> None:
    """Refuses a folder that holds something that is not to be replaced.

    Raises:
        StorageError: With what to give instead.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise StorageError(f"{folder}: is a file; name a folder")
    if not any(folder.iterdir()):
        return
    if not (folder / METADATA).is_file() or not (folder / "embeddings.parquet").is_file():
        raise StorageError(f"{folder}: is not empty, and no export; name another folder")
    if not overwrite:
        raise StorageError(f"{folder}: holds an export; give --overwrite, or name another folder")


def vectors_array(vectors: Float[np.ndarray, "rows dim"]) -> pa.FixedSizeListArray:
    """Vectors as a column of float32 lists of one length."""
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    return pa.FixedSizeListArray.from_arrays(pa.array(rows.reshape(-1)), rows.shape[1])


def write_parquet(path: Path, tables: Iterable[pa.Table], schema: pa.Schema) -> None:
    """Writes tables of one schema one after another, so that they need not fit into memory.

    Raises:
        StorageError: If it can't be written.
    """
    with new_file(path) as file, pq.ParquetWriter(file, schema) as writer:
        waiting: list[pa.Table] = []
        for table in tables:
            waiting.append(table)
            if sum(map(len, waiting)) >= _ROWS_A_GROUP:
                writer.write_table(pa.concat_tables(waiting).combine_chunks())
                waiting = []
        if waiting:
            writer.write_table(pa.concat_tables(waiting).combine_chunks())


def _write_tables(
    generation: Generation,
    folder: Path,
    windows: bool,
    on_progress: Progress | None,
    concepts: Mapping[str, "pd.Series"],
) -> None:
    tracks, ids = generation.tracks, generation.tracks["track_id"]
    features = known_features(tracks, generation.descriptors)
    features.insert(0, "track_id", ids.reset_index(drop=True))
    tables = {"tracks": tracks, "features": features}
    if concepts:
        told = {name: column.to_numpy(np.float32) for name, column in concepts.items()}
        tables["concepts"] = pd.DataFrame({"track_id": ids.to_numpy()} | told)
    for name, table in tables.items():
        whole = pa.Table.from_pandas(table, preserve_index=False)
        write_parquet(folder / f"{name}.parquet", [whole], whole.schema)
    vectors = _vector_tables(generation)
    write_parquet(folder / "embeddings.parquet", vectors, _schema(generation))
    if windows:
        rows = _window_tables(generation, on_progress)
        write_parquet(folder / "windows.parquet", rows, _schema(generation, windows=True))


def _schema(generation: Generation, windows: bool = False) -> pa.Schema:
    vectors = pa.list_(pa.float32(), generation.embeddings.shape[1])
    place = [("window", pa.int32()), ("start_seconds", pa.float64()), ("end_seconds", pa.float64())]
    return pa.schema(
        [("track_id", pa.string()), *(place if windows else []), ("embedding", vectors)]
    )


def _vector_tables(generation: Generation) -> Iterator[pa.Table]:
    ids = generation.tracks["track_id"].astype(str).to_numpy(dtype=object)
    for start in range(0, len(ids), _ROWS_A_GROUP):
        part = slice(start, start + _ROWS_A_GROUP)
        columns = [pa.array(ids[part], pa.string()), vectors_array(generation.embeddings[part])]
        yield pa.table(columns, schema=_schema(generation))


def _window_tables(generation: Generation, on_progress: Progress | None) -> Iterator[pa.Table]:
    window_seconds, schema = generation.window_seconds, _schema(generation, windows=True)
    for row, track in enumerate(generation.tracks.itertuples()):
        windows = generation.windows(row)
        spans = window_spans(len(windows), track.duration_seconds, window_seconds)
        columns = {
            "track_id": [str(track.track_id)] * len(windows),
            "window": range(len(windows)),
            "start_seconds": spans[:, 0],
            "end_seconds": spans[:, 1],
            "embedding": vectors_array(windows),
        }
        yield pa.table(columns, schema=schema)
        if on_progress:
            on_progress(row + 1, len(generation))


def _metadata(generation: Generation, left_out: Set[str]) -> dict[str, Any]:
    card = generation.card
    model = {
        "name": generation.manifest["model"]["name"],
        "fingerprint": generation.fingerprint,
        "dim": int(generation.embeddings.shape[1]),
        "license": "unknown: the model is gone" if card is None else card.license,
        "window_seconds": generation.manifest["model"].get("window_seconds"),
        "sample_rate": None if card is None else card.front_end.sample_rate,
    }
    return {
        "format_version": FORMAT_VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": model,
        "tracks": len(generation),
        "similarity": "cosine",
        "audio_root": generation.manifest["audio_root"],
        "files": [name for name in _FILES if name not in left_out],
    }


def _readme(metadata: dict[str, Any]) -> str:
    return _README.format(
        tracks=metadata["tracks"],
        files="\n".join(f"{name:<20}{_FILES[name]}" for name in metadata["files"]),
        model=metadata["model"]["name"],
        license=metadata["model"]["license"],
    )
