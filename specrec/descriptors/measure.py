"""All descriptors of a waveform: what `features.MEASURED` names."""

import numpy as np

from specrec.audio.waveform import Waveform
from specrec.descriptors import echonest
from specrec.descriptors.features import MEASURED
from specrec.descriptors.loudness import loudness
from specrec.descriptors.rhythm import rhythm
from specrec.descriptors.spectrum import (
    SAMPLE_RATE,
    mel_power,
    percussive_share,
    power_spectrogram,
    spectral_shape,
    trim,
)
from specrec.descriptors.tonality import tonality

NAMES = (
    *(feature.name for feature in MEASURED), "tempo_confidence", "energy", "acousticness",
)  # fmt: skip
"""What `measure` returns."""

VERSION = 1
"""To be raised when a track is measured otherwise: libraries then measure it again."""

SHORTEST_SECONDS = 1.0
EXCERPT_SECONDS = 120.0
"""Of a longer track, its middle is measured; its loudness, on the whole."""


def measure(waveform: Waveform) -> dict[str, float]:
    """Measures a track.

    All but the loudness, its range and the energy is free of the level.

    Args:
        waveform: At `SAMPLE_RATE`, 1 s or longer.

    Returns:
        By name, in their units: what `features.MEASURED` names, `tempo_confidence` from 0 to 1,
        and Echo-Nest-like `energy` and `acousticness`. NaN where a name makes no sense: the
        tempo of a steady tone, the key of noise, all but the loudness of silence.

    Raises:
        ValueError: If the sample rate is another or the waveform too short.
    """
    if waveform.sample_rate != SAMPLE_RATE:
        raise ValueError(f"sample_rate must be {SAMPLE_RATE}, not {waveform.sample_rate}")
    if waveform.seconds < SHORTEST_SECONDS:
        raise ValueError(f"{waveform.seconds:.2f} s are too short; {SHORTEST_SECONDS:g} s at least")
    measured = loudness(waveform.samples)
    heard = _middle(trim(waveform.samples))
    if len(heard) == 0:
        return dict.fromkeys(NAMES, np.nan) | measured
    heard = heard - heard.mean()
    power = power_spectrogram(heard)
    mel = mel_power(power)
    measured |= rhythm(mel) | spectral_shape(power) | tonality(heard) | echonest.predict(power)
    measured["percussive_share"] = percussive_share(mel)
    return measured


def _middle(samples: np.ndarray) -> np.ndarray:
    spare = len(samples) - round(EXCERPT_SECONDS * SAMPLE_RATE)
    return samples if spare <= 0 else samples[spare // 2 : len(samples) - (spare - spare // 2)]
