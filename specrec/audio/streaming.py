"""Cuts windows of files in blocks, so that memory does not grow with a file's length."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import soxr

from specrec.audio.channels import mix
from specrec.audio.decoders import Stream
from specrec.audio.decoding import decode, decode_with
from specrec.audio.loading import QUALITY, Content, resample
from specrec.audio.windows import window_starts
from specrec.errors import AudioError, SkipReason
from specrec.shapes import Float32

_BLOCK_SECONDS = 120.0
_MARGIN_SECONDS = 0.01  # read after a window that is sought, for what resampling rounds off
_ATTEMPTS = 3

HEAD_SECONDS = 600.0
"""Tracks up to this length are held as a whole, since their windows depend on the end."""


@dataclass(frozen=True, eq=False)
class WindowBlock:
    """Consecutive windows of a track.

    Attributes:
        first: Number of the first window. 0 starts the track again, and blocks before are void.
        windows: Samples of the windows, float32.
        seconds: Duration of the track in its last block; None in the others.
    """

    first: int
    windows: Float32[np.ndarray, "windows samples"]
    seconds: float | None


@dataclass(frozen=True)
class WindowPlan:
    """The windows to cut from a track.

    Attributes:
        sample_rate: Samples per second.
        window_seconds: Length of a window.
        windows_per_track: Most windows per track, spread over it; None to cover it.
    """

    sample_rate: int
    window_seconds: float
    windows_per_track: int | None = None

    @property
    def window_samples(self) -> int:
        """Length of a window in samples."""
        return round(self.window_seconds * self.sample_rate)

    def resampled(self, samples: int, sample_rate: int) -> int:
        """Computes the number of samples after resampling, as soxr rounds it."""
        return (2 * samples * self.sample_rate + sample_rate) // (2 * sample_rate)


@runtime_checkable
class Listener(Protocol):
    """Receives a track's samples while its windows are cut, so that it is decoded only once.

    Attributes:
        sample_rate: Samples per second that it needs.
    """

    sample_rate: int

    def add(
        self,
        samples: Float32[np.ndarray, " samples"],
        channels: Float32[np.ndarray, "channels samples"],
    ) -> None:
        """Takes the next samples: their mix, and signals whose powers add to the channels' power.

        Each channel's power counts by its weight.
        """


class _OtherLengthError(Exception):
    """A track is not as long as its header states, so that its windows were misplaced."""

    def __init__(self, samples: int) -> None:
        super().__init__(samples)
        self.samples = samples


def window_blocks(
    path: Path, plan: WindowPlan, listen: Callable[[], Listener] | None = None
) -> Iterator[WindowBlock]:
    """Reads a file's windows, those of `cut_windows`, block by block.

    If few windows are needed and there is no listener, they are read by seeking if the format
    allows that.

    Args:
        path: Any file that libsndfile or FFmpeg reads.
        plan: The windows to cut.
        listen: Makes a listener for the whole track; None for none. When decoding starts again, a
            new one is made, and the one before is void.

    Yields:
        Blocks of up to two minutes.

    Raises:
        AudioError: As `specrec.audio.loading.load`, but possibly after some blocks.
    """
    if plan.windows_per_track is not None and listen is None:
        sought = _seek_windows(path, plan)
        if sought is not None:
            yield sought
            return
    samples = None
    for _ in range(_ATTEMPTS):
        try:
            yield from decode_with(path, partial(_cut_stream, path, plan, samples, listen))
            return
        except _OtherLengthError as error:
            samples = error.samples
    raise AudioError(path, SkipReason.UNREADABLE, "its length differs each time it is read")


def sample_blocks(
    path: Path, sample_rate: int
) -> Iterator[tuple[int, Float32[np.ndarray, " samples"]]]:
    """Reads the samples of a whole file, those of `load`, block by block.

    Yields:
        The number of a block's first sample, and the block, of about a second. 0 begins the track
        anew, whatever came before.

    Raises:
        AudioError: As `load` does, but possibly after some blocks.
    """
    yield from decode_with(path, partial(_resample_stream, path, sample_rate))


def _resample_stream(
    path: Path, sample_rate: int, stream: Stream
) -> Iterator[tuple[int, Float32[np.ndarray, " samples"]]]:
    sound = Resampled(stream, sample_rate)
    for block in sound:
        yield sound.samples - len(block), block
    sound.content.check(path, sound.samples / sample_rate)


def _cut_stream(
    path: Path,
    plan: WindowPlan,
    samples: int | None,
    listen: Callable[[], Listener] | None,
    stream: Stream,
) -> Iterator[WindowBlock]:
    """Cuts a whole stream into windows; its number of samples may be known in advance."""
    sound = Resampled(stream, plan.sample_rate, None if listen is None else listen())
    blocks = iter(sound)
    head = _take(blocks, round(HEAD_SECONDS * plan.sample_rate))
    if sound.ended:
        samples = sound.samples
        sound.content.check(path, samples / plan.sample_rate)
    elif samples is None:
        if stream.stated_samples is None:
            samples = len(head) + sum(map(len, blocks))
            raise _OtherLengthError(samples)
        samples = plan.resampled(stream.stated_samples, stream.sample_rate)
    length = min(plan.window_samples, samples)
    starts = window_starts(samples, length, plan.windows_per_track)
    per_block = max(1, round(_BLOCK_SECONDS / plan.window_seconds))
    first, last = 0, None
    for windows in cut_blocks(chain([head], blocks), starts.tolist(), length, per_block):
        if last is not None:
            yield last
        last = WindowBlock(first, windows, None)
        first += len(windows)
    if sound.samples != samples or last is None:
        raise _OtherLengthError(sound.samples)
    sound.content.check(path, samples / plan.sample_rate)
    yield replace(last, seconds=samples / plan.sample_rate)


class Resampled:
    """A stream resampled block by block, which it passes to a listener too.

    Attributes:
        samples: Number of samples so far.
        ended: Whether the stream has ended.
        content: Collects what `check` needs.
    """

    def __init__(self, stream: Stream, sample_rate: int, listener: Listener | None = None) -> None:
        self._stream, self._sample_rate, self._listener = stream, sample_rate, listener
        self.samples, self.ended = 0, False
        self.content = Content()

    def __iter__(self) -> Iterator[np.ndarray]:
        stream, wanted = self._stream, self._sample_rate
        to_rate = _resampler(stream.sample_rate, wanted)
        feed = None if self._listener is None else _feed(self._listener, stream, wanted)
        silence = np.zeros((len(stream.weights), 0), np.float32)
        ends = chain(((block, False) for block in stream.blocks), [(silence, True)])
        for channels, last in ends:
            mono = mix(channels)
            self.content.add(mono)
            block = to_rate(mono, last)
            if feed is not None:
                feed(channels, mono, block, last)
            self.samples += len(block)
            yield block
        self.ended = True


def _feed(
    listener: Listener, stream: Stream, window_rate: int
) -> Callable[[np.ndarray, np.ndarray, np.ndarray, bool], None]:
    """Makes a function that passes each block to a listener at the listener's rate."""
    rate, wanted = stream.sample_rate, listener.sample_rate
    mix_to_rate = None if wanted == window_rate else _resampler(rate, wanted)
    roots = np.sqrt(np.array(stream.weights, dtype=np.float32))
    counted = np.flatnonzero(roots)
    is_stereo = stream.weights == (1.0, 1.0)
    to_rate = _resampler(rate, wanted, 1 if is_stereo else len(counted))

    def feed(channels: np.ndarray, mono: np.ndarray, resampled: np.ndarray, last: bool) -> None:
        mixed = resampled if mix_to_rate is None else mix_to_rate(mono, last)
        if stream.weights == (1.0,):
            listener.add(mixed, mixed[None])
        elif is_stereo:
            # Half the sum and half the difference have half the power of left and right, and the
            # sum is resampled already. Where they cancel and the mix is the left one alone, the
            # right one is as loud to 0.3 dB.
            side = to_rate(channels[0] - mono, last)
            listener.add(mixed, np.sqrt(np.float32(2)) * np.stack([mixed, side]))
        else:
            weighted = np.multiply(channels.T[:, counted], roots[counted], order="C")
            listener.add(mixed, to_rate(weighted, last).T)

    return feed


def _resampler(
    rate: int, wanted: int, channels: int = 1
) -> Callable[[np.ndarray, bool], np.ndarray]:
    """Makes a function that resamples a block, given also whether it is the last."""
    if rate == wanted:
        return lambda block, last: block
    stream = soxr.ResampleStream(rate, wanted, channels, "float32", QUALITY)
    return lambda block, last: stream.resample_chunk(block, last=last)


def _take(blocks: Iterator[np.ndarray], samples: int) -> np.ndarray:
    """Joins the next blocks until they hold more than `samples`, or all blocks."""
    taken = [np.zeros(0, dtype=np.float32)]
    for block in blocks:
        taken.append(block)
        samples -= len(block)
        if samples < 0:
            break
    return np.concatenate(taken)


def cut_blocks(
    blocks: Iterable[np.ndarray], starts: list[int], length: int, per_block: int
) -> Iterator[Float32[np.ndarray, "windows samples"]]:
    """Cuts windows from a signal that comes in blocks, and reads it to the end.

    Args:
        blocks: Consecutive samples, each of shape (samples,).
        starts: First samples of the windows, ascending.
        length: Length of a window in samples.
        per_block: Number of windows in each yielded array except the last.
    """
    held, offset = np.zeros(0, dtype=np.float32), 0
    rows: list[np.ndarray] = []
    done = 0
    for block in blocks:
        held = np.concatenate([held, block]) if len(held) else block
        while done < len(starts) and starts[done] + length <= offset + len(held):
            start = starts[done] - offset
            rows.append(held[start : start + length])
            done += 1
            if len(rows) == per_block:
                yield np.stack(rows)
                rows = []
        passed = (starts[done] if done < len(starts) else offset + len(held)) - offset
        held, offset = held[passed:], offset + min(passed, len(held))
    if rows:
        yield np.stack(rows)


def _seek_windows(path: Path, plan: WindowPlan) -> WindowBlock | None:
    """Reads windows by seeking; None if that saves nothing, or is impossible."""
    ((stated, rate, seeks),) = decode_with(
        path, lambda stream: iter([(stream.stated_samples, stream.sample_rate, stream.seeks)])
    )
    if stated is None or not seeks:
        return None
    samples = plan.resampled(stated, rate)
    starts = window_starts(samples, plan.window_samples, plan.windows_per_track)
    if len(starts) == len(window_starts(samples, plan.window_samples)):
        return None
    content, rows = Content(), []
    for start in starts:
        begin = float(start) / plan.sample_rate
        try:
            part = decode(path, begin, plan.window_seconds + _MARGIN_SECONDS)
        except AudioError:  # decoding the whole says what is wrong, or that the header is
            return None
        content.add(part.samples)
        row = resample(part, plan.sample_rate).samples[: plan.window_samples]
        if len(row) < plan.window_samples:
            return None
        rows.append(row)
    content.check(path, samples / plan.sample_rate)
    return WindowBlock(0, np.stack(rows), samples / plan.sample_rate)
