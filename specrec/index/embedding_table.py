"""Embeddings of audio files, without a library, as a table in Parquet or an archive of NumPy."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from specrec.audio.windows import window_spans
from specrec.catalog.scan import FoundFile, Skipped, inspect, scan_folder
from specrec.descriptors.measure import NAMES
from specrec.errors import AudioError, CatalogError, QueryError, SkipReason
from specrec.index.export import vectors_array, write_parquet
from specrec.model.embedding import Embedded
from specrec.model.model import Model
from specrec.progress import Progress
from specrec.writing import new_file

SUFFIXES = (".parquet", ".npz")


@dataclass
class EmbeddedFiles:
    """What came of embedding files.

    Attributes:
        files: How many were embedded.
        rows: Rows of the table: as many, or as many as windows.
        unmeasured: Those of which nothing could be measured, though it was to be.
        skipped: Those that can't be used, and why.
    """

    files: int = 0
    rows: int = 0
    unmeasured: int = 0
    skipped: list[Skipped] = field(default_factory=list)


def check_output(output: Path) -> None:
    """Refuses a file of another format.

    Raises:
        QueryError: With those that there are.
    """
    if output.suffix.lower() not in SUFFIXES:
        raise QueryError(f"{output}: name a file that ends in {' or '.join(SUFFIXES)}")


def find_files(inputs: Sequence[Path]) -> tuple[list[Path], list[Skipped]]:
    """The audio files among some paths and below the folders among them, each once.

    Raises:
        CatalogError: If a folder can't be read, or there is no file at all.
    """
    files: list[Path] = []
    skipped: list[Skipped] = []
    for path in inputs:
        if path.is_dir():
            scan = scan_folder(path)
            files += [path / found.path for found in scan.files]
            skipped += [
                Skipped((path / item.path).as_posix(), item.reason, item.detail)
                for item in scan.skipped
            ]
        else:
            found = inspect(path, path.as_posix())
            if isinstance(found, FoundFile):
                files.append(path)
            else:
                skipped.append(found)
    if not files and not skipped:
        raise CatalogError(f"{', '.join(map(str, inputs))}: no audio files there")
    return list(dict.fromkeys(files)), skipped


def write_embeddings(
    model: Model,
    inputs: Sequence[Path],
    output: Path,
    windows: bool = False,
    features: bool = False,
    on_progress: Progress | None = None,
) -> EmbeddedFiles:
    """Embeds files and writes a table, a row each, in their order; it appears complete or not.

    Its columns are `path`, `duration_seconds` and `embedding` (float32, centered, not of unit
    length); a Parquet file's schema says with which model they were made, an archive has the
    columns as arrays, and `model`, `fingerprint` and `license`.

    Args:
        model: What embeds them.
        inputs: Files, and folders of which all files below are taken.
        output: A file that ends in .parquet or .npz.
        windows: Whether a row is a window, with `window`, `start_seconds` and `end_seconds`.
        features: Whether to add features as columns: the measured ones of the file, and as
            `predicted_...` what the model's probe says of the row's embedding.
        on_progress: Called after each file.

    Raises:
        QueryError: If the output's name ends otherwise.
        CatalogError: If there are no files, or none can be used.
        StorageError: If the output can't be written.
    """
    check_output(output)
    files, skipped = find_files(inputs)
    report = EmbeddedFiles(skipped=skipped)
    schema = _schema(model, windows, features)
    tables = _tables(model, files, schema, report, on_progress)
    if output.suffix.lower() == ".parquet":
        write_parquet(output, tables, schema)
    else:
        _write_npz(output, tables, schema)
    return report


def _schema(model: Model, windows: bool, features: bool) -> pa.Schema:
    columns = [("path", pa.string()), ("duration_seconds", pa.float64())]
    if windows:
        columns += [("window", pa.int32())]
        columns += [(name, pa.float64()) for name in ("start_seconds", "end_seconds")]
    columns += [("embedding", pa.list_(pa.float32(), model.dim))]
    if features:
        names = [*NAMES, *(f"predicted_{name}" for name in _predicted(model))]
        columns += [(name, pa.float64()) for name in names]
    card = {"model": model.name, "fingerprint": model.fingerprint, "license": model.card.license}
    return pa.schema(columns, metadata={"specrec": json.dumps(card)})


def _predicted(model: Model) -> list[str]:
    return [] if model.probe is None else [item.feature.name for item in model.probe.usable()]


def _tables(
    model: Model,
    files: Sequence[Path],
    schema: pa.Schema,
    report: EmbeddedFiles,
    on_progress: Progress | None,
) -> Iterator[pa.Table]:
    """A table a file, in order; what can't be used is noted in the report.

    Raises:
        CatalogError: At the end, if there was none.
    """
    measure = NAMES[0] in schema.names
    stream = model.stream(files, measure_features=measure, on_progress=on_progress)
    waiting: dict[int, Embedded | AudioError] = {}  # nearly in order, so that few wait
    position = 0
    for place, made in stream:
        waiting[place] = made
        while position in waiting:
            path, item = files[position].as_posix(), waiting.pop(position)
            position += 1
            if isinstance(item, AudioError):
                report.skipped.append(Skipped(path, item.reason, item.detail))
                continue
            try:
                table = _table(model, path, item, schema)
            except UnicodeEncodeError:
                detail = "the name is not UTF-8; rename the file"
                report.skipped.append(Skipped(path, SkipReason.BAD_NAME, detail))
                continue
            report.files += 1
            report.rows += len(table)
            report.unmeasured += measure and item.features is None
            yield table
    if not report.files:
        first = report.skipped[0]
        more = f"; and {len(report.skipped) - 1} more" if len(report.skipped) > 1 else ""
        raise CatalogError(
            f"nothing could be embedded: {first.path}: {first.detail} ({first.reason}){more}"
        )


def _table(model: Model, path: str, made: Embedded, schema: pa.Schema) -> pa.Table:
    is_window = "window" in schema.names
    rows = made.windows if is_window else made.embedding[None]
    columns: dict[str, object] = {
        "path": [path] * len(rows),
        "duration_seconds": np.full(len(rows), made.seconds),
        "embedding": vectors_array(rows),
    }
    if is_window:
        spans = window_spans(len(rows), made.seconds, model.front_end.window_seconds)
        columns |= {
            "window": np.arange(len(rows), dtype=np.int32),
            "start_seconds": spans[:, 0],
            "end_seconds": spans[:, 1],
        }
    if NAMES[0] in schema.names:
        measured = made.features or {}
        columns |= {name: np.full(len(rows), measured.get(name, np.nan)) for name in NAMES}
        told = {} if model.probe is None else model.probe.predict(np.asarray(rows, np.float32))
        columns |= {f"predicted_{name}": told[name] for name in _predicted(model)}
    return pa.table(
        [
            pa.array(columns[name]) if not isinstance(columns[name], pa.Array) else columns[name]
            for name in schema.names
        ],
        schema=schema,
    )


def _write_npz(output: Path, tables: Iterator[pa.Table], schema: pa.Schema) -> None:
    with new_file(output) as file:
        table = pa.concat_tables(list(tables)).combine_chunks()
        arrays: dict[str, np.ndarray] = {}
        for name in schema.names:
            column = table[name].combine_chunks()
            if name == "embedding":
                dim = schema.field(name).type.list_size
                arrays[name] = column.flatten().to_numpy().reshape(-1, dim)
            elif name == "path":
                arrays[name] = np.array(column.to_pylist(), dtype=np.str_)
            else:
                arrays[name] = column.to_numpy(zero_copy_only=False)
        card = json.loads(schema.metadata[b"specrec"])
        arrays |= {name: np.array(text) for name, text in card.items()}
        np.savez(file, allow_pickle=False, **arrays)
