from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from specrec.audio.loading import load
from specrec.catalog.catalog import read_catalog
from specrec.config import FrontEnd, TeacherConfig
from specrec.errors import CatalogError
from specrec.training.cache import AudioCache
from specrec.training.dataset import ViewDataset, WindowDataset, label_codes
from specrec.training.teachers import Teachers
from tests.sounds import tone, write

RATE = 22_050
FRONT_END = FrontEnd(window_seconds=1.0)


@pytest.fixture
def cached(tmp_path: Path) -> tuple[AudioCache, pd.DataFrame, Path]:
    music = tmp_path / "music"
    for i in range(3):
        write(music / f"{i}.wav", tone(4, 300 + 100 * i, RATE), RATE)
    write(music / "silent.wav", np.zeros(RATE * 2, np.float32))
    cache = AudioCache(tmp_path / "cache", RATE)
    tracks, skipped = cache.fill(read_catalog(music))
    assert [item.reason for item in skipped] == ["silent"]
    return cache, tracks, music


def test_the_cache_holds_the_decoded_audio(
    cached: tuple[AudioCache, pd.DataFrame, Path],
) -> None:
    cache, tracks, music = cached
    for row in tracks.itertuples():
        expected = load(music / row.path, RATE).samples
        cut = cache.cut(row.content_id, [100], 5000)[0]
        np.testing.assert_allclose(cut, expected[100:5100], atol=1 / 32767)


def test_a_second_filling_decodes_nothing_that_is_there(
    cached: tuple[AudioCache, pd.DataFrame, Path],
) -> None:
    cache, tracks, music = cached
    kept = {path: path.stat().st_mtime_ns for path in cache.folder.iterdir()}
    done: list[int] = []
    again, _ = cache.fill(read_catalog(music), lambda count, total: done.append(total))
    pd.testing.assert_frame_equal(again, tracks)
    assert done == [1]  # the silent one, of which nothing could be kept
    assert {path: path.stat().st_mtime_ns for path in cache.folder.iterdir()} == kept


def test_views_are_two_windows_of_one_track(
    cached: tuple[AudioCache, pd.DataFrame, Path],
) -> None:
    cache, tracks, _ = cached
    views = ViewDataset(cache, tracks, None, FRONT_END, None, visits=2)
    assert len(views) == 6
    torch.manual_seed(0)
    windows, row, _, targets = views[4]
    assert windows.shape == (2, RATE)
    assert targets.shape == (2, 0)
    assert row == 1
    whole = cache.cut(tracks["content_id"][1], [0], 4 * RATE)[0]
    for window in windows.numpy():
        starts = np.flatnonzero(whole[: 3 * RATE + 1] == window[0])
        assert any(np.array_equal(whole[start : start + RATE], window) for start in starts)
    assert not torch.equal(windows[0], windows[1])


def test_fixed_windows_are_spread_over_the_track(
    cached: tuple[AudioCache, pd.DataFrame, Path],
) -> None:
    cache, tracks, _ = cached
    windows, _, _ = WindowDataset(cache, tracks, None, FRONT_END, 2)[0]
    whole = cache.cut(tracks["content_id"][0], [0], 4 * RATE)[0]
    np.testing.assert_array_equal(windows[0].numpy(), whole[:RATE])
    np.testing.assert_array_equal(windows[1].numpy(), whole[-RATE:])


def test_missing_labels_are_alone() -> None:
    tracks = pd.DataFrame({"artist": ["a", None, "b", "a", None]})
    codes = label_codes(tracks, "artist")
    assert codes[0] == codes[3]
    assert len(set(codes)) == 4
    assert len(set(label_codes(tracks, None))) == 5


def write_teacher(path: Path, rows: dict[str, np.ndarray], step: float) -> Path:
    np.savez(
        path,
        track_id=np.array(list(rows)),
        windows=np.array([len(part) for part in rows.values()]),
        start_s=np.concatenate([np.arange(len(part)) * step for part in rows.values()]),
        values=np.concatenate(list(rows.values())),
    )
    return path


def test_targets_keep_the_teachers_similarities(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    names = [f"t{i}" for i in range(12)]
    wide = {name: rng.normal(3, 2, (4, 6)).astype(np.float32) for name in names}
    fine = {name: rng.normal(-1, 5, (8, 5)).astype(np.float32) for name in names}
    configs = [
        TeacherConfig(str(write_teacher(tmp_path / "a.npz", wide, 2.0)), "values", 2.0),
        TeacherConfig(str(write_teacher(tmp_path / "b.npz", fine, 1.0)), "values", 1.0),
    ]
    train = pd.DataFrame({"track_id": names, "duration_seconds": [8.0] * 12})
    teachers = Teachers(configs, train, dim=11, grid_seconds=2.0)
    # Windows of the second teacher that overlap a 2 s cut at 3 s: [3, 4] and [4, 5]; of the
    # first: half of [2, 4] and half of [4, 6].
    parts = []
    for rows, weights in [(wide, [0, 0.5, 0.5, 0]), (fine, [0, 0, 0, 0.5, 0.5, 0, 0, 0])]:
        everything = np.concatenate(list(rows.values()))
        scaled = {name: (r - everything.mean(0)) / everything.std(0) for name, r in rows.items()}
        parts.append(
            {name: np.array(weights) @ r / np.sqrt(r.shape[1]) for name, r in scaled.items()}
        )
    joined = np.stack([np.concatenate([part[name] for part in parts]) for name in names])
    targets = np.stack([teachers.target(name, 3.0, 2.0) for name in names])
    joined = joined - teachers.mean
    np.testing.assert_allclose(targets @ targets.T, joined @ joined.T, atol=1e-4)


def test_a_teacher_without_a_track_says_which(tmp_path: Path) -> None:
    path = write_teacher(tmp_path / "a.npz", {"x": np.zeros((2, 3), np.float32)}, 1.0)
    train = pd.DataFrame({"track_id": ["y"], "duration_seconds": [8.0]})
    with pytest.raises(CatalogError, match="no embedding of track y"):
        Teachers([TeacherConfig(str(path), "values", 1.0)], train, 2, 1.0)
    with pytest.raises(CatalogError, match="teacher"):
        Teachers([TeacherConfig(str(path), "other", 1.0)], train, 2, 1.0)
