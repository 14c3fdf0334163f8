"""Makes the model `pixels`, which compares spectrograms as pictures and has learned nothing.

    python benchmarks/pixels_model.py

Its front end is that of `specrec-base`; its center is the mean picture of music that specrec
synthesizes. It is written to `specrec/model/weights/pixels`.
"""

import tempfile
from pathlib import Path

import numpy as np
import torch

from specrec.config import PIXELS, Architecture
from specrec.model.card import read_card
from specrec.model.encoder import Encoder
from specrec.model.model import load_model, save_model
from specrec.model.registry import SHIPPED
from specrec.synthesis.library import write_library

BANDS, STEPS = 32, 8
TRACKS, SECONDS = 200, 10.0


def main() -> None:
    """Makes the model with the center at 0, embeds the music, and moves the center to its mean."""
    front_end = read_card(SHIPPED / "specrec-base").front_end
    architecture = Architecture(PIXELS, (BANDS, STEPS), BANDS * STEPS)
    encoder = Encoder(front_end, architecture).eval()
    with torch.no_grad():
        encoder.head.weight.copy_(torch.eye(BANDS * STEPS))
        encoder.head.bias.zero_()
    folder, about = SHIPPED / "pixels", {"name": "pixels", "license": "MIT"}
    save_model(encoder, folder, **about)
    with tempfile.TemporaryDirectory() as name:
        music = Path(name)
        write_library(music, TRACKS, SECONDS)
        files = sorted(music.rglob("*.flac"))
        pictures = load_model(folder, device="cpu").embed(files)
    encoder.center.copy_(torch.from_numpy(np.asarray(pictures).mean(axis=0)))
    training = {"music": f"{len(files)} tracks of {SECONDS:g} s, synthesized by specrec (seed 0)"}
    print(save_model(encoder, folder, training=training, **about).fingerprint)


if __name__ == "__main__":
    main()
