import shutil
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from specrec.audio.loading import load
from specrec.audio.streaming import sample_blocks
from specrec.catalog.catalog import read_catalog
from specrec.config import FrontEnd
from specrec.training import cache as cache_module
from specrec.training.cache import AudioCache
from specrec.training.dataset import ViewDataset, WindowDataset, label_codes
from tests.sounds import dominant_hz, tone, write

RATE = 22_050
FRONT_END = FrontEnd(window_seconds=1.0)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame, Path]:
    """A folder of a cache, the tracks in it and the music that they are of."""
    folder = tmp_path_factory.mktemp("filled")
    music = folder / "music"
    for i in range(3):
        write(music / f"{i}.wav", tone(4, 300 + 100 * i, RATE), RATE)
    write(music / "silent.wav", np.zeros(RATE * 2, np.float32))
    tracks, skipped = AudioCache(folder / "cache", RATE).fill(read_catalog(music))
    assert [item.reason for item in skipped] == ["silent"]
    return folder / "cache", tracks, music


@pytest.fixture
def cached(
    filled: tuple[Path, pd.DataFrame, Path], tmp_path: Path
) -> tuple[AudioCache, pd.DataFrame, Path]:
    """The same in a cache of the test's own, which it may change."""
    folder, tracks, music = filled
    copy = shutil.copytree(folder, tmp_path / "cache")
    return AudioCache(copy, RATE), tracks.copy(), music


def test_the_cache_holds_the_decoded_audio(
    cached: tuple[AudioCache, pd.DataFrame, Path],
) -> None:
    cache, tracks, music = cached
    for row in tracks.itertuples():
        expected = load(music / row.path, RATE).samples
        cut = cache.cut(row.content_id, [100], 5000)[0]
        np.testing.assert_allclose(cut, expected[100:5100], atol=1 / 32767)


@pytest.mark.parametrize(("suffix", "rate"), [("flac", 44_100), ("wav", RATE), ("opus", 48_000)])
def test_every_sample_of_a_file_is_cached_and_no_more(
    tmp_path: Path, suffix: str, rate: int
) -> None:
    samples = np.random.default_rng(0).uniform(-1.2, 1.2, 5 * rate + 7).astype(np.float32)
    path = write(tmp_path / f"a.{suffix}", samples, rate)
    cached = tmp_path / "a.npy"
    assert cache_module._store({path: cached}, RATE, None, path) is None
    whole, stored = load(path, RATE).samples, np.load(cached)
    assert stored.dtype == np.int16
    np.testing.assert_array_equal(stored, np.round(whole.clip(-1, 1) * 32767).astype(np.int16))


def test_a_track_that_is_decoded_anew_is_cached_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.wav", tone(3, rate=RATE), RATE)

    def misled(path: Path, rate: int) -> Iterator[tuple[int, np.ndarray]]:
        yield 0, np.ones(9 * RATE, np.float32)  # of a decoder that failed then
        yield from sample_blocks(path, rate)

    for name, blocks in (("once", sample_blocks), ("anew", misled)):
        monkeypatch.setattr(cache_module, "sample_blocks", blocks)
        assert cache_module._store({path: tmp_path / name}, RATE, None, path) is None
    assert (tmp_path / "once").read_bytes() == (tmp_path / "anew").read_bytes()


def test_the_cache_is_filled_in_memory_that_does_not_grow_with_length(tmp_path: Path) -> None:
    peaks = {}
    for seconds in (60, 240):
        path = write(tmp_path / f"{seconds}.flac", tone(seconds, rate=8000), 8000)
        tracemalloc.start()  # numpy's arrays are counted
        assert cache_module._store({path: tmp_path / "cached"}, RATE, None, path) is None
        peaks[seconds] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peaks[240] < 1.1 * peaks[60]
    assert peaks[240] < 240 * RATE * 4 / 3


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
    views = ViewDataset(cache, tracks, None, FRONT_END, samples_per_track=2)
    assert len(views) == 6
    torch.manual_seed(0)
    windows, row, _ = views[4]
    assert windows.shape == (2, RATE)
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


def test_a_faster_view_is_higher_by_its_factor(
    cached: tuple[AudioCache, pd.DataFrame, Path],
) -> None:
    cache, tracks, _ = cached
    views = ViewDataset(cache, tracks, None, FRONT_END, samples_per_track=1, max_speed_factor=1.25)
    torch.manual_seed(0)
    factors = []
    for _ in range(20):
        windows = views[0][0]
        assert windows.shape == (2, RATE)
        factors += [dominant_hz(window.numpy(), RATE) / 300 for window in windows]
    assert 0.79 <= min(factors) < 0.9
    assert 1.1 < max(factors) <= 1.26
    assert 10 <= sum(factor == pytest.approx(1, abs=0.002) for factor in factors) <= 30


def test_near_views_begin_near(cached: tuple[AudioCache, pd.DataFrame, Path]) -> None:
    cache, tracks, _ = cached
    rising = np.arange(4 * RATE, dtype=np.float32) / (4 * RATE)  # a sample says where it is
    stored = np.round(rising * 32767).astype(np.int16)
    np.save(cache.folder / f"{tracks['content_id'][0]}.npy", stored)
    apart = {}
    for near in (0.5, None):
        views = ViewDataset(
            cache, tracks, None, FRONT_END, samples_per_track=1, max_view_offset_seconds=near
        )
        starts = torch.stack([views[0][0][:, 0] for _ in range(50)]) * 4
        apart[near] = (starts[:, 0] - starts[:, 1]).abs().max()
    assert 0.3 < apart[0.5] <= 0.501
    assert apart[None] > 1
