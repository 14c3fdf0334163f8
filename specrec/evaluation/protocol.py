"""What `specrec evaluate` does: a library's tracks, their labels, and embeddings side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from specrec.errors import ModelError
from specrec.evaluation.contenders import Contender, find_contenders
from specrec.evaluation.retrieval import (
    Hubness,
    Retrieval,
    evaluate_retrieval,
    measure_hubness,
)
from specrec.evaluation.stability import Stability
from specrec.evaluation.task import choose_rows, label_tasks
from specrec.progress import Progress
from specrec.recommend.library import Library

if TYPE_CHECKING:
    from specrec.evaluation.explanations import Explanations
    from specrec.evaluation.extraction import Extractor


@dataclass(frozen=True)
class Embedding:
    """Which embedding was measured.

    Attributes:
        dim: Its length.
        origin: The folder of its library or model; None for a baseline.
        fingerprint: Of its model; None for a baseline.
    """

    dim: int
    origin: str | None = None
    fingerprint: str | None = None


@dataclass(frozen=True)
class Evaluation:
    """All figures of one run.

    Attributes:
        library: Its folder.
        where: Which of its tracks were chosen; None for all.
        track_ids: The chosen tracks.
        embeddings: What was measured, by name; the library's own is the first.
        retrieval: For each label, without the artist filter and with it.
        hubness: By embedding, over all chosen tracks.
        robustness: By model, then by alteration; empty if it was not asked for.
        left_out: Baselines that could not be had, and why.
        explanations: How true the library's are; None if it was not asked for.
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


def evaluate_library(
    library: Library,
    *labels: str,
    where: str | None = None,
    models: tuple[str, ...] = (),
    baselines: bool = False,
    robustness: bool = False,
    explanations: bool = False,
    fewer_hubs: bool = False,
    on_embed: Progress | None = None,
    on_alter: Progress | None = None,
    on_explain: Progress | None = None,
    on_listen: Progress | None = None,
    on_mask: Progress | None = None,
    on_plant: Progress | None = None,
) -> Evaluation:
    """Measures a library's embeddings, and others of the same tracks.

    Args:
        library: The library.
        labels: Columns whose value related tracks share; tracks without one are left out.
        where: A condition that tracks must fulfill: `split == 'test'`.
        models: Names or folders of further models, or folders of libraries of the same tracks.
        baselines: Whether to measure the baselines too, which need the audio as models do.
        robustness: Whether to alter the files and ask each model for them.
        explanations: Whether to check what is said of the library's matches.
        fewer_hubs: Whether to measure the library's embeddings also as `Ranking.fewer_hubs` ranks.
        on_embed: Called while audio is decoded and embedded.
        on_alter: Called while it is altered.
        on_explain: Called while matches are explained.
        on_listen: Called while files are read again to check explanations.
        on_mask: Called while cells of spectrograms are masked to check them.
        on_plant: Called while music is synthesized to check them.

    Raises:
        CatalogError: If a column is missing, or no two tracks share a label.
        ModelError: If a model is missing or damaged, or explanations are asked for and there is
            no probe.
        LibraryError: If another library is damaged or lacks a track.
        AudioError: If a file that was indexed can't be decoded any more.
    """
    rows = choose_rows(library, where)
    tasks = [task for label in labels for task in label_tasks(library, rows, label)]
    tracks = library.tracks.iloc[rows]
    paths = [library.audio_root / path for path in tracks["path"]]
    contenders = find_contenders(library, rows, models)
    extractors, left_out = _baselines(library) if baselines else ({}, {})
    embeddings = _embed(paths, contenders, extractors, on_embed)
    checked = None
    if explanations:
        checked = _check_explanations(library, rows, on_explain, on_listen, on_mask, on_plant)
    stability = {}
    if robustness:
        from specrec.evaluation.robustness import measure_robustness

        encoders = {name: item.encoder() for name, item in contenders.items() if item.encoder}
        stability = measure_robustness(paths, encoders, embeddings, on_alter)
    own, corrected = next(iter(embeddings)), set()
    if fewer_hubs:
        name = f"{own}, fewer hubs"
        embeddings[name], contenders[name] = embeddings[own], contenders[own]
        corrected = {name}
    return Evaluation(
        str(library.folder),
        where,
        tracks["track_id"].astype(str).tolist(),
        {name: _describe(vectors, contenders.get(name)) for name, vectors in embeddings.items()},
        [evaluate_retrieval(embeddings, task, corrected) for task in tasks],
        {
            name: measure_hubness(vectors, fewer_hubs=name in corrected)
            for name, vectors in embeddings.items()
        },
        stability,
        left_out,
        checked,
    )


def _check_explanations(
    library: Library,
    rows: Int[np.ndarray, " chosen"],
    on_explain: Progress | None,
    on_listen: Progress | None,
    on_mask: Progress | None,
    on_plant: Progress | None,
) -> "Explanations":
    # Here, not above: they need torch.
    from specrec.evaluation.explanations import evaluate_explanations
    from specrec.evaluation.listening import listen
    from specrec.evaluation.planted import measure_planted

    checked = evaluate_explanations(library, rows, on_explain)
    checked = listen(library, rows, checked, on_listen, on_mask)
    assert library.probe is not None  # else there would be nothing to check
    planted = measure_planted(library.model.encoder, library.probe, on_progress=on_plant)
    return replace(checked, planted=planted)


def _baselines(library: Library) -> tuple[dict[str, "Extractor"], dict[str, str]]:
    """The baselines, and the reason why one is left out."""
    from specrec.evaluation.baselines import baseline_extractors, imagenet_extractor

    extractors = baseline_extractors(library.model.encoder)
    try:
        return extractors | {"imagenet": imagenet_extractor(library.model.encoder)}, {}
    except ModelError as error:
        return extractors, {"imagenet": str(error)}


def _embed(
    paths: Sequence[Path],
    contenders: Mapping[str, Contender],
    baselines: Mapping[str, "Extractor"],
    on_progress: Progress | None,
) -> dict[str, Float[np.ndarray, "tracks _"]]:
    """What is stored, and what one pass over the audio gives, in the order of the report."""
    stored = {name: made.vectors for name, made in contenders.items() if made.vectors is not None}
    if len(stored) == len(contenders) and not baselines:
        return dict(stored)
    # Here, not above: only what is made from audio needs torch.
    from specrec.evaluation.baselines import random_embeddings
    from specrec.evaluation.extraction import encoder_extractor, extract

    extractors = {
        name: encoder_extractor(contender.encoder())
        for name, contender in contenders.items()
        if contender.encoder is not None and name not in stored
    }
    for name, extractor in baselines.items():
        extractors[_baseline_name(name, contenders)] = extractor
    made = stored | extract(paths, extractors, on_progress)
    if baselines:
        made[_baseline_name("random", contenders)] = random_embeddings(len(paths))
    return {name: made[name] for name in dict.fromkeys([*contenders, *made])}


def _baseline_name(name: str, contenders: Mapping[str, Contender]) -> str:
    """Its own, unless a model has it."""
    return f"{name} (baseline)" if name in contenders else name


def _describe(vectors: Float[np.ndarray, "tracks dim"], contender: Contender | None) -> Embedding:
    if contender is None:
        return Embedding(vectors.shape[1])
    return Embedding(vectors.shape[1], contender.origin, contender.fingerprint)
