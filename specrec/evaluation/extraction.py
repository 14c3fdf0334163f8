"""Embeddings made from audio, however many kinds of them, with one decoding a sample rate."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from specrec.audio.pool import load_many
from specrec.audio.waveform import Waveform
from specrec.errors import AudioError
from specrec.model.embedding import embed_waveform
from specrec.model.encoder import Encoder
from specrec.progress import Progress
from specrec.shapes import Float, Float32


def _as_they_are(vectors: Float[np.ndarray, "tracks dim"]) -> Float[np.ndarray, "tracks dim"]:
    return vectors


@dataclass(frozen=True)
class Extractor:
    """A way to embed a track.

    Attributes:
        sample_rate: Sample rate of the audio that it takes, in Hz.
        embed: Embeds a waveform as a vector.
        finish: Transforms all vectors once they are there, by centering for instance.
    """

    sample_rate: int
    embed: Callable[[Waveform], Float32[np.ndarray, " dim"]]
    finish: Callable[[np.ndarray], np.ndarray] = _as_they_are


def encoder_extractor(encoder: Encoder) -> Extractor:
    """Embeds a track as an index run does."""
    return Extractor(
        encoder.front_end.sample_rate, lambda waveform: embed_waveform(encoder, waveform).embedding
    )


def extract(
    paths: Sequence[Path], extractors: Mapping[str, Extractor], on_progress: Progress | None = None
) -> dict[str, Float[np.ndarray, "tracks _"]]:
    """Decodes each file once for every sample rate wanted, and embeds it in every way.

    Args:
        paths: The files.
        extractors: The ways to embed, by name.
        on_progress: Called after each decoding.

    Returns:
        The embeddings by name, one row a file, in the order of `extractors`.

    Raises:
        AudioError: If a file can't be used.
    """
    rows: dict[str, list[np.ndarray]] = {name: [] for name in extractors}
    rates = sorted({extractor.sample_rate for extractor in extractors.values()})
    for turn, rate in enumerate(rates):
        for position, loaded in load_many(paths, rate):
            if isinstance(loaded, AudioError):
                raise loaded
            for name, extractor in extractors.items():
                if extractor.sample_rate == rate:
                    rows[name].append(extractor.embed(loaded))
            if on_progress:
                on_progress(turn * len(paths) + position + 1, len(rates) * len(paths))
    return {name: extractor.finish(np.stack(rows[name])) for name, extractor in extractors.items()}
