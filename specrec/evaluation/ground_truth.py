"""Do explanations name the one factor that synthesized pairs share? There, the truth is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from jaxtyping import Float32

from specrec.audio.encoding import encode_wav
from specrec.audio.pool import map_paths
from specrec.audio.waveform import Waveform
from specrec.descriptors.measure import measure_file
from specrec.descriptors.spectrum import SAMPLE_RATE
from specrec.errors import AudioError
from specrec.evaluation.naming import NamingFigures, Outcome, score
from specrec.evaluation.synthetic_pairs import SyntheticPair, draw_pairs
from specrec.explain.ablation import draw_controls
from specrec.explain.directions import find_directions
from specrec.explain.explainer import Explainer
from specrec.explain.feature_stats import UNUSUAL, FeatureStats
from specrec.model.embedding import embed_tracks
from specrec.model.encoder import Encoder
from specrec.model.probe import Probe
from specrec.progress import Progress
from specrec.synthesis import render, write_library

BACKGROUND = 100
"""Tracks of the library around each pair, which decides what is high and low."""
PAIRS = 8
"""Pairs for each factor."""
SECONDS = 15.0
"""Length of each track."""


@dataclass(frozen=True)
class GroundTruth:
    """How well reasons name the factor that synthesized pairs share.

    Attributes:
        measured: Figures for explanations that know the measured features, as in a library.
        heard: Figures for explanations by the probe alone.
    """

    measured: NamingFigures
    heard: NamingFigures


def measure_ground_truth(
    encoder: Encoder,
    probe: Probe,
    pairs_per_factor: int = PAIRS,
    background: int = BACKGROUND,
    seconds: float = SECONDS,
    seed: int = 0,
    on_progress: Progress | None = None,
) -> GroundTruth:
    """Synthesizes pairs and the library around them, and explains each pair.

    Each pair is explained in a library of its two tracks and the background.

    Args:
        encoder: The encoder that embeds the tracks.
        probe: The probe that reads the embeddings.
        pairs_per_factor: Pairs for each factor.
        background: Tracks in the library around a pair.
        seconds: Length of all tracks.
        seed: The seed of all random draws.
        on_progress: Called after each track synthesized, embedded or measured.
    """
    pairs = draw_pairs(pairs_per_factor, seed, seconds)
    with TemporaryDirectory() as name:
        paths = _synthesize(Path(name), pairs, background, seconds, seed, on_progress)
        embeddings, table = _embed_and_measure(encoder, paths, on_progress)
    outcomes = [
        _explain_pair(pair, background, background + 2 * place, embeddings, table, probe)
        for place, pair in enumerate(pairs)
    ]
    return GroundTruth(
        score([measured for measured, _ in outcomes]), score([heard for _, heard in outcomes])
    )


def _synthesize(
    folder: Path,
    pairs: Sequence[SyntheticPair],
    background: int,
    seconds: float,
    seed: int,
    on_progress: Progress | None,
) -> list[Path]:
    """Writes the background, then both tracks of each pair, and gives their files in order."""
    total = 3 * (background + 2 * len(pairs))

    def show(done: int, _: int) -> None:
        if on_progress:
            on_progress(done, total)

    truth = pd.read_csv(write_library(folder, background, seconds, seed, SAMPLE_RATE, show))
    paths = [folder / path for path in truth["path"]]
    for pair in pairs:
        for piece in (pair.first, pair.second):
            paths.append(folder / f"{len(paths)}.wav")
            paths[-1].write_bytes(encode_wav(Waveform(render(piece, SAMPLE_RATE), SAMPLE_RATE)))
            show(len(paths), total)
    return paths


def _embed_and_measure(
    encoder: Encoder, paths: Sequence[Path], on_progress: Progress | None
) -> tuple[Float32[np.ndarray, "tracks dim"], pd.DataFrame]:
    rows: list[np.ndarray] = [np.zeros(0)] * len(paths)
    measured: list[dict[str, float]] = [{}] * len(paths)
    done = len(paths)
    for position, embedded in embed_tracks(encoder, paths):
        if isinstance(embedded, AudioError):
            raise embedded
        rows[position] = embedded.embedding
        done += 1
        if on_progress:
            on_progress(done, 3 * len(paths))
    for position, found in map_paths(measure_file, paths):
        if isinstance(found, AudioError):
            raise found
        measured[position] = found
        done += 1
        if on_progress:
            on_progress(done, 3 * len(paths))
    return np.stack(rows), pd.DataFrame(measured)


def _explain_pair(
    pair: SyntheticPair,
    background: int,
    place: int,
    embeddings: Float32[np.ndarray, "tracks dim"],
    table: pd.DataFrame,
    probe: Probe,
) -> tuple[Outcome, Outcome]:
    """Explains the tracks at `place` and after, with what is measured and without it."""
    rows = np.array([*range(background), place, place + 1])
    vectors, known = embeddings[rows], table.iloc[rows].reset_index(drop=True)
    directions = find_directions(probe, vectors.shape[1])
    controls = draw_controls(vectors[:background], directions)
    measured = FeatureStats(known, probe, vectors)
    far, near = (_shared_sides(measured, background, least) for least in (50 - UNUSUAL, 0.0))
    outcomes = []
    for stats in (measured, FeatureStats(known[[]], probe, vectors)):
        explainer = Explainer(vectors, stats, directions, controls)
        (explanation,) = explainer.explain_row(background, np.array([background + 1]))
        outcomes.append(Outcome(pair, explanation.reasons, far, near))
    return outcomes[0], outcomes[1]


def _shared_sides(
    measured: FeatureStats, background: int, least: float
) -> frozenset[tuple[str, str]]:
    """Features whose measured values of both tracks are so far from the median, to one side.

    Of a key, whether it is the same.
    """
    first, second = measured.known(background), measured.known(background + 1)
    shared, usual = set(), {feature.name for feature in measured.features}
    for name in first.keys() & second.keys() & usual:
        if name == "key":
            if first[name] == second[name]:
                shared.add((name, "same"))
            continue
        off = np.array([measured.percentile(name, track[name]) - 50 for track in (first, second)])
        if (np.abs(off) >= least).all() and off[0] * off[1] > 0:
            shared.add((name, "high" if off[0] > 0 else "low"))
    return frozenset(shared)
