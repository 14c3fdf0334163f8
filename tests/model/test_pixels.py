"""The model that compares pictures of spectrograms."""

import numpy as np
import torch

from specrec.audio.waveform import Waveform
from specrec.audio.windows import cut_windows
from specrec.model.model import load_model
from specrec.model.pixels import Pixels


def test_a_pixel_is_the_mean_of_its_rectangle() -> None:
    log_mel = torch.randn(2, 1, 12, 20)
    pixels = Pixels(3, 5)(log_mel)
    blocks = log_mel.reshape(2, 3, 4, 5, 4).mean(dim=(2, 4))
    np.testing.assert_allclose(pixels[:, :, 0, 0], blocks.reshape(2, 15), atol=1e-6)


def test_the_model_shipped_gives_the_picture_less_the_mean_picture() -> None:
    model = load_model("pixels", device="cpu")
    rate = model.front_end.sample_rate
    samples = np.sin(np.arange(7 * rate) * 0.1).astype(np.float32)
    windows = cut_windows(Waveform(samples, rate), model.front_end.window_seconds)
    log_mel = model.encoder.log_mel(torch.from_numpy(windows))[:, None]
    normal = model.encoder.normalize(log_mel[:, 0])[:, None]
    pictures = Pixels(32, 8)(normal)[:, :, 0, 0].mean(dim=0).detach().numpy()
    expected = pictures - model.encoder.center.numpy()
    np.testing.assert_allclose(model.embed(samples, rate), expected, atol=1e-4)
