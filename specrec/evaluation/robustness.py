"""Does a track stay itself when its file is made anew, louder, later or at another rate?"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from specrec.audio.decoding import decode
from specrec.audio.encoding import encode_wav, transcode
from specrec.audio.loading import load, resample
from specrec.audio.waveform import Waveform
from specrec.errors import AudioError
from specrec.evaluation.stability import Stability, compare
from specrec.model.embedding import embed_waveform
from specrec.model.encoder import Encoder
from specrec.progress import Progress
from specrec.shapes import Float32


def _gain(_: Path, original: Waveform, decibels: float) -> bytes:
    scale = np.float32(10 ** (decibels / 20))
    return encode_wav(Waveform(original.samples * scale, original.sample_rate))


def _silence(_: Path, original: Waveform, seconds: float) -> bytes:
    lead = np.zeros(round(seconds * original.sample_rate), dtype=np.float32)
    return encode_wav(Waveform(np.concatenate([lead, original.samples]), original.sample_rate))


def _resampled(_: Path, original: Waveform, sample_rate: int) -> bytes:
    return encode_wav(resample(original, sample_rate))


def _mp3(path: Path, _: Waveform) -> bytes:
    return transcode(path, "mp3", "libmp3lame", 128_000)


def _opus(path: Path, _: Waveform) -> bytes:
    return transcode(path, "ogg", "libopus", 64_000)


Alterations = Mapping[str, Callable[[Path, Waveform], bytes]]

ALTERATIONS: Alterations = {
    "MP3 128 kbit/s": _mp3,
    "Opus 64 kbit/s": _opus,
    "gain +6 dB": partial(_gain, decibels=6.0),
    "gain -6 dB": partial(_gain, decibels=-6.0),
    "150 ms of silence first": partial(_silence, seconds=0.15),
    "400 ms of silence first": partial(_silence, seconds=0.4),
    "1200 ms of silence first": partial(_silence, seconds=1.2),
    "resampled to 16 kHz": partial(_resampled, sample_rate=16_000),
    "resampled to 44.1 kHz": partial(_resampled, sample_rate=44_100),
}
"""From a file and its decoded audio to the bytes of an altered file."""


def measure_robustness(
    paths: Sequence[Path],
    encoders: Mapping[str, Encoder],
    originals: Mapping[str, Float32[np.ndarray, "tracks _"]],
    on_progress: Progress | None = None,
) -> dict[str, dict[str, Stability]]:
    """Alters each file in every way and asks for it, as somebody with that file would.

    An altered file is written and then read, checked and embedded by the code that serves a
    query from outside the library.

    Args:
        paths: The files.
        encoders: The encoders, by name.
        originals: Embeddings of the files as they are, by the same names.
        on_progress: Called after each file.

    Returns:
        By encoder, then by alteration (the keys of `ALTERATIONS`).

    Raises:
        AudioError: If a file can't be read as it is.
    """
    altered = {
        name: np.full((len(ALTERATIONS), *originals[name].shape), np.nan) for name in encoders
    }
    with TemporaryDirectory() as folder:
        for track, path in enumerate(paths):
            for number, file in enumerate(altered_files(path, Path(folder) / "altered")):
                for name, vector in _embed_file(file, encoders).items():
                    altered[name][number, track] = vector
            if on_progress:
                on_progress(track + 1, len(paths))
    return {
        name: {
            alteration: compare(vectors, originals[name])
            for alteration, vectors in zip(ALTERATIONS, altered[name], strict=True)
        }
        for name in encoders
    }


def altered_files(
    path: Path, place: Path, alterations: Alterations = ALTERATIONS
) -> Iterator[Path]:
    """Writes one altered file after the other to the same place; one may be missing or refused.

    Raises:
        AudioError: If the file can't be read as it is.
    """
    original = decode(path)
    for alter in alterations.values():
        place.unlink(missing_ok=True)
        with suppress(AudioError):  # no such file then: it will be refused as missing
            place.write_bytes(alter(path, original))
        yield place


def _embed_file(
    path: Path, encoders: Mapping[str, Encoder]
) -> dict[str, Float32[np.ndarray, " _"]]:
    """Embeds a file with each encoder; with none if the file is refused."""
    vectors: dict[str, np.ndarray] = {}
    rates = {encoder.front_end.sample_rate for encoder in encoders.values()}
    try:
        loaded = {rate: load(path, rate) for rate in rates}
    except AudioError:
        return vectors
    for name, encoder in encoders.items():
        vectors[name] = embed_waveform(encoder, loaded[encoder.front_end.sample_rate]).embedding
    return vectors
