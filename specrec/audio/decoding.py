"""Decoding: libsndfile through soundfile, FFmpeg through PyAV, each the other's second try."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO, cast

import av
import numpy as np
import soundfile as sf

from specrec.audio.container import COMPLETE, container_of, is_cut_short, states_duration
from specrec.audio.waveform import Waveform
from specrec.errors import AudioError, Reason

_BLOCK_FRAMES = 1 << 18
_ENDED_EARLY = "ended early"
_PREROLL_SECONDS = 1.0  # lossy codecs need what lies before a cut to decode it rightly
_SEEKABLE_BY_FFMPEG = {"mp4", "matroska", "wv", "ape", "flac"}  # to the sample, after a pre-roll


class _DecoderError(Exception):
    """One decoder's failure, before the other was asked."""

    def __init__(self, detail: str, *, recognized: bool, decoded_seconds: float = 0.0) -> None:
        super().__init__(detail)
        self.recognized = recognized
        self.decoded_seconds = decoded_seconds
        self.broke = detail != _ENDED_EARLY


def decode(path: Path, start_seconds: float = 0.0, length_seconds: float | None = None) -> Waveform:
    """Decodes a file, or a part of it, to mono at its own sample rate.

    Channels are averaged. A part is reached by seeking, without decoding what lies before it,
    where the format allows.

    Args:
        path: Any file that libsndfile or FFmpeg reads.
        start_seconds: Where the part begins, 0 or more.
        length_seconds: Its length; None for all that follows. Less comes back at the file's end.

    Raises:
        AudioError: With the reason `missing`, `unreadable`, `not_a_file`, `empty`, `not_audio`,
            `corrupt` or `truncated`; `too_short` if the file ends before `start_seconds`.
    """
    with _open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            raise AudioError(path, Reason.EMPTY, "the file is empty")
        container = container_of(file.read(64))
        stated = states_duration(file, container)
        whole = start_seconds == 0.0 and length_seconds is None
        if whole and is_cut_short(file, container, size):
            raise AudioError(path, Reason.TRUNCATED, "the file ends before its header says")
        decoders = [_decode_soundfile, _decode_ffmpeg]
        if not stated:  # libsndfile 1.2.2 ends such an MP3 at a guessed length, often half of it
            decoders.reverse()
        complete = COMPLETE if whole and stated else 0.0
        failures = []
        for decoder in decoders:
            file.seek(0)
            try:
                waveform = decoder(file, start_seconds, length_seconds, complete)
            except _DecoderError as failure:
                failures.append(failure)
                continue
            if len(waveform.samples) == 0:
                raise AudioError(path, Reason.TOO_SHORT, f"no audio after {start_seconds:g} s")
            return waveform
        raise _diagnose(path, file, container, failures)


def _open_regular(path: Path) -> BinaryIO:
    """Opens a file, refusing pipes and devices, on which a read might wait forever."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise AudioError(path, Reason.NOT_A_FILE, "not a regular file")
        # Unbuffered: two libraries read from its descriptor.
        return cast(BinaryIO, path.open("rb", buffering=0))
    except FileNotFoundError as error:
        raise AudioError(path, Reason.MISSING, "no such file") from error
    except OSError as error:
        detail = (
            "the file name is too long" if error.errno == errno.ENAMETOOLONG else error.strerror
        )
        raise AudioError(path, Reason.UNREADABLE, f"can't be read: {detail}") from error


def _decode_soundfile(
    file: BinaryIO, start_seconds: float, length_seconds: float | None, complete: float
) -> Waveform:
    try:
        # By descriptor, so that a name that is not UTF-8 is no obstacle.
        sound = sf.SoundFile(file.fileno(), closefd=False)
    except (sf.LibsndfileError, RuntimeError) as error:
        raise _DecoderError(str(error), recognized=False) from error
    with sound:
        rate = sound.samplerate
        start = min(round(start_seconds * rate), sound.frames)
        left = sound.frames - start
        if length_seconds is not None:
            left = min(left, round(length_seconds * rate))
        blocks: list[np.ndarray] = []
        done = 0
        try:
            if start:
                sound.seek(start)
            while done < left:
                frames = min(_BLOCK_FRAMES, left - done)
                block = sound.read(frames, dtype="float32", always_2d=True)
                if len(block) == 0:
                    break
                blocks.append(block.mean(axis=1, dtype=np.float32))
                done += len(block)
        except (sf.LibsndfileError, RuntimeError) as error:
            raise _DecoderError(str(error), recognized=True, decoded_seconds=done / rate) from error
        if done < complete * left:
            raise _DecoderError(_ENDED_EARLY, recognized=True, decoded_seconds=done / rate)
        return Waveform(_join(blocks), rate)


def _decode_ffmpeg(
    file: BinaryIO, start_seconds: float, length_seconds: float | None, complete: float
) -> Waveform:
    done = 0.0
    recognized = False
    try:
        with av.open(file, "r", metadata_errors="ignore") as container:
            if not container.streams.audio:
                raise _DecoderError("there is no audio stream", recognized=False)
            recognized = True
            stream = container.streams.audio[0]
            rate = stream.rate
            seeks = start_seconds > _PREROLL_SECONDS and _seeks_exactly(container)
            if seeks:
                container.seek(int((start_seconds - _PREROLL_SECONDS) * av.time_base))
            to_mono = av.AudioResampler(format="fltp", rate=rate)
            blocks: list[np.ndarray] = []
            origin = float((stream.start_time or 0) * (stream.time_base or 0))
            skip: int | None = None  # samples between the first that comes and the part's begin
            left = None if length_seconds is None else round(length_seconds * rate)
            for frame in container.decode(stream):
                if skip is None:
                    landed = (frame.time or origin) - origin if seeks else 0.0
                    skip = max(0, round((start_seconds - landed) * rate))
                for planes in to_mono.resample(frame):
                    block = planes.to_ndarray().mean(axis=0, dtype=np.float32)
                    kept, skip = block[skip:], max(0, skip - len(block))
                    blocks.append(kept if left is None else kept[:left])
                    left = None if left is None else left - len(blocks[-1])
                    done += len(block) / rate
                if left == 0:
                    break
            stated = (container.duration or 0) / av.time_base
    except (av.FFmpegError, ValueError, OverflowError) as error:
        detail = getattr(error, "strerror", None) or str(error)
        raise _DecoderError(detail, recognized=recognized, decoded_seconds=done) from error
    if done == 0.0 or done < complete * stated:
        raise _DecoderError(_ENDED_EARLY, recognized=True, decoded_seconds=done)
    return Waveform(_join(blocks), rate)


def _seeks_exactly(container: av.container.InputContainer) -> bool:
    return bool(_SEEKABLE_BY_FFMPEG & set(container.format.name.split(",")))


def _join(blocks: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.float32)


def _diagnose(
    path: Path, file: BinaryIO, container: str | None, failures: list[_DecoderError]
) -> AudioError:
    """Says why both decoders failed: no audio at all, the end missing, or damage inside."""
    recognized = [failure for failure in failures if failure.recognized]
    if not recognized:
        if container is None:
            return AudioError(path, Reason.NOT_AUDIO, "neither libsndfile nor FFmpeg finds audio")
        return AudioError(
            path, Reason.CORRUPT, f"looks like {container}, but its header is damaged"
        )
    best = max(recognized, key=lambda failure: failure.decoded_seconds)
    stated, reached = _packet_extent(file)
    # MP3 packets carry no time, so that a gap inside also shortens their sum.
    broken_inside = container == "mp3" and any(failure.broke for failure in recognized)
    if 0 < reached < COMPLETE * stated and not broken_inside:
        detail = f"the file ends after {reached:.1f} of {stated:.1f} s"
        return AudioError(path, Reason.TRUNCATED, detail)
    return AudioError(
        path, Reason.CORRUPT, f"damaged: {best.decoded_seconds:.1f} s decoded, then: {best}"
    )


def _packet_extent(file: BinaryIO) -> tuple[float, float]:
    """Stated duration, and the end of the last packet that is there, in seconds."""
    reached = 0.0
    stated = 0.0
    file.seek(0)
    try:
        with av.open(file, "r", metadata_errors="ignore") as container:
            stated = (container.duration or 0) / av.time_base
            for packet in container.demux(audio=0):
                if packet.pts is not None:
                    reached = float((packet.pts + (packet.duration or 0)) * packet.time_base)
    except (av.FFmpegError, ValueError, OverflowError):
        pass  # what was reached before is the answer
    return stated, reached
