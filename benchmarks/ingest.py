"""How fast are files indexed, against only decoding them and against the plain way?

    python benchmarks/ingest.py [--audio MUSIC] [--device cuda]

The same files are, in turn and each time by a process of its own: decoded and resampled on all
cores and thrown away, which is the floor; embedded and measured, which is what `index.py` does by
default; embedded whole; embedded by a few windows each; and embedded one by one with
`librosa.load`, librosa's mel spectrogram and the same network. Rates are seconds of audio in a
second, medians over the rounds. Imports, reading the model and one second of sound beforehand do
not count; starting worker processes does. Memory is the largest sum over all processes, read from
/proc while they run; pages that they share count in each.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import av
import click
import numpy as np
import soundfile as sf
from floor import count_seconds

from specrec.audio.encoding import transcode
from specrec.audio.loading import load
from specrec.audio.pool import stream_files
from specrec.audio.waveform import Waveform
from specrec.audio.windows import cut_windows
from specrec.audio.worker import dismiss
from specrec.errors import AudioError

if TYPE_CHECKING:  # torch is imported where it is needed
    from specrec.model.encoder import Encoder

FLOOR, DEFAULT = "decode only", "specrec, as index.py does it"
WHOLE, FEW = "specrec, without features", "specrec, {} windows a track, without features"
PLAIN = "librosa, one by one"
CODECS = {"mp3": ("mp3", "libmp3lame", 192_000), "opus": ("ogg", "libopus", 96_000)}


@click.command(context_settings={"show_default": True})
@click.option("--audio", type=click.Path(path_type=Path), help="Folder of music; default: made up.")
@click.option("--tracks", type=click.IntRange(min=1), default=30, help="Files read at most.")
@click.option("--seconds", default=120.0, help="Length of a made-up track.")
@click.option(
    "--windows", type=click.IntRange(min=1), default=5, help="Windows a track, where not whole."
)
@click.option("--rounds", type=click.IntRange(min=1), default=3)
@click.option("--workers", default=0, help="Processes that decode; 0: one a core.")
@click.option("--model", default="specrec-base")
@click.option("--device", default="cpu", help="What embeds: cpu, or cuda.")
@click.option("--only", hidden=True)
def main(
    audio: Path | None,
    tracks: int,
    seconds: float,
    windows: int,
    rounds: int,
    workers: int,
    model: str,
    device: str,
    only: str | None,
) -> None:
    """Prints a Markdown table: rates, their ratio to decoding, processor time, memory."""
    contenders = {
        FLOOR: lambda encoder, paths: _decode_all(paths, workers),
        DEFAULT: lambda encoder, paths: _embed_all(encoder, paths, workers, None, True),
        WHOLE: lambda encoder, paths: _embed_all(encoder, paths, workers, None),
        FEW.format(windows): lambda encoder, paths: _embed_all(encoder, paths, workers, windows),
        PLAIN: _embed_plainly,
    }
    if only is not None and audio is not None:
        _report(contenders[only], _files(audio, tracks), model, device)
        return
    with tempfile.TemporaryDirectory() as folder:
        if audio is None:
            audio = Path(folder) / "music"
            _make_music(audio, tracks, seconds)
        print(_machine(), f"{len(_files(audio, tracks))} files", sep="\n")
        given = ["--audio", audio, "--tracks", tracks, "--windows", windows, "--model", model]
        given += ["--workers", workers, "--device", device]
        found: dict[str, list[dict[str, float]]] = {name: [] for name in contenders}
        for turn in range(rounds):
            for name in [*contenders][:: 1 if turn % 2 == 0 else -1]:
                found[name].append(_run_apart([*map(str, given), "--only", name]))
    _print_table(found)


def _decode_all(paths: Sequence[Path], workers: int) -> float:
    return sum(
        0.0 if isinstance(found, AudioError) else found
        for _, found in stream_files(count_seconds, paths, workers)
    )


def _embed_all(
    encoder: "Encoder",
    paths: Sequence[Path],
    workers: int,
    windows: int | None,
    measure: bool = False,
) -> float:
    from specrec.model.embedding import embed_tracks

    return sum(
        0.0 if isinstance(found, AudioError) else found.seconds
        for _, found in embed_tracks(
            encoder, paths, workers, windows_per_track=windows, measure_features=measure
        )
    )


def _embed_plainly(encoder: "Encoder", paths: Sequence[Path]) -> float:
    """What a script would do: one track at a time, each step on the whole of it."""
    import librosa
    import torch
    from audioread import NoBackendError

    warnings.simplefilter("ignore")  # librosa announces which of its readers it takes
    front_end = encoder.front_end
    total = 0.0
    for path in paths:
        try:
            samples, rate = librosa.load(path, sr=front_end.sample_rate)
        except (sf.LibsndfileError, NoBackendError):  # what libsndfile refuses it reads by ffmpeg
            continue
        rows = cut_windows(Waveform(samples, int(rate)), front_end.window_seconds)
        if front_end.level_db is not None:
            level = np.sqrt((rows**2).mean(axis=1, keepdims=True)).clip(1e-3)
            rows = rows * (10 ** (front_end.level_db / 20) / level)
        mel = librosa.feature.melspectrogram(
            y=rows,
            sr=rate,
            n_fft=front_end.n_fft,
            hop_length=front_end.hop_length,
            n_mels=front_end.n_mels,
            fmin=front_end.f_min,
            fmax=front_end.f_max,
            pad_mode="reflect",
        )
        with torch.inference_mode():
            log_mel = torch.from_numpy(np.log(mel + front_end.log_floor).astype(np.float32))
            center = encoder.center
            (encoder(log_mel.to(center.device)) - center).mean(dim=0).cpu().numpy()
        total += len(samples) / rate
    return total


def _report(
    contender: Callable[["Encoder", Sequence[Path]], float],
    paths: Sequence[Path],
    model: str,
    device: str,
) -> None:
    from specrec.model.model import load_model

    encoder = load_model(model, device).encoder
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "warm.wav"
        sf.write(sound, np.random.default_rng(0).normal(scale=0.1, size=44_100 * 6), 44_100)
        _embed_plainly(encoder, [sound])
    before, started = sum(os.times()[:4]), time.perf_counter()
    audio = contender(encoder, paths)
    wall = time.perf_counter() - started
    dismiss()  # the time of a worker that rests is counted once it has ended
    print(json.dumps({"audio": audio, "wall": wall, "cpu": sum(os.times()[:4]) - before}))


def _run_apart(options: list[str]) -> dict[str, float]:
    command = [sys.executable, __file__, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        memory = 0
        while process.poll() is None:
            memory = max(memory, _resident(process.pid))
            time.sleep(0.05)
        if process.returncode:
            raise SystemExit(process.returncode)  # it has said why
        assert process.stdout is not None
        return json.loads(process.stdout.read().splitlines()[-1]) | {"memory": memory}


def _resident(pid: int) -> int:
    """Bytes that a process and those it started hold."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = Path(f"/proc/{pid}/task").glob("*/children")
        pids = [int(child) for file in children for child in file.read_text().split()]
    except (OSError, IndexError):  # it has ended, or this is not Linux
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(map(_resident, pids))


def _files(audio: Path, tracks: int) -> list[Path]:
    suffixes = {".flac", ".mp3", ".opus", ".ogg", ".wav"}  # all of which librosa reads
    return sorted(path for path in audio.rglob("*") if path.suffix in suffixes)[:tracks]


def _make_music(folder: Path, tracks: int, seconds: float) -> None:
    """Stereo at 44.1 kHz, by turns as FLAC, MP3 and Opus."""
    from specrec.synthesis.library import write_library

    write_library(folder / "mono", tracks, seconds, sample_rate=44_100)
    mono = sorted((folder / "mono").rglob("*.flac"))
    for number, path in enumerate(mono):
        left, right = load(path, 44_100).samples, load(mono[number - 1], 44_100).samples
        length = min(len(left), len(right))
        stereo = np.stack([left[:length], 0.7 * left[:length] + 0.3 * right[:length]], axis=1)
        original = folder / f"{number:03}.flac"
        sf.write(original, stereo, 44_100)
        suffix = ["flac", *CODECS][number % 3]
        if suffix in CODECS:
            original.with_suffix(f".{suffix}").write_bytes(transcode(original, *CODECS[suffix]))
            original.unlink()
    for path in mono:
        path.unlink()


def _machine() -> str:
    import librosa
    import torch

    described = Path("/proc/cpuinfo")
    lines = described.read_text().splitlines() if described.exists() else []
    names = {line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")}
    bfloat16 = torch.cpu.get_capabilities().get("avx512_bf16", False)
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return (
        f"{' '.join(names) or platform.processor()}, {os.cpu_count()} cores,"
        f" bfloat16: {'yes' if bfloat16 else 'no'}{gpu}\n"
        f"Python {platform.python_version()}, torch {torch.__version__},"
        f" librosa {librosa.__version__}, PyAV {av.__version__},"
        f" libsndfile {sf.__libsndfile_version__}"
    )


def _print_table(found: dict[str, list[dict[str, float]]]) -> None:
    rates = {
        name: statistics.median(run["audio"] / run["wall"] for run in runs)
        for name, runs in found.items()
    }
    print("\n| | audio/s | of decoding | against librosa | CPU s an hour of audio | memory |")
    print("|---|---|---|---|---|---|")
    for name, runs in found.items():
        cpu = statistics.median(3600 * run["cpu"] / run["audio"] for run in runs)
        memory = max(run["memory"] for run in runs)
        print(
            f"| {name} | {rates[name]:.0f} | {rates[name] / rates[FLOOR]:.0%}"
            f" | {rates[name] / rates[PLAIN]:.1f} x | {cpu:.1f} s | {memory / 1e6:.0f} MB |"
        )


if __name__ == "__main__":
    main()
