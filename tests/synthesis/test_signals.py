"""The elementary signals against FFT, librosa and closed forms."""

import librosa
import numpy as np
import pytest

from specrec.synthesis import cadence, chord, click_track, sweep, tone, white_noise
from specrec.synthesis.harmony import chord_pitch_classes, midi_to_hz, voice

RATE = 22050


def peak_hz(wave):
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(wave.size)))
    return np.argmax(spectrum) * RATE / wave.size


@pytest.mark.parametrize("hz", [55.0, 440.0, 3520.0])
def test_tone_has_its_pitch_and_level(hz):
    wave = tone(hz, 2.0, RATE, 0.4)
    assert wave.shape == (2 * RATE,)
    assert wave.dtype == np.float32
    assert peak_hz(wave) == pytest.approx(hz, abs=0.5)
    assert np.sqrt(np.mean(wave**2)) == pytest.approx(0.4 / np.sqrt(2), rel=1e-3)


def test_sweep_passes_its_geometric_mean_half_way():
    wave = sweep(200.0, 3200.0, 4.0, RATE)
    middle = slice(2 * RATE - 1000, 2 * RATE + 1000)
    assert peak_hz(wave[middle]) == pytest.approx(800.0, rel=0.02)
    assert peak_hz(wave[:1000]) < 260.0
    assert peak_hz(wave[-1000:]) > 2500.0


def test_white_noise_is_flat_and_has_its_level():
    wave = white_noise(10.0, np.random.default_rng(0), RATE, 0.6)
    power = np.abs(np.fft.rfft(wave)[1:]) ** 2
    octants = np.array([part.mean() for part in np.array_split(power, 8)])
    assert octants / octants.mean() == pytest.approx(np.ones(8), abs=0.05)
    assert np.sqrt(np.mean(wave**2)) == pytest.approx(0.6 / np.sqrt(3), rel=0.01)
    assert np.abs(wave).max() <= 0.6


@pytest.mark.parametrize("tempo_bpm", [80.0, 120.0, 150.0])
def test_click_track_keeps_its_tempo(tempo_bpm):
    wave = click_track(tempo_bpm, 12.0, RATE)
    assert librosa.feature.tempo(y=wave, sr=RATE, hop_length=256)[0] == pytest.approx(
        tempo_bpm, rel=0.03
    )
    onsets = librosa.onset.onset_detect(y=wave, sr=RATE, hop_length=128, units="time")
    assert np.diff(onsets) == pytest.approx(60.0 / tempo_bpm, abs=0.012)


@pytest.mark.parametrize("key", [0, 5, 9])
@pytest.mark.parametrize(
    ("mode", "scale"),
    [("major", {0, 2, 4, 5, 7, 9, 11}), ("minor", {0, 2, 3, 5, 7, 8, 11})],
)
def test_cadence_sounds_the_scale_of_its_key(key, mode, scale):
    wave = cadence(key, mode, 4.0, RATE)
    strength = librosa.feature.chroma_cqt(y=wave, sr=RATE, norm=None).mean(axis=1)
    strongest = set(np.argsort(strength)[-7:])
    assert strongest == {(key + tone) % 12 for tone in scale}
    assert np.abs(wave).max() <= 0.5


def test_chord_holds_its_pitches_equally():
    wave = chord([57, 64, 69], 2.0, RATE, 0.6)
    spectrum = np.abs(np.fft.rfft(wave)) / wave.size * 2
    for pitch in (57, 64, 69):
        around = round(midi_to_hz(pitch) * 2.0)
        energy = np.sum(spectrum[around - 8 : around + 9] ** 2)
        assert np.sqrt(energy) == pytest.approx(0.2, rel=0.1)


def test_chords_are_those_of_the_textbook():
    assert chord_pitch_classes(0, (0, 2, 4), 0, "major") == [0, 4, 7]
    assert chord_pitch_classes(4, (0, 2, 4, 6), 0, "major") == [7, 11, 2, 5]
    assert chord_pitch_classes(4, (0, 2, 4), 9, "minor") == [4, 8, 11]
    assert voice([7, 11, 2], 55, [60, 64, 67]) == [59, 62, 67]


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: tone(RATE, 1.0, RATE), "22050"),
        (lambda: tone(440.0, 0.0, RATE), "seconds 0"),
        (lambda: sweep(100.0, 100.0, 1.0), "tone"),
        (lambda: click_track(0.0, 1.0), "tempo_bpm 0"),
        (lambda: chord([], 1.0), "at least one"),
        (lambda: cadence(12, "major"), "key 12"),
        (lambda: cadence(0, "dorian"), "dorian"),
    ],
)
def test_bad_arguments_are_named(make, named):
    with pytest.raises(ValueError, match=named):
        make()
