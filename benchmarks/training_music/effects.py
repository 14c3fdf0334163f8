"""What amplifiers, rooms, tapes and mixing desks do to sound."""

import numpy as np
from scipy.signal import butter, fftconvolve, lfilter, sosfilt

SAMPLE_RATE = 24_000
Samples = np.ndarray


def rms(samples: Samples) -> float:
    """The root mean square, never 0."""
    return float(np.sqrt(np.mean(np.square(samples)))) + 1e-9


def band(samples: Samples, low_hz: float, high_hz: float, order: int = 2) -> Samples:
    """Keeps what is between two frequencies."""
    filtered = samples
    if low_hz > 0:
        filtered = sosfilt(butter(order, low_hz, "high", fs=SAMPLE_RATE, output="sos"), filtered)
    if high_hz < 0.49 * SAMPLE_RATE:
        filtered = sosfilt(butter(order, high_hz, "low", fs=SAMPLE_RATE, output="sos"), filtered)
    return np.asarray(filtered)


def amplifier(samples: Samples, drive: float, rng: np.random.Generator) -> Samples:
    """A guitar amplifier: clipping by `drive` (2 warm, 30 heavy), then its loudspeaker's band."""
    level = rms(samples)
    tight = band(samples, 90.0, 12_000.0)
    driven = np.tanh(drive * tight / (2.0 * level) + 0.15) - np.tanh(0.15)
    speaker = band(driven, 80.0, float(rng.uniform(3800.0, 6000.0)), order=4)
    presence = band(driven, 1500.0, 3500.0)
    heard = speaker + 0.3 * presence
    return np.asarray(heard * (level / rms(heard)))


def reverb(samples: Samples, seconds: float, share: float, rng: np.random.Generator) -> Samples:
    """A room whose sound falls by 60 dB in so many seconds; `share` 1 is as loud as what is dry."""
    length = int(seconds * SAMPLE_RATE)
    fall = np.exp(-6.9 * np.arange(length) / length)
    tail = lfilter([0.4], [1.0, -0.6], rng.normal(size=length) * fall)
    tail[: int(0.012 * SAMPLE_RATE)] = 0.0
    wet = fftconvolve(samples, tail)[: samples.size]
    return np.asarray(samples + wet * (share * rms(samples) / rms(wet)))


def echo(samples: Samples, seconds: float, feedback: float) -> Samples:
    """Repeats of what was so many seconds before, each weaker by `feedback`."""
    delay = max(1, int(seconds * SAMPLE_RATE))
    out = samples.copy()
    for turn in range(1, 6):
        if turn * delay < samples.size:
            out[turn * delay :] += feedback**turn * samples[: -turn * delay]
    return out


def finish(samples: Samples, how: str, rng: np.random.Generator) -> Samples:
    """Masters a piece: "clean", "loud", "tape", "lo-fi" or "old record"."""
    out = samples / rms(samples)
    hiss = rng.normal(size=out.size)
    if how == "loud":
        out = np.tanh(float(rng.uniform(0.6, 1.4)) * out)
    elif how == "tape":
        out = np.tanh(0.5 * out) + 0.003 * hiss
        out = band(out, 50.0, float(rng.uniform(6000.0, 10_000.0)))
    elif how == "lo-fi":
        out = band(np.tanh(0.7 * out), 60.0, float(rng.uniform(2500.0, 5000.0)))
        out = out + 0.01 * hiss + _crackle(out.size, 12.0, rng)
    elif how == "old record":
        out = band(
            np.tanh(0.6 * out), float(rng.uniform(150.0, 400.0)), float(rng.uniform(3000, 5000)), 3
        )
        out = out + 0.02 * band(hiss, 500.0, 6000.0) + _crackle(out.size, 40.0, rng)
    return leveled(out, float(rng.uniform(-22.0, -12.0)))


def leveled(samples: Samples, level_db: float) -> Samples:
    """Of a given RMS level in dB of full scale, its peaks limited softly below full scale."""
    out = samples * (10.0 ** (level_db / 20.0) / rms(samples))
    loud = np.abs(out) > 0.6
    out[loud] = np.sign(out[loud]) * (0.6 + 0.37 * np.tanh((np.abs(out[loud]) - 0.6) / 0.37))
    return np.asarray(out)


def fitted(samples: Samples, length: int) -> Samples:
    """Cut or filled with silence to a length."""
    return np.pad(samples[:length], (0, max(0, length - samples.size)))


def _crackle(length: int, a_second: float, rng: np.random.Generator) -> Samples:
    clicks = np.where(rng.random(length) < a_second / SAMPLE_RATE, rng.normal(size=length), 0.0)
    return band(0.8 * clicks, 300.0, 8000.0)
