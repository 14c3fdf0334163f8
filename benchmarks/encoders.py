"""How fast models embed: seconds of audio in a second of one CPU core.

    python benchmarks/encoders.py specrec-base musicnn

A minute of noise is embedded by each model in turn, again and again; the
figures are medians, and ratios to the last model named. Decoding is not included, the
spectrogram is.
"""

import argparse
import statistics
import time

import numpy as np
import torch

from specrec.audio.waveform import Waveform
from specrec.model.embedding import embed_waveform
from specrec.model.model import load_model
from specrec.synthesis.signals import white_noise


def main() -> None:
    """Prints one row a model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", help="names or folders")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    torch.set_num_threads(1)
    encoders = {name: load_model(name, device="cpu").encoder for name in options.models}
    seconds: dict[str, list[float]] = {name: [] for name in encoders}
    music = {
        name: Waveform(white_noise(60, np.random.default_rng(0), rate), rate)
        for name, encoder in encoders.items()
        for rate in [encoder.front_end.sample_rate]
    }
    for _ in range(options.rounds + 1):  # the first warms up
        for name, encoder in encoders.items():
            before = time.perf_counter()
            embed_waveform(encoder, music[name])
            seconds[name].append(time.perf_counter() - before)
    medians = {name: statistics.median(times[1:]) for name, times in seconds.items()}
    slowest = medians[options.models[-1]]
    print(f"| model | parameters | audio/s | against {options.models[-1]} |\n|---|---|---|---|")
    for name, median in medians.items():
        parameters = sum(weight.numel() for weight in encoders[name].parameters())
        print(f"| {name} | {parameters:,} | {60 / median:.0f} s | {slowest / median:.1f} x |")


if __name__ == "__main__":
    main()
