"""What does it cost to push a library to Milvus, and to ask it there?

    python benchmarks/milvus.py --output out/milvus --tracks 10000
    python benchmarks/milvus.py --output out/milvus --tracks 1000000 --address milvus://host/trial

Writes a synthetic library whose coordinates have the names of the shipped model, once, pushes it,
removes a hundredth of its tracks and pushes again, and asks on disk and in Milvus for the ten
neighbors of the same tracks. Without an address it is milvus-lite, whose engine runs in the same
process, so its time is in that of the process; of a server it is not. A track here has one window:
`--windows` adds the bytes that more take.
"""

import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
from library import write

ASKED = 10


@click.command(context_settings={"show_default": True})
@click.option(
    "--output", type=click.Path(path_type=Path), required=True, help="Folder for the library."
)
@click.option("--tracks", default=10_000)
@click.option("--address")
def main(output: Path, tracks: int, address: str | None) -> None:
    """Prints a Markdown table."""
    from specrec.model.card import read_card
    from specrec.model.probe import load_probe
    from specrec.model.registry import find_model
    from specrec.recommend.library import Library
    from specrec.scale.milvus.address import parse_address
    from specrec.scale.milvus.push import push_library

    folder = output / f"{tracks}"
    if not (folder / "CURRENT").exists():
        folder.mkdir(parents=True)
        model = find_model("specrec-base")
        write(folder, tracks, 200, load_probe(model, read_card(model).fingerprint))
    library, place = Library.open(folder), parse_address(address or f"milvus-lite:{folder}.db/t")
    print("| what | CPU s | s | peak memory MB |")
    print("|---|---|---|---|")
    pushed = _timed("push", lambda: push_library(library.collection, place))
    again = _timed("push with nothing new", lambda: push_library(library.collection, place))
    assert (pushed.sent, again.sent, again.deleted) == (tracks, 0, 0)
    other = _timed("open", lambda: Library.open(place.text))
    rows = np.random.default_rng(1).integers(tracks, size=ASKED)
    names = [f"{row:016x}" for row in rows]
    conditions = (None, "year > 1990 and genre == 'genre 7'", "piano > 0.8")
    for where in conditions:
        for opened, here in ((library, "on disk"), (other, "in Milvus")):
            for explain in (False, True):
                asked = {"where": where, "explain": explain, "in_full": False}
                opened.neighbors(names[0], **asked)
                times = [_cost(lambda n=name: opened.neighbors(n, **asked)) for name in names]  # noqa: B023
                cpu, wall = np.median(times, axis=0)
                reasons = ", with reasons" if explain else ""
                print(f"| query {here}{reasons}; {where} | {cpu:.4f} | {wall:.4f} | |", flush=True)
    agree = [
        [n.track.track_id for n in library.neighbors(name, explain=False)]
        == [n.track.track_id for n in other.neighbors(name, explain=False)]
        for name in names
    ]
    print(f"\nThe same ten neighbors for {sum(agree)} of {ASKED} queries.")


def _timed(what: str, run: Callable[[], Any]) -> Any:
    made: list[Any] = []
    cpu, wall = _cost(lambda: made.append(run()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"| {what} | {cpu:.2f} | {wall:.2f} | {peak:.0f} |", flush=True)
    return made[0]


def _cost(run: Callable[[], object]) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    run()
    return time.process_time() - cpu, time.perf_counter() - wall


if __name__ == "__main__":
    main()
