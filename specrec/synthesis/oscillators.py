"""Building blocks of instruments: envelopes, periodic waves, plucked strings, modulated sines.

Periodic waves are read from one cycle built harmonic by harmonic below Nyquist, so that
nothing aliases. Plucked strings are by Karplus and Strong (1983) with the tuning filter of
Jaffe and Smith (1983), frequency modulation by Chowning (1973).
"""

import numpy as np
from scipy.signal import lfilter

from specrec.shapes import Float, Float32, Float64, UInt32

CYCLE_BITS = 12
NYQUIST_SHARE = 0.45


def envelope(
    gate_seconds: float,
    sample_rate: int,
    attack: float,
    decay: float,
    sustain: float,
    release: float,
) -> Float32[np.ndarray, " samples"]:
    """The envelope of a note: a linear rise, an exponential fall, a level, a quadratic fade.

    Args:
        gate_seconds: For how long the key is held.
        sample_rate: The sample rate in Hz.
        attack: How long it takes to rise from 0 to 1, in seconds.
        decay: The time constant of the fall from 1 to `sustain`, in seconds.
        sustain: The level that is held, 0 to 1.
        release: How long it takes from the end of the gate to silence, in seconds.

    Returns:
        Gains in [0, 1] over `gate_seconds + release`.
    """
    time = np.arange(int((gate_seconds + release) * sample_rate), dtype=np.float32) / sample_rate
    rise = np.minimum(time / attack, 1.0)
    fall = sustain + (1.0 - sustain) * np.exp(-np.maximum(time - attack, 0.0) / decay)
    fade = np.clip(1.0 - (time - gate_seconds) / release, 0.0, 1.0) ** 2
    return np.asarray(rise * fall * fade, dtype=np.float32)


def phase(
    hz: float, samples: int, sample_rate: int, start: float = 0.0
) -> Float32[np.ndarray, " samples"]:
    """The position within the cycle, in [0, 1), of an oscillator that starts at `start`."""
    counter = _counter(hz, samples, sample_rate, start) >> np.uint32(8)
    return counter.astype(np.float32) * np.float32(2.0**-24)


def oscillate(
    amplitudes: Float64[np.ndarray, " harmonics"],
    hz: float,
    samples: int,
    sample_rate: int,
    start: float = 0.0,
) -> Float32[np.ndarray, " samples"]:
    """A periodic wave with the given amplitude of each harmonic, the first being `hz` itself."""
    size = 2**CYCLE_BITS
    spectrum = np.zeros(size // 2 + 1, dtype=np.complex128)
    spectrum[1 : amplitudes.size + 1] = -0.5j * size * amplitudes
    cycle = np.fft.irfft(spectrum).astype(np.float32)
    return cycle[_counter(hz, samples, sample_rate, start) >> np.uint32(32 - CYCLE_BITS)]


def _counter(
    hz: float, samples: int, sample_rate: int, start: float
) -> UInt32[np.ndarray, " samples"]:
    """The phase as a 32 bit counter, which wraps round where the cycle does."""
    step = np.uint32(round(hz / sample_rate * 2**32))
    return np.arange(samples, dtype=np.uint32) * step + np.uint32(start * 2**32 % 2**32)


def harmonics_below_nyquist(hz: float, sample_rate: int) -> Float64[np.ndarray, " harmonics"]:
    """The numbers 1, 2, 3, ... of the harmonics of `hz` that the sample rate can hold."""
    count = max(1, int(NYQUIST_SHARE * sample_rate / hz))
    return np.arange(1.0, min(count, 2 ** (CYCLE_BITS - 1) - 1) + 1.0)


def saw_wave(hz: float, sample_rate: int, cutoff_hz: float) -> Float64[np.ndarray, " harmonics"]:
    """The amplitudes of the harmonics of a sawtooth behind a two-pole low-pass."""
    k = harmonics_below_nyquist(hz, sample_rate)
    return 0.6 / k / np.sqrt(1.0 + (k * hz / cutoff_hz) ** 4)


def pulse_wave(hz: float, sample_rate: int, width: float) -> Float64[np.ndarray, " harmonics"]:
    """The amplitudes of the harmonics of a pulse that is up for `width` of its cycle."""
    k = harmonics_below_nyquist(hz, sample_rate)
    return np.sin(np.pi * k * width) / k


def ensemble(
    amplitudes: Float64[np.ndarray, " harmonics"],
    hz: float,
    samples: int,
    sample_rate: int,
    cents: tuple[float, ...],
    rng: np.random.Generator,
) -> Float32[np.ndarray, " samples"]:
    """Several players of one note, a few cents apart, each at a phase of its own."""
    players = [
        oscillate(amplitudes, hz * 2.0 ** (cent / 1200.0), samples, sample_rate, rng.random())
        for cent in cents
    ]
    return np.asarray(sum(players) / np.sqrt(len(cents)), dtype=np.float32)


def plucked_string(
    hz: float,
    samples: int,
    sample_rate: int,
    ring_seconds: float,
    softness: float,
    rng: np.random.Generator,
) -> Float32[np.ndarray, " samples"]:
    """Karplus-Strong: a burst of noise goes round a tuned, damped delay line.

    Args:
        hz: The pitch in Hz.
        samples: The length in samples.
        sample_rate: The sample rate in Hz.
        ring_seconds: How long it takes the fundamental to fall by 60 dB.
        softness: How soft the pluck is, from 0 (a plectrum) to near 1 (a thumb).
        rng: The generator that draws the noise.
    """
    period = sample_rate / hz
    delay = int(period - 0.6)
    fraction = period - delay - 0.5
    tuning = (1.0 - fraction) / (1.0 + fraction)
    loss = 10.0 ** (-3.0 / (hz * ring_seconds))
    feedback = np.zeros(delay + 3)
    feedback[:2] = 1.0, tuning
    feedback[delay:] -= 0.5 * loss * np.array([tuning, 1.0 + tuning, 1.0])
    burst = np.zeros(samples)
    pluck = rng.uniform(-1.0, 1.0, min(delay, samples))
    burst[: pluck.size] = lfilter([1.0 - softness], [1.0, -softness], pluck - pluck.mean())
    wave = lfilter([1.0, tuning], feedback, burst)
    return (wave / (np.abs(wave).max() + 1e-9)).astype(np.float32)


def modulated(
    hz: float,
    ratio: float,
    index: Float[np.ndarray, " samples"],
    sample_rate: int,
) -> Float32[np.ndarray, " samples"]:
    """Chowning's pair of sines: the one at `ratio * hz` moves the phase of the one at `hz`."""
    turn = np.float32(2.0 * np.pi)
    modulator = np.sin(turn * phase(hz * ratio, index.size, sample_rate))
    carrier = np.sin(turn * phase(hz, index.size, sample_rate) + index * modulator)
    return carrier.astype(np.float32)
