"""What `specrec evaluate` does: a library's tracks, their labels, and embeddings side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from specrec.errors import ModelError
from specrec.evaluation.concepts import ConceptTruth, judge_by_labels
from specrec.evaluation.embedding_sources import EmbeddingSource, find_sources
from specrec.evaluation.retrieval import (
    Hubness,
    Retrieval,
    evaluate_retrieval,
    measure_hubness,
)
from specrec.evaluation.stability import Stability
from specrec.evaluation.task import choose_rows, label_tasks
from specrec.progress import Progress
from specrec.recommend.collection import Collection
from specrec.shapes import Float, Int

if TYPE_CHECKING:
    from specrec.evaluation.explanations import Explanations
    from specrec.evaluation.extraction import Extractor


@dataclass(frozen=True)
class Embedding:
    """Which embedding was measured.

    Attributes:
        dim: Number of its coordinates.
        origin: The folder of its library or model; None for a baseline.
        fingerprint: The fingerprint of its model; None for a baseline.
    """

    dim: int
    origin: str | None = None
    fingerprint: str | None = None


@dataclass(frozen=True)
class Evaluation:
    """All figures of one run.

    Attributes:
        library: Folder of the library.
        where: Which of its tracks were chosen; None for all.
        track_ids: The chosen tracks.
        embeddings: The embeddings that were measured, by name; the library's own is the first.
        retrieval: For each label, without the artist filter and with it.
        hubness: How evenly tracks are recommended, over all chosen tracks, by embedding.
        robustness: How near altered files stay to their originals, by model, then by alteration;
            empty if that was not measured.
        left_out: Baselines that could not be had, and why.
        explanations: How true the library's explanations are; None if that was not measured.
        concepts: How true the names of concepts are; None if that was not measured.
    """

    library: str
    where: str | None
    track_ids: list[str]
    embeddings: dict[str, Embedding]
    retrieval: list[Retrieval]
    hubness: dict[str, Hubness]
    robustness: dict[str, dict[str, Stability]]
    left_out: dict[str, str]
    explanations: "Explanations | None" = None
    concepts: tuple[ConceptTruth, ...] | None = None


def evaluate_library(
    collection: Collection,
    *labels: str,
    where: str | None = None,
    models: tuple[str, ...] = (),
    baselines: bool = False,
    robustness: bool = False,
    explanations: bool = False,
    concepts: Sequence[str] = (),
    fewer_hubs: bool = False,
    on_embed: Progress | None = None,
    on_alter: Progress | None = None,
    on_explain: Progress | None = None,
    on_reload: Progress | None = None,
    on_mask: Progress | None = None,
    on_synthesize: Progress | None = None,
) -> Evaluation:
    """Measures a library's embeddings, and others of the same tracks.

    Args:
        collection: What the library holds.
        labels: Columns whose value related tracks share; tracks without one are left out.
        where: A condition that tracks must fulfill: `split == 'test'`.
        models: Names or folders of further models, or folders of libraries of the same tracks.
        baselines: Whether to measure the baselines too, which need the audio as models do.
        robustness: Whether to alter the files and ask each model for them.
        explanations: Whether to measure how true the library's explanations are.
        concepts: Columns whose labels judge the names of concepts, and what explanations say of
            them; none to leave that out.
        fewer_hubs: Whether to measure the library's embeddings also as `Ranking.fewer_hubs` ranks.
        on_embed: Called while audio is decoded and embedded.
        on_alter: Called while it is altered.
        on_explain: Called while matches are explained.
        on_reload: Called while files are read again to check explanations.
        on_mask: Called while cells of spectrograms are masked to check them.
        on_synthesize: Called while music is synthesized to check them.

    Raises:
        CatalogError: If a column is missing, or no two tracks share a label.
        ModelError: If a model is missing or damaged, or explanations are asked for and there is
            no probe.
        LibraryError: If another library is damaged or lacks a track.
        AudioError: If a file that was indexed can't be decoded any more.
    """
    rows = choose_rows(collection, where)
    tasks = [task for label in labels for task in label_tasks(collection, rows, label)]
    judged = tuple(judge_by_labels(collection, rows, concepts)) if concepts else None
    tracks = collection.tracks.iloc[rows]
    paths = [collection.audio_root / path for path in tracks["path"]]
    sources = find_sources(collection, rows, models)
    extractors, left_out = _baselines(collection) if baselines else ({}, {})
    embeddings = _embed(paths, sources, extractors, on_embed)
    checked = None
    if explanations:
        checked = _check_explanations(
            collection, rows, concepts, on_explain, on_reload, on_mask, on_synthesize
        )
    stability = {}
    if robustness:
        from specrec.evaluation.robustness import measure_robustness

        encoders = {name: item.encoder() for name, item in sources.items() if item.encoder}
        stability = measure_robustness(paths, encoders, embeddings, on_alter)
    own, corrected = next(iter(embeddings)), set()
    if fewer_hubs:
        name = f"{own}, fewer hubs"
        embeddings[name], sources[name] = embeddings[own], sources[own]
        corrected = {name}
    return Evaluation(
        str(collection.folder),
        where,
        tracks["track_id"].astype(str).tolist(),
        {name: _describe(vectors, sources.get(name)) for name, vectors in embeddings.items()},
        [evaluate_retrieval(embeddings, task, corrected) for task in tasks],
        {
            name: measure_hubness(vectors, fewer_hubs=name in corrected)
            for name, vectors in embeddings.items()
        },
        stability,
        left_out,
        checked,
        judged,
    )


def _check_explanations(
    collection: Collection,
    rows: Int[np.ndarray, " chosen"],
    columns: Sequence[str],
    on_explain: Progress | None,
    on_reload: Progress | None,
    on_mask: Progress | None,
    on_synthesize: Progress | None,
) -> "Explanations":
    # Here, not above: they need torch.
    from specrec.evaluation.audio_explanations import evaluate_with_audio
    from specrec.evaluation.explanations import evaluate_explanations
    from specrec.evaluation.ground_truth import measure_ground_truth

    checked = evaluate_explanations(collection, rows, columns, on_explain)
    checked = evaluate_with_audio(collection, rows, checked, on_reload, on_mask)
    assert collection.probe is not None  # else there would be nothing to check
    if not collection.probe.coordinates:
        return checked
    planted = measure_ground_truth(
        collection.model.encoder, collection.probe, on_progress=on_synthesize
    )
    return replace(checked, planted=planted)


def _baselines(collection: Collection) -> tuple[dict[str, "Extractor"], dict[str, str]]:
    """The baselines, and the reason why one is left out."""
    from specrec.evaluation.baselines import baseline_extractors, imagenet_extractor

    extractors = baseline_extractors(collection.model.encoder)
    try:
        return extractors | {"imagenet": imagenet_extractor(collection.model.encoder)}, {}
    except ModelError as error:
        return extractors, {"imagenet": str(error)}


def _embed(
    paths: Sequence[Path],
    sources: Mapping[str, EmbeddingSource],
    baselines: Mapping[str, "Extractor"],
    on_progress: Progress | None,
) -> dict[str, Float[np.ndarray, "tracks _"]]:
    """What is stored, and what one pass over the audio gives, in the order of the report."""
    stored = {name: made.vectors for name, made in sources.items() if made.vectors is not None}
    if len(stored) == len(sources) and not baselines:
        return dict(stored)
    # Here, not above: only what is made from audio needs torch.
    from specrec.evaluation.baselines import random_embeddings
    from specrec.evaluation.extraction import encoder_extractor, extract

    extractors = {
        name: encoder_extractor(source.encoder())
        for name, source in sources.items()
        if source.encoder is not None and name not in stored
    }
    for name, extractor in baselines.items():
        extractors[_baseline_name(name, sources)] = extractor
    made = stored | extract(paths, extractors, on_progress)
    if baselines:
        made[_baseline_name("random", sources)] = random_embeddings(len(paths))
    return {name: made[name] for name in dict.fromkeys([*sources, *made])}


def _baseline_name(name: str, sources: Mapping[str, EmbeddingSource]) -> str:
    """Its own, unless a model has it."""
    return f"{name} (baseline)" if name in sources else name


def _describe(
    vectors: Float[np.ndarray, "tracks dim"], source: EmbeddingSource | None
) -> Embedding:
    if source is None:
        return Embedding(vectors.shape[1])
    return Embedding(vectors.shape[1], source.origin, source.fingerprint)
