"""Teachers with random weights, in files as their authors publish them."""

import csv
from pathlib import Path

import torch
from torch import nn

from specrec.model.fetch import WHEEL
from specrec.training.mn04 import MN04
from specrec.training.targets import LABELS_FILE
from tests.concepts.teachers import AUDIOSET, names
from tests.model.package import write_wheel


def write_teachers(folder: Path) -> tuple[Path, Path]:
    """Both teachers and AudioSet's classes; gives the files of mn04 and musicnn."""
    write_mn04(folder / "mn04_as.pt")
    classes = sorted(names(AUDIOSET))
    classes += [f"class {number}" for number in range(527 - len(classes))]
    with (folder / LABELS_FILE).open("w", newline="") as file:
        csv.writer(file).writerows([("index", "display_name"), *enumerate(classes)])
    return folder / "mn04_as.pt", write_wheel(folder / WHEEL)


def write_mn04(path: Path, seed: int = 0) -> MN04:
    """Random weights in a file whose layers have the names that mn04's authors gave them."""
    torch.manual_seed(seed)
    teacher = MN04().train()
    for module in teacher.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    teacher(
        torch.randn(8, 16_000).cumsum(dim=1) / 100, 32_000
    )  # else its layers say next to nothing
    teacher.eval()
    state = {}
    for name, value in teacher.state_dict().items():
        if ".fc" in name:
            name = name.replace(".fc", ".conc_se_layers.0.fc")
            value = value.squeeze((2, 3)) if name.endswith("weight") else value
        name = name.replace("classifier.3", "classifier.5").replace("classifier.0", "classifier.2")
        state[name] = value
    torch.save(state, path)
    return teacher
