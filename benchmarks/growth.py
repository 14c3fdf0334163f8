"""What does one song more cost a library of 10,000, 100,000 or a million tracks?

    python benchmarks/growth.py --output out/growth --tracks 10000 --tracks 100000

Writes a folder of as many files, which hold nothing, and a library that knows them, with random
embeddings of the shipped model's size, once. Then `specrec index` runs as a user runs it: with
nothing new, and after a real song (a synthesized chord of 30 s) was added, renamed, changed and
removed. Then a program keeps the library open, as a server does, and adds, asks about and removes
songs (the first takes the time to load the model). Processor seconds of each step, its workers
included, and memory of its process that no file backs, the most of a run and what a program has
after a step; medians over rounds. A library of ten tracks tells what starting, decoding and
embedding cost; the scan alone, and find beside it, look at every file's name, size and time.
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:  # what is measured is started from here, and takes over the memory
    import numpy as np
    import pandas as pd

SCAN = "from specrec.catalog.scan import scan_folder; from pathlib import Path; import sys"
CLUSTERS, SECONDS, RATE, TRACKS_A_SEGMENT = 2000, 30, 44_100, 100_000


@click.command(context_settings={"show_default": True})
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder for music and libraries.",
)
@click.option(
    "--tracks", multiple=True, default=[10_000, 100_000], help="Size of a library; may be repeated."
)
@click.option("--rounds", type=click.IntRange(min=1), default=3)
@click.option("--table", is_flag=True, help="Also with a table of all tracks.")
@click.option("--only-plant", is_flag=True, hidden=True)
@click.option("--only-open", is_flag=True, hidden=True)
def main(
    output: Path,
    tracks: tuple[int, ...],
    rounds: int,
    table: bool,
    only_plant: bool,
    only_open: bool,
) -> None:
    """Prints a Markdown table."""
    if only_plant:
        for count in tracks:
            plant(output / str(count) / "music", output / str(count) / "library", count)
        return
    if only_open:
        print(json.dumps(change_open(output)))
        return
    counts = [10, *tracks]
    rows: dict[str, list[str]] = {}
    for count in counts:
        folder = output / str(count)
        if not (folder / "library" / "CURRENT").exists():
            # In a process of its own, so that this one stays small.
            arguments = ["--output", str(output), "--tracks", str(count), "--only-plant"]
            subprocess.run([sys.executable, __file__, *arguments], check=True)
        found: dict[str, list[tuple[float, float]]] = {}
        for _ in range(rounds):
            steps = [*change(folder), *(change_with_table(folder) if table else [])]
            for step, paid in steps:
                found.setdefault(step, []).append(paid)
        for step, costs in found.items():
            seconds, memory = (statistics.median(column) for column in zip(*costs, strict=True))
            rows.setdefault(step, []).append(f"{seconds:.2f} s, {memory:,.0f} MB")
    print("| |", " | ".join(f"{count:,}" for count in counts), "|")
    print("|---|", "|".join("---" for _ in counts), "|", sep="")
    for step, cells in rows.items():
        print("|", step, "|", " | ".join(cells), "|")


def change(folder: Path) -> list[tuple[str, tuple[float, float]]]:
    """Runs each step once, and gives its processor seconds and memory in MB."""
    music, library = folder / "music", folder / "library"
    index = ["-m", "specrec.cli", "index", f"audio={music}", f"library={library}", "workers=1"]
    song, other = music / "new song.wav", music / "renamed song.wav"
    steps = [("nothing new", cost(index))]
    sing(song, seed=time.time_ns())
    steps += [("one added", cost(index)), ("nothing new again", cost(index))]
    song.rename(other)
    steps.append(("one renamed", cost(index)))
    sing(other, seed=time.time_ns())
    steps.append(("one changed", cost(index)))
    other.unlink()
    steps.append(("one gone", cost(index)))
    steps.append(("one dropped", cost([*index, "prune=true"])))
    steps.append(
        ("the scan alone", cost(["-c", f"{SCAN}; scan_folder(Path(sys.argv[1]))", str(music)]))
    )
    steps.append(("its imports", cost(["-c", SCAN])))
    find = ["find", "-L", str(music), "-printf", r"%P\t%s\t%T@\n"]
    steps.append(("find -printf", cost(find, program=None)))
    command = [sys.executable, __file__, "--output", str(folder), "--only-open"]
    steps += json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return steps


def change_with_table(folder: Path) -> list[tuple[str, tuple[float, float]]]:
    """Does some of the same where a `manifest.csv` in the music gives each track two columns."""
    from specrec.recommend.library import Library

    music, library = folder / "music", folder / "library"
    index = ["-m", "specrec.cli", "index", f"audio={music}", f"library={library}", "workers=1"]
    song, manifest = music / "new song.wav", music / "manifest.csv"
    paths = Library.open(library).tracks["path"].tolist()
    rows = [f"{path},mood {place % 9},{place % 100 / 4}\n" for place, path in enumerate(paths)]
    manifest.write_text("path,mood,points\n" + "".join(rows))
    steps = [("with a table: the first run", cost(index))]
    steps.append(("with a table: nothing new", cost(index)))
    with manifest.open("a") as file:
        file.write("new song.wav,calm,0.5\n")
    sing(song, seed=time.time_ns())
    steps.append(("with a table: a row and its file added", cost(index)))
    manifest.write_text(manifest.read_text().replace(",mood 3,", ",loud,", 1))
    steps.append(("with a table: a cell changed", cost(index)))
    song.rename(music / "other.wav")
    steps.append(("with a table: one renamed, which it does not name then", cost(index)))
    (music / "other.wav").unlink()
    steps.append(("with a table: one dropped", cost([*index, "prune=true"])))
    manifest.unlink()
    cost(index)
    return steps


def change_open(folder: Path) -> list[tuple[str, tuple[float, float]]]:
    """Does the same with a library that stays open; seconds and memory in MB after each step."""
    from specrec.recommend.library import Library

    steps: list[tuple[str, tuple[float, float]]] = []

    def pay(name: str, act: Callable[[], object]) -> None:
        before = _spent()
        act()
        steps.append((f"open: {name}", (_spent() - before, _memory(os.getpid()))))

    library = Library.open(folder / "library")
    pay("asked", lambda: library.neighbors(0))
    songs = [folder / "music" / f"new song {time.time_ns()}.wav" for _ in range(3)]
    for song, name in zip(songs, ("one added, first", "one added", "one added again"), strict=True):
        sing(song, seed=time.time_ns())
        pay(name, lambda song=song: library.add(song))
    pay("asked about it", lambda: library.neighbors(songs[-1]))
    pay("nothing new", library.update)
    pay("one removed", lambda: library.remove(songs[0]))
    pay("one removed again", lambda: library.remove(songs[1]))
    for song in songs:
        song.unlink()
    library.update(prune=True)
    return steps


def _spent() -> float:
    """Processor seconds of this process and of those that it waited for."""
    whom = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, whom))


def cost(arguments: Sequence[str], program: str | None = sys.executable) -> tuple[float, float]:
    """Processor seconds of a process and those it waited for, and its own most memory in MB."""
    command = [*([program] if program else []), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    most = 0.0
    while True:
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        most = max(most, _memory(process.pid))
        time.sleep(0.02)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return usage.ru_utime + usage.ru_stime, most


def _memory(process: int) -> float:
    """Resident memory that no file backs, in MB; 0 once a process has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    found = (line.split()[1] for line in lines if line.startswith("RssAnon"))
    return float(next(found, 0)) / 1024


def sing(path: Path, seed: int) -> None:
    """Writes a chord that swells, in noise; one that no library knows, if the seed is new."""
    import numpy as np
    import soundfile as sf

    rng = np.random.default_rng(seed)
    times = np.arange(SECONDS * RATE) / RATE
    tones = [np.sin(2 * np.pi * hz * times) for hz in rng.uniform(80, 1500, size=4)]
    swell = 0.1 * (1 + np.sin(2 * np.pi * rng.uniform(0.5, 3) * times))
    sound = swell * sum(tones) / 2 + 0.01 * rng.normal(size=len(times))
    sf.write(path, sound.astype(np.float32), RATE)


def plant(music: Path, library: Path, tracks: int) -> None:
    """Writes empty files of some size, ten in a folder, and a library that has embedded them."""
    import numpy as np
    import pandas as pd

    from specrec.catalog.columns import TAG_COLUMNS
    from specrec.descriptors.measure import NAMES
    from specrec.descriptors.measure import VERSION as MEASURE_VERSION
    from specrec.index.decision_files import write_decisions
    from specrec.index.decisions import Decisions
    from specrec.index.duplicates import COLUMNS
    from specrec.index.duplicates import VERSION as DUPLICATES_VERSION
    from specrec.index.generation import Contents, skipped_table
    from specrec.index.generations import write_generation
    from specrec.index.search_building import build_index
    from specrec.index.segment_store import store_key
    from specrec.model.card import read_card
    from specrec.model.probe import load_probe
    from specrec.model.registry import find_model

    model = find_model("specrec-base")
    card = read_card(model)
    probe = load_probe(model, card.fingerprint)
    assert probe is not None
    rng = np.random.default_rng(0)
    rows = np.arange(tracks)
    ids = pd.Series(rows).map("{:016x}".format).astype("string")
    paths = "artist " + pd.Series(rows // 10).map("{:06d}".format) + "/" + ids + ".opus"
    stamps = _write_music(music, paths.tolist())
    dim = probe.weight.shape[1]
    cluster = rng.integers(min(CLUSTERS, tracks), size=tracks)
    embeddings = rng.normal(size=(tracks, dim)).astype(np.float32)
    embeddings += 2 * rng.normal(size=(CLUSTERS, dim)).astype(np.float32)[cluster]
    table = pd.DataFrame(
        {
            "track_id": ids,
            "path": paths,
            "content_id": ids,
            "title": "Piece " + ids,
            "artist": "Artist " + pd.Series(rows // 10).astype("string"),
            "album": "Album " + pd.Series(rows // 10).astype("string"),
            "genre": pd.Series(cluster % 30).map("genre {}".format),
            "year": pd.Series(1960 + rows % 60),
            "duration_seconds": 120.0 + rng.uniform(size=tracks) * 240,
        }
    ).astype(dict.fromkeys(("track_id", "path", "content_id"), "string") | TAG_COLUMNS)
    tags = table[[*TAG_COLUMNS]]
    files = pd.concat([table[["path"]], stamps, table[["content_id"]]], axis=1)
    files = pd.concat([files.assign(audio_id=ids), tags], axis=1)
    files["path"] = files["path"].astype("string")
    manifest = {
        "created": "2026-01-01T00:00:00+00:00",
        "audio_root": str(music.resolve()),
        "model": {
            "name": card.name,
            "fingerprint": card.fingerprint,
            "folder": str(model.resolve()),
            "window_seconds": card.front_end.window_seconds,
        },
        "measure_version": MEASURE_VERSION,
        "duplicates_version": DUPLICATES_VERSION,
        "counts": {"tracks": tracks, "skipped": 0, "ignored": 0},
        "search": "auto",
        "settings": {
            "audio": str(music.absolute()),
            "windows_per_track": None,
            "measure_features": True,
            "feature_table": None,
            "index_type": "auto",
        },
    }
    order = np.argsort(table["path"].to_numpy(dtype=str), kind="stable")
    embeddings = embeddings[order]
    table, files = (frame.iloc[order].reset_index(drop=True) for frame in (table, files))
    placement = _write_segments(library, store_key(card.fingerprint, None), table, embeddings)
    write_decisions(library, Decisions())
    write_generation(
        library,
        Contents(
            manifest,
            table,
            placement,
            pd.DataFrame(rng.normal(size=(tracks, len(NAMES))), columns=list(NAMES)),
            probe,
            files,
            skipped_table([], {}),
            embeddings,
            build_index(embeddings),
            pd.DataFrame(columns=[*COLUMNS]).astype(COLUMNS),
        ),
    )


def _write_music(music: Path, paths: list[str]) -> "pd.DataFrame":
    """Writes files that take no room, and tells their sizes and times."""
    import pandas as pd

    shutil.rmtree(music, ignore_errors=True)
    for folder in dict.fromkeys(path.partition("/")[0] for path in paths):
        (music / folder).mkdir(parents=True)
    stamps = []
    for place, path in enumerate(paths):
        handle = os.open(music / path, os.O_CREAT | os.O_WRONLY, 0o644)
        os.ftruncate(handle, 1000 + place)
        status = os.fstat(handle)
        os.close(handle)
        stamps.append((status.st_size, status.st_mtime_ns))
    return pd.DataFrame(stamps, columns=["size", "mtime_ns"])


def _write_segments(
    library: Path, key: str, tracks: "pd.DataFrame", embeddings: "np.ndarray"
) -> "pd.DataFrame":
    """Writes a window a track, and tells where it is."""
    import numpy as np
    import pandas as pd

    from specrec.index.segment import write_segment

    placement = []
    for number, start in enumerate(range(0, len(tracks), TRACKS_A_SEGMENT), 1):
        here = tracks["content_id"].iloc[start : start + TRACKS_A_SEGMENT].reset_index(drop=True)
        place = {"first_window": np.arange(len(here)), "window_count": 1}
        contents = pd.DataFrame({"content_id": here, "row": np.arange(len(here)), **place})
        contents = contents.assign(duration_seconds=200.0, reason=pd.NA, detail=pd.NA)
        rows = embeddings[start : start + TRACKS_A_SEGMENT]
        folder = library / "segments" / key / f"{number:06d}"
        segment = write_segment(folder, contents, zip(rows, rows[:, None], strict=True))
        crc = segment.contents["windows_crc"]
        placement.append(pd.DataFrame({"segment": segment.name, **place, "windows_crc": crc}))
    return pd.concat(placement, ignore_index=True)


if __name__ == "__main__":
    main()
