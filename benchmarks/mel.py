"""How does our log-mel compare with librosa's, and with torchaudio's defaults?

    python benchmarks/mel.py [MODEL]

Synthesized music is turned into log-mel spectrograms on one core. Differences are of the natural
logarithm of power plus the front end's floor; rates are seconds of audio in a second of processor
time, medians over the rounds. torchaudio's defaults (the HTK mel scale, triangles without area
normalization) are not the same features: the table says how far they are off, should somebody
feed a model with them.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import click
import librosa
import numpy as np
import torch
from jaxtyping import Float32
from torchaudio.transforms import MelSpectrogram

from specrec.audio.waveform import Waveform
from specrec.audio.windows import cut_windows
from specrec.config import FrontEnd
from specrec.model.log_mel import LogMel
from specrec.model.model import load_model
from specrec.synthesis.piece import draw_piece
from specrec.synthesis.rendering import render
from specrec.synthesis.styles import STYLES


@click.command(context_settings={"show_default": True})
@click.argument(
    "model",
    default="specrec-base",
    help="Name or folder, whose front end counts; default: specrec-base.",
)
@click.option("--seconds", default=20.0, help="Audio of each style.")
@click.option("--rounds", type=click.IntRange(min=1), default=9)
def main(model: str, seconds: float, rounds: int) -> None:
    """Prints one row for each way."""
    torch.set_num_threads(1)
    # Windows get the front end's level beforehand, since only ours would set it.
    front_end = replace(load_model(model, device="cpu").front_end, level_db=None)
    rows = torch.from_numpy(_music(front_end, seconds))
    ways = _ways(front_end, rows)
    found = {name: way() for name, way in ways.items()}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            before = time.process_time()
            way()
            times[name].append(time.process_time() - before)
    audio = rows.numel() / front_end.sample_rate
    ours = found["specrec"]
    print(f"{front_end}\n")
    print("| log-mel | audio/s | mean difference | largest | correlation |\n|---|---|---|---|---|")
    for name, log_mel in found.items():
        off = (log_mel - ours).abs()
        alike = np.corrcoef(log_mel.flatten(), ours.flatten())[0, 1]
        rate = audio / statistics.median(times[name])
        print(f"| {name} | {rate:.0f} | {off.mean():.1e} | {off.max():.1e} | {alike:.6f} |")


def _music(front_end: FrontEnd, seconds: float) -> Float32[np.ndarray, "windows samples"]:
    """Windows of a piece in each style, at -20 dBFS."""
    rng = np.random.default_rng(0)
    rate = front_end.sample_rate
    pieces = [render(draw_piece(style, rng, seconds), rate) for style in STYLES.values()]
    rows = np.concatenate(
        [cut_windows(Waveform(piece, rate), front_end.window_seconds) for piece in pieces]
    )
    return rows * np.float32(0.1) / np.sqrt((rows**2).mean(axis=1, keepdims=True)).clip(1e-3)


def _ways(front_end: FrontEnd, rows: torch.Tensor) -> dict[str, Callable[[], torch.Tensor]]:
    log_mel = LogMel(front_end)
    defaults = MelSpectrogram(
        front_end.sample_rate,
        n_fft=front_end.n_fft,
        hop_length=front_end.hop_length,
        n_mels=front_end.n_mels,
        f_min=front_end.f_min,
        f_max=front_end.f_max,
    )

    def by_librosa() -> torch.Tensor:
        mel = librosa.feature.melspectrogram(
            y=rows.numpy(),
            sr=front_end.sample_rate,
            n_fft=front_end.n_fft,
            hop_length=front_end.hop_length,
            n_mels=front_end.n_mels,
            fmin=front_end.f_min,
            fmax=front_end.f_max,
            pad_mode="reflect",
        )
        return torch.from_numpy(np.log(mel + front_end.log_floor))

    return {
        "specrec": lambda: log_mel(rows),
        "librosa": by_librosa,
        "torchaudio's defaults": lambda: torch.log(defaults(rows) + front_end.log_floor),
    }


if __name__ == "__main__":
    main()
