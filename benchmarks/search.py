"""Our indexes beside other libraries for nearest neighbors, on clustered random vectors.

    python benchmarks/search.py --tracks 100000 --output out/search
    python benchmarks/search.py --tracks 1000000 --output out/search

Each contender builds on all cores, then answers in a process of its own on one thread: recall at
ten against comparing with all, latency of single queries, rate of a batch, memory, disk, time to
open. Results are kept in OUTPUT and a contender that is there is not run again, so that a long run
can be stopped; --report prints the table of what is there. The peers are the dependency group
`benchmarks`: uv run --group benchmarks python benchmarks/search.py ...

The vectors: clusters of 50 on average, of Dirichlet-distributed sizes. Centers, and half as far the
tracks about their center, vary by 1/i along the i-th axis, about as embeddings of music do. Queries
are drawn as the tracks are, and are not among them.
"""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

QUERIES, K = 1000, 10
M, EF_CONSTRUCTION = 16, 100
EFS = (32, 64, 128, 256, 512)
TARGET = 0.99


@dataclass(frozen=True)
class Contender:
    """A way to build, save, open and ask.

    Attributes:
        build: Of unit vectors, writes to a path.
        open: From the path and the file of the vectors; returns what finds the rows of the ten
            nearest of some queries with a given effort.
        efforts: What may be given, the least first; the least that reaches the target counts.
    """

    build: Callable[[np.ndarray, Path], None]
    open: Callable[[Path, Path], Callable[[np.ndarray, int], np.ndarray]]
    efforts: tuple[int, ...]


@click.command(context_settings={"show_default": True})
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder for vectors, indexes and results.",
)
@click.option("--tracks", default=100_000)
@click.option("--dim", default=82)
@click.option("--only", multiple=True, help="A contender, may be repeated; all if not given.")
@click.option("--report", is_flag=True, help="Only print what is there.")
@click.option("--child", default="", hidden=True)
def main(
    output: Path, tracks: int, dim: int, only: tuple[str, ...], report: bool, child: str
) -> None:
    """Measures, and prints a table."""
    folder = output / f"{tracks}x{dim}"
    vectors = folder / "vectors.npy"
    if child:
        stage, name = child.split(":")
        print(json.dumps((_build if stage == "build" else _ask)(name, folder, vectors)))
        return
    if not report:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "truth.npy").exists():
            _make(folder, tracks, dim)
        for name in only or CONTENDERS:
            if not (folder / f"{name}.json").exists():
                print(f"{name} ...", file=sys.stderr)
                _run(name, output, tracks, dim, folder)
    _print_table(folder)


def _make(folder: Path, tracks: int, dim: int) -> None:
    import faiss

    rng = np.random.default_rng(0)
    clusters = max(10, tracks // 50)
    scale = (1 / np.sqrt(1 + np.arange(dim))).astype(np.float32)
    centers = scale * rng.normal(size=(clusters, dim)).astype(np.float32)
    shares = rng.dirichlet(np.full(clusters, 0.5))
    made = np.lib.format.open_memmap(
        folder / "vectors.npy", "w+", np.float32, (tracks + QUERIES, dim)
    )
    for start in range(0, len(made), 16_384):
        count = min(16_384, len(made) - start)
        cluster = rng.choice(clusters, size=count, p=shares)
        about = scale * rng.normal(size=(count, dim)).astype(np.float32)
        rows = centers[cluster] + 0.5 * about
        made[start : start + count] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    flat = faiss.IndexFlatIP(dim)
    flat.add(made[:tracks])
    _, truth = flat.search(np.asarray(made[tracks:]), K)
    made.flush()
    np.save(folder / "truth.npy", truth)


def _run(name: str, output: Path, tracks: int, dim: int, folder: Path) -> None:
    """Builds and asks, each in a process of its own."""
    found: dict[str, Any] = {}
    for stage, threads in (("build", os.cpu_count() or 1), ("ask", 1)):
        command = [sys.executable, __file__, "--output", str(output), "--tracks", str(tracks)]
        command += ["--dim", str(dim), "--child", f"{stage}:{name}"]
        environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
        done = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, check=False, env=environment
        )
        if done.returncode:
            print(f"{name}: {stage} failed", file=sys.stderr)
            return
        found |= json.loads(done.stdout.splitlines()[-1])
    (folder / f"{name}.json").write_text(json.dumps(found, indent=2) + "\n")


def _build(name: str, folder: Path, vectors: Path) -> dict[str, float]:
    stored = np.load(vectors, mmap_mode="r")
    path = folder / f"{name}.index"
    clock = time.perf_counter()
    CONTENDERS[name].build(stored[: len(stored) - QUERIES], path)
    seconds = time.perf_counter() - clock
    files = [path] if path.is_file() else list(path.rglob("*"))
    return {"build_s": seconds, "disk_mb": sum(file.stat().st_size for file in files) / 1e6}


def _ask(name: str, folder: Path, vectors: Path) -> dict[str, float]:
    stored = np.load(vectors, mmap_mode="r")
    queries, truth = np.array(stored[len(stored) - QUERIES :]), np.load(folder / "truth.npy")
    contender = CONTENDERS[name]
    anonymous, backed = _memory()
    clock = time.perf_counter()
    ask = contender.open(folder / f"{name}.index", vectors)
    opened = time.perf_counter() - clock
    for effort in contender.efforts:
        found = ask(queries, effort)
        hits = [len(set(one) & set(other)) for one, other in zip(found, truth, strict=True)]
        recall = float(np.mean(hits)) / K
        if recall >= TARGET:
            break
    times = []
    for query in queries:
        clock = time.perf_counter()
        ask(query[None], effort)
        times.append(1000 * (time.perf_counter() - clock))
    clock = time.perf_counter()
    ask(queries, effort)
    rate = QUERIES / (time.perf_counter() - clock)
    now_anonymous, now_backed = _memory()
    return {
        "effort": effort,
        "recall": recall,
        "open_ms": 1000 * opened,
        "p50_ms": float(np.median(times)),
        "p99_ms": float(np.percentile(times, 99)),
        "qps": rate,
        "memory_mb": now_anonymous - anonymous,
        "mapped_mb": now_backed - backed,
    }


def _memory() -> tuple[float, float]:
    """Resident memory in MB: what no file backs, and what one does and can be dropped."""
    lines = Path("/proc/self/status").read_text().splitlines()
    values = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Rss")}
    return float(values["RssAnon"]) / 1024, float(values["RssFile"]) / 1024


def _ours(kind: str) -> Contender:
    def build(vectors: np.ndarray, path: Path) -> None:
        from specrec.index.search import describe_index, write_index
        from specrec.index.search_building import build_index

        index = build_index(vectors, kind)
        path.mkdir(exist_ok=True)
        write_index(index, path / "index.faiss")
        (path / "index.json").write_text(json.dumps(describe_index(index)))

    def open_(path: Path, vectors: Path) -> Callable[[np.ndarray, int], np.ndarray]:
        from specrec.index.search import read_index

        stored = np.load(vectors, mmap_mode="r")
        described = json.loads((path / "index.json").read_text())
        index = read_index(path / "index.faiss", stored[: len(stored) - QUERIES], described)
        return lambda queries, _: index.search(queries, K)[1]

    return Contender(build, open_, (0,))


def _faiss(make: Callable[[int], Any], efforts: tuple[int, ...]) -> Contender:
    def build(vectors: np.ndarray, path: Path) -> None:
        import faiss

        index = make(vectors.shape[1])
        index.add(np.asarray(vectors))
        faiss.write_index(index, str(path))

    def open_(path: Path, vectors: Path) -> Callable[[np.ndarray, int], np.ndarray]:
        import faiss

        index = faiss.read_index(str(path))

        def ask(queries: np.ndarray, effort: int) -> np.ndarray:
            if effort:
                index.hnsw.efSearch = effort
            return index.search(queries, K)[1]

        return ask

    return Contender(build, open_, efforts)


def _faiss_flat(dim: int) -> Any:
    import faiss

    return faiss.IndexFlatIP(dim)


def _faiss_hnsw(dim: int) -> Any:
    import faiss

    index = faiss.IndexHNSWFlat(dim, M, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = EF_CONSTRUCTION
    return index


def _build_hnswlib(vectors: np.ndarray, path: Path) -> None:
    import hnswlib

    index = hnswlib.Index(space="ip", dim=vectors.shape[1])
    index.init_index(len(vectors), M=M, ef_construction=EF_CONSTRUCTION, random_seed=0)
    index.add_items(np.asarray(vectors))
    index.save_index(str(path))


def _open_hnswlib(path: Path, vectors: Path) -> Callable[[np.ndarray, int], np.ndarray]:
    import hnswlib

    index = hnswlib.Index(space="ip", dim=np.load(vectors, mmap_mode="r").shape[1])
    index.load_index(str(path))
    index.set_num_threads(1)

    def ask(queries: np.ndarray, effort: int) -> np.ndarray:
        index.set_ef(effort)
        return index.knn_query(queries, K)[0]

    return ask


def _build_usearch(vectors: np.ndarray, path: Path) -> None:
    from usearch.index import Index

    index = Index(
        ndim=vectors.shape[1], metric="ip", dtype="f32", connectivity=M,
        expansion_add=EF_CONSTRUCTION,
    )  # fmt: skip
    index.add(np.arange(len(vectors)), np.asarray(vectors))
    index.save(str(path))


def _open_usearch(path: Path, vectors: Path) -> Callable[[np.ndarray, int], np.ndarray]:
    from usearch.index import Index

    index = Index.restore(str(path))

    def ask(queries: np.ndarray, effort: int) -> np.ndarray:
        index.expansion_search = effort
        found = index.search(queries, K, threads=1)
        return np.asarray(found.keys).reshape(len(queries), K)

    return ask


def _build_voyager(vectors: np.ndarray, path: Path) -> None:
    import voyager

    index = voyager.Index(
        voyager.Space.InnerProduct, vectors.shape[1], M=M, ef_construction=EF_CONSTRUCTION,
        random_seed=0,
    )  # fmt: skip
    index.add_items(np.array(vectors))
    index.save(str(path))


def _open_voyager(path: Path, vectors: Path) -> Callable[[np.ndarray, int], np.ndarray]:
    import voyager

    index = voyager.Index.load(str(path))
    return lambda queries, effort: index.query(queries, K, num_threads=1, query_ef=effort)[0]


CONTENDERS = {
    "specrec exact": _ours("exact"),
    "specrec ivf_sq": _ours("ivf_sq"),
    "specrec ivf_pq": _ours("ivf_pq"),
    "faiss flat": _faiss(_faiss_flat, (0,)),
    "faiss hnsw": _faiss(_faiss_hnsw, EFS),
    "hnswlib": Contender(_build_hnswlib, _open_hnswlib, EFS),
    "usearch": Contender(_build_usearch, _open_usearch, EFS),
    "voyager": Contender(_build_voyager, _open_voyager, EFS),
}


def _print_table(folder: Path) -> None:
    model = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    print(f"{folder.name}; {model}, {os.cpu_count()} cores\n")
    print("| | recall@10 | p50 ms | p99 ms | QPS | build s | memory MB | mapped MB | disk MB |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in CONTENDERS:
        path = folder / f"{name}.json"
        if path.exists():
            row = json.loads(path.read_text())
            print(
                f"| {name} | {row['recall']:.4f} | {row['p50_ms']:.2f} | {row['p99_ms']:.2f} |"
                f" {row['qps']:,.0f} | {row['build_s']:,.0f} | {row['memory_mb']:,.0f} |"
                f" {row['mapped_mb']:,.0f} | {row['disk_mb']:,.0f} |"
            )


if __name__ == "__main__":
    main()
