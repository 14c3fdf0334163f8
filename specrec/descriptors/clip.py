"""Loads the middle of a track by seeking."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from specrec.audio.decoding import decode
from specrec.audio.loading import check, load, resample
from specrec.audio.waveform import Waveform
from specrec.catalog.tags import read_tags
from specrec.errors import AudioError

_SLACK_SECONDS = 0.5  # by which a stated duration may be wrong


@dataclass(frozen=True, eq=False)
class Clip:
    """A part of a track.

    Attributes:
        waveform: The audio of the part, mono.
        start_seconds: Start of the part in the track, in seconds.
    """

    waveform: Waveform
    start_seconds: float


def load_clip(path: Path, sample_rate: int, seconds: float | None = None) -> Clip:
    """Loads the middle of a track; if that is silent, the loudest part.

    Only the part is decoded if the file states its duration and holds as much; else the whole track
    is decoded and checked.

    Args:
        path: Any file that libsndfile or FFmpeg reads.
        sample_rate: Samples per second of the result.
        seconds: Length of the part; None, or a shorter track, gives the whole track.

    Raises:
        AudioError: If the file can't be used, as `specrec.audio.loading.load` says.
    """
    stated = None if seconds is None else read_tags(path).duration_seconds
    if seconds is not None and stated is not None and stated > seconds + _SLACK_SECONDS:
        start = (stated - seconds) / 2
        try:
            part = decode(path, start, seconds)
            if part.seconds > seconds - _SLACK_SECONDS:
                check(path, part)
                return Clip(resample(part, sample_rate), start)
        except AudioError:
            pass  # the whole file says what is wrong
    whole = load(path, sample_rate)
    if seconds is None or whole.seconds <= seconds + _SLACK_SECONDS:
        return Clip(whole, 0.0)
    count = round(seconds * sample_rate)
    start = (len(whole.samples) - count) // 2
    part = Waveform(whole.samples[start : start + count], sample_rate)
    try:
        check(path, part)
    except AudioError:
        start = _loudest(whole, count)
        part = Waveform(whole.samples[start : start + count], sample_rate)
    return Clip(part, start / sample_rate)


def _loudest(waveform: Waveform, count: int) -> int:
    """Finds the first of the `count` consecutive samples with the most power."""
    power = np.cumsum(np.square(waveform.samples, dtype=np.float64))
    return int((power[count:] - power[:-count]).argmax())
