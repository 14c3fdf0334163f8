"""Writes the model of a distillation: a trained backbone, a head that is named, and its probe."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from specrec.catalog.splits import tied_groups
from specrec.concepts.vocabulary import load_vocabulary
from specrec.config import TrainConfig
from specrec.errors import CatalogError
from specrec.model.encoder import Encoder
from specrec.model.model import save_model
from specrec.model.probe import PROBE_FILE, Probe, ProbedFeature, save_probe
from specrec.model.probe_fit import FEWEST
from specrec.printing import say
from specrec.progress import Progress
from specrec.shapes import Float16, Float32
from specrec.training.dataset import WindowDataset
from specrec.training.description import described
from specrec.training.distillation import pool_views
from specrec.training.distillation_data import DistillationData
from specrec.training.fit_contrastive import VALID_WINDOWS, figures_of
from specrec.training.naming import (
    NamedHead,
    claim_limits,
    fit_head,
    heard_concepts,
    judge_concepts,
    with_concepts,
)
from specrec.training.probing import measured_features, probe_of
from specrec.training.targets import Outputs, Targets
from specrec.training.track_limits import hear_whole, tell, with_track_limits
from specrec.training.views import Shard

_FITTED_ON = 30_000  # views, about

Sample = tuple[Float32[np.ndarray, "views channels"], Float16[np.ndarray, "views hidden"]]


def write_named_model(
    config: TrainConfig,
    encoder: Encoder,
    data: DistillationData,
    teachers: tuple[Path, Path],
    outputs: Outputs,
    targets: Targets,
    figures: dict[str, float],
    on_fit: Progress | None = None,
    on_measure: Progress | None = None,
) -> None:
    """Names the coordinates, judges the concepts on views of unheard tracks, and saves all.

    Args:
        config: The settings of the run.
        encoder: The trained encoder, in evaluation mode, of which the backbone is kept.
        data: What it was trained on.
        teachers: The files of mn04 and of musicnn.
        outputs: The teachers' outputs.
        targets: The concepts' scores, not whitened.
        figures: What the training measured.
        on_fit: Called while the tracks are heard.
        on_measure: Called while their features are measured.
    """
    features = measured_features(data.music, Path(config.data.cache), on_measure)
    windows, unheard = (
        WindowDataset(data.cache, tracks, label, encoder.front_end, VALID_WINDOWS)
        for tracks, label in ((data.music, None), (data.valid, config.data.label))
    )
    whole = [hear_whole(encoder, teachers, part, on_fit) for part in (windows, unheard)]
    pooled = torch.from_numpy(whole[0].pooled)
    heard = _pooled_sample(encoder, data.views, _FITTED_ON)
    head = _named_head(config, data, targets, heard, pooled, features)
    concepts = _judged(encoder, head, data, outputs, targets, heard, config.distill.unsaid)
    finished = _with_head(encoder, head)
    areas = [item.auc for item in concepts if item.auc is not None and np.isfinite(item.auc)]
    figures = figures | figures_of(finished, unheard)
    if areas:
        figures["valid/concept_auc"] = float(np.mean(areas))
    folder = Path(config.output) / "model"
    card = save_model(finished, folder, **described(config, data.heard, data.valid, figures))
    try:
        probe = probe_of(
            finished, pooled, data.music, features, config.data.group_by, card.fingerprint
        )
    except CatalogError as error:
        say(f"no measured features in explanations: {error}", error=True)
        probe = _empty_probe(card.fingerprint, len(head.names))
    probe = with_concepts(probe, head, concepts, head.names)
    told = [tell(probe, finished, outputs, targets, tracks) for tracks in whole]
    save_probe(with_track_limits(probe, *told), folder / PROBE_FILE)


def _pooled_sample(encoder: Encoder, shards: Sequence[Shard], about: int) -> Sample:
    """The feature maps' means of some views of every shard, and the teachers' hidden layers."""
    step = max(1, sum(len(shard.hidden) for shard in shards) // about)
    heard = np.concatenate([pool_views(encoder, shard.log_mel[::step]) for shard in shards])
    return heard, np.concatenate([shard.hidden[::step] for shard in shards])


def _named_head(
    config: TrainConfig,
    data: DistillationData,
    targets: Targets,
    sample: Sample,
    pooled: Float32[Tensor, "tracks channels"],
    features: pd.DataFrame,
) -> NamedHead:
    """Fits the head on views for what the teachers name, on tracks for what is measured."""
    heard, hidden = sample
    measured = _measured_coordinates(features)
    columns = [name for name in config.data.group_by if name in data.music]
    return fit_head(
        targets.names,
        heard,
        targets.of(hidden),
        measured,
        pooled.numpy(),
        features[measured].to_numpy(np.float64),
        np.asarray(tied_groups(data.music, columns)),
        config.distill.whiten,
    )


def _measured_coordinates(features: pd.DataFrame) -> list[str]:
    """The measured features of the vocabulary, of which enough tracks tell."""
    names = [name for concept in load_vocabulary() for name in concept.sources.get("measured", ())]
    known = [
        name
        for name in names
        if name in features and features[name].count() >= FEWEST and features[name].nunique() > 1
    ]
    for name in sorted(set(names) - set(known)):
        say(f"no coordinate {name}: it is not known for {FEWEST} training tracks", error=True)
    return known


def _judged(
    encoder: Encoder,
    head: NamedHead,
    data: DistillationData,
    outputs: Outputs,
    targets: Targets,
    sample: Sample,
    unsaid: Collection[str],
) -> list[ProbedFeature]:
    """Measures what is said of views of unheard tracks by what the teachers hear in them.

    From which score on a concept is said is found on training views too: many are rare.
    """
    by_column = {concept.column: concept for concept in load_vocabulary()}
    concepts = [by_column[name] for name in targets.names]
    unheard = _pooled_sample(
        encoder, data.valid_views, sum(len(v.hidden) for v in data.valid_views)
    )
    said, truth, marks = [], [], []
    for heard, hidden in (unheard, sample):
        said.append(head.scores(heard)[:, : len(concepts)])
        truth.append(targets.of(hidden))
        marks.append(heard_concepts(concepts, outputs, hidden, truth[-1]))
    everywhere = np.concatenate(said)
    there, nowhere = (np.concatenate(parts) for parts in zip(*marks, strict=True))
    limits = [
        (None, None)
        if name in unsaid
        else claim_limits(name, everywhere[:, place], there[:, place], nowhere[:, place])
        for place, name in enumerate(targets.names)
    ]
    return judge_concepts(targets.names, said[0], truth[0], limits)


def _with_head(encoder: Encoder, head: NamedHead) -> Encoder:
    """The same backbone under a named head."""
    architecture = replace(encoder.architecture, embedding_dim=len(head.names))
    finished = Encoder(encoder.front_end, architecture)
    kept = {
        name: value
        for name, value in encoder.state_dict().items()
        if not name.startswith("head.") and name != "center"
    }
    finished.load_state_dict(kept, strict=False)
    head.fill(finished)
    return finished.to(encoder.center.device).eval()


def _empty_probe(fingerprint: str, dim: int) -> Probe:
    weight, none = np.zeros((0, dim), np.float32), np.zeros(0, np.float32)
    return Probe(fingerprint, (), weight, none, none)
