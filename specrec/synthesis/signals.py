"""Elementary signals whose tempo, pitch, level and spectrum are known in closed form.

All are mono float32 in [-amplitude, amplitude], `round(seconds * sample_rate)` samples long.
"""

from collections.abc import Sequence

import numpy as np

from specrec.shapes import Float32, Float64
from specrec.synthesis.harmony import DOMINANT, check_key, chord_pitch_classes, midi_to_hz, voice

CLICK_HZ = 1000.0
CLICK_DECAY_SECONDS = 0.005
TRIAD = (0, 2, 4)


def tone(
    hz: float, seconds: float, sample_rate: int = 22050, amplitude: float = 0.5
) -> Float32[np.ndarray, " samples"]:
    """A sine of one frequency, starting at phase 0; its RMS is `amplitude / sqrt(2)`.

    Raises:
        ValueError: If `hz` isn't between 0 and half the sample rate.
    """
    _check_frequency(hz, sample_rate)
    wave = amplitude * np.sin(2.0 * np.pi * hz * _times(seconds, sample_rate))
    return wave.astype(np.float32)


def sweep(
    start_hz: float,
    end_hz: float,
    seconds: float,
    sample_rate: int = 22050,
    amplitude: float = 0.5,
) -> Float32[np.ndarray, " samples"]:
    """A sine whose frequency moves exponentially from start to end (Farina 2000).

    At time t its frequency is `start_hz * (end_hz / start_hz) ** (t / seconds)`.

    Raises:
        ValueError: If a frequency isn't between 0 and half the sample rate, or both are equal.
    """
    _check_frequency(start_hz, sample_rate)
    _check_frequency(end_hz, sample_rate)
    if start_hz == end_hz:
        raise ValueError(f"a sweep from {start_hz} Hz to itself doesn't move; use tone()")
    rate = np.log(end_hz / start_hz) / seconds
    cycles = start_hz * np.expm1(rate * _times(seconds, sample_rate)) / rate
    return (amplitude * np.sin(2.0 * np.pi * cycles)).astype(np.float32)


def white_noise(
    seconds: float,
    rng: np.random.Generator,
    sample_rate: int = 22050,
    amplitude: float = 0.5,
) -> Float32[np.ndarray, " samples"]:
    """Uniform white noise: flat in expectation up to Nyquist, with RMS `amplitude / sqrt(3)`."""
    samples = _times(seconds, sample_rate).size
    return rng.uniform(-amplitude, amplitude, samples).astype(np.float32)


def click_track(
    tempo_bpm: float, seconds: float, sample_rate: int = 22050, amplitude: float = 0.8
) -> Float32[np.ndarray, " samples"]:
    """Short clicks, the k-th at `60 * k / tempo_bpm` seconds, the first at 0.

    Raises:
        ValueError: If `tempo_bpm` isn't positive.
    """
    if tempo_bpm <= 0:
        raise ValueError(f"tempo_bpm {tempo_bpm} must be positive; 120 is usual")
    since_click = _times(seconds, sample_rate) % (60.0 / tempo_bpm)
    decay = np.exp(-since_click / CLICK_DECAY_SECONDS)
    wave = amplitude * decay * np.sin(2.0 * np.pi * CLICK_HZ * since_click)
    return wave.astype(np.float32)


def chord(
    pitches: Sequence[float], seconds: float, sample_rate: int = 22050, amplitude: float = 0.5
) -> Float32[np.ndarray, " samples"]:
    """Equally loud sines, one for each pitch.

    Args:
        pitches: The MIDI note numbers, at least one; fractions are microtones.
        seconds: The length.
        sample_rate: The sample rate in Hz.
        amplitude: The bound of the sum; each sine has its share of it.

    Raises:
        ValueError: If no pitch is given, or one lies above half the sample rate.
    """
    if not pitches:
        raise ValueError("a chord of no pitches is silent; give at least one MIDI note number")
    share = amplitude / len(pitches)
    tones = [tone(midi_to_hz(pitch), seconds, sample_rate, share) for pitch in pitches]
    return np.stack(tones).sum(axis=0, dtype=np.float32)


def cadence(
    key: int,
    mode: str,
    seconds: float = 4.0,
    sample_rate: int = 22050,
    amplitude: float = 0.5,
) -> Float32[np.ndarray, " samples"]:
    """The cadence I-IV-V-I of triads, voice-led in the middle register.

    Its pitch classes are the seven of the major scale or, in minor, of the harmonic minor.

    Args:
        key: The pitch class of the tonic, 0 (C) to 11 (B).
        mode: The scale, "major" or "minor".
        seconds: The length of the whole; each chord has a quarter, faded at its edges.
        sample_rate: The sample rate in Hz.
        amplitude: The bound of the sum.

    Raises:
        ValueError: If key or mode is unknown.
    """
    check_key(key, mode)
    samples = _times(seconds, sample_rate).size
    edges = np.linspace(0, samples, 5).round().astype(int)
    pitches: list[int] = []
    parts = []
    for degree, length in zip((0, 3, DOMINANT, 0), np.diff(edges), strict=True):
        pitches = voice(chord_pitch_classes(degree, TRIAD, key, mode), 60, pitches)
        fade = np.minimum(1.0, 20.0 * (1.0 - np.abs(np.linspace(-1.0, 1.0, length))))
        parts.append(chord(pitches, length / sample_rate, sample_rate, amplitude) * fade)
    return np.concatenate(parts).astype(np.float32)


def _times(seconds: float, sample_rate: int) -> Float64[np.ndarray, " samples"]:
    if seconds <= 0 or sample_rate <= 0:
        raise ValueError(f"seconds {seconds} and sample_rate {sample_rate} must both be positive")
    return np.arange(round(seconds * sample_rate)) / sample_rate


def _check_frequency(hz: float, sample_rate: int) -> None:
    if not 0 < hz < sample_rate / 2:
        raise ValueError(
            f"{hz} Hz can't be held at {sample_rate} samples a second; "
            f"stay between 0 and {sample_rate / 2} Hz"
        )
