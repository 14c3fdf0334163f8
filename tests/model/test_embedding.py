import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch

from specrec.audio.loading import load
from specrec.audio.waveform import Waveform
from specrec.audio.windows import window_starts
from specrec.descriptors.measure import measure_file
from specrec.errors import AudioError, SkipReason
from specrec.model import embedding
from specrec.model.embedding import Embedded, embed_tracks, embed_waveform
from specrec.model.model import load_model
from tests.conftest import make_encoder
from tests.model.misled import read_and_crash, read_and_die, read_and_raise, read_misled
from tests.sounds import MUSIC_RATE, make_music, write


def embedded(
    paths: list[Path], batch_size: int, windows_per_track: int | None = None
) -> dict[int, Embedded | AudioError]:
    found = list(embed_tracks(make_encoder(), paths, 2, batch_size, windows_per_track))
    assert sorted(position for position, _ in found) == list(range(len(paths)))
    return dict(found)


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_a_batch_of_any_size_embeds_each_track_as_if_alone(tmp_path: Path, batch_size: int) -> None:
    paths = sorted(make_music(tmp_path, 8).iterdir())  # 1.5 s, less than a window, to 5 s
    (tmp_path / "text.wav").write_text("text")
    paths.insert(4, tmp_path / "text.wav")
    threads = torch.get_num_threads()
    found = embedded(paths, batch_size)
    assert torch.get_num_threads() == threads
    encoder = make_encoder()
    for position, path in enumerate(paths):
        result = found[position]
        if path.name == "text.wav":
            assert isinstance(result, AudioError)
            assert result.reason == SkipReason.NOT_AUDIO
            continue
        alone = embed_waveform(encoder, load(path, MUSIC_RATE))
        assert isinstance(result, Embedded)
        assert result.seconds == alone.seconds
        np.testing.assert_allclose(result.embedding, alone.embedding, atol=1e-5)
        np.testing.assert_allclose(result.windows, alone.windows, atol=2e-3)


def test_a_few_windows_are_embedded_of_a_long_track(tmp_path: Path) -> None:
    sound = np.random.default_rng(0).normal(size=MUSIC_RATE * 21) * np.linspace(0, 0.3, 463_050)
    path = write(tmp_path / "long.flac", sound.astype(np.float32), MUSIC_RATE)
    result = embedded([path], 64, windows_per_track=3)[0]
    assert isinstance(result, Embedded)
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
    monkeypatch.setattr(embedding, "read_track", read_misled)
    path = next(make_music(tmp_path, 1, first=7).iterdir())
    result = embedded([path], 2)[0]
    assert isinstance(result, Embedded)
    alone = embed_waveform(make_encoder(), load(path, MUSIC_RATE))
    assert len(result.windows) == len(alone.windows)
    np.testing.assert_allclose(result.embedding, alone.embedding, atol=1e-5)


def test_a_file_that_crashes_its_decoder_is_an_error_like_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "read_track", read_and_crash)
    found = embedded([tmp_path / "any.ac3"], 64)[0]
    assert isinstance(found, AudioError)
    assert found.reason == SkipReason.CRASHED


def test_features_are_measured_on_the_way(tmp_path: Path) -> None:
    paths = sorted(make_music(tmp_path, 4).iterdir())
    for position, result in embed_tracks(make_encoder(), paths, 2, measure_features=True):
        assert isinstance(result, Embedded)
        expected = measure_file(paths[position])
        assert result.features == pytest.approx(expected, rel=1e-5, nan_ok=True)
    for _, result in embed_tracks(make_encoder(), paths, 2):
        assert isinstance(result, Embedded)
        assert result.features is None


@pytest.mark.parametrize("fault", ["raises", "dies"])
def test_what_can_only_be_embedded_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    read = {"raises": read_and_raise, "dies": read_and_die}[fault]
    monkeypatch.setattr(embedding, "read_track", read)
    paths = sorted(make_music(tmp_path, 3).iterdir())
    found = dict(embed_tracks(make_encoder(), paths, 2, measure_features=True))
    assert sorted(found) == [0, 1, 2]
    for position, result in found.items():
        assert isinstance(result, Embedded)
        assert result.features is None
        alone = embed_waveform(make_encoder(), load(paths[position], MUSIC_RATE))
        np.testing.assert_allclose(result.embedding, alone.embedding, atol=1e-5)


def test_processors_of_every_kind_embed_alike(tmp_path: Path) -> None:
    """Vector instructions are held back in a process, as on a processor that lacks them."""
    paths = [str(path) for path in sorted(make_music(tmp_path, 4).iterdir())]
    script = (
        "import sys, numpy as np\n"
        "import specrec\n"
        "model = specrec.load_model('specrec-base', device='cpu')\n"
        "np.save(sys.argv[1], model.embed(sys.argv[2:]))\n"
    )
    plain = {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41"}
    newer = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}  # without bfloat16
    found = [load_model("specrec-base", device="cpu").embed(list(paths))]
    for name, extra in (("plain.npy", plain), ("newer.npy", newer)):
        command = [sys.executable, "-c", script, str(tmp_path / name), *paths]
        subprocess.run(command, check=True, env=os.environ | extra)
        found.append(np.load(tmp_path / name))
    here, *others = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in found]
    for other in others:
        assert ((here * other).sum(axis=1) > 0.999999).all()
        np.testing.assert_array_equal(
            np.argsort(here @ here.T, axis=1), np.argsort(here @ other.T, axis=1)
        )


def test_what_the_model_makes_no_numbers_of_is_not_finite(tmp_path: Path) -> None:
    samples = np.full(3 * MUSIC_RATE, 1e30, dtype=np.float32)
    samples[::2] = -1e38
    path = tmp_path / "huge.wav"
    sf.write(path, samples, MUSIC_RATE, subtype="FLOAT")
    found = embedded([path], 64)[0]
    assert isinstance(found, AudioError)
    assert found.reason == SkipReason.NOT_FINITE
