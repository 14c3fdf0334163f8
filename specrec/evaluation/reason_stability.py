"""Does a reason stay when the query's file is made anew, or starts later, or hisses a little?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from specrec.audio.encoding import encode_wav
from specrec.audio.loading import load
from specrec.audio.waveform import Waveform
from specrec.bootstrap import Estimate, estimate_mean
from specrec.descriptors.measure import measure
from specrec.descriptors.spectrum import SAMPLE_RATE
from specrec.errors import AudioError
from specrec.evaluation.pairs import nearest, statements
from specrec.evaluation.robustness import ALTERATIONS, Alterations, altered_files
from specrec.explain.explainer import Explainer
from specrec.explain.explanation import Explanation
from specrec.explain.sentences import named_reasons
from specrec.model.embedding import embed_waveform
from specrec.model.encoder import Encoder
from specrec.progress import Progress
from specrec.shapes import Float32, Int

HISS_DB = -50.0
"""Level of the white noise, relative to the track's own."""


@dataclass(frozen=True)
class ReasonStability:
    """What stays of the reasons for a query's matches when its file is altered.

    Attributes:
        pairs: Pairs of a query and one of its nearest, of those that have a reason.
        first_kept: Share of them whose first reason, feature and side, is still the first.
        still_given: Share of them whose first reason is still among all that are given.
        named_kept: Share of them whose sentence names the same reasons, in whatever order.
        refused: Number of queries whose file was refused once altered; they count in no share.
    """

    pairs: int
    first_kept: Estimate | None
    still_given: Estimate | None
    named_kept: Estimate | None
    refused: int


def _hiss(_: Path, original: Waveform) -> bytes:
    """Adds white noise."""
    rms = np.sqrt(np.square(original.samples, dtype=np.float64).mean())
    noise = np.random.default_rng(0).normal(size=len(original.samples))
    level = rms * 10 ** (HISS_DB / 20)
    samples = (original.samples + level * noise).astype(np.float32)
    return encode_wav(Waveform(samples, original.sample_rate))


FAINT: Alterations = {
    name: ALTERATIONS[name]
    for name in ("MP3 128 kbit/s", "Opus 64 kbit/s", "400 ms of silence first")
} | {f"white noise at {HISS_DB:.0f} dB": _hiss}
"""Alterations that leave a track what it is."""


def measure_reason_stability(
    explainer: Explainer,
    encoder: Encoder,
    queries: Int[np.ndarray, " queries"],
    paths: Sequence[Path],
    measured: frozenset[str],
    on_progress: Progress | None = None,
) -> dict[str, ReasonStability]:
    """Explains the nearest tracks of each query again for its altered files.

    Args:
        explainer: The library's explainer.
        encoder: That embedded it.
        queries: Rows of the queries.
        paths: Their files.
        measured: The features that the library measured itself; others stay as they are.
        on_progress: Called after each query.

    Returns:
        By alteration, the keys of `FAINT`.

    Raises:
        AudioError: If a file can't be read as it is.
    """
    kept: dict[str, list[tuple[int, bool, bool, bool]]] = {name: [] for name in FAINT}
    refused = dict.fromkeys(FAINT, 0)
    with TemporaryDirectory() as folder:
        for place, (row, path) in enumerate(zip(queries.tolist(), paths, strict=True)):
            others = nearest(explainer.embeddings, row)
            known = explainer.stats.known(row)
            before = explainer.explain_row(row, others)
            files = altered_files(path, Path(folder) / "altered", FAINT)
            for name, file in zip(FAINT, files, strict=True):
                try:
                    embedding, anew = _measure_altered(file, encoder, known, measured)
                except AudioError:
                    refused[name] += 1
                    continue
                after = explainer.explain(embedding, anew, others, query_row=row)
                kept[name] += [
                    (row, *compare_reasons(old, new))
                    for old, new in zip(before, after, strict=True)
                    if old.reasons
                ]
            if on_progress:
                on_progress(place + 1, len(queries))
    return {name: _summary(rows, refused[name]) for name, rows in kept.items()}


def _measure_altered(
    file: Path, encoder: Encoder, known: Mapping[str, float], measured: frozenset[str]
) -> tuple[Float32[np.ndarray, " dim"], dict[str, float]]:
    """The embedding and the features of a file that comes from outside the library."""
    embedded = embed_waveform(encoder, load(file, encoder.front_end.sample_rate))
    measured_anew = measure(load(file, SAMPLE_RATE)) if measured else {}
    given = {name: value for name, value in known.items() if name not in measured}
    anew = {
        name: measured_anew[name]
        for name in measured & measured_anew.keys()
        if np.isfinite(measured_anew[name])
    }
    return embedded.embedding, given | anew


def compare_reasons(before: Explanation, after: Explanation) -> tuple[bool, bool, bool]:
    """Whether the first reason stays first, is still given, and the sentence names the same."""
    old, new = statements(before.reasons), statements(after.reasons)
    same_first = bool(old) and old[:1] == new[:1]
    still_given = bool(old) and old[0] in new
    named = [frozenset(statements(named_reasons(item.reasons))) for item in (before, after)]
    return same_first, still_given, named[0] == named[1]


def _summary(rows: Sequence[tuple[int, bool, bool, bool]], refused: int) -> ReasonStability:
    queries, *shares = np.reshape(rows, (-1, 4)).T
    first, given, named = (estimate_mean(share, queries.astype(np.int64)) for share in shares)
    return ReasonStability(len(rows), first, given, named, refused)
