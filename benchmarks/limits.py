"""Raises a trained model's limits, from which on concepts are said, as a training does at its end.

    python benchmarks/limits.py MODEL +experiment=base data.audio=CORPUS/audio \
        data.unlabeled_audio=[CORPUS2/audio,synthetic,MADE] distill.views=16000

MODEL is the folder of a model with named coordinates; only its probe is changed, so that libraries
are not embedded anew. The settings are those of its training. Of the views, which tell only what is
usual of a concept, some are enough. Prints the limits that change.
"""

import sys
from functools import partial
from pathlib import Path

import numpy as np

from specrec.compose import run_composed
from specrec.concepts.vocabulary import load_vocabulary
from specrec.config import TrainConfig
from specrec.model.model import load_model
from specrec.model.probe import PROBE_FILE, save_probe
from specrec.training.dataset import WindowDataset
from specrec.training.distillation_data import distillation_data, teacher_files
from specrec.training.fit_contrastive import VALID_WINDOWS
from specrec.training.targets import fit_targets, read_outputs
from specrec.training.track_limits import hear_whole, tell, with_track_limits


def main() -> None:
    """Composes the settings as `specrec train` does."""
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    run_composed("train", TrainConfig, partial(raise_limits, Path(sys.argv[1])), sys.argv[2:])


def raise_limits(folder: Path, config: TrainConfig) -> None:
    """Raises the limits of the model in a folder."""
    model = load_model(folder, "cpu")
    assert model.probe is not None
    teachers = teacher_files(config.distill, Path(config.data.cache))
    outputs = read_outputs(*teachers)
    data = distillation_data(config, teachers)
    hidden = np.concatenate([shard.hidden for shard in data.views])
    targets = fit_targets(list(load_vocabulary()), outputs, hidden, whiten=0.0)
    told = []
    for tracks in (data.music, data.valid):
        windows = WindowDataset(data.cache, tracks, None, model.front_end, VALID_WINDOWS)
        heard = hear_whole(model.encoder, teachers, windows)
        told.append(tell(model.probe, model.encoder, outputs, targets, heard))
    raised = with_track_limits(model.probe, *told)
    print("| concept | was there from | is there from |\n|---|---|---|")
    for before, after in zip(model.probe.features, raised.features, strict=True):
        if before != after:
            print(f"| {after.feature.name} | {before.present:.2f} | {after.present:.2f} |")
    save_probe(raised, folder / PROBE_FILE)


if __name__ == "__main__":
    main()
