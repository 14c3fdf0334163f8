"""What does one query from a shell cost, from the start of the process to its end?

    python benchmarks/cold.py --folder out/cold

Writes a library of planted tracks with `specrec-base`'s coordinates, once, and asks it by the
command, each time in a process of its own. CPU seconds of all threads, medians; first of the whole
command, then of its parts. Without specrec's bytecode its modules are compiled anew; newly
installed, those of every package are, too. The standard library always has its bytecode, which
comes with Python.
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click

import specrec

TRACK = f"{4242:016x}"
LEAST = ("click", "numpy", "faiss")
"""What no query can do without."""
PACKAGES = (*LEAST, "pyarrow.parquet", "rich.console", "rich.table")
"""What a query loads besides specrec."""


@click.command(context_settings={"show_default": True})
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    required=True,
    help="Of the library, which is written if need be.",
)
@click.option("--tracks", default=100_000)
@click.option("--repeat", default=9)
@click.option("--child", is_flag=True, hidden=True)
def main(folder: Path, tracks: int, repeat: int, child: bool) -> None:
    """Prints two tables."""
    if child:
        print(json.dumps(_stages(folder)))
        return
    if not (folder / "CURRENT").exists():
        _write(folder, tracks)
    command = [sys.executable, "-m", "specrec.cli"]
    query = [*command, "query", str(folder), TRACK]
    print("| command | CPU s | without specrec's bytecode | newly installed |\n|---|---|---|---|")
    for name, arguments in (
        ("`specrec query`", query),
        ("`specrec query --no-why`", [*query, "--no-why"]),
        ("`specrec query --json`", [*query, "--json"]),
        ("`specrec --help`", [*command, "--help"]),
        ("`specrec --version`", [*command, "--version"]),
        ("loading a query's packages, and no more", _loading(PACKAGES)),
        ("loading Click, NumPy and FAISS, and no more", _loading(LEAST)),
        ("loading pandas, which a plain query does not", _loading(["pandas"])),
    ):
        with tempfile.TemporaryDirectory() as cache:
            _cpu_seconds(arguments, cache)
            warm = [_cpu_seconds(arguments, cache) for _ in range(repeat)]
            _forget(cache, Path(specrec.__file__).parent)
            own = [_cpu_seconds(arguments, cache, keep=False) for _ in range(repeat)]
            _forget(cache, Path(sysconfig.get_path("purelib")))
            new = [_cpu_seconds(arguments, cache, keep=False) for _ in range(repeat)]
        medians = (f"{statistics.median(seconds):.2f}" for seconds in (warm, own, new))
        print(f"| {name} | {' | '.join(medians)} |")
    print("\n| part of a query | CPU ms |\n|---|---|")
    runs = [json.loads(_output(folder)) for _ in range(repeat)]
    for name in runs[0]:
        print(f"| {name} | {statistics.median(run[name] for run in runs):.0f} |")


def _loading(modules: Sequence[str]) -> list[str]:
    return [sys.executable, "-c", "; ".join(f"import {module}" for module in modules)]


def _write(folder: Path, tracks: int) -> None:
    from library import write

    from specrec.model.card import read_card
    from specrec.model.probe import load_probe
    from specrec.model.registry import find_model

    folder.mkdir(parents=True, exist_ok=True)
    model = find_model("specrec-base")
    probe = load_probe(model, read_card(model).fingerprint)
    write(folder, tracks, max(20, tracks // 50), probe)


def _cpu_seconds(command: list[str], cache: str, keep: bool = True) -> float:
    """Runs a command with the bytecode in a folder, where it may keep what it compiles."""
    environment = os.environ | {"PYTHONPYCACHEPREFIX": cache}
    environment["PYTHONDONTWRITEBYTECODE"] = "" if keep else "1"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _forget(cache: str, modules: Path) -> None:
    """Removes the bytecode of a folder's modules, if there is any."""
    shutil.rmtree(f"{cache}{modules}", ignore_errors=True)


def _output(folder: Path) -> bytes:
    command = [sys.executable, __file__, "--folder", str(folder), "--child"]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


def _stages(folder: Path) -> dict[str, float]:
    """Does by itself, part by part, what the command does.

    This file has loaded Click, which is therefore counted among the first.
    """
    found: dict[str, float] = {}
    clock = 0.0

    def note(name: str) -> None:
        nonlocal clock
        found[name], clock = 1000 * (time.process_time() - clock), time.process_time()

    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for name, modules in (
        ("start of Python, Click, the command line", ("specrec.cli", "specrec.cli.asking")),
        ("import numpy", ("numpy",)),
        ("import pyarrow", ("pyarrow.parquet",)),
        ("import faiss", ("faiss",)),
        ("import rich", ("rich.console", "rich.table")),
    ):
        for module in modules:
            loaded = import_module(module)
            if module == "specrec.cli":
                loaded._start_fast()
        note(name)
    from specrec.recommend.library import Library
    from specrec.report.neighbors import print_neighbors

    note("import the rest of specrec")
    library = Library.open(folder)
    query = library.resolve(TRACK)
    note("find the track")
    library.neighbors(query, explain=False)
    note("search")
    neighbors = library.neighbors(query, in_full=False)
    note("reasons")
    sys.stdout, kept = Path(os.devnull).open("w"), sys.stdout  # noqa: SIM115
    print_neighbors(neighbors)
    sys.stdout = kept
    note("print")
    return found


if __name__ == "__main__":
    main()
