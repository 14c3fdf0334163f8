"""How does a large library open and answer?

    python benchmarks/library.py --tracks 1000000 --folder out/large

Writes a library of clustered random embeddings, once, and measures in a process of its own what
opening it, the first query and further ones cost: in time and in memory that is not backed by a
file. Medians over 50 queries of tracks in the library, one thread.
"""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from specrec.model.probe import Probe

DIM, TRACKS_A_SEGMENT = 256, 100_000


def write(folder: Path, tracks: int, clusters: int, probe: "Probe | None" = None) -> None:
    """Writes a library: artists of 10 tracks, clusters of very different sizes.

    With a model's probe, the coordinates have its names.
    """
    from specrec.descriptors.measure import NAMES
    from specrec.index.duplicates import COLUMNS
    from specrec.index.generation import Contents, skipped_table
    from specrec.index.generations import write_generation
    from specrec.index.search_building import build_index
    from specrec.index.segment import write_segment

    dim = DIM if probe is None else probe.weight.shape[1]
    fingerprint = "synthetic" if probe is None else probe.fingerprint
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(clusters, dim)).astype(np.float32)
    shares = rng.dirichlet(np.full(clusters, 0.5))
    basis = rng.normal(size=(20, dim)).astype(np.float32)
    cluster = rng.choice(clusters, size=tracks, p=shares)
    embeddings = np.lib.format.open_memmap(
        folder / "embeddings.tmp.npy", "w+", np.float32, (tracks, dim)
    )
    for start in range(0, tracks, 65_536):
        rows = cluster[start : start + 65_536]
        own = rng.normal(size=(len(rows), 20)).astype(np.float32) @ basis
        noise = rng.normal(size=(len(rows), dim)).astype(np.float32)
        embeddings[start : start + 65_536] = centers[rows] + 0.3 * own + 0.3 * noise
    names = pd.Series(np.arange(tracks)).map("{:016x}".format).astype("string")
    placement = []
    for number, start in enumerate(range(0, tracks, TRACKS_A_SEGMENT), 1):
        here = names[start : start + TRACKS_A_SEGMENT].reset_index(drop=True)
        place = {"first_window": np.arange(len(here)), "window_count": 1}
        contents = pd.DataFrame({"content_id": here, "row": np.arange(len(here)), **place})
        contents = contents.assign(duration_seconds=200.0, reason=pd.NA, detail=pd.NA)
        rows = embeddings[start : start + TRACKS_A_SEGMENT]
        segment = write_segment(
            folder / "segments" / "synthetic" / f"{number:06d}",
            contents,
            zip(rows, rows[:, None], strict=True),
        )
        crc = segment.contents["windows_crc"]
        placement.append(pd.DataFrame({"segment": segment.name, **place, "windows_crc": crc}))
    number = np.arange(tracks)
    table = pd.DataFrame(
        {
            "track_id": names,
            "path": "artist " + names.str[:15] + "/" + names + ".opus",
            "content_id": names,
            "title": "Piece " + names,
            "artist": "Artist " + pd.Series(number // 10).astype("string"),
            "album": "Album " + pd.Series(number // 10).astype("string"),
            "genre": pd.Series(cluster % 30).map("genre {}".format).astype("string"),
            "year": pd.Series(1960 + number % 60).astype("Int64"),
            "duration_seconds": 120.0 + number % 240,
        }
    )
    manifest = {
        "created": "2026-01-01",
        "audio_root": str(folder / "none"),
        "model": {
            "name": "synthetic", "fingerprint": fingerprint, "folder": "none", "window_seconds": 5.0
        },
        "measure_version": 1,
        "counts": {"tracks": tracks, "skipped": 0, "ignored": 0},
    }  # fmt: skip
    write_generation(
        folder,
        Contents(
            manifest,
            table,
            pd.concat(placement, ignore_index=True),
            pd.DataFrame(rng.normal(size=(tracks, len(NAMES))), columns=list(NAMES)),
            probe,
            table[["path", "content_id"]],
            skipped_table([], {}),
            embeddings,
            build_index(embeddings),
            pd.DataFrame(columns=[*COLUMNS]).astype(COLUMNS),
        ),
    )
    (folder / "embeddings.tmp.npy").unlink()


def measure(folder: Path) -> None:
    """Prints what opening and asking cost, as JSON; to be run in a process of its own."""
    import faiss

    from specrec.recommend.library import Library

    faiss.omp_set_num_threads(1)
    found: dict[str, float] = {}
    before = _memory()
    clock = time.perf_counter()
    library = Library.open(folder)
    found["open_ms"] = 1000 * (time.perf_counter() - clock)
    found["open_mb"] = _memory() - before
    names = [f"{row:016x}" for row in np.random.default_rng(1).integers(len(library), size=52)]
    clock = time.perf_counter()
    library.neighbors(names[0], explain=False)
    found["first_query_ms"] = 1000 * (time.perf_counter() - clock)
    times = []
    for name in names[1:51]:
        clock = time.perf_counter()
        library.neighbors(name, explain=False)
        times.append(1000 * (time.perf_counter() - clock))
    found["query_ms"] = float(np.median(times))
    found["query_p99_ms"] = float(np.percentile(times, 99))
    found["queries_mb"] = _memory() - before
    for name, in_full in (("reasons", False), ("reasons_in_full", True)):
        times = []
        for track in names[:21]:
            clock = time.perf_counter()
            library.neighbors(track, in_full=in_full)
            times.append(1000 * (time.perf_counter() - clock))
        found[f"first_{name}_ms"], found[f"{name}_ms"] = times[0], float(np.median(times[1:]))
        found[f"{name}_mb"] = _memory() - before
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))


def _memory() -> float:
    """Resident memory that no file backs, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("RssAnon"))) / 1024


@click.command(context_settings={"show_default": True})
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    required=True,
    help="Of the library, which is written if need be.",
)
@click.option("--tracks", default=1_000_000)
@click.option("--clusters", default=2000)
@click.option("--child", is_flag=True, hidden=True)
def main(folder: Path, tracks: int, clusters: int, child: bool) -> None:
    """Prints a table of what a large library costs."""
    if child:
        measure(folder)
        return
    if not (folder / "CURRENT").exists():
        folder.mkdir(parents=True, exist_ok=True)
        clock = time.perf_counter()
        write(folder, tracks, clusters)
        print(f"written in {time.perf_counter() - clock:.0f} s")
    command = [sys.executable, __file__, "--folder", str(folder), "--child"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    print("| | |\n|---|---|")
    for name, value in json.loads(done.stdout).items():
        print(f"| {name} | {value:,.1f} |")


if __name__ == "__main__":
    main()
