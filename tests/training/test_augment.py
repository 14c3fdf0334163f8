import numpy as np
import pytest
import torch

from specrec.config import AugmentConfig
from specrec.training.augment import change_views, mask_spectrograms, veil_views
from tests.sounds import dominant_hz, tone

NOTHING = AugmentConfig(
    gain_db=0, noise_db=-300, eq_db=0, mix_probability=0, frequency_mask=0, time_mask=0
)


def tones(views: int) -> torch.Tensor:
    return torch.from_numpy(np.stack([tone(1, 200 + 100 * i, 16_000) for i in range(views)]))


def augmented(**settings: float) -> torch.Tensor:
    config = AugmentConfig(**(vars(NOTHING) | settings))  # type: ignore[arg-type]
    generator = torch.Generator().manual_seed(0)
    return veil_views(change_views(tones(32), config, generator)[0], config, generator)


def level_db(waveforms: torch.Tensor) -> torch.Tensor:
    return 10 * torch.log10(waveforms.square().mean(dim=1))


def test_nothing_changes_nothing() -> None:
    torch.testing.assert_close(augmented(), tones(32), rtol=0, atol=1e-6)


def test_gain_stays_within_its_bounds_and_uses_them() -> None:
    change = level_db(augmented(gain_db=12)) - level_db(tones(32))
    assert change.abs().max() <= 12.001
    assert change.min() < -8
    assert change.max() > 8


def test_noise_is_below_its_loudest() -> None:
    noise = augmented(noise_db=-10) - tones(32)
    ratio = level_db(noise) - level_db(tones(32))
    assert ratio.max() <= -9.5
    assert ratio.min() >= -50.5
    assert ratio.max() > -20


def test_the_other_track_is_mixed_into_some_views_below_its_loudest() -> None:
    config = AugmentConfig(**(vars(NOTHING) | {"mix_db": -10, "mix_probability": 0.5}))
    views, mixed = change_views(tones(32), config, torch.Generator().manual_seed(0))
    added = views - tones(32)
    assert 8 <= mixed.sum() <= 24
    assert added[~mixed].abs().max() < 1e-6
    ratio = (level_db(added) - level_db(tones(32)))[mixed]
    assert ratio.max() <= -9.9
    assert ratio.min() >= -30.1
    for i in mixed.nonzero().flatten().tolist():
        assert abs(dominant_hz(added[i].numpy(), 16_000) - (200 + 100 * i)) > 50


def test_the_filter_changes_a_tone_by_no_more_than_its_largest_gain() -> None:
    change = level_db(augmented(eq_db=10)) - level_db(tones(32))
    assert change.abs().max() <= 10.01
    assert change.std() > 1


def test_silence_stays_finite() -> None:
    silent = torch.zeros(4, 16_000)
    generator = torch.Generator().manual_seed(0)
    out = veil_views(
        change_views(silent, AugmentConfig(), generator)[0], AugmentConfig(), generator
    )
    assert torch.isfinite(out).all()


def test_the_same_generator_gives_the_same_views() -> None:
    settings = {"gain_db": 6, "mix_db": -5, "mix_probability": 1}
    torch.testing.assert_close(augmented(**settings), augmented(**settings))


def test_masks_hide_a_band_and_a_stretch_of_bounded_width() -> None:
    torch.manual_seed(0)
    log_mel = torch.randn(64, 40, 50)
    config = AugmentConfig(**(vars(NOTHING) | {"frequency_mask": 8, "time_mask": 10}))
    hidden = mask_spectrograms(log_mel, config) != log_mel
    bands = hidden.all(dim=2).sum(dim=1)
    stretches = hidden.all(dim=1).sum(dim=1)
    assert 5 <= bands.max() <= 8
    assert 7 <= stretches.max() <= 10
    of_rows = hidden.all(dim=2)[:, :, None] | hidden.all(dim=1)[:, None, :]
    assert torch.equal(hidden, of_rows)


@pytest.mark.parametrize("shape", [(2, 128, 216)])
def test_no_masks_is_the_identity(shape: tuple[int, int, int]) -> None:
    log_mel = torch.randn(*shape)
    torch.testing.assert_close(mask_spectrograms(log_mel, NOTHING), log_mel)
