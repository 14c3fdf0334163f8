import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from specrec.catalog.catalog import read_catalog
from specrec.config import FrontEnd, ViewConfig
from specrec.training.augment import damage_views, mix_spectrograms
from specrec.training.cache import AudioCache
from specrec.training.views import (
    Recipe,
    draw_views,
    from_bytes,
    read_shards,
    shard_folder,
    store_views,
    to_bytes,
    views_folder,
)
from tests.sounds import make_music

RATE = 22_050


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory, teachers: tuple[Path, Path]) -> Recipe:
    folder = tmp_path_factory.mktemp("views")
    make_music(folder / "music", 5)
    tracks, _ = AudioCache(folder / "cache", RATE).fill(read_catalog(folder / "music"))
    front_end = FrontEnd(window_seconds=1.0, n_mels=32)
    ids = tuple(sorted(tracks["content_id"]))
    return Recipe(folder / "cache", ids, front_end, ViewConfig(), teachers, 3, shard_views=40)


def drawn(recipe: Recipe, number: int) -> torch.Tensor:
    return torch.cat(list(draw_views(recipe, number)))


def contents(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_set_is_the_same_however_often_it_was_interrupted(recipe: Recipe, tmp_path: Path) -> None:
    done: list[tuple[int, int]] = []
    store_views(tmp_path / "whole", recipe, 2, 0, lambda *counts: done.append(counts))
    assert done == [(1, 2), (2, 2)]
    first, second = read_shards(tmp_path / "whole")
    assert first.log_mel.shape == (40, 32, 44)
    assert first.hidden.shape == (40, 512 + 200)
    assert not np.array_equal(first.log_mel, second.log_mel)

    store_views(tmp_path / "parts", recipe, 1, 0)
    (tmp_path / "parts" / ".00001").mkdir()  # of a run that was killed
    (tmp_path / "parts" / ".00001" / "log_mel.npy").write_bytes(b"half")
    written = (shard_folder(tmp_path / "parts", 0) / "hidden.npy").stat().st_mtime_ns
    store_views(tmp_path / "parts", recipe, 2, 0)
    assert contents(tmp_path / "parts") == contents(tmp_path / "whole")
    assert (shard_folder(tmp_path / "parts", 0) / "hidden.npy").stat().st_mtime_ns == written


def test_a_seed_gives_the_same_views_and_another_gives_others(recipe: Recipe) -> None:
    views = drawn(recipe, 0)
    assert views.shape == (40, RATE)
    assert torch.equal(drawn(recipe, 0), views)
    assert not torch.equal(drawn(recipe, 1), views)
    assert not torch.equal(drawn(replace(recipe, seed=4), 0), views)


def test_each_recipe_has_a_folder_of_its_own(recipe: Recipe, tmp_path: Path) -> None:
    folder = views_folder(recipe)
    assert folder.parent == recipe.cache / "views"
    moved = tmp_path / "moved.pt"
    moved.write_bytes(recipe.teachers[0].read_bytes())
    assert views_folder(replace(recipe, teachers=(moved, recipe.teachers[1]))) == folder
    with moved.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"x")
    others = [
        replace(recipe, teachers=(moved, recipe.teachers[1])),
        replace(recipe, content_ids=recipe.content_ids[1:]),
        replace(recipe, front_end=FrontEnd(window_seconds=2.0, n_mels=32)),
        replace(recipe, augment=ViewConfig(eq_db=3)),
        replace(recipe, seed=4),
        replace(recipe, shard_views=80),
    ]
    assert len({folder, *map(views_folder, others)}) == 7


def test_bytes_are_within_half_a_step() -> None:
    log_mel = torch.linspace(-9.3, 6.6, 1000).reshape(1, 10, 100)
    steps = to_bytes(log_mel)
    assert steps.dtype == np.uint8
    difference = from_bytes(torch.from_numpy(steps)) - log_mel
    assert difference.abs().max() <= 1 / 32 + 1e-5
    beyond = torch.tensor([[[-50.0, 50.0]]])
    assert to_bytes(beyond).tolist() == [[[0, 255]]]


def test_damage_leaves_silence_finite_and_five_in_six_of_each_kind_whole() -> None:
    generator = torch.Generator().manual_seed(0)
    assert torch.isfinite(damage_views(torch.zeros(64, 4000), RATE, generator)).all()
    # A sine that no filter of these reaches is changed by drive or room only.
    sine = torch.sin(2 * torch.pi * 1000 * torch.arange(RATE) / RATE).repeat(400, 1)
    damaged = damage_views(sine, RATE, generator)
    same = (damaged - sine).abs().amax(dim=1) < 0.05
    assert 0.6 < same.float().mean() < 0.8  # (5 / 6)^2 = 0.69


def test_a_band_limit_takes_away_what_is_above_it() -> None:
    time = torch.arange(RATE) / RATE
    sines = [torch.sin(2 * torch.pi * hertz * time) for hertz in (1000, 10_500)]
    views = torch.stack(sines).sum(dim=0).repeat(600, 1)
    damaged = damage_views(views, RATE, torch.Generator().manual_seed(1))
    spectrum = torch.fft.rfft(damaged).abs() / (RATE / 2)
    low, high = spectrum[:, 1000], spectrum[:, 10_500]
    # 10.5 kHz is above every limit of 3 to 9.9 kHz, whose power there is 1 / (1 + x^12)^2.
    limited = high < 1 / (1 + (10_500 / 9900) ** 12) + 0.01
    untouched = ((low - 1).abs() < 0.02) & ((high - 1).abs() < 0.02)
    cut_only = limited & ((low - 1).abs() < 0.02)
    assert 0.05 < cut_only.float().mean() < 0.2  # 1 / 6 x (5 / 6)^2 = 0.12
    assert untouched.float().mean() > 0.4
    strongest = cut_only & (high < 1 / (1 + 2.0**12) + 1e-3)  # limits of 5.25 kHz and less
    assert strongest.any()


def test_mixing_adds_powers_and_targets_in_the_same_proportion() -> None:
    generator = torch.Generator().manual_seed(0)
    log_mel = torch.randn(64, 4, 5, generator=generator)
    targets = torch.randn(64, 3, generator=generator)
    mixed, expected = mix_spectrograms(log_mel, targets, 0.5, generator)
    changed = (mixed - log_mel).abs().amax(dim=(1, 2)) > 1e-5
    assert 16 < changed.sum() < 48
    torch.testing.assert_close(expected[~changed], targets[~changed])
    power, powers = mixed.exp(), log_mel.exp()
    for row in changed.nonzero().flatten().tolist():
        fits = []
        for other in range(64):
            away = powers[other] - powers[row]
            share = ((power[row] - powers[row]) * away).sum() / away.square().sum().clamp(min=1e-9)
            fits.append(((power[row] - powers[row] - share * away).abs().max(), share, other))
        error, share, other = min(fits, key=lambda fit: float(fit[0]))
        assert error < 1e-4
        assert 0 < share <= 0.5
        mean = (1 - share) * targets[row] + share * targets[other]
        torch.testing.assert_close(expected[row], mean, rtol=1e-3, atol=1e-3)
    alike, same = mix_spectrograms(log_mel, targets, 0.0, generator)
    torch.testing.assert_close(alike, log_mel)
    torch.testing.assert_close(same, targets)
