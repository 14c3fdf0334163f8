import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from specrec.bootstrap import Estimate
from specrec.catalog.catalog import read_catalog
from specrec.config import Architecture, FrontEnd
from specrec.descriptors.features import CONCEPTS
from specrec.model.encoder import Encoder
from specrec.model.probe import Probe, ProbedFeature
from specrec.training.cache import AudioCache
from specrec.training.dataset import WindowDataset
from specrec.training.mn04 import load_mn04
from specrec.training.musicnn import load_musicnn
from specrec.training.naming import FEWEST_CLAIMS, PRECISION
from specrec.training.track_limits import (
    Told,
    hear_whole,
    raised_limit,
    with_track_limits,
)
from specrec.training.views import LEVEL
from tests.sounds import make_music

NAMES = ("piano", "calm", "jazz")


def probe_of(present: float | None, absent: float | None) -> Probe:
    """A probe of three concepts with the same limits, and a measured feature before them."""
    even = Estimate(0.5, 0.4, 0.6)
    features = [
        ProbedFeature(CONCEPTS[name], even, even, even, 1.0, 9, 9, 0.0, 0.9, present, absent)
        for name in NAMES
    ]
    zeros = np.zeros(3, np.float32)
    return Probe("f", tuple(features), np.eye(3, dtype=np.float32), zeros, zeros + 1)


def told(rng: np.random.Generator, tracks: int, error: float) -> Told:
    """Tracks in which a model errs that much, and a concept is there from a score of 1 on."""
    taught = rng.normal(size=(tracks, 3))
    said = taught + error * rng.normal(size=taught.shape)
    return Told(NAMES, said, taught, taught > 1)


def limits(probe: Probe) -> dict[str, tuple[float | None, float | None]]:
    return {item.feature.name: (item.present, item.absent) for item in probe.features}


def test_a_limit_is_raised_to_the_lowest_score_from_which_claims_are_right() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=300)
    truth = scores + rng.normal(size=300) / 2 > 0.5
    for limit in (-1.0, 0.5, 1.5):
        right = [score for score in scores[scores >= limit] if truth[scores >= score].mean() >= 0.9]
        assert raised_limit(limit, scores, truth, 0.9) == min(right)


def test_a_limit_that_all_tracks_refute_is_just_beyond_them() -> None:
    assert 2.0 < raised_limit(0.0, np.array([0.5, 2.0]), np.array([True, False]), 0.9) < 2.001


def test_a_limit_that_few_tracks_reach_stays() -> None:
    rng = np.random.default_rng(4)
    trained, unheard = told(rng, 400, 0.2), told(rng, 100, 0.4)
    said = np.sort(np.concatenate([trained.said, unheard.said])[:, 0])
    for reached, stays in ((FEWEST_CLAIMS - 1, True), (FEWEST_CLAIMS, False)):
        limit = float(said[-reached])
        nothing = dataclasses.replace(trained, there=np.zeros_like(trained.there))
        raised = with_track_limits(probe_of(limit, None), nothing, unheard)
        assert (limits(raised)["piano"][0] == limit) == stays


def test_claims_about_two_unheard_tracks_are_right_as_often_as_is_aimed_at() -> None:
    """In tracks it was trained on the model errs by a third of what it does in others."""
    rng = np.random.default_rng(1)
    raised = with_track_limits(probe_of(0.5, 0.5), told(rng, 9000, 0.15), told(rng, 900, 0.45))
    present, absent = limits(raised)["piano"]
    assert present is not None
    other = told(rng, 200_000, 0.45)
    claimed = other.said[:, 0] >= present
    assert other.there[claimed, 0].mean() ** 2 == pytest.approx(PRECISION, abs=0.02)
    assert absent == 0.5


def test_what_is_an_amount_or_never_said_stays_so() -> None:
    rng = np.random.default_rng(2)
    both = told(rng, 200, 0.5), told(rng, 50, 0.5)
    before = probe_of(0.5, None)
    never = dataclasses.replace(before.features[2], present=None)
    before = dataclasses.replace(before, features=(*before.features[:2], never))
    after = limits(with_track_limits(before, *both))
    assert after["calm"] == (0.5, None)
    assert after["jazz"] == (None, None)
    assert after["piano"] != (0.5, None)


def test_limits_that_were_raised_stay_if_they_are_raised_again() -> None:
    rng = np.random.default_rng(3)
    both = told(rng, 400, 0.2), told(rng, 100, 0.4)
    once = with_track_limits(probe_of(0.5, 0.5), *both)
    assert limits(with_track_limits(once, *both)) == limits(once)
    present = limits(once)["piano"][0]
    assert present is not None
    assert math.isfinite(present)


def test_a_track_is_heard_as_the_mean_of_its_windows(
    tmp_path: Path, teachers: tuple[Path, Path]
) -> None:
    make_music(tmp_path / "music", 2)
    cache = AudioCache(tmp_path / "cache", 22_050)
    tracks, _ = cache.fill(read_catalog(tmp_path / "music"))
    torch.manual_seed(0)
    front_end = FrontEnd(window_seconds=1.0, n_mels=32)
    encoder = Encoder(front_end, Architecture(widths=(4, 4, 8, 16))).eval()
    windows = WindowDataset(cache, tracks, None, front_end, 3)
    heard = hear_whole(encoder, teachers, windows)
    mn04, musicnn = load_mn04(teachers[0]), load_musicnn(teachers[1])
    for row in range(2):
        pooled, hidden = [], []
        for window in windows[row][0].split(1):
            loud = window / window.square().mean().sqrt() * LEVEL
            hidden.append(torch.cat([mn04(loud, 22_050), musicnn.hear(loud, 22_050)], dim=1))
            with torch.no_grad():
                pooled.append(encoder.pool(window))
        np.testing.assert_allclose(heard.pooled[row], torch.cat(pooled).mean(0), atol=1e-4)
        np.testing.assert_allclose(heard.hidden[row], torch.cat(hidden).mean(0), atol=1e-3)
