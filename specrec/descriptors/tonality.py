"""Key and mode, from the pitch classes that sound."""

import librosa
import numpy as np
from jaxtyping import Float, Float32

from specrec.descriptors.spectrum import SAMPLE_RATE, power_spectrogram

_N_FFT = 4096  # parts semitones from 200 Hz on
_HOP_LENGTH = 2048
_SILENCE = 1e-3  # -60 dB in magnitude
_LEAST_CLARITY = 0.4  # noise and clicks reach 0.35

# Share of each scale degree's pitch class, from the tonic up by semitones, in pieces in major and
# in minor. Albrecht and Shanahan 2013, "The use of large corpora to train a new type of
# key-finding algorithm", Music Perception 31, table 1.
_MAJOR = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
_MINOR = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)


def tonality(samples: Float32[np.ndarray, " samples"]) -> dict[str, float]:
    """Key and mode of mono audio at `SAMPLE_RATE`.

    The pitch classes' shares are correlated with the profile of each key (Krumhansl 1990,
    "Cognitive foundations of musical pitch", chapter 4). Relative keys (C major, A minor) and
    keys a fifth apart are the usual mistakes. On synthesized music these profiles found more
    keys than Krumhansl's and Temperley's, however the magnitudes were compressed.

    Returns:
        `key`: pitch class of the best key's tonic, 0 (C) to 11 (B). `majorness`, -1 to 1: the
        correlation with the best major key less that with the best minor one. `tonal_clarity`,
        0 to 1: the correlation with the best key. Where that is under 0.4, the others are NaN.
    """
    shares = pitch_classes(samples)
    if np.ptp(shares) == 0:
        return {"key": np.nan, "majorness": np.nan, "tonal_clarity": 0.0}
    major, minor = _correlations(shares, _MAJOR), _correlations(shares, _MINOR)
    best = major if major.max() >= minor.max() else minor
    clarity = max(0.0, float(best.max()))
    if clarity < _LEAST_CLARITY:
        return {"key": np.nan, "majorness": np.nan, "tonal_clarity": clarity}
    return {
        "key": float(np.argmax(best)),
        "majorness": float(major.max() - minor.max()),
        "tonal_clarity": clarity,
    }


def pitch_classes(samples: Float32[np.ndarray, " samples"]) -> Float[np.ndarray, " 12"]:
    """Mean magnitude in each pitch class, each frame that sounds counting alike.

    Magnitudes fall to pitch classes by librosa's chroma filters (Ellis 2007, "Chroma feature
    analysis and synthesis"), which weight the octaves around 440 Hz most, after its estimate of
    how far the tuning is from 440 Hz.
    """
    magnitude = np.sqrt(power_spectrogram(samples, _N_FFT, _HOP_LENGTH))
    if not magnitude.any():
        return np.zeros(12)
    tuning = librosa.estimate_tuning(S=magnitude, sr=SAMPLE_RATE, n_fft=_N_FFT)
    filters = librosa.filters.chroma(sr=SAMPLE_RATE, n_fft=_N_FFT, tuning=tuning)
    chroma = filters @ magnitude
    level = np.linalg.norm(chroma, axis=0)
    sounding = level > _SILENCE * level.max(initial=0.0)
    shares: np.ndarray = (chroma[:, sounding] / level[sounding]).mean(axis=1)
    return shares.astype(np.float64)


def _correlations(
    shares: Float[np.ndarray, " 12"], profile: tuple[float, ...]
) -> Float[np.ndarray, " 12"]:
    """Pearson's correlation with the profile on each tonic."""
    profiles = [np.roll(profile, tonic) for tonic in range(12)]
    return np.corrcoef(shares, profiles)[0, 1:]
