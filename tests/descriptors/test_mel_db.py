import librosa
import numpy as np
import pytest
import torch

from specrec.audio.waveform import Waveform
from specrec.config import FrontEnd
from specrec.descriptors.mel_db import (
    FLOOR_DB,
    NOTEBOOK,
    MelSettings,
    band_of,
    mel_db,
    mel_filters,
)
from specrec.model.log_mel import LogMel
from tests.sounds import MUSIC_RATE, tone


def music(seconds: float, rate: int = MUSIC_RATE) -> Waveform:
    """A rising tone over noise that fades in."""
    time = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(0).normal(size=len(time)) * time / seconds
    rising = np.sin(2 * np.pi * 300 * time * (1 + 0.4 * time))
    return Waveform((0.3 * rising + 0.02 * noise).astype(np.float32), rate)


@pytest.mark.parametrize("level", [1.0, 1e-4])
def test_the_notebook_settings_give_what_librosa_gives(level: float) -> None:
    waveform = music(3.1)
    quiet = Waveform(waveform.samples * np.float32(level), MUSIC_RATE)
    mel = librosa.feature.melspectrogram(
        y=quiet.samples, sr=MUSIC_RATE, n_mels=128, n_fft=2048, hop_length=512
    )
    expected = librosa.power_to_db(mel, ref=np.max)
    found = mel_db(quiet, NOTEBOOK)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=0.01)


@pytest.mark.parametrize(
    "front_end",
    [
        FrontEnd(),
        FrontEnd(level_db=-20.0, log_floor=1e-3),
        FrontEnd(sample_rate=16_000, n_fft=512, hop_length=256, n_mels=96, f_max=7600),
    ],
)
def test_a_front_end_is_seen_as_the_model_sees_it(front_end: FrontEnd) -> None:
    waveform = music(2.0, front_end.sample_rate)
    log_mel = LogMel(front_end)(torch.from_numpy(waveform.samples)[None])[0].numpy()
    in_db = 10 / np.log(10) * log_mel
    expected = np.maximum(in_db - in_db.max(), FLOOR_DB)
    found = mel_db(waveform, MelSettings("test", front_end))
    np.testing.assert_allclose(found, expected, rtol=0, atol=0.01)


def test_filters_equal_librosa() -> None:
    front_end = NOTEBOOK.front_end
    expected = librosa.filters.mel(sr=22_050, n_fft=2048, n_mels=128)
    np.testing.assert_allclose(mel_filters(front_end), expected, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("hz", [200.0, 1000.0, 3000.0, 9000.0])
def test_a_tone_lies_in_its_band(hz: float) -> None:
    db = mel_db(Waveform(tone(1.5, hz, MUSIC_RATE), MUSIC_RATE), NOTEBOOK)
    loudest = db[:, 10:-10].argmax(axis=0)
    expected = band_of(np.array([hz]), NOTEBOOK.front_end)[0]
    assert np.all(np.abs(loudest - expected) < 1.0)


def test_bands_are_counted_from_the_center_of_the_lowest() -> None:
    front_end = FrontEnd(f_min=50.0, f_max=8000.0)
    centers = librosa.mel_frequencies(n_mels=130, fmin=50.0, fmax=8000.0)[1:-1]
    np.testing.assert_allclose(band_of(centers, front_end), np.arange(128), atol=1e-6)


def test_digital_silence_is_one_even_level() -> None:
    db = mel_db(Waveform(np.zeros(MUSIC_RATE, np.float32), MUSIC_RATE), NOTEBOOK)
    np.testing.assert_array_equal(db, np.zeros_like(db))
    assert db.shape == (128, 1 + MUSIC_RATE // 512)
