from pathlib import Path

import numpy as np
import pytest
import torch

from specrec.errors import ModelError
from specrec.training.mn04 import MN04, load_mn04
from tests.sounds import tone
from tests.training.teachers import write_mn04


def test_the_spectrogram_of_mn04_follows_its_definition() -> None:
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 0.1, 32_000).astype(np.float32)
    image = MN04()._spectrogram(torch.from_numpy(samples)[None])[0].numpy()
    emphasized = samples[1:] - 0.97 * samples[:-1]
    padded = np.pad(emphasized, 512, mode="reflect")
    window = np.pad(np.hanning(800), 112)

    def mel(hz: np.ndarray) -> np.ndarray:
        return 1127 * np.log(1 + hz / 700)

    edges = np.linspace(mel(np.array(0.0)), mel(np.array(15_000.0)), 130)
    bins = mel(np.arange(513) * 32_000 / 1024)
    for frame in (0, 40, 99):
        power = np.abs(np.fft.rfft(padded[frame * 320 :][:1024] * window)) ** 2
        for band in (0, 20, 127):
            low, center, high = edges[band : band + 3]
            weights = np.minimum((bins - low) / (center - low), (high - bins) / (high - center))
            expected = (np.log(weights.clip(min=0)[:512] @ power[:512] + 1e-5) + 4.5) / 5
            assert image[band, frame] == pytest.approx(expected, abs=2e-3)


def test_mn04_hears_the_same_at_any_sample_rate(tmp_path: Path) -> None:
    write_mn04(tmp_path / "mn04.pt")
    teacher = load_mn04(tmp_path / "mn04.pt")
    high, low = (
        torch.from_numpy(np.stack([tone(2, hz, rate) for hz in (300, 2000)]))
        for rate in (32_000, 22_050)
    )
    expected, heard = teacher(high, 32_000), teacher(low, 22_050)
    assert heard.shape == (2, 512)
    assert torch.nn.functional.cosine_similarity(heard, expected).min() > 0.99


def test_other_weights_say_why(tmp_path: Path) -> None:
    torch.save({"other": torch.zeros(1)}, tmp_path / "other.pt")
    for name in ("other.pt", "absent.pt"):
        with pytest.raises(ModelError, match=name):
            load_mn04(tmp_path / name)
