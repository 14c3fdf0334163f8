"""Pitched instruments: each turns a frequency and a held time into one note.

Every instrument is a function `(hz, gate_seconds, sample_rate, rng) -> samples`. The key is
held for `gate_seconds`; the note rings on for the instrument's release. Notes have a peak near 1.
"""

from collections.abc import Callable

import numpy as np
from scipy.signal import butter, lfilter, sosfilt

from specrec.shapes import Float32
from specrec.synthesis.oscillators import (
    NYQUIST_SHARE,
    ensemble,
    envelope,
    harmonics_below_nyquist,
    modulated,
    oscillate,
    phase,
    plucked_string,
    pulse_wave,
    saw_wave,
)

Instrument = Callable[[float, float, int, np.random.Generator], Float32[np.ndarray, " samples"]]


# ---------------------------------------------------------------- plucked and struck


def steel_guitar(
    hz: float, gate_seconds: float, sample_rate: int, rng: np.random.Generator
) -> Float32[np.ndarray, " samples"]:
    """A bright plucked string that rings."""
    shape = envelope(gate_seconds, sample_rate, 0.001, 9.0, 0.0, 0.5)
    return shape * plucked_string(hz, shape.size, sample_rate, 4.0, 0.25, rng)


def nylon_guitar(
    hz: float, gate_seconds: float, sample_rate: int, rng: np.random.Generator
) -> Float32[np.ndarray, " samples"]:
    """A round, shorter plucked string."""
    shape = envelope(gate_seconds, sample_rate, 0.002, 1.5, 0.0, 0.25)
    return shape * plucked_string(hz, shape.size, sample_rate, 2.0, 0.8, rng)


def upright_bass(
    hz: float, gate_seconds: float, sample_rate: int, rng: np.random.Generator
) -> Float32[np.ndarray, " samples"]:
    """A thumbed low string, with the body's sine beneath it."""
    shape = envelope(gate_seconds, sample_rate, 0.006, 0.7, 0.0, 0.12)
    body = oscillate(np.array([0.8, 0.25, 0.1]), hz, shape.size, sample_rate)
    return shape * (0.6 * plucked_string(hz, shape.size, sample_rate, 1.2, 0.93, rng) + body)


def distorted_guitar(
    hz: float, gate_seconds: float, sample_rate: int, rng: np.random.Generator
) -> Float32[np.ndarray, " samples"]:
    """A palm-driven string into a clipping amplifier and its cabinet."""
    shape = envelope(gate_seconds, sample_rate, 0.002, 2.5, 0.3, 0.06)
    string = plucked_string(hz, shape.size, sample_rate, 6.0, 0.4, rng)
    saw = oscillate(saw_wave(hz, sample_rate, 2500.0), hz, shape.size, sample_rate, rng.random())
    clipped = np.tanh(9.0 * (0.6 * string + 0.4 * saw))
    cabinet = butter(1, [160.0, 3600.0], "bandpass", fs=sample_rate, output="sos")
    return (shape * sosfilt(cabinet, clipped)).astype(np.float32)


def piano(
    hz: float, gate_seconds: float, sample_rate: int, rng: np.random.Generator
) -> Float32[np.ndarray, " samples"]:
    """Struck strings, three per note: bright at the hammer, dark as they ring."""
    shape = envelope(gate_seconds, sample_rate, 0.002, 1.1, 0.0, 0.2)
    k = harmonics_below_nyquist(hz, sample_rate)
    struck = np.abs(np.sin(np.pi * k / 8.0)) / k**1.1
    bright = oscillate(struck, hz, shape.size, sample_rate)
    dark = ensemble(struck * np.exp(-0.45 * k), hz, shape.size, sample_rate, (-1.5, 0, 1.2), rng)
    return shape * (0.5 * bright * shape**4 + 1.2 * dark)


def electric_piano(
    hz: float, gate_seconds: float, sample_rate: int, rng: np.random.Generator
) -> Float32[np.ndarray, " samples"]:
    """An electric piano by frequency modulation: a mellow 1:1 body, a brief tine high above it."""
    shape = envelope(gate_seconds, sample_rate, 0.003, 1.0, 0.0, 0.25)
    body = modulated(hz, 1.0, 1.3 * shape**2, sample_rate)
    tine_hz = min(14.0 * hz, NYQUIST_SHARE * sample_rate)
    tine = np.sin(np.float32(2.0 * np.pi) * phase(tine_hz, shape.size, sample_rate))
    return np.asarray(shape * (0.9 * body + 0.12 * shape**12 * tine), dtype=np.float32)


def bell(
    hz: float, gate_seconds: float, sample_rate: int, rng: np.random.Generator
) -> Float32[np.ndarray, " samples"]:
    """A bell by frequency modulation at 1:3.5, whose inharmonic partials die before the pitch."""
    shape = envelope(gate_seconds, sample_rate, 0.002, 0.9, 0.0, 1.2)
    return shape * modulated(hz, 3.5, 2.0 * shape**2, sample_rate)


# ---------------------------------------------------------------- sustained


def pad(
    hz: float, gate_seconds: float, sample_rate: int, rng: np.random.Generator
) -> Float32[np.ndarray, " samples"]:
    """Detuned saws behind a low-pass, which swell slowly."""
    shape = envelope(gate_seconds, sample_rate, 0.45, 2.0, 0.8, 0.9)
    harmonics = saw_wave(hz, sample_rate, 1400.0)
    return shape * ensemble(harmonics, hz, shape.size, sample_rate, (-9, -4, 3, 8), rng)


def strings(
    hz: float, gate_seconds: float, sample_rate: int, rng: np.random.Generator
) -> Float32[np.ndarray, " samples"]:
    """A bowed section: many players slightly apart."""
    shape = envelope(gate_seconds, sample_rate, 0.12, 1.5, 0.75, 0.3)
    harmonics = saw_wave(hz, sample_rate, 3000.0)
    return shape * ensemble(harmonics, hz, shape.size, sample_rate, (-7, -3, 0, 4, 8), rng)


def organ(
    hz: float, gate_seconds: float, sample_rate: int, rng: np.random.Generator
) -> Float32[np.ndarray, " samples"]:
    """A drawbar organ: octaves and the twelfth over the fundamental."""
    shape = envelope(gate_seconds, sample_rate, 0.006, 0.3, 0.8, 0.05)
    drawbars = np.array([0.6, 0.4, 0.25, 0.2, 0.0, 0.08, 0.0, 0.1])
    drawbars = drawbars[: harmonics_below_nyquist(hz, sample_rate).size]
    return shape * ensemble(drawbars, hz, shape.size, sample_rate, (-3, 3), rng)


def flute(
    hz: float, gate_seconds: float, sample_rate: int, rng: np.random.Generator
) -> Float32[np.ndarray, " samples"]:
    """A few harmonics with vibrato, and breath around the pitch."""
    shape = envelope(gate_seconds, sample_rate, 0.06, 0.6, 0.8, 0.12)
    turns = np.float32(2.0 * np.pi) * phase(hz, shape.size, sample_rate)
    sway = np.sin(np.float32(2.0 * np.pi) * phase(5.2, shape.size, sample_rate))
    turns = turns + np.float32(0.0016 * hz) * sway * np.minimum(1.0, shape)
    breath = lfilter([0.3], [1.0, -0.7], rng.uniform(-1.0, 1.0, shape.size))
    wave = np.sin(turns) + 0.28 * np.sin(2.0 * turns) + 0.1 * np.sin(3.0 * turns)
    return (shape * (0.75 * wave + 0.05 * breath)).astype(np.float32)


def horn(
    hz: float, gate_seconds: float, sample_rate: int, rng: np.random.Generator
) -> Float32[np.ndarray, " samples"]:
    """Brass by frequency modulation: the louder it is, the brighter (Chowning 1973)."""
    shape = envelope(gate_seconds, sample_rate, 0.07, 0.5, 0.75, 0.12)
    return shape * modulated(hz, 1.0, 2.2 * shape, sample_rate)


# ---------------------------------------------------------------- electronic


def saw_lead(
    hz: float, gate_seconds: float, sample_rate: int, rng: np.random.Generator
) -> Float32[np.ndarray, " samples"]:
    """Two bright saws, slightly apart."""
    shape = envelope(gate_seconds, sample_rate, 0.008, 0.25, 0.6, 0.12)
    harmonics = saw_wave(hz, sample_rate, 4500.0)
    return shape * ensemble(harmonics, hz, shape.size, sample_rate, (-6, 6), rng)


def pulse(
    hz: float, gate_seconds: float, sample_rate: int, rng: np.random.Generator
) -> Float32[np.ndarray, " samples"]:
    """The quarter-width pulse of a game console."""
    shape = envelope(gate_seconds, sample_rate, 0.002, 0.2, 0.6, 0.02)
    return shape * oscillate(pulse_wave(hz, sample_rate, 0.25), hz, shape.size, sample_rate)


def square(
    hz: float, gate_seconds: float, sample_rate: int, rng: np.random.Generator
) -> Float32[np.ndarray, " samples"]:
    """The half-width pulse of a game console."""
    shape = envelope(gate_seconds, sample_rate, 0.002, 0.3, 0.5, 0.02)
    return shape * oscillate(pulse_wave(hz, sample_rate, 0.5), hz, shape.size, sample_rate)


def triangle(
    hz: float, gate_seconds: float, sample_rate: int, rng: np.random.Generator
) -> Float32[np.ndarray, " samples"]:
    """A triangle wave, the bass of a game console."""
    shape = envelope(gate_seconds, sample_rate, 0.002, 1.0, 0.9, 0.02)
    k = harmonics_below_nyquist(hz, sample_rate)
    harmonics = 0.8 * np.sin(np.pi * k / 2.0) / k**2
    return shape * oscillate(harmonics, hz, shape.size, sample_rate)


def synth_bass(
    hz: float, gate_seconds: float, sample_rate: int, rng: np.random.Generator
) -> Float32[np.ndarray, " samples"]:
    """A saw whose filter snaps shut, over its fundamental."""
    shape = envelope(gate_seconds, sample_rate, 0.003, 0.18, 0.5, 0.05)
    bright = oscillate(saw_wave(hz, sample_rate, 2200.0), hz, shape.size, sample_rate)
    dark = oscillate(saw_wave(hz, sample_rate, 4.0 * hz), hz, shape.size, sample_rate)
    return shape * (dark + shape**3 * (bright - dark))


def sub_bass(
    hz: float, gate_seconds: float, sample_rate: int, rng: np.random.Generator
) -> Float32[np.ndarray, " samples"]:
    """A bass that is nearly a sine."""
    shape = envelope(gate_seconds, sample_rate, 0.02, 1.5, 0.8, 0.1)
    return shape * oscillate(np.array([0.85, 0.15, 0.05]), hz, shape.size, sample_rate)


def reese_bass(
    hz: float, gate_seconds: float, sample_rate: int, rng: np.random.Generator
) -> Float32[np.ndarray, " samples"]:
    """Widely detuned saws that beat against each other."""
    shape = envelope(gate_seconds, sample_rate, 0.01, 1.0, 0.8, 0.06)
    harmonics = saw_wave(hz, sample_rate, 700.0)
    return shape * ensemble(harmonics, hz, shape.size, sample_rate, (-22, 0, 22), rng)


INSTRUMENTS: dict[str, Instrument] = {
    play.__name__: play
    for play in (
        steel_guitar, nylon_guitar, upright_bass, distorted_guitar, piano, electric_piano, bell,
        pad, strings, organ, flute, horn, saw_lead, pulse, square, triangle,
        synth_bass, sub_bass, reese_bass,
    )
}  # fmt: skip
