import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given
from hypothesis import strategies as st

from specrec.audio import streaming
from specrec.audio.loading import load
from specrec.audio.streaming import WindowBlock, WindowPlan, cut_blocks, window_blocks
from specrec.audio.windows import cut_windows, window_starts
from specrec.errors import AudioError, SkipReason
from tests.sounds import RATE, tone, write

PLAN = WindowPlan(22_050, 2.0)
FORMATS = [
    ("wav", None), ("flac", None), ("mp3", None), ("ogg", None), ("opus", None),
    ("m4a", "aac"), ("m4a", "alac"), ("wma", "wmav2"), ("webm", "libopus"),
]  # fmt: skip


@pytest.fixture
def short_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is long for the tests, so that theirs are treated as files of hours are."""
    monkeypatch.setattr(streaming, "HEAD_SECONDS", 5.0)
    monkeypatch.setattr(streaming, "_BLOCK_SECONDS", 6.0)


def noise(seconds: float, rate: int = RATE) -> np.ndarray:
    # Rising, so that no two places sound alike.
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, round(seconds * rate))
    return (samples * np.linspace(0.1, 1.0, len(samples))).astype(np.float32)


def joined(blocks: list[WindowBlock]) -> tuple[np.ndarray, float]:
    """The windows that count, and the duration, checked as a reader would rely on them."""
    begin = max(number for number, block in enumerate(blocks) if block.first == 0)
    counted = blocks[begin:]
    counts = np.array([len(block.windows) for block in counted])
    assert [block.first for block in counted] == (counts.cumsum() - counts).tolist()
    assert all(block.seconds is None for block in blocks[:-1])
    assert blocks[-1].seconds is not None
    return np.concatenate([block.windows for block in counted]), blocks[-1].seconds


@given(
    st.integers(1, 400), st.integers(1, 60), st.integers(1, 5), st.lists(st.integers(0, 90)),
    st.none() | st.integers(1, 6),
)  # fmt: skip
def test_a_signal_in_pieces_is_cut_as_the_whole(
    samples: int, window: int, per_block: int, sizes: list[int], at_most: int | None
) -> None:
    signal = np.arange(samples, dtype=np.float32)
    starts = window_starts(samples, min(window, samples), at_most)
    pieces = np.split(signal, np.minimum(np.cumsum(sizes, dtype=int), samples))
    length = min(window, samples)
    cut = list(cut_blocks(iter(pieces), starts.tolist(), length, per_block))
    assert all(len(rows) == per_block for rows in cut[:-1])
    expected = np.stack([signal[start : start + length] for start in starts])
    np.testing.assert_array_equal(np.concatenate(cut), expected)


@pytest.mark.parametrize(("suffix", "codec"), FORMATS)
@pytest.mark.usefixtures("short_memory")
def test_a_long_file_gives_the_windows_of_the_whole(
    tmp_path: Path, suffix: str, codec: str | None
) -> None:
    rate = 48_000 if "opus" in (suffix, codec) or codec == "libopus" else RATE
    path = write(tmp_path / f"long.{suffix}", noise(15.3, rate), rate, codec)
    blocks = list(window_blocks(path, PLAN))
    assert max(len(block.windows) for block in blocks) == 3
    windows, seconds = joined(blocks)
    whole = load(path, 22_050)
    assert seconds == whole.seconds
    np.testing.assert_array_equal(windows, cut_windows(whole, 2.0))


@pytest.mark.usefixtures("short_memory")
def test_a_long_file_that_states_no_length_too(tmp_path: Path) -> None:
    path = write(tmp_path / "bare.aac", noise(11), RATE, "aac")
    windows, seconds = joined(list(window_blocks(path, PLAN)))
    assert seconds == pytest.approx(11, abs=0.1)
    np.testing.assert_array_equal(windows, cut_windows(load(path, 22_050), 2.0))


def test_a_track_shorter_than_a_window_is_one_short_row(tmp_path: Path) -> None:
    path = write(tmp_path / "short.wav", noise(1.5))
    ((block),) = window_blocks(path, PLAN)
    assert block.windows.shape == (1, round(1.5 * 22_050))
    assert (block.first, block.seconds) == (0, 1.5)


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize(("suffix", "codec"), FORMATS)
def test_a_few_windows_are_where_they_are_in_the_whole(
    tmp_path: Path, suffix: str, codec: str | None, count: int
) -> None:
    rate = 48_000 if "opus" in (suffix, codec) or codec == "libopus" else RATE
    path = write(tmp_path / f"long.{suffix}", noise(15.3, rate), rate, codec)
    windows, seconds = joined(list(window_blocks(path, WindowPlan(22_050, 2.0, count))))
    whole = load(path, 22_050).samples
    assert seconds == pytest.approx(len(whole) / 22_050, abs=0.05)
    length = PLAN.window_samples
    starts = window_starts(round(seconds * 22_050), length, count)
    expected = np.stack([whole[start : start + length] for start in starts])
    # A cut begins between two samples of the file, so that high notes differ: compare their level.
    inner = slice(500, -500)
    assert len(windows) == count
    level = np.sqrt((windows[:, inner] ** 2).mean(axis=1))
    np.testing.assert_allclose(level, np.sqrt((expected[:, inner] ** 2).mean(axis=1)), rtol=0.01)
    assert np.corrcoef(windows[:, inner].ravel(), expected[:, inner].ravel())[0, 1] > 0.8


@pytest.mark.parametrize("count", [8, 50])
def test_as_many_windows_as_cover_a_track_are_all_of_them(tmp_path: Path, count: int) -> None:
    path = write(tmp_path / "a.flac", noise(15.3))
    windows, _ = joined(list(window_blocks(path, WindowPlan(22_050, 2.0, count))))
    np.testing.assert_array_equal(windows, cut_windows(load(path, 22_050), 2.0))


def reason_of(path: Path, plan: WindowPlan = PLAN) -> SkipReason:
    with pytest.raises(AudioError) as caught:
        list(window_blocks(path, plan))
    return caught.value.reason


@pytest.mark.parametrize("plan", [PLAN, WindowPlan(22_050, 2.0, 3)])
@pytest.mark.usefixtures("short_memory")
def test_what_is_wrong_with_a_long_file_is_found(tmp_path: Path, plan: WindowPlan) -> None:
    samples = noise(15.3)
    samples[round(12.75 * RATE)] = np.nan  # in the last of three windows
    sf.write(tmp_path / "nan.wav", samples, RATE, subtype="FLOAT")
    write(tmp_path / "silent.flac", np.zeros(RATE * 15, np.float32))
    write(tmp_path / "dc.wav", np.full(RATE * 15, 0.4, np.float32))
    write(tmp_path / "click.wav", tone(0.2))
    for name in ("half.mp3", "half.flac", "half.opus"):
        rate = 48_000
        half = write(tmp_path / name, noise(15.3, rate), rate)
        half.write_bytes(half.read_bytes()[: half.stat().st_size // 2])
        assert reason_of(half, plan) == SkipReason.TRUNCATED
    assert reason_of(tmp_path / "nan.wav", plan) == SkipReason.NOT_FINITE
    assert reason_of(tmp_path / "silent.flac", plan) == SkipReason.SILENT
    assert reason_of(tmp_path / "dc.wav", plan) == SkipReason.CONSTANT
    assert reason_of(tmp_path / "click.wav", plan) == SkipReason.TOO_SHORT
    (tmp_path / "text.wav").write_text("text")
    assert reason_of(tmp_path / "text.wav", plan) == SkipReason.NOT_AUDIO


@pytest.mark.usefixtures("short_memory")
def test_garbage_in_a_long_file_is_corrupt_after_some_blocks(tmp_path: Path) -> None:
    path = write(tmp_path / "bad.flac", noise(30))
    data = bytearray(path.read_bytes())
    fifth = len(data) // 5
    data[3 * fifth : 4 * fifth] = np.random.default_rng(1).bytes(fifth)
    path.write_bytes(data)
    blocks = window_blocks(path, PLAN)
    assert next(blocks).first == 0
    assert reason_of(path) == SkipReason.CORRUPT


@pytest.mark.usefixtures("short_memory")
def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    peaks = {}
    for seconds in (60, 240):
        path = write(tmp_path / f"{seconds}.flac", noise(seconds, 8000), 8000)
        tracemalloc.start()  # numpy's arrays are counted
        for _ in window_blocks(path, PLAN):
            pass
        peaks[seconds] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peaks[240] < 1.1 * peaks[60]
    assert peaks[240] < 240 * 22_050 * 4 / 3
