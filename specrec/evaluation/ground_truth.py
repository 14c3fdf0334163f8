"""Are concepts told of music that was synthesized to have them? There, the truth is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from specrec.bootstrap import Estimate
from specrec.concepts.labels import Truth
from specrec.concepts.vocabulary import load_vocabulary
from specrec.errors import AudioError
from specrec.evaluation.claims import Claims, by_truth, check_claims
from specrec.evaluation.concepts import FEWEST, area
from specrec.evaluation.pairs import explain_pairs
from specrec.explain.explainer import Explainer
from specrec.explain.feature_stats import FeatureStats
from specrec.model.embedding import embed_tracks
from specrec.model.encoder import Encoder
from specrec.model.probe import Probe
from specrec.progress import Progress
from specrec.shapes import Float32
from specrec.synthesis import write_library

TRACKS = 100
"""Tracks that are synthesized, of ten styles."""
SECONDS = 15.0
"""Length of each track."""

_ELECTRONIC = ("house", "techno", "drum and bass")
_STYLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "ambient": (("ambient",), ("orchestral",)),
    "classical": (("orchestral",), ()),
    "danceable": (("house", "techno"), ("chiptune", "drum and bass", "lo-fi hip hop", "metal")),
    "electronic": (_ELECTRONIC, ("ambient", "chiptune", "lo-fi hip hop")),
    "folk": (("folk",), ()),
    "hip_hop": (("lo-fi hip hop",), ("drum and bass",)),
    "jazz": (("jazz",), ("lo-fi hip hop",)),
    "metal": (("metal",), ()),
    "orchestra": (("orchestral",), ()),
    "video_game": (("chiptune",), ("techno", "house", "drum and bass", "ambient")),
}
"""By concept, the synthesizer's styles that have it, and those of which one may say so or not."""

_INSTRUMENTS = {
    "acoustic_guitar": ("steel_guitar", "nylon_guitar"),
    "bells": ("bell",),
    "brass": ("horn",),
    "distorted_guitar": ("distorted_guitar",),
    "flute_or_clarinet": ("flute",),
    "organ": ("organ",),
    "piano": ("piano", "electric_piano"),
    "strings": ("strings",),
    "synthesizer": ("saw_lead", "pulse", "square", "pad", "synth_bass", "sub_bass", "reese_bass"),
}
_PLAYERS = ["chord_instrument", "lead_instrument", "bass_instrument"]
_DRUMS = 0.1  # share of the power from which on there are drums; below a fifth of it, none


@dataclass(frozen=True)
class PlantedConcept:
    """How well a concept is told of synthesized tracks.

    Attributes:
        concept: Its column.
        tracks: Number of tracks of which it is known.
        planted: Number of those that have it.
        auc: Probability that a track that has it scores higher than one that does not, with an
            interval by resampling artists.
    """

    concept: str
    tracks: int
    planted: int
    auc: Estimate


@dataclass(frozen=True)
class GroundTruth:
    """How true what is said of synthesized music is.

    Attributes:
        tracks: Number of tracks.
        concepts: What was planted in some of them, and told.
        claims: What is said of each track and its nearest, and is true; no track has a voice.
    """

    tracks: int
    concepts: tuple[PlantedConcept, ...]
    claims: Claims


def measure_ground_truth(
    encoder: Encoder,
    probe: Probe,
    tracks: int = TRACKS,
    seconds: float = SECONDS,
    seed: int = 0,
    on_progress: Progress | None = None,
) -> GroundTruth:
    """Synthesizes a library, embeds it, and checks what is said of its tracks.

    Args:
        encoder: The encoder that embeds the tracks.
        probe: The probe that reads the embeddings.
        tracks: Number of tracks.
        seconds: Length of each.
        seed: The seed of all random draws.
        on_progress: Called after each track synthesized or embedded.
    """
    with TemporaryDirectory() as name:
        pieces, embeddings = _synthesize(Path(name), encoder, tracks, seconds, seed, on_progress)
    truths = planted_truths(pieces)
    stats = FeatureStats(pieces[[]], probe, embeddings)
    pairs = explain_pairs(Explainer(embeddings, stats), np.arange(tracks))
    return GroundTruth(
        tracks,
        _told(truths, stats, embeddings, pieces),
        check_claims(pairs, by_truth(truths)),
    )


def _synthesize(
    folder: Path,
    encoder: Encoder,
    tracks: int,
    seconds: float,
    seed: int,
    on_progress: Progress | None,
) -> tuple[pd.DataFrame, Float32[np.ndarray, "tracks dim"]]:
    """The table of all tracks and what was planted in them, and their embeddings."""

    def show(done: int, _: int) -> None:
        if on_progress:
            on_progress(done, 2 * tracks)

    rate = encoder.front_end.sample_rate
    pieces = pd.read_csv(write_library(folder, tracks, seconds, seed, rate, show))
    rows: list[np.ndarray] = [np.zeros(0)] * tracks
    paths = [folder / path for path in pieces["path"]]
    for done, (position, embedded) in enumerate(embed_tracks(encoder, paths), 1):
        if isinstance(embedded, AudioError):
            raise embedded
        rows[position] = embedded.embedding
        show(tracks + done, tracks)
    return pieces, np.stack(rows)


def planted_truths(pieces: pd.DataFrame) -> dict[str, Truth]:
    """What the synthesizer decides of concepts, by their columns; it has no voices.

    Args:
        pieces: The table that `write_library` writes.
    """
    everywhere = np.ones(len(pieces), dtype=bool)
    truths: dict[str, Truth] = {
        concept.column: (everywhere, ~everywhere)
        for concept in load_vocabulary()
        if concept.family == "voice"
    }
    for name, (having, unclear) in _STYLES.items():
        has = pieces["style"].isin(having).to_numpy()
        truths[name] = (~pieces["style"].isin(unclear).to_numpy(), has)
    for name, instruments in _INSTRUMENTS.items():
        has = pieces[_PLAYERS].isin(instruments).any(axis=1).to_numpy()
        truths[name] = (everywhere, has)
    drums = pieces["percussiveness"].to_numpy(np.float64)
    truths["drums"] = ((drums >= _DRUMS) | (drums < _DRUMS / 5), drums >= _DRUMS)
    return truths


def _told(
    truths: Mapping[str, Truth],
    stats: FeatureStats,
    embeddings: Float32[np.ndarray, "tracks dim"],
    pieces: pd.DataFrame,
) -> tuple[PlantedConcept, ...]:
    scores = stats.predict(embeddings)
    artists = pieces["artist"].factorize()[0]
    return tuple(
        PlantedConcept(
            name,
            int(known.sum()),
            int(has[known].sum()),
            area(scores[name][known], has[known], artists[known]),
        )
        for name, (known, has) in truths.items()
        if name in scores and min(has[known].sum(), (~has[known]).sum()) >= FEWEST
    )
