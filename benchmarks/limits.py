"""Raises a trained model's limits, from which on concepts are said, as a training does at its end.

    python benchmarks/limits.py MODEL [--keep] +experiment=base data.audio=CORPUS/audio \
        data.unlabeled_audio=[CORPUS2/audio,synthetic,MADE] distill.views=16000

MODEL is the folder of a model with named coordinates; only its probe is changed, so that libraries
are not embedded anew, and with --keep not even that. The settings are those of its training. Of the
views, which tell only what is usual of a concept, some are enough. No limit falls, so begin with
those that views gave.

Prints a row for each concept, as on the card: the figures of the training, and how well the
coordinate correlates with what the teachers hear in views of validation tracks; the limit; of how
many of the tracks that raised it the concept is said, and in how many a teacher hears it, which of
an amount is that the teachers' score is beyond the limit.
"""

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch

from specrec.compose import run_composed
from specrec.concepts.vocabulary import load_vocabulary
from specrec.config import TrainConfig
from specrec.model.model import Model, load_model
from specrec.model.probe import PROBE_FILE, Probe, save_probe
from specrec.report.progress import progress_bar
from specrec.training.dataset import WindowDataset
from specrec.training.distillation import pool_views
from specrec.training.distillation_data import distillation_data, teacher_files
from specrec.training.fit_contrastive import VALID_WINDOWS
from specrec.training.targets import Targets, fit_targets, read_outputs
from specrec.training.track_limits import Told, hear_whole, tell, with_track_limits
from specrec.training.views import Shard


def main() -> None:
    """Composes the settings as `specrec train` does."""
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    settings = [argument for argument in sys.argv[2:] if argument != "--keep"]
    run = partial(raise_limits, Path(sys.argv[1]), len(settings) < len(sys.argv[2:]))
    run_composed("train", TrainConfig, run, settings)


def raise_limits(folder: Path, keep: bool, config: TrainConfig) -> None:
    """Raises the limits of the model in a folder unless they are kept; prints what is said then."""
    model = load_model(folder, "cpu")
    assert model.probe is not None
    teachers = teacher_files(config.distill, Path(config.data.cache))
    outputs = read_outputs(*teachers)
    with progress_bar("decoding") as decoding, progress_bar("storing views") as storing:
        data = distillation_data(config, teachers, decoding, storing)
    hidden = np.concatenate([shard.hidden for shard in data.views])
    targets = fit_targets(list(load_vocabulary()), outputs, hidden, whiten=0.0)
    told = []
    for tracks in (data.music, data.valid):
        windows = WindowDataset(data.cache, tracks, None, model.front_end, VALID_WINDOWS)
        with progress_bar("hearing") as hearing:
            heard = hear_whole(model.encoder, teachers, windows, hearing)
        told.append(tell(model.probe, model.encoder, outputs, targets, heard))
    probe = model.probe if keep else with_track_limits(model.probe, *told)
    if not keep:
        save_probe(probe, folder / PROBE_FILE)
    print_concepts(probe, told, correlations(model, targets, data.valid_views))
    pairs = list(zip(model.probe.features, probe.features, strict=True))
    limits = sum(after.present is not None for _, after in pairs)
    print(f"\n{sum(before != after for before, after in pairs)} of {limits} limits raised")
    print_claims("training", told[0], probe)
    print_claims("validation", told[1], probe)


@torch.inference_mode()
def correlations(model: Model, targets: Targets, views: Sequence[Shard]) -> dict[str, float]:
    """How well each concept's coordinate correlates with what the teachers hear in views."""
    assert model.probe is not None
    pooled = np.concatenate([pool_views(model.encoder, shard.log_mel) for shard in views])
    coordinates = dict(
        zip(
            model.probe.coordinates,
            model.encoder.head(torch.from_numpy(pooled)).numpy().T,
            strict=True,
        )
    )
    taught = targets.of(np.concatenate([shard.hidden for shard in views]))
    return {
        name: float(np.corrcoef(coordinates[name], of_name)[0, 1])
        for name, of_name in zip(targets.names, taught.T, strict=True)
    }


def print_concepts(probe: Probe, told: Sequence[Told], correlation: Mapping[str, float]) -> None:
    """Prints the table of the card."""
    said, taught, there = (
        np.concatenate([getattr(part, name) for part in told])
        for name in ("said", "taught", "there")
    )
    items = {item.feature.name: item for item in probe.features}
    concepts = {concept.column: concept for concept in load_vocabulary()}
    print("| concept | R2 | AUC | r of the coordinate | from | said of | heard in |")
    print("|---|---|---|---|---|---|---|")
    for place, name in enumerate(told[0].names):
        item, heard = items[name], there[:, place]
        cells = [concepts[name].name, f"{item.r2.value:.2f}", f"{item.auc:.2f}"]
        cells.append(f"{correlation[name]:.2f}")
        if concepts[name].kind == "amount":
            cells[0] += " (amount)"
            heard = taught[:, place] >= item.present
        if item.present is None:
            cells += ["", "never"]
        else:
            reached = said[:, place] >= item.present
            cells += [f"{item.present:.2f}", f"{100 * reached.mean():.1f} %"]
        print("|", " | ".join([*cells, f"{100 * heard.mean():.1f} %"]), "|")


def print_claims(what: str, told: Told, probe: Probe) -> None:
    """Prints how far off the scores of tracks are, and how often a concept is there as said."""
    limits = {
        item.feature.name: item.present
        for item in probe.features
        if item.present is not None and item.feature.kind != "amount"
    }
    claimed = told.said >= np.array([limits.get(name, np.inf) for name in told.names])
    print(
        f"{len(claimed)} {what} tracks: scores differ from the teachers' by"
        f" {(told.said - told.taught).std(axis=0).mean():.2f},"
        f" {(claimed & told.there).sum()} of {claimed.sum()} claims are right"
    )


if __name__ == "__main__":
    main()
