"""Loudness and its range by the broadcast standards ITU-R BS.1770-4 and EBU Tech 3342."""

import numpy as np
import scipy.fft

from specrec.descriptors.spectrum import SAMPLE_RATE
from specrec.shapes import Float, Float32

QUIETEST_LUFS = -70.0
"""The absolute gate of both standards, in LUFS: all quieter audio has this loudness."""

_OFFSET = -0.691
_STEP_SAMPLES = round(0.1 * SAMPLE_RATE)
_N_FFT = 3072  # factors of 2 and 3: half the time of 4410, which would overlap by a whole step
_OVERLAP = _N_FFT - _STEP_SAMPLES
_BLOCK_STEPS = 4  # 400 ms, overlapping by 75 %
_SHORT_TERM_STEPS = 30  # 3 s, a value each 100 ms
_TOGETHER = 32  # steps at a time: they stay in the processor's cache
_BLOCK_GATE_LU = -10.0
_RANGE_GATE_LU = -20.0
_PERCENTILES = (10, 95)


def loudness(channels: Float32[np.ndarray, "channels samples"]) -> dict[str, float]:
    """Measures the loudness of audio at `SAMPLE_RATE`.

    Args:
        channels: Samples of each channel, times the root of its weight: 1 for front channels, 1.41
            for side and rear channels.

    Returns:
        `loudness_lufs`: integrated loudness (BS.1770-4), no lower than `QUIETEST_LUFS`; audio
        shorter than a block of 400 ms counts as one block with silence after it.
        `loudness_range_lu`: from the 10th to the 95th percentile of short-term loudness (EBU
        Tech 3342), over all whole windows of 3 s; NaN for what is shorter or all below the gate.
    """
    meter = LoudnessMeter()
    meter.add(channels)
    return meter.read()


class LoudnessMeter:
    """Measures `loudness` of audio that comes block by block.

    Steps of 100 ms overlap by 40 ms under a window that rises and falls as a sine, so that its
    squares add to 1 and the steps' powers follow from their spectra. A filter in the time domain
    takes longer and differs by 0.02 LU.
    """

    def __init__(self) -> None:
        self._samples = 0
        self._held = [np.zeros((1, _OVERLAP // 2), np.float32)]
        self._steps = [np.zeros(0)]

    def add(self, channels: Float32[np.ndarray, "channels samples"]) -> None:
        """Takes the next samples."""
        self._samples += channels.shape[1]
        if len(self._held[0]) != len(channels):  # before the first of them
            self._held = [np.repeat(self._held[0][:1], len(channels), axis=0)]
        self._held.append(channels)
        if sum(piece.shape[1] for piece in self._held) > _TOGETHER * _STEP_SAMPLES:
            self._measure_held()

    def _measure_held(self) -> None:
        samples = np.concatenate(self._held, axis=1)
        self._steps.append(_power(samples))
        self._held = [samples[:, len(self._steps[-1]) * _STEP_SAMPLES :]]

    def read(self) -> dict[str, float]:
        """Returns what `loudness` gives for all samples so far."""
        self._measure_held()
        steps = np.concatenate(self._steps)
        missing = max(self._samples // _STEP_SAMPLES, _BLOCK_STEPS) - len(steps)
        if missing > 0:
            (rest,) = self._held
            silence = missing * _STEP_SAMPLES + _OVERLAP - rest.shape[1]
            steps = np.concatenate([steps, _power(np.pad(rest, ((0, 0), (0, silence))))])
        blocks = _gate(_sliding_mean(steps, _BLOCK_STEPS), _BLOCK_GATE_LU)
        short_term = _gate(_sliding_mean(steps, _SHORT_TERM_STEPS), _RANGE_GATE_LU)
        integrated = _lufs(blocks.mean(keepdims=True))[0] if len(blocks) else QUIETEST_LUFS
        spread = np.percentile(_lufs(short_term), _PERCENTILES) if len(short_term) else [np.nan] * 2
        return {
            "loudness_lufs": float(integrated),
            "loudness_range_lu": float(spread[1] - spread[0]),
        }


def k_gain(hz: Float[np.ndarray, " points"]) -> Float[np.ndarray, " points"]:
    """Computes the power gain of BS.1770's K-weighting: a shelf from 1.7 kHz, a 38 Hz high-pass."""
    delays = np.exp(-2j * np.pi * hz / SAMPLE_RATE)[:, None] ** np.arange(3)
    response = np.prod([(delays @ b[:3]) / (delays @ b[3:]) for b in _K_WEIGHTING], axis=0)
    return np.asarray(np.square(np.abs(response)))


def _shelf(hz: float, decibels: float, q: float) -> list[float]:
    """Designs BS.1770's high shelf as a biquad, by the bilinear transform at our sample rate."""
    k = np.tan(np.pi * hz / SAMPLE_RATE)
    top = 10 ** (decibels / 20)
    middle = top**0.4996667741545416
    zeros = [top + middle * k / q + k * k, 2 * (k * k - top), top - middle * k / q + k * k]
    poles = [1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k]
    return [coefficient / poles[0] for coefficient in zeros + poles]


def _high_pass(hz: float, q: float) -> list[float]:
    """Designs BS.1770's high-pass as a biquad, with its passband gain (numerator 1, -2, 1)."""
    k = np.tan(np.pi * hz / SAMPLE_RATE)
    poles = [1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k]
    gain = _PRINTED_GAIN / poles[0]
    return [gain, -2 * gain, gain] + [coefficient / poles[0] for coefficient in poles]


_PRINTED_GAIN = 1.0049949  # of the standard's high-pass at 48 kHz, for all it passes
# The analog filters whose transform at 48 kHz gives the coefficients printed in BS.1770.
_K_WEIGHTING = np.array(
    [
        _shelf(1681.974450955533, 3.999843853973347, 0.7071752369554196),
        _high_pass(38.13547087602444, 0.5003270373238773),
    ]
)


def _power(channels: Float32[np.ndarray, "channels samples"]) -> Float[np.ndarray, " steps"]:
    """Computes the K-weighted power of each step, summed over channels (Parseval's theorem)."""
    if channels.shape[1] < _N_FFT:
        return np.zeros(0)
    return np.sum([_channel_power(channel) for channel in channels], axis=0)


def _channel_power(samples: Float32[np.ndarray, " samples"]) -> Float[np.ndarray, " steps"]:
    frames = np.lib.stride_tricks.sliding_window_view(samples, _N_FFT)[::_STEP_SAMPLES]
    power = np.empty(len(frames))
    for start in range(0, len(frames), _TOGETHER):
        faded = frames[start : start + _TOGETHER] * _FADE
        parts = scipy.fft.rfft(faded, overwrite_x=True).view(np.float32)
        power[start : start + _TOGETHER] = np.square(parts, out=parts) @ _GAINS
    return power


_RISE = np.sin(np.pi * (np.arange(_OVERLAP) + 0.5) / (2 * _OVERLAP))
_FADE = np.concatenate([_RISE, np.ones(_N_FFT - 2 * _OVERLAP), _RISE[::-1]]).astype(np.float32)
# For the real and the imaginary part of each bin, which but for the outermost, which hardly count,
# stands for a negative frequency too.
_GAINS = np.repeat(
    2 * k_gain(np.fft.rfftfreq(_N_FFT, 1 / SAMPLE_RATE)) / (_N_FFT * _STEP_SAMPLES), 2
).astype(np.float32)


def _sliding_mean(power: Float[np.ndarray, " steps"], width: int) -> Float[np.ndarray, " windows"]:
    sums = np.concatenate([[0.0], np.cumsum(power)])
    means: np.ndarray = np.maximum(sums[width:] - sums[:-width], 0.0) / width
    return means


def _gate(power: Float[np.ndarray, " windows"], relative_lu: float) -> Float[np.ndarray, " passed"]:
    """Keeps what is above the absolute gate, and above the relative gate below the mean of that."""
    passed: np.ndarray = power[power > 10 ** ((QUIETEST_LUFS - _OFFSET) / 10)]
    if len(passed):
        passed = passed[passed > passed.mean() * 10 ** (relative_lu / 10)]
    return passed


def _lufs(power: Float[np.ndarray, " windows"]) -> Float[np.ndarray, " windows"]:
    return np.asarray(_OFFSET + 10 * np.log10(power))
