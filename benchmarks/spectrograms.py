"""How long spectrogram pictures take: ours, and librosa with pyplot's.

    python benchmarks/spectrograms.py [--audio FOLDER] [--files 40]

The same 30 s from the middle of each file are drawn four ways in turn, in one process; without a
folder the files are synthesized. The figures are medians over files, reading included, and
medians of the ratios file by file. Loading libraries is left out there and is part of the last
lines: the whole command with its processes.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import librosa
import librosa.display
import matplotlib as mpl
import numpy as np

from specrec.catalog.scan import scan_folder
from specrec.descriptors.clip import load_clip
from specrec.descriptors.mel_db import NOTEBOOK
from specrec.errors import AudioError
from specrec.report.spectrograms import Drawing, draw_file
from specrec.synthesis.library import write_library

SECONDS = 30.0
RATE = 22_050
READING = "reading the part alone"
OURS, OURS_AXES = "specrec, clean", "specrec, with axes"
THEIRS, THEIRS_AXES = "librosa + pyplot, clean", "librosa + pyplot, with axes"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--audio", type=Path, help="folder with music")
    parser.add_argument("--files", type=int, default=40)
    options = parser.parse_args()
    mpl.use("Agg")
    warnings.simplefilter("ignore")  # librosa's, on files that libsndfile does not read
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        if options.audio is None:
            write_library(place / "audio", tracks=max(20, options.files))
        root = options.audio or place / "audio"
        files = usable(root, options.files)
        seconds = measure(files, place)
        whole = {axes: run_command(files, place, axes) for axes in (False, True)}
    rows = {name: statistics.median(times) * 1000 for name, times in seconds.items()}
    against = {OURS: THEIRS, OURS_AXES: THEIRS_AXES}
    print(f"{len(files)} files, {SECONDS:g} s of each; {os.cpu_count()} cores, {processor()},")
    print(f"librosa {librosa.__version__}, matplotlib {mpl.__version__}\n")
    print("| picture | ms a file | against librosa + pyplot |\n|---|---|---|")
    for name, milliseconds in rows.items():
        other = against.get(name)
        times = ""
        if other is not None:
            ratios = [b / a for a, b in zip(seconds[name], seconds[other], strict=True)]
            times = f"{statistics.median(ratios):.1f} x"
        print(f"| {name} | {milliseconds:.0f} | {times} |")
    for axes, taken in whole.items():
        print(
            f"\nThe command{' with --axes' if axes else ''}: {taken:.1f} s for {len(files)} files,"
            " from start to end."
        )


def usable(root: Path, count: int) -> list[Path]:
    """Files that can be drawn, spread over the folder."""
    found = [root / file.path for file in scan_folder(root).files]
    files = []
    for path in found[:: max(1, len(found) // count)][:count]:
        try:
            load_clip(path, RATE, SECONDS)
        except AudioError:
            continue
        files.append(path)
    return files


def measure(files: list[Path], place: Path) -> dict[str, list[float]]:
    """Seconds a file, each way."""
    clean, axes = Drawing(NOTEBOOK, SECONDS), Drawing(NOTEBOOK, SECONDS, axes=True)
    ways: dict[str, Callable[[Path, Path], None]] = {
        READING: read,
        OURS: partial(ours, clean),
        THEIRS: partial(theirs, False),
        OURS_AXES: partial(ours, axes),
        THEIRS_AXES: partial(theirs, True),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for draw in ways.values():  # the first loads libraries and fonts
        draw(files[0], place / "warm.png")
    for path in files:
        for name, draw in ways.items():
            before = time.perf_counter()
            draw(path, place / "picture.png")
            seconds[name].append(time.perf_counter() - before)
    return seconds


def read(path: Path, picture: Path) -> None:
    """Seeks, decodes and resamples."""
    load_clip(path, RATE, SECONDS)


def ours(drawing: Drawing, path: Path, picture: Path) -> None:
    """As a worker of `specrec spectrograms` does it."""
    picture.write_bytes(draw_file(drawing, path))


def theirs(axes: bool, path: Path, picture: Path) -> None:
    """As tutorials do it: a figure a file."""
    import matplotlib.pyplot as plt

    start = max(0.0, (librosa.get_duration(path=path) - SECONDS) / 2)
    samples, rate = librosa.load(path, sr=RATE, mono=True, offset=start, duration=SECONDS)
    mel = librosa.feature.melspectrogram(y=samples, sr=rate, n_mels=128, n_fft=2048, hop_length=512)
    db = librosa.power_to_db(mel, ref=np.max)
    if axes:
        plt.figure(figsize=(10, 4))
        librosa.display.specshow(
            db, sr=rate, hop_length=512, x_axis="time", y_axis="mel", cmap="magma"
        )
        plt.colorbar(format="%+2.0f dB")
        plt.title(path.name)
        plt.tight_layout()
        plt.savefig(picture)
    else:
        plt.figure(figsize=(10, 4))
        librosa.display.specshow(db, sr=rate, hop_length=512, cmap="magma")
        plt.axis("off")
        plt.savefig(picture, bbox_inches="tight", pad_inches=0)
    plt.close()


def run_command(files: list[Path], place: Path, axes: bool) -> float:
    """Seconds that the command takes for the files, one process a core."""
    links = place / "links"
    links.mkdir(exist_ok=True)
    for path in files:
        link = links / path.name
        if not link.exists():
            link.symlink_to(path.resolve())
    program = "from specrec.cli import main; main()"
    output = place / f"pictures {axes}"
    command = [sys.executable, "-c", program, "spectrograms", str(links), "-o", str(output)]
    before = time.perf_counter()
    subprocess.run([*command, *(["--axes"] if axes else [])], check=True, capture_output=True)
    return time.perf_counter() - before


def processor() -> str:
    """Its name."""
    info = Path("/proc/cpuinfo")
    names = info.read_text().splitlines() if info.exists() else []
    return next(
        (line.split(":")[1].strip() for line in names if "model name" in line), platform.machine()
    )


if __name__ == "__main__":
    main()
