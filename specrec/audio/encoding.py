"""Encodes waveforms, and re-encodes files, to the bytes of a file."""

import io
from itertools import chain
from pathlib import Path
from typing import cast

import av
import numpy as np
import soundfile as sf

from specrec.audio.ffmpeg import FFMPEG_ERRORS, open_container, sound_of
from specrec.audio.waveform import Waveform
from specrec.errors import AudioError, SkipReason

_LEAST_MP3, _MOST_MP3 = 8_000, 160_000  # bits per second of MPEG 2, layer III


def encode_wav(waveform: Waveform) -> bytes:
    """Encodes a WAV file of 32-bit floats, without rounding or clipping."""
    file = io.BytesIO()
    sf.write(file, waveform.samples, waveform.sample_rate, format="WAV", subtype="FLOAT")
    return file.getvalue()


def transcode(path: Path, container: str, codec: str, bits_per_second: int) -> bytes:
    """Re-encodes the default audio stream of a file; a mono stream to mono, others to stereo.

    Args:
        path: A file that FFmpeg reads.
        container: FFmpeg's name for the container, such as `mp3` or `ogg`.
        codec: FFmpeg's name for the encoder, such as `libmp3lame` or `libopus`. The sample rate
            stays if the encoder allows it, else it becomes 48 kHz.
        bits_per_second: Bit rate of the whole stream.

    Raises:
        AudioError: With the reason `corrupt` if FFmpeg can't read the file.
    """
    file = io.BytesIO()
    try:
        with (
            path.open("rb") as raw,
            open_container(raw) as source,
            av.open(file, "w", format=container) as target,
        ):
            sound = sound_of(source)
            if sound is None:
                raise AudioError(path, SkipReason.CORRUPT, "it has no audio that FFmpeg can decode")
            rates = av.Codec(codec, "w").audio_rates or [sound.rate]
            rate = sound.rate if sound.rate in rates else 48_000
            layout = "mono" if sound.channels == 1 else "stereo"
            stream = cast(av.AudioStream, target.add_stream(codec, rate=rate, layout=layout))
            encoder = stream.codec_context
            encoder.bit_rate = bits_per_second
            encoder.open()  # for its frame size
            resampler = av.AudioResampler(encoder.format, layout, rate, encoder.frame_size)
            for frame in chain(source.decode(sound), [None]):
                for part in resampler.resample(frame):
                    target.mux(stream.encode(part))
            target.mux(stream.encode(None))
    except FFMPEG_ERRORS as error:
        raise AudioError(path, SkipReason.CORRUPT, f"FFmpeg can't re-encode it: {error}") from error
    return file.getvalue()


def encode_mp3(waveform: Waveform, bits_per_second: int) -> bytes:
    """Encodes a mono MP3 file with a constant bit rate, at a level that does not clip.

    Args:
        waveform: Audio at 16,000, 22,050 or 24,000 Hz.
        bits_per_second: Bit rate from 8,000 to 160,000.

    Raises:
        ValueError: If sample rate or bit rate is another.
    """
    if waveform.sample_rate not in (16_000, 22_050, 24_000):
        raise ValueError(f"sample_rate must be 16000, 22050 or 24000, not {waveform.sample_rate}")
    if not _LEAST_MP3 <= bits_per_second <= _MOST_MP3:
        raise ValueError(f"bits_per_second must be 8000 to 160000, not {bits_per_second}")
    peak = max(1.0, float(np.abs(waveform.samples).max(initial=0.0)))
    file = io.BytesIO()
    sf.write(
        file,
        waveform.samples / peak,
        waveform.sample_rate,
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode="CONSTANT",
        compression_level=(_MOST_MP3 - bits_per_second) / (_MOST_MP3 - _LEAST_MP3),
    )
    return file.getvalue()
