"""Visual cues of a mel spectrogram, as numbers.

All are of a picture as `descriptors.mel_db` makes it: dB relative to the track's loudest cell,
from -80 to 0, lowest band first. The settings are librosa's defaults (128 bands to 11,025 Hz),
those of the pictures about which such claims are made, rather than a model's front end, which
sees less treble and another picture.
"""

from pathlib import Path

import numpy as np
from scipy.fft import irfft, rfft

from specrec.descriptors.clip import load_clip
from specrec.descriptors.mel_db import FLOOR_DB, NOTEBOOK, mel_db
from specrec.shapes import Float

SECONDS = 60.0
"""Length of the part of a track that is studied, from its middle."""

LIT_DB = -40.0
"""Half way up the scale of colors: above it, a cell counts as lit."""

_SHORTEST_SECONDS, _LONGEST_SECONDS = 0.25, 4.0  # in which a pattern may come again
_STEADY_DB = 1.0  # root mean square of a picture's changes below which nothing happens in it

CUES = {
    "upper_level_db": ("level of the upper half", "dB"),
    "upper_density": ("density of the upper half", ""),
    "density": ("density", ""),
    "darkness": ("darkness", ""),
    "time_roughness_db": ("roughness over time", "dB"),
    "band_roughness_db": ("roughness over frequency", "dB"),
    "irregularity": ("irregularity", ""),
}
"""Words and unit of each cue."""


def cues_of_file(path: Path) -> dict[str, float]:
    """The cues of the middle minute of a file.

    Raises:
        AudioError: If it can't be used.
    """
    clip = load_clip(path, NOTEBOOK.front_end.sample_rate, SECONDS)
    front_end = NOTEBOOK.front_end
    return cues_of(mel_db(clip.waveform, NOTEBOOK), front_end.sample_rate / front_end.hop_length)


def cues_of(
    picture: Float[np.ndarray, "bands frames"], frames_per_second: float
) -> dict[str, float]:
    """The visual cues of a picture.

    Args:
        picture: Levels in dB relative to the maximum, from -80 to 0, lowest band first.
        frames_per_second: Frames of the picture per second.

    Returns:
        `upper_level_db`: mean over the upper half of the bands, -80 to 0.
        `upper_density`, `density`: share of the cells, of the upper half and of all, that are
        above -40 dB, 0 to 1.
        `darkness`: mean depth under the maximum over the depth of the scale, 0 (all at the
        maximum) to 1 (all at the floor).
        `time_roughness_db`, `band_roughness_db`: mean absolute difference of neighboring cells
        along time and along frequency, 0 to 80; pairs that both lie at the floor say nothing
        and are left out. NaN if all do.
        `irregularity`: how badly the picture repeats itself, 0 to 1; see `_irregularity`.
    """
    upper = picture[len(picture) // 2 :]
    return {
        "upper_level_db": float(upper.mean()),
        "upper_density": float((upper > LIT_DB).mean()),
        "density": float((picture > LIT_DB).mean()),
        "darkness": float(picture.mean() / FLOOR_DB),
        "time_roughness_db": _roughness(picture),
        "band_roughness_db": _roughness(picture.T),
        "irregularity": _irregularity(picture, frames_per_second),
    }


def _roughness(picture: Float[np.ndarray, "lines steps"]) -> float:
    seen = np.maximum(picture[:, 1:], picture[:, :-1]) > FLOOR_DB
    return float(np.abs(np.diff(picture, axis=1))[seen].mean()) if seen.any() else np.nan


def _irregularity(picture: Float[np.ndarray, "bands frames"], frames_per_second: float) -> float:
    """One minus the highest autocorrelation of the picture, moved by 0.25 to 4 s along time.

    Each band's mean is taken away first, so that steady sound is no repetition. 0 if the picture
    repeats, and if nothing changes in it (by less than 1 dB, root mean square); 1 if no moment
    resembles another. NaN if it is shorter than twice the longest move.
    """
    lags = np.arange(
        round(_SHORTEST_SECONDS * frames_per_second),
        round(_LONGEST_SECONDS * frames_per_second) + 1,
    )
    frames = picture.shape[1]
    if frames < 2 * lags[-1]:
        return np.nan
    changes = picture - picture.mean(axis=1, keepdims=True, dtype=np.float64)
    if np.sqrt(np.square(changes).mean()) < _STEADY_DB:
        return 0.0
    # Sums of products at all lags at once, by the transform (Wiener and Khinchin).
    power = np.square(np.abs(rfft(changes, 2 * frames, axis=1))).sum(axis=0)
    products = irfft(power)[lags]
    energy = np.concatenate([[0.0], np.square(changes).sum(axis=0).cumsum()])
    early, late = energy[frames - lags], energy[-1] - energy[lags]
    similar = (products / np.sqrt(early * late)).max()
    return float(np.clip(1 - similar, 0.0, 1.0))
