from pathlib import Path

import numpy as np
import pytest
import torch

from specrec.audio.loading import load
from specrec.audio.waveform import Waveform
from specrec.audio.windows import window_starts
from specrec.errors import AudioError, Reason
from specrec.index.embedding import embed_file, embed_files, embed_waveform
from specrec.index.store import EmbeddedTrack
from tests.conftest import make_encoder
from tests.index.misled import misled_blocks
from tests.sounds import MUSIC_RATE, make_music, write


def embedded(
    paths: list[Path], batch_windows: int, windows_per_track: int | None = None
) -> dict[int, EmbeddedTrack | AudioError]:
    found = list(embed_files(make_encoder(), paths, 2, batch_windows, windows_per_track))
    assert sorted(position for position, _ in found) == list(range(len(paths)))
    return dict(found)


@pytest.mark.parametrize("batch_windows", [1, 3, 64])
def test_a_batch_of_any_size_embeds_each_track_as_if_alone(
    tmp_path: Path, batch_windows: int
) -> None:
    paths = sorted(make_music(tmp_path, 8).iterdir())  # 1.5 s, less than a window, to 5 s
    (tmp_path / "text.wav").write_text("text")
    paths.insert(4, tmp_path / "text.wav")
    threads = torch.get_num_threads()
    found = embedded(paths, batch_windows)
    assert torch.get_num_threads() == threads
    encoder = make_encoder()
    for position, path in enumerate(paths):
        result = found[position]
        if path.name == "text.wav":
            assert isinstance(result, AudioError)
            assert result.reason == Reason.NOT_AUDIO
            continue
        alone = embed_waveform(encoder, load(path, MUSIC_RATE))
        assert isinstance(result, EmbeddedTrack)
        assert result.seconds == alone.seconds
        np.testing.assert_allclose(result.embedding, alone.embedding, atol=1e-5)
        np.testing.assert_allclose(result.windows, alone.windows, atol=2e-3)


def test_a_few_windows_are_embedded_of_a_long_track(tmp_path: Path) -> None:
    sound = np.random.default_rng(0).normal(size=MUSIC_RATE * 21) * np.linspace(0, 0.3, 463_050)
    path = write(tmp_path / "long.flac", sound.astype(np.float32), MUSIC_RATE)
    result = embedded([path], 64, windows_per_track=3)[0]
    assert isinstance(result, EmbeddedTrack)
    assert result.seconds == 21
    waveform, length = load(path, MUSIC_RATE), 2 * MUSIC_RATE
    windows = [
        embed_waveform(make_encoder(), Waveform(waveform.samples[start : start + length], 22_050))
        for start in window_starts(len(waveform.samples), length, 3)
    ]
    expected = np.stack([window.embedding for window in windows])
    np.testing.assert_allclose(result.windows, expected, atol=2e-3)
    np.testing.assert_allclose(result.embedding, expected.mean(axis=0), atol=1e-5)


def test_a_track_whose_header_is_wrong_is_embedded_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from specrec.index import embedding

    monkeypatch.setattr(embedding, "window_blocks", misled_blocks)
    path = next(make_music(tmp_path, 1, first=7).iterdir())
    result = embedded([path], 2)[0]
    assert isinstance(result, EmbeddedTrack)
    alone = embed_waveform(make_encoder(), load(path, MUSIC_RATE))
    assert len(result.windows) == len(alone.windows)
    np.testing.assert_allclose(result.embedding, alone.embedding, atol=1e-5)


@pytest.mark.parametrize("misled", [False, True])
def test_one_file_is_embedded_as_its_waveform_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, misled: bool
) -> None:
    from specrec.index import embedding

    if misled:
        monkeypatch.setattr(embedding, "window_blocks", misled_blocks)
    path = next(make_music(tmp_path, 1, first=7).iterdir())
    made, expected = (
        embed_file(make_encoder(), path),
        embed_waveform(make_encoder(), load(path, MUSIC_RATE)),
    )
    assert made.seconds == expected.seconds
    assert len(made.windows) == len(expected.windows)
    np.testing.assert_allclose(made.embedding, expected.embedding, atol=1e-5)
