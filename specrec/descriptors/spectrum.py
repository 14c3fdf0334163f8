"""The power spectrogram, and what its shape says: brightness, noise, bass, percussion."""

import librosa
import numpy as np
from jaxtyping import Float, Float32
from scipy.ndimage import median_filter

SAMPLE_RATE = 22_050
"""Samples a second of all that is measured."""

N_FFT = 2048
HOP_LENGTH = 512
FRAMES_PER_SECOND = SAMPLE_RATE / HOP_LENGTH

LOWEST_HZ = 20.0  # below it lie DC and rumble
HIGHEST_HZ = 10_000.0
"""Nothing is measured above: encoders and resamplers cut there as they please."""

_SILENCE = 1e-6  # -60 dB under the loudest frame
_ROLLOFF = 0.85
_BASS_HZ = 150.0
_FLATNESS_FLOOR = 1e-6  # -60 dB under the mean power of a bin
_N_MELS = 128
_MEL_LOWEST_HZ = 30.0
_MEDIAN_FRAMES = 15  # of every second frame, as many seconds as librosa's 31 of all
_MEDIAN_BANDS = 7  # librosa's 31 bins of 1025 are no wider around 1 kHz


class Ends:
    """Where the silence before a track ends, and where that after it begins.

    Silent are hops 60 dB under the loudest. The samples may come block by block.
    """

    def __init__(self) -> None:
        self._samples = 0
        self._rest = np.zeros(0, dtype=np.float32)
        self._power = [np.zeros(0, dtype=np.float32)]

    def add(self, samples: Float32[np.ndarray, " samples"]) -> None:
        """Hears the next samples."""
        self._samples += len(samples)
        heard = np.concatenate([self._rest, samples])
        hops = len(heard) // HOP_LENGTH
        self._power.append(heard[: hops * HOP_LENGTH].reshape(hops, HOP_LENGTH).var(axis=1))
        self._rest = heard[hops * HOP_LENGTH :]

    def read(self) -> tuple[int, int]:
        """The first sample between them, and the first after it that isn't.

        The first hop heard goes too: half silent, it would make the entry the greatest onset of
        all. Nothing is left of what is all zero; of less than 1 s, too few frames, all is left.
        """
        power = np.concatenate(self._power)
        heard = np.flatnonzero(power > _SILENCE * power.max(initial=0.0))
        if len(heard) == 0:
            return 0, 0
        start, stop = int(heard[0] + 1) * HOP_LENGTH, int(heard[-1] + 1) * HOP_LENGTH
        return (start, stop) if stop - start >= SAMPLE_RATE else (0, self._samples)


def power_spectrogram(
    samples: Float32[np.ndarray, " samples"],
    n_fft: int = N_FFT,
    hop_length: int = HOP_LENGTH,
) -> Float32[np.ndarray, "bins frames"]:
    """Power in frames under a Hann window, centered, with zeros beyond the ends."""
    transform = librosa.stft(samples, n_fft=n_fft, hop_length=hop_length)
    power: np.ndarray = np.square(transform.real) + np.square(transform.imag)
    return power


def mel_power(
    power: Float32[np.ndarray, "bins frames"],
) -> Float32[np.ndarray, "bands frames"]:
    """Power in 128 mel bands (Slaney's scale, triangles of equal height), 30 Hz to 10 kHz."""
    filters = librosa.filters.mel(
        sr=SAMPLE_RATE,
        n_fft=N_FFT,
        n_mels=_N_MELS,
        fmin=_MEL_LOWEST_HZ,
        fmax=HIGHEST_HZ,
        norm=None,
    )
    bands: np.ndarray = filters @ power
    return bands


def spectral_shape(power: Float32[np.ndarray, "bins frames"]) -> dict[str, float]:
    """Where the sound lies from 20 Hz to 10 kHz, of a power spectrogram by `power_spectrogram`.

    The first four are geometric means over frames that are not silent: on the scale on which
    they are compared, a lead-in of silence or a lossy encoder changes these least.

    Returns:
        `centroid_hz`, `bandwidth_hz`: mean and standard deviation of frequency, weighted by
        magnitude as in librosa. `rolloff_hz`: below it lie 85 % of the magnitude. `flatness`,
        0 to 1: geometric over arithmetic mean of power (MPEG-7); exp(-0.577) = 0.56 for white
        noise, near 0 for a tone. `bass_share`, 0 to 1: share of the whole power below 150 Hz.
    """
    every = librosa.fft_frequencies(sr=SAMPLE_RATE, n_fft=N_FFT)
    band = (every >= LOWEST_HZ) & (every <= HIGHEST_HZ)
    hz, power = every[band], power[band]
    level = power.sum(axis=0)
    power = power[:, level > _SILENCE * level.max(initial=0.0)]
    if power.shape[1] == 0:
        names = ("centroid_hz", "bandwidth_hz", "rolloff_hz", "flatness", "bass_share")
        return dict.fromkeys(names, np.nan)
    magnitude = np.sqrt(power)
    weights = magnitude / magnitude.sum(axis=0)
    centroid = hz @ weights
    spread = np.sqrt(np.maximum(hz**2 @ weights - centroid**2, 0.0))
    rolloff = hz[np.argmax(np.cumsum(weights, axis=0) >= _ROLLOFF, axis=0)]
    held = np.maximum(power, _FLATNESS_FLOOR * power.mean())
    flatness = np.exp(np.log(held).mean(axis=0)) / held.mean(axis=0)
    return {
        "centroid_hz": _geometric_mean(centroid),
        "bandwidth_hz": _geometric_mean(spread),
        "rolloff_hz": _geometric_mean(rolloff),
        "flatness": _geometric_mean(flatness),
        "bass_share": float(
            power[hz < _BASS_HZ].sum(dtype=np.float64) / power.sum(dtype=np.float64)
        ),
    }


def _geometric_mean(values: Float[np.ndarray, " frames"]) -> float:
    return float(np.exp(np.log(np.maximum(values, 1e-9)).mean(dtype=np.float64)))


def percussive_share(mel: Float32[np.ndarray, "bands frames"]) -> float:
    """Share of the power that is percussive, 0 to 1, by medians of a mel spectrogram.

    Along time a median keeps what lasts, along frequency what is broad, and their squares share
    each cell's power (Fitzgerald 2010, "Harmonic/percussive separation using median filtering";
    librosa's `decompose.hpss` at margin 1). On every second frame of 128 bands it takes a
    fiftieth of the time that librosa's takes on all bins, and orders synthesized music as well.
    """
    magnitude = np.sqrt(mel[:, ::2])
    lasting = np.square(median_filter(magnitude, (1, _MEDIAN_FRAMES)))
    broad = np.square(median_filter(magnitude, (_MEDIAN_BANDS, 1)))
    either = lasting + broad
    total = float(mel[:, ::2].sum(dtype=np.float64))
    if total == 0:
        return np.nan
    mask = np.divide(broad, either, out=np.full_like(either, 0.5), where=either > 0)
    return float((mask * mel[:, ::2]).sum(dtype=np.float64) / total)
