from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from specrec.catalog.catalog import read_catalog
from specrec.config import FrontEnd, TeacherConfig
from specrec.errors import CatalogError, ModelError
from specrec.training.cache import AudioCache
from specrec.training.mn04 import MN04, load_mn04
from specrec.training.teachers import StoredTeacher, Teachers, principal_axes
from tests.sounds import tone, write

RATE = 22_050


def write_teacher(path: Path, rows: dict[str, np.ndarray], step: float) -> Path:
    np.savez(
        path,
        track_id=np.array(list(rows)),
        windows=np.array([len(part) for part in rows.values()]),
        start_s=np.concatenate([np.arange(len(part)) * step for part in rows.values()]),
        values=np.concatenate(list(rows.values())),
    )
    return path


def write_mn04(path: Path, seed: int = 0) -> MN04:
    """Random weights in a file whose layers have the names that mn04's authors gave them."""
    torch.manual_seed(seed)
    teacher = MN04().eval()
    state = {}
    for name, value in teacher.state_dict().items():
        if ".fc" in name:
            name = name.replace(".fc", ".conc_se_layers.0.fc")
            value = value.squeeze((2, 3)) if name.endswith("weight") else value
        name = name.replace("classifier.3", "classifier.5").replace("classifier.0", "classifier.2")
        state[name] = value
    torch.save(state, path)
    return teacher


def test_targets_keep_the_similarities_of_standardized_embeddings() -> None:
    rng = np.random.default_rng(0)
    rows = (rng.normal(3, 2, (40, 6)) * [1, 10, 1, 1, 0.1, 1]).astype(np.float32)
    mean, axes = principal_axes(rows, 6)
    standard = (rows - rows.mean(0)) / rows.std(0) / np.sqrt(6)
    targets = (rows - mean) @ axes.T
    np.testing.assert_allclose(targets @ targets.T, standard @ standard.T, atol=1e-5)
    covariance = np.cov(targets, rowvar=False)
    np.testing.assert_allclose(covariance, np.diag(np.diag(covariance)), atol=1e-5)
    assert (np.diff(np.diag(covariance)) < 0).all()
    few = (rows - mean) @ principal_axes(rows, 8)[1].T
    np.testing.assert_allclose(few, np.pad(targets, ((0, 0), (0, 2))), atol=1e-5)


def test_a_cut_is_the_mean_of_the_stored_windows_it_overlaps(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = {f"t{i}": rng.normal(size=(4, 3)).astype(np.float32) for i in range(5)}
    path = write_teacher(tmp_path / "a.npz", rows, 2.0)
    teacher = StoredTeacher(TeacherConfig(str(path), 3, "values", 2.0), pd.Series([*rows]))
    known = teacher.tracks["t1"][1]
    # A cut from 3 s to 5 s holds half of the window [2, 4] and half of [4, 6].
    np.testing.assert_allclose(teacher.target("t1", 3.0, 2.0), (known[1] + known[2]) / 2, atol=1e-6)
    np.testing.assert_allclose(teacher.target("t1", 9.0, 2.0), known[3], atol=1e-6)
    assert np.isnan(teacher.target("unheard", 0.0, 2.0)).all()


def test_the_parts_of_a_target_stand_in_order(tmp_path: Path) -> None:
    for i in range(6):
        write(tmp_path / "music" / f"{i}.wav", tone(3, 200 * (i + 1), RATE), RATE)
    cache = AudioCache(tmp_path / "cache", RATE)
    tracks, _ = cache.fill(read_catalog(tmp_path / "music"))
    rng = np.random.default_rng(0)
    stored = {name: rng.normal(size=(3, 4)).astype(np.float32) for name in tracks["track_id"]}
    path = write_teacher(tmp_path / "a.npz", stored, 1.0)
    network = write_mn04(tmp_path / "mn04.pt")
    configs = [
        TeacherConfig(str(tmp_path / "mn04.pt"), 5),
        TeacherConfig(str(path), 3, "values", 1.0),
    ]
    teachers = Teachers(configs, tracks, cache, FrontEnd(window_seconds=1.0))
    target = teachers.target(tracks["track_id"][0], 0.0, 1.0)
    assert np.isnan(target[:5]).all()
    assert np.isfinite(target[5:]).all()
    assert teachers.live is not None
    part, live = teachers.live
    assert part == slice(0, 5)
    views = torch.from_numpy(cache.cut(tracks["content_id"][0], [0, 4000], RATE))
    heard = network(views / views.square().mean(1, keepdim=True).sqrt() * 0.14, RATE)
    live.train()
    expected = (heard - live.mean) @ live.axes.T
    torch.testing.assert_close(live(views), expected, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(live(views * 0.1), live(views), rtol=1e-3, atol=1e-3)


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


def test_unusable_teachers_say_why(tmp_path: Path) -> None:
    path = write_teacher(tmp_path / "a.npz", {"x": np.zeros((2, 3), np.float32)}, 1.0)
    with pytest.raises(CatalogError, match="no embedding of any training track"):
        StoredTeacher(TeacherConfig(str(path), 2, "values", 1.0), pd.Series(["y"]))
    with pytest.raises(CatalogError, match="teacher"):
        StoredTeacher(TeacherConfig(str(path), 2, "other", 1.0), pd.Series(["x"]))
    torch.save({"other": torch.zeros(1)}, tmp_path / "other.pt")
    for name in ("other.pt", "absent.pt"):
        with pytest.raises(ModelError, match=name):
            load_mn04(tmp_path / name)
