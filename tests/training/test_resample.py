import numpy as np
import pytest
import torch

from specrec.training.resample import resample


@pytest.mark.parametrize(("rate", "wanted"), [(22_050, 32_000), (22_050, 16_000), (16_000, 16_000)])
def test_whole_periods_of_a_sine_stay_one(rate: int, wanted: int) -> None:
    def sine(hertz: int, per_second: int) -> torch.Tensor:
        return torch.from_numpy(
            np.sin(2 * np.pi * hertz * np.arange(per_second) / per_second).astype(np.float32)
        )

    waveforms = torch.stack([sine(hertz, rate) for hertz in (100, 7000)])
    expected = torch.stack([sine(hertz, wanted) for hertz in (100, 7000)])
    torch.testing.assert_close(resample(waveforms, rate, wanted), expected, rtol=0, atol=1e-4)


def test_what_is_above_half_the_rate_is_gone() -> None:
    samples = np.sin(2 * np.pi * 10_000 * np.arange(22_050) / 22_050).astype(np.float32)
    assert resample(torch.from_numpy(samples)[None], 22_050, 16_000).abs().max() < 1e-4
