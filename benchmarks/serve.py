"""How fast does a server answer, how much memory does it take, and does it last?

    python benchmarks/serve.py --output out/serve
    python benchmarks/serve.py --output out/serve --minutes 60

Without --minutes: libraries of 793 and of 100,000 synthetic tracks, whose coordinates have the
names of the shipped model, are written once. `specrec serve` is started on each; 1, 8 and 32
clients on kept connections ask for the ten neighbors, with their reasons, of tracks drawn at
random, and one client searches as one types, in each of the three interfaces. The table has medians
over rounds. Processor time and memory are the server's, the memory after the last round and only
what no file backs. Clients and server share the machine.

With --minutes: a server watches a library of synthesized music, of which ten files arrive one after
the other, while mixed requests come at a low rate. Counted are answers that are errors, neighbors
that are not ten different other tracks, and memory at the beginning, the end and most. All on
loopback; bounded in count and in time.
"""

import http.client
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import click
import numpy as np
from library import write

CLIENTS = (1, 8, 32)
NEIGHBORS = "/api/v1/neighbors?track_id={id}&k=10"
SEARCHES = (
    "/api/v1/tracks?q={typed}",
    "/api/search_tracks?title={typed}",
    "/rest/search3?query={typed}&f=json&v=1.16.1&c=benchmark",
)
MOST_SECONDS = 30.0  # of a round
UPDATES, FIRST_FILES = 10, 30
MIX = {
    NEIGHBORS: 6,
    "/api/v1/tracks/{id}": 2,
    "/api/v1/tracks?q=a": 2,
    "/api/v1/explain?track_id={id}&neighbor_id={other}": 1,
    "/api/v1/path?start={id}&goal={other}": 1,
    "/api/v1/tracks/{id}/audio": 1,
    "/api/v1/tracks/{id}/spectrogram.png": 1,
    "/api/v1/status": 1,
    "/api/v1/libraries": 1,
    "/rest/getSonicSimilarTracks?id={id}&f=json&v=1.16.1&c=benchmark": 1,
    "/rest/search3?query=a&f=json&v=1.16.1&c=benchmark": 1,
    "/api/similar_tracks?item_id={id}&n=10": 1,
    "/api/search_tracks?title=a": 1,
    "/health": 1,
}
"""Requests and their shares; those that a server does not have are left out."""


@click.command(context_settings={"show_default": True})
@click.option(
    "--output", type=click.Path(path_type=Path), required=True, help="Folder for libraries."
)
@click.option(
    "--tracks", multiple=True, default=[793, 100_000], help="Size of a library; may be repeated."
)
@click.option("--requests", type=click.IntRange(min=32), default=800, help="In a round, at most.")
@click.option("--rounds", type=click.IntRange(min=1), default=3)
@click.option(
    "--minutes", type=click.FloatRange(max=120), default=0, help="Of mixed requests instead."
)
@click.option(
    "--rate", type=click.FloatRange(max=50), default=5.0, help="Mixed requests in a second."
)
def main(
    output: Path,
    tracks: tuple[int, ...],
    requests: int,
    rounds: int,
    minutes: float,
    rate: float,
) -> None:
    """Prints a Markdown table."""
    print(_machine())
    if minutes:
        last(output / "mixed", minutes * 60, rate)
        return
    print(
        "| request | tracks | clients | rate/s | p50 ms | p99 ms | CPU ms | start s | memory MB |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for count in tracks:
        load(_library(output / f"{count}", count), count, requests, rounds)


def load(library: Path, tracks: int, requests: int, rounds: int) -> None:
    """Measures one library, and prints its rows."""
    with running(library) as server:
        asked = [(NEIGHBORS, clients) for clients in CLIENTS] + [(kind, 1) for kind in SEARCHES]
        for kind, clients in asked:
            found = [_round(server, kind, tracks, clients, requests) for _ in range(rounds)]
            rate, p50, p99, cpu = (statistics.median(column) for column in zip(*found, strict=True))
            print(
                f"| `{kind.partition('?')[0]}` | {tracks:,} | {clients} | {rate:,.1f} | {p50:.1f} |"
                f" {p99:.1f} | {cpu:.1f} | {server.start_seconds:.1f} |"
                f" {server.memory_mb():,.0f} |"
            )


def _round(
    server: "Running", kind: str, tracks: int, clients: int, requests: int
) -> tuple[float, ...]:
    """Requests a second; median and 99th percentile of their times, and processor time, in ms."""
    if kind.startswith("/rest/"):
        _get(server.port, kind.format(typed="a"))  # reads all albums, once
    times: list[float] = []
    until = time.monotonic() + MOST_SECONDS

    def ask(seed: int) -> None:
        rng, connection = random.Random(seed), http.client.HTTPConnection("127.0.0.1", server.port)
        for _ in range(requests // clients):
            if time.monotonic() > until:
                break
            row, clock = rng.randrange(tracks), time.perf_counter()
            connection.request("GET", kind.format(id=f"{row:016x}", typed=_typed(row, rng)))
            answer = connection.getresponse()
            content = answer.read()
            times.append(1000 * (time.perf_counter() - clock))
            assert answer.status == 200, content[:200]
        connection.close()

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(clients)]
    clock, cpu = time.perf_counter(), server.cpu_seconds()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, cpu = time.perf_counter() - clock, server.cpu_seconds() - cpu
    p50, p99 = np.percentile(times, [50, 99])
    return len(times) / took, float(p50), float(p99), 1000 * cpu / len(times)


def _typed(row: int, rng: random.Random) -> str:
    """What somebody has typed of the title or artist of a track, as it stands in an address."""
    name = rng.choice((f"Piece+{row:016x}", f"Artist+{row // 10}"))
    return name[: rng.randint(1, len(name))].rstrip("+")


@dataclass
class Mixed:
    """What became of mixed requests: times in ms, errors by kind, sizes that the library had."""

    times: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    sizes: set[int] = field(default_factory=set)
    memory_mb: list[float] = field(default_factory=list)


def last(folder: Path, seconds: float, rate: float) -> None:
    """Asks at a low rate while files arrive; prints what went wrong."""
    from specrec.recommend.library import Library
    from specrec.synthesis.library import write_library

    shutil.rmtree(folder, ignore_errors=True)
    write_library(folder / "stock", FIRST_FILES + UPDATES, seconds=20.0)
    files = sorted((folder / "stock").rglob("*.flac"))
    (folder / "music").mkdir()
    for file in files[:FIRST_FILES]:
        shutil.copy(file, folder / "music")
    library = Library.build(folder / "music", folder / "library", workers=1)
    ids = library.tracks["track_id"].tolist()
    arrive = {number * seconds / UPDATES: path for number, path in enumerate(files[FIRST_FILES:])}
    found, start = Mixed(), time.monotonic()
    with running(folder / "library", "--watch") as server:
        kinds = _mix(server.port)
        print(f"{len(set(kinds))} of {len(MIX)} kinds of requests")
        for number in range(int(seconds * rate)):
            time.sleep(max(0.0, start + number / rate - time.monotonic()))
            for due in [due for due in arrive if due <= time.monotonic() - start]:
                shutil.copy(arrive.pop(due), folder / "music")
            _ask_mixed(server.port, random.choice(kinds), *random.sample(ids, 2), found)
            found.memory_mb.append(server.memory_mb())
            if time.monotonic() - start > 1.5 * seconds:  # it can't keep up
                break
        _print_mixed(found, time.monotonic() - start)


def _mix(port: int) -> list[str]:
    """The requests that a server has, as often as their share says."""
    there = set(json.loads(_get(port, "/openapi.json")[1])["paths"]) | {"/health"}
    if _get(port, "/rest/ping?f=json")[0] == 200:
        there |= {kind.partition("?")[0] for kind in MIX if kind.startswith("/rest/")}
    return [
        kind
        for kind, share in MIX.items()
        for _ in range(share)
        if kind.partition("?")[0].replace("{id}", "{track_id}") in there
    ]


def _ask_mixed(port: int, kind: str, one: str, other: str, found: Mixed) -> None:
    """Asks, and checks the answer."""
    clock = time.perf_counter()
    try:
        status, content = _get(port, kind.format(id=one, other=other))
    except OSError as error:
        found.errors[f"{kind}: {error}"] += 1
        return
    found.times.append(1000 * (time.perf_counter() - clock))
    if status != 200:
        found.errors[f"{kind}: {status} {content[:120]!r}"] += 1
    elif kind.startswith("/api/v1/neighbors"):
        ids = {item["track"]["track_id"] for item in json.loads(content)["neighbors"]}
        if len(ids - {one}) != 10:
            found.errors[f"{kind}: not ten others"] += 1
    elif kind == "/api/v1/libraries":
        found.sizes.add(json.loads(content)["libraries"][0]["tracks"])


def _print_mixed(found: Mixed, seconds: float) -> None:
    tenth = max(1, len(found.memory_mb) // 10)
    first, end = (
        statistics.median(part)
        for part in (found.memory_mb[tenth : 2 * tenth], found.memory_mb[-tenth:])
    )
    p50, p99 = np.percentile(found.times, [50, 99])
    count = f"{len(found.times):,} requests in {seconds / 60:.1f} minutes"
    print(f"{count}: p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    print(f"sizes of the library: {', '.join(map(str, sorted(found.sizes)))}")
    print(
        f"memory: {first:,.0f} MB in the second tenth, {end:,.0f} MB in the last,"
        f" {max(found.memory_mb):,.0f} MB at most"
    )
    print(f"errors: {sum(found.errors.values())}")
    for error, count in found.errors.most_common():
        print(f"  {count} times {error}")


@dataclass(frozen=True)
class Running:
    """A server in processes of its own.

    Attributes:
        pid: Of its process.
        port: On which it answers.
        start_seconds: From starting the process to its first answer.
    """

    pid: int
    port: int
    start_seconds: float

    def memory_mb(self) -> float:
        """Resident memory that no file backs, of all its processes."""
        texts = [_read(pid, "status") for pid in _with_children(self.pid)]
        lines = [line for text in texts for line in text.splitlines()]
        return sum(float(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024

    def cpu_seconds(self) -> float:
        """Processor time of its processes so far."""
        texts = [_read(pid, "stat") for pid in _with_children(self.pid)]
        fields = [text.rpartition(")")[2].split() for text in texts if text]
        return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


def _with_children(pid: int) -> list[int]:
    files = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for file in files for child in file.read_text().split()]
    return [pid, *(one for child in children for one in _with_children(child))]


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:  # it has ended
        return ""


@contextmanager
def running(library: Path, *options: str) -> Iterator[Running]:
    """Runs `specrec serve` while the block runs."""
    command = [sys.executable, "-m", "specrec.cli", "serve", str(library), "--port", "0", *options]
    clock = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = next(word for word in process.stdout.readline().split() if "://" in word)
            port = int(urlsplit(url).port or 0)
            status, _ = _get(port, "/health")
            assert status == 200
            yield Running(process.pid, port, time.perf_counter() - clock)
        finally:
            process.terminate()


def _get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _library(folder: Path, tracks: int) -> Path:
    """The library of synthetic tracks in a folder, which is written if need be."""
    from specrec.model.card import read_card
    from specrec.model.probe import load_probe
    from specrec.model.registry import find_model

    if not (folder / "CURRENT").exists():
        folder.mkdir(parents=True, exist_ok=True)
        model = find_model("specrec-base")
        write(
            folder, tracks, max(20, tracks // 50), load_probe(model, read_card(model).fingerprint)
        )
    return folder


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    load, _, _ = os.getloadavg()
    return (
        f"{(names or [platform.processor()])[0]}, {os.cpu_count()} cores; load before {load:.1f}\n"
    )


if __name__ == "__main__":
    main()
