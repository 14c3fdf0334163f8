from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from specrec.config import IndexConfig
from specrec.index.build import BuildReport, build_library
from tests.sounds import tone, write

RATE = 22_050


def make_music(folder: Path, count: int = 8, first: int = 0) -> Path:
    """Tracks that differ: a chord of two tones over noise, 1.5 to 5 s long."""
    for i in range(first, first + count):
        rng = np.random.default_rng(i)
        seconds = 1.5 + 0.5 * i
        sound = tone(seconds, 150 + 90 * i, RATE) + tone(seconds, 2000 - 100 * i, RATE, 0.1)
        noise = 0.02 * (i + 1) * rng.normal(size=len(sound))
        write(folder / f"track {i}.wav", (0.5 * sound + noise).astype(np.float32), RATE)
    return folder


@pytest.fixture
def build(model_folder: Path) -> Callable[[Path, Path], BuildReport]:
    def run(audio: Path, library: Path) -> BuildReport:
        return build_library(IndexConfig(str(audio), str(library), str(model_folder), workers=1))

    return run
