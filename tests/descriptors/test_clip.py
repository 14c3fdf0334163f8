from pathlib import Path

import numpy as np
import pytest

from specrec.audio.loading import load
from specrec.descriptors.clip import load_clip
from specrec.errors import AudioError, SkipReason
from tests.sounds import MUSIC_RATE, dominant_hz, tone, write

LOW, HIGH = 300.0, 1200.0


def write_three_parts(path: Path) -> Path:
    """2 s low, 2 s high, 2 s low."""
    parts = [tone(2, LOW), tone(2, HIGH), tone(2, LOW)]
    return write(path, np.concatenate(parts))


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3", "a.opus"])
def test_the_middle_is_the_middle(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    parts = np.concatenate([tone(2, LOW, 48_000), tone(2, HIGH, 48_000), tone(2, LOW, 48_000)])
    clip = load_clip(write(path, parts, 48_000), MUSIC_RATE, 1.8)
    assert clip.waveform.seconds == pytest.approx(1.8, abs=0.01)
    assert clip.start_seconds == pytest.approx(2.1, abs=0.06)
    for half in np.array_split(clip.waveform.samples, 2):
        assert dominant_hz(half, MUSIC_RATE) == pytest.approx(HIGH, rel=0.01)


def test_none_and_a_longer_part_give_the_whole(tmp_path: Path) -> None:
    path = write_three_parts(tmp_path / "a.wav")
    whole = load(path, MUSIC_RATE)
    for seconds in (None, 6.0, 5.8, 100.0):
        clip = load_clip(path, MUSIC_RATE, seconds)
        assert clip.start_seconds == 0
        np.testing.assert_array_equal(clip.waveform.samples, whole.samples)


def test_a_file_that_ends_early_is_told_by_its_whole(tmp_path: Path) -> None:
    path = write_three_parts(tmp_path / "a.flac")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    with pytest.raises(AudioError) as error:
        load_clip(path, MUSIC_RATE, 2.0)
    assert error.value.reason in (SkipReason.TRUNCATED, SkipReason.CORRUPT)


def test_where_the_middle_is_silent_the_loudest_part_is_taken(tmp_path: Path) -> None:
    gap = np.concatenate([tone(2, LOW), np.zeros(2 * 44_100, np.float32), tone(1), tone(1, HIGH)])
    gap[-44_100:] *= 2
    clip = load_clip(write(tmp_path / "a.wav", gap), MUSIC_RATE, 1.0)
    assert clip.start_seconds == pytest.approx(5.0, abs=0.01)
    assert dominant_hz(clip.waveform.samples, MUSIC_RATE) == pytest.approx(HIGH, rel=0.01)
