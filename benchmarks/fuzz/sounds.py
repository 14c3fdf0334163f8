"""Short sounds in every format that specrec takes."""

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
import soundfile as sf
import soxr

RATE = 44_100
_V4 = 4 * 118  # LAME's quality 4, as FFmpeg counts it
Encode = Callable[[np.ndarray], bytes]  # of (samples, channels) at RATE


@dataclass(frozen=True)
class Format:
    """A kind of file.

    Attributes:
        suffix: With which it is named.
        encode: Makes a file of a stereo sound.
        states_length: Whether a file says near its beginning how long it is, so that one that
            was cut short can be told from a whole one.
    """

    suffix: str
    encode: Encode
    states_length: bool = True


def make_sound(rng: np.random.Generator) -> np.ndarray:
    """Two to four seconds in stereo, no two alike: three tones, noise and a beat."""
    time = np.arange(round(rng.uniform(2, 4) * RATE)) / RATE
    tones = sum(np.sin(2 * np.pi * hz * time) for hz in rng.uniform(80, 3000, size=3))
    beat = np.exp(-8 * (time % rng.uniform(0.3, 0.7)))
    noise = rng.normal(size=(len(time), 2))
    sound = 0.1 * np.asarray(tones)[:, None] * beat[:, None] + 0.02 * noise
    return sound.astype(np.float32)


def by_soundfile(container: str, subtype: str, sound: np.ndarray) -> bytes:
    """A file as libsndfile writes it."""
    file = io.BytesIO()
    rate = 48_000 if subtype == "OPUS" else RATE
    sound = soxr.resample(sound, RATE, rate)
    sf.write(file, sound, rate, format=container, subtype=subtype)
    return file.getvalue()


def by_ffmpeg(
    container: str,
    codec: str,
    sound: np.ndarray,
    rate: int = RATE,
    layout: str = "stereo",
    quality: int | None = None,
    tags: bool = True,
    **options: str,
) -> bytes:
    """A file as FFmpeg writes it, at 128 kbit/s or a quality; `options` are its container's."""
    with TemporaryDirectory() as folder:  # some containers are written in two passes
        path = Path(folder) / "file"
        with av.open(path, "w", format=container, container_options=options) as target:
            if tags:
                target.metadata.update(title="A title", artist="An artist", date="1999")
            stream = target.add_stream(codec, rate=rate, layout=layout)
            if quality is None:
                stream.codec_context.bit_rate = 128_000
            else:
                stream.codec_context.qscale = True
                stream.codec_context.global_quality = quality
            if codec == "libmp3lame":
                stream.codec_context.options = {"compression_level": "9"}  # fast, not fine
            stream.codec_context.open()
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound.T), "fltp", "stereo")
            frame.sample_rate = RATE
            to_codec = av.AudioResampler(stream.format.name, layout, rate, stream.frame_size)
            for part in [*to_codec.resample(frame), *to_codec.resample(None), None]:
                # An empty packet ends FLAC, with what only its own container can take.
                for packet in stream.encode(part):
                    if packet.size or container == "flac":
                        target.mux(packet)
        return path.read_bytes()


def _mp3(sound: np.ndarray, tag: bool, xing: bool, quality: int | None = None) -> bytes:
    options = {"write_xing": str(int(xing)), "id3v2_version": "3" if tag else "0"}
    return by_ffmpeg("mp3", "libmp3lame", sound, quality=quality, tags=tag, **options)


def _dsf(sound: np.ndarray) -> bytes:
    """One bit a sample at 64 times 44.1 kHz, by a first-order modulator, in mono."""
    wanted = np.repeat(sound.mean(axis=1), 64)
    total = np.floor(np.cumsum((wanted + 1) / 2))
    bits = np.diff(total, prepend=0).astype(bool)
    data = np.packbits(bits, bitorder="little").tobytes()
    padded = data + b"\x69" * (-len(data) % 4096)
    form = struct.pack("<4sQIIIIIIQII", b"fmt ", 52, 1, 0, 1, 1, 64 * RATE, 1, len(bits), 4096, 0)
    body = form + struct.pack("<4sQ", b"data", 12 + len(padded)) + padded
    return struct.pack("<4sQQQ", b"DSD ", 28, 28 + len(body), 0) + body


FORMATS: dict[str, Format] = {
    "wav_16": Format(".wav", partial(by_soundfile, "WAV", "PCM_16")),
    "wav_24": Format(".wav", partial(by_soundfile, "WAVEX", "PCM_24")),
    "wav_float": Format(".wav", partial(by_soundfile, "WAV", "FLOAT")),
    "wav_adpcm": Format(".wav", partial(by_soundfile, "WAV", "MS_ADPCM")),
    "wav_ulaw": Format(".wav", partial(by_soundfile, "WAV", "ULAW")),
    "rf64": Format(".rf64", partial(by_soundfile, "RF64", "PCM_16")),
    "w64": Format(".w64", partial(by_soundfile, "W64", "PCM_16")),
    "aiff": Format(".aiff", partial(by_soundfile, "AIFF", "PCM_16")),
    "aifc": Format(".aifc", partial(by_soundfile, "AIFF", "FLOAT")),
    "au": Format(".au", partial(by_soundfile, "AU", "PCM_16")),
    "caf": Format(".caf", partial(by_soundfile, "CAF", "PCM_16")),
    "caf_alac": Format(".caf", partial(by_soundfile, "CAF", "ALAC_16")),
    "flac": Format(".flac", partial(by_soundfile, "FLAC", "PCM_16")),
    "flac_24": Format(".flac", partial(by_ffmpeg, "flac", "flac")),
    "vorbis": Format(".ogg", partial(by_soundfile, "OGG", "VORBIS")),
    "opus": Format(".opus", partial(by_soundfile, "OGG", "OPUS")),
    "opus_ffmpeg": Format(".opus", partial(by_ffmpeg, "ogg", "libopus", rate=48_000)),
    "ogg_flac": Format(".oga", partial(by_ffmpeg, "ogg", "flac")),
    "mp3_cbr": Format(".mp3", partial(_mp3, tag=True, xing=True)),
    "mp3_vbr": Format(".mp3", partial(_mp3, tag=True, xing=True, quality=_V4)),
    "mp3_bare": Format(".mp3", partial(_mp3, tag=False, xing=False), False),
    "mp3_vbr_bare": Format(".mp3", partial(_mp3, tag=False, xing=False, quality=_V4), False),
    "mp2": Format(".mp2", partial(by_ffmpeg, "mp2", "mp2"), False),
    "aac": Format(".aac", partial(by_ffmpeg, "adts", "aac"), False),
    "m4a": Format(".m4a", partial(by_ffmpeg, "ipod", "aac", movflags="faststart")),
    "m4a_end": Format(".m4a", partial(by_ffmpeg, "ipod", "aac"), False),
    "alac": Format(".m4a", partial(by_ffmpeg, "ipod", "alac", movflags="faststart")),
    "mp4_fragments": Format(
        ".mp4", partial(by_ffmpeg, "mp4", "aac", movflags="frag_keyframe+empty_moov"), False
    ),
    "wma1": Format(".wma", partial(by_ffmpeg, "asf", "wmav1")),
    "wma": Format(".wma", partial(by_ffmpeg, "asf", "wmav2")),
    "webm": Format(".webm", partial(by_ffmpeg, "webm", "libopus", rate=48_000)),
    "mka_flac": Format(".mka", partial(by_ffmpeg, "matroska", "flac")),
    "mka_aac": Format(".mka", partial(by_ffmpeg, "matroska", "aac")),
    "wavpack": Format(".wv", partial(by_ffmpeg, "wv", "wavpack")),
    "tta": Format(".tta", partial(by_ffmpeg, "tta", "tta")),
    "ac3": Format(".ac3", partial(by_ffmpeg, "ac3", "ac3", layout="5.1"), False),
    "eac3": Format(".eac3", partial(by_ffmpeg, "eac3", "eac3"), False),
    "dsf": Format(".dsf", _dsf),
    "voc": Format(".voc", partial(by_soundfile, "VOC", "PCM_16")),
    "sph": Format(".sph", partial(by_soundfile, "NIST", "PCM_16")),
}
if "libopencore_amrnb" in av.codecs_available:  # PyAV 19 has it no more
    FORMATS["amr"] = Format(
        ".amr", partial(by_ffmpeg, "amr", "libopencore_amrnb", rate=8_000, layout="mono"), False
    )
