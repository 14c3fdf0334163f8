"""Drum voices: each a function `(sample_rate, rng) -> samples`, one hit, with a peak of 1."""

from collections.abc import Callable

import numpy as np
from scipy.signal import butter, sosfilt

from specrec.shapes import Float, Float32, Float64

Drum = Callable[[int, np.random.Generator], Float32[np.ndarray, " samples"]]

METAL_HZ = (263.0, 400.0, 421.0, 474.0, 587.0, 845.0)


def kick(sample_rate: int, rng: np.random.Generator) -> Float32[np.ndarray, " samples"]:
    """A bass drum: a sine that falls from 190 to 48 Hz, with the beater's click."""
    time = _time(0.4, sample_rate)
    body = _drop(time, 48.0, 142.0, 0.035) * np.exp(-time / 0.11)
    click = _band(rng.uniform(-1.0, 1.0, time.size), 1500.0, 5000.0, sample_rate)
    return _hit(body + 0.5 * click * np.exp(-time / 0.004), sample_rate)


def tom(sample_rate: int, rng: np.random.Generator) -> Float32[np.ndarray, " samples"]:
    """A tom: a skin that falls from 150 to 95 Hz; it serves as timpani too."""
    time = _time(0.6, sample_rate)
    skin = _drop(time, 95.0, 55.0, 0.06) * np.exp(-time / 0.16)
    stick = _band(rng.uniform(-1.0, 1.0, time.size), 300.0, 2500.0, sample_rate)
    return _hit(skin + 0.3 * stick * np.exp(-time / 0.02), sample_rate)


def snare(sample_rate: int, rng: np.random.Generator) -> Float32[np.ndarray, " samples"]:
    """A snare drum: a skin at 185 and 330 Hz over the rattle of its wires."""
    time = _time(0.28, sample_rate)
    skin = np.sin(2 * np.pi * 185.0 * time) + 0.6 * np.sin(2 * np.pi * 330.0 * time)
    wires = _band(rng.uniform(-1.0, 1.0, time.size), 900.0, 8000.0, sample_rate)
    return _hit(0.5 * skin * np.exp(-time / 0.045) + wires * np.exp(-time / 0.07), sample_rate)


def clap(sample_rate: int, rng: np.random.Generator) -> Float32[np.ndarray, " samples"]:
    """A hand clap: three quick bursts and a tail of noise around 1.5 kHz."""
    time = _time(0.25, sample_rate)
    bursts = sum(np.exp(-(time - at) / 0.006) * (time >= at) for at in (0.0, 0.011, 0.022))
    tail = np.exp(-(time - 0.03) / 0.06) * (time >= 0.03)
    noise = _band(rng.uniform(-1.0, 1.0, time.size), 800.0, 3500.0, sample_rate)
    return _hit(noise * (bursts + 0.7 * tail), sample_rate)


def closed_hat(sample_rate: int, rng: np.random.Generator) -> Float32[np.ndarray, " samples"]:
    """A closed hi-hat: bright metal for about 40 ms."""
    return _cymbal(sample_rate, rng, 0.12, 0.022, 0.3)


def open_hat(sample_rate: int, rng: np.random.Generator) -> Float32[np.ndarray, " samples"]:
    """An open hi-hat: bright metal that sizzles on."""
    return _cymbal(sample_rate, rng, 0.45, 0.13, 0.3)


def ride(sample_rate: int, rng: np.random.Generator) -> Float32[np.ndarray, " samples"]:
    """A ride cymbal, hit with a stick: it has more pitch and a long tail."""
    return _cymbal(sample_rate, rng, 0.7, 0.2, 0.8)


def shaker(sample_rate: int, rng: np.random.Generator) -> Float32[np.ndarray, " samples"]:
    """A shaker of seeds: noise above 4 kHz that swells and stops."""
    time = _time(0.11, sample_rate)
    noise = _band(rng.uniform(-1.0, 1.0, time.size), 4000.0, 9500.0, sample_rate)
    return _hit(noise * np.sin(np.pi * np.minimum(time / 0.1, 1.0)) ** 1.5, sample_rate)


def brush(sample_rate: int, rng: np.random.Generator) -> Float32[np.ndarray, " samples"]:
    """A brush drawn over a snare: soft noise that starts slowly."""
    time = _time(0.3, sample_rate)
    noise = _band(rng.uniform(-1.0, 1.0, time.size), 600.0, 5000.0, sample_rate)
    return _hit(noise * np.minimum(time / 0.012, 1.0) * np.exp(-time / 0.07), sample_rate)


def _cymbal(
    sample_rate: int, rng: np.random.Generator, seconds: float, decay: float, metal: float
) -> Float32[np.ndarray, " samples"]:
    """Noise and six square waves that share no harmonic, both high-passed."""
    time = _time(seconds, sample_rate)
    squares = sum(np.sign(np.sin(2 * np.pi * hz * time)) for hz in METAL_HZ) / len(METAL_HZ)
    wave = rng.uniform(-1.0, 1.0, time.size) + 2.0 * metal * squares
    bright = _band(wave, 5500.0, 10500.0, sample_rate)
    return _hit(bright * np.exp(-time / decay), sample_rate)


def _time(seconds: float, sample_rate: int) -> Float64[np.ndarray, " samples"]:
    return np.arange(int(seconds * sample_rate)) / sample_rate


def _drop(
    time: Float64[np.ndarray, " samples"], end_hz: float, drop_hz: float, decay: float
) -> Float64[np.ndarray, " samples"]:
    """A sine whose pitch falls by `drop_hz` to `end_hz` with a time constant of `decay`."""
    cycles = end_hz * time + drop_hz * decay * (1.0 - np.exp(-time / decay))
    return np.sin(2.0 * np.pi * cycles)


def _band(
    wave: Float[np.ndarray, " samples"], low_hz: float, high_hz: float, sample_rate: int
) -> Float64[np.ndarray, " samples"]:
    edges = np.minimum([low_hz, high_hz], [0.4 * sample_rate, 0.48 * sample_rate])
    return sosfilt(butter(2, edges, "bandpass", fs=sample_rate, output="sos"), wave)


def _hit(
    wave: Float64[np.ndarray, " samples"], sample_rate: int
) -> Float32[np.ndarray, " samples"]:
    """The wave scaled to a peak of 1, with its last 10 ms faded out."""
    fade = np.minimum(1.0, np.arange(wave.size)[::-1] / (0.01 * sample_rate))
    return (wave * fade / np.abs(wave).max()).astype(np.float32)


DRUMS: dict[str, Drum] = {
    strike.__name__: strike
    for strike in (kick, tom, snare, clap, closed_hat, open_hat, ride, shaker, brush)
}
