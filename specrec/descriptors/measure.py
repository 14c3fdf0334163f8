"""Measures all features of a waveform that `features.MEASURED` names."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from specrec.audio.decoders import Stream
from specrec.audio.decoding import decode_with
from specrec.audio.loading import load
from specrec.audio.streaming import HEAD_SECONDS, Resampled
from specrec.audio.waveform import Waveform
from specrec.descriptors import echonest
from specrec.descriptors.features import MEASURED
from specrec.descriptors.loudness import LoudnessMeter
from specrec.descriptors.rhythm import rhythm
from specrec.descriptors.spectrum import (
    SAMPLE_RATE,
    Ends,
    mel_and_sparse_power,
    percussive_share,
    spectral_shape,
)
from specrec.descriptors.tonality import tonality
from specrec.shapes import Float32

NAMES = (
    *(feature.name for feature in MEASURED), "tempo_confidence", "energy", "acousticness",
)  # fmt: skip
"""Names of the features that `measure` returns."""

VERSION = 3
"""To be raised when measurements change: libraries then measure their tracks again."""

SHORTEST_SECONDS = 1.0
EXCERPT_SECONDS = 120.0
"""Length of the middle part on which longer tracks are measured, except for their loudness."""


def measure(waveform: Waveform) -> dict[str, float]:
    """Measures a track.

    Only loudness, its range and energy depend on the level. The loudness of a file is that of all
    its channels, which `measure_file` measures; here it is that of one channel.

    >>> seconds = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    >>> tone = np.sin(2 * np.pi * 1000 * seconds).astype(np.float32)
    >>> round(measure(Waveform(tone, SAMPLE_RATE))["centroid_hz"], -2)
    1000.0

    Args:
        waveform: The audio at `SAMPLE_RATE`, at least 1 s long.

    Returns:
        The features of `features.MEASURED` by name and in their units, `tempo_confidence` from 0
        to 1, and Echo-Nest-like `energy` and `acousticness`. NaN where a feature is undefined: the
        tempo of a steady tone, the key of noise, everything but the loudness of silence.

    Raises:
        ValueError: If the sample rate is another or the waveform too short.
    """
    if waveform.sample_rate != SAMPLE_RATE:
        raise ValueError(f"sample_rate must be {SAMPLE_RATE}, not {waveform.sample_rate}")
    if waveform.seconds < SHORTEST_SECONDS:
        raise ValueError(f"{waveform.seconds:.2f} s are too short; {SHORTEST_SECONDS:g} s at least")
    meter = TrackMeter()
    meter.add(waveform.samples, waveform.samples[None])
    return meter.measure(waveform.samples[slice(*meter.excerpt())])


def measure_file(path: Path) -> dict[str, float]:
    """Measures a file as `measure` does, in memory that does not grow with its length.

    A track of up to ten minutes is decoded once. For a longer one, the position of the middle part
    is known only at the end, so that this part is read again.

    Args:
        path: Any file that libsndfile or FFmpeg reads.

    Raises:
        AudioError: If the file can't be used, as `specrec.audio.loading.load` says.
    """
    return next(decode_with(path, partial(_measure_stream, path)))


def _measure_stream(path: Path, stream: Stream) -> Iterator[dict[str, float]]:
    meter = TrackMeter()
    sound = Resampled(stream, SAMPLE_RATE, meter)
    for _ in sound:
        pass
    sound.content.check(path, sound.samples / SAMPLE_RATE)
    yield meter.finish(path)


class TrackMeter:
    """Measures a track whose samples come block by block, in bounded memory.

    It can listen while the same blocks are embedded.

    Attributes:
        sample_rate: Samples per second of the blocks.
    """

    sample_rate: int = SAMPLE_RATE

    def __init__(self) -> None:
        self._loudness, self._ends = LoudnessMeter(), Ends()
        self._samples = 0
        self._held: list[np.ndarray] | None = []

    def add(
        self,
        samples: Float32[np.ndarray, " samples"],
        channels: Float32[np.ndarray, "channels samples"],
    ) -> None:
        """Takes the next samples, as a `Listener` does."""
        self._loudness.add(channels)
        self._ends.add(samples)
        self._samples += len(samples)
        if self._samples > HEAD_SECONDS * SAMPLE_RATE:
            self._held = None
        if self._held is not None:
            self._held.append(samples)

    def finish(self, path: Path) -> dict[str, float]:
        """Measures the track after its last block; of a long one, a part is read again.

        Raises:
            AudioError: If that part can't be read.
        """
        start, stop = self.excerpt()
        if self._held is not None:
            return self.measure(np.concatenate(self._held)[start:stop])
        seconds = (stop - start) / SAMPLE_RATE
        return self.measure(load(path, SAMPLE_RATE, start / SAMPLE_RATE, seconds).samples)

    def excerpt(self) -> tuple[int, int]:
        """Start and end, in samples, of the part on which all but the loudness is measured."""
        start, stop = self._ends.read()
        spare = max(0, stop - start - round(EXCERPT_SECONDS * SAMPLE_RATE))
        return start + spare // 2, stop - (spare - spare // 2)

    def measure(self, samples: Float32[np.ndarray, " excerpt"]) -> dict[str, float]:
        """Measures the track, given the samples of its excerpt."""
        measured = self._loudness.read()
        if len(samples) == 0:
            return dict.fromkeys(NAMES, np.nan) | measured
        samples = samples - samples.mean()
        mel, power = mel_and_sparse_power(samples)
        measured |= (
            rhythm(mel) | spectral_shape(power) | tonality(samples) | echonest.predict(power)
        )
        measured["percussive_share"] = percussive_share(mel)
        return measured
