"""The targets of a distillation: how much of each concept the teachers hear in a view.

A concept's score is the mean of the standardized logits of its sources, AudioSet's classes and
musicnn's tags, and is itself standardized over the views: so a coordinate is 1 where a view has one
standard deviation more of it than is usual. All of this is affine in the teachers' last hidden
layers, which are what is stored of them.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32, Float64
from torch import nn

from specrec.concepts.vocabulary import Concept
from specrec.errors import ModelError
from specrec.training.mn04 import load_mn04
from specrec.training.musicnn import TAGS, load_musicnn

LABELS_FILE = "audioset_labels.csv"
"""AudioSet's classes in the order of mn04's outputs; stands beside the weights."""


@dataclass(frozen=True, eq=False)
class Outputs:
    """The named outputs of the teachers, as a map from their hidden layers.

    Attributes:
        names: The outputs, as pairs of vocabulary and name, such as ("audioset", "Piano").
        weight: The logit of output k is `weight[k] . hidden + bias[k]`.
        bias: See `weight`.
    """

    names: tuple[tuple[str, str], ...]
    weight: Float64[np.ndarray, "outputs hidden"]
    bias: Float64[np.ndarray, " outputs"]


def read_outputs(mn04: Path, musicnn: Path) -> Outputs:
    """Reads the last layers of both teachers.

    Args:
        mn04: The weights of mn04_as, with `LABELS_FILE` beside them.
        musicnn: The package musicnn 0.1.0.

    Raises:
        ModelError: If a file is missing, damaged or another.
    """
    labels = mn04.parent / LABELS_FILE
    try:
        with labels.open(newline="") as file:
            classes = [row["display_name"] for row in csv.DictReader(file)]
    except (OSError, KeyError, ValueError) as error:
        raise ModelError(f"{labels}: {error}") from error
    first, second = load_mn04(mn04).classifier[-1], load_musicnn(musicnn).classes
    assert isinstance(first, nn.Linear)
    weight = torch.block_diag(first.weight.detach(), second.weight.detach())
    bias = torch.cat([first.bias.detach(), second.bias.detach()])
    names = [("audioset", name) for name in classes] + [("musicnn", name) for name in TAGS]
    return Outputs(tuple(names), weight.double().numpy(), bias.double().numpy())


@dataclass(frozen=True, eq=False)
class Targets:
    """The map from the teachers' hidden layers to the concepts' standardized scores.

    Attributes:
        names: The concepts, in the order of the coordinates.
        weight: Coordinate k is `weight[k] . hidden + bias[k]`.
        bias: See `weight`.
    """

    names: tuple[str, ...]
    weight: Float32[np.ndarray, "concepts hidden"]
    bias: Float32[np.ndarray, " concepts"]

    def of(
        self, hidden: Float[np.ndarray, "views hidden"]
    ) -> Float32[np.ndarray, "views concepts"]:
        """Computes the targets of views."""
        target: np.ndarray = hidden.astype(np.float32) @ self.weight.T + self.bias
        return target


def fit_targets(
    concepts: Sequence[Concept], outputs: Outputs, hidden: Float[np.ndarray, "views hidden"]
) -> Targets:
    """Fits the scores on a set of views, over which each has mean 0 and standard deviation 1.

    Args:
        concepts: The concepts that the teachers name; others are left out.
        outputs: The teachers' outputs.
        hidden: The teachers' hidden layers of many views.

    Raises:
        ModelError: If a concept's source is no output of a teacher.
    """
    exact = hidden.astype(np.float64)
    mean, covariance = exact.mean(axis=0), np.cov(exact, rowvar=False)
    places = {name: place for place, name in enumerate(outputs.names)}
    rows = []
    taught = [
        concept for concept in concepts if any(kind in TEACHERS for kind, _, _ in concept.sources)
    ]
    for concept in taught:
        row = np.zeros(exact.shape[1])
        for source in concept.sources:
            if source not in places:
                raise ModelError(
                    f"concept {concept.name}: no teacher has {source[1]!r} ({source[0]})"
                )
            direction = outputs.weight[places[source]]
            row += direction / _spread(direction, covariance)
        rows.append(row / _spread(row, covariance))
    weight = np.stack(rows)
    return Targets(
        tuple(concept.name for concept in taught),
        weight.astype(np.float32),
        (-weight @ mean).astype(np.float32),
    )


def _spread(direction: Float64[np.ndarray, " hidden"], covariance: np.ndarray) -> float:
    return float(np.sqrt(direction @ covariance @ direction))
