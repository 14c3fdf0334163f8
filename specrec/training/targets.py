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
from scipy.special import expit
from torch import nn

from specrec.concepts.vocabulary import Concept
from specrec.errors import ModelError
from specrec.shapes import Float, Float32, Float64
from specrec.training.mn04 import load_mn04
from specrec.training.musicnn import TAGS, load_musicnn

TEACHERS = ("audioset", "musicnn")
"""What the vocabulary calls the teachers: mn04 names AudioSet's classes."""

_FLAT = 1e-3
"""Least share of the largest variance that an axis is held to have, so that noise stays small."""

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

    def probabilities(
        self, hidden: Float[np.ndarray, "views hidden"]
    ) -> Float64[np.ndarray, "views outputs"]:
        """How probable the teachers hold each output in views, from 0 to 1."""
        logits = hidden.astype(np.float64) @ self.weight.T + self.bias
        probable: np.ndarray = expit(logits)
        return probable


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
    except OSError as error:
        raise ModelError(
            f"{labels}: {error.strerror}; it lists the classes of mn04, beside whose weights"
            " (distill.mn04) it stands"
        ) from error
    except (KeyError, ValueError) as error:
        raise ModelError(f"{labels} does not list AudioSet's classes ({error})") from error
    first, second = load_mn04(mn04).classifier[-1], load_musicnn(musicnn).classes
    assert isinstance(first, nn.Linear)
    if len(classes) != len(first.bias):
        raise ModelError(f"{labels} lists {len(classes)} classes, and mn04 has {len(first.bias)}")
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
    concepts: Sequence[Concept],
    outputs: Outputs,
    hidden: Float[np.ndarray, "views hidden"],
    whiten: float,
) -> Targets:
    """Fits the coordinates on a set of views.

    Args:
        concepts: The concepts that the teachers name; others are left out.
        outputs: The teachers' outputs.
        hidden: The teachers' hidden layers of many views.
        whiten: How far concepts that go together (rock, angry, distorted guitar) are kept from
            counting several times: 0 leaves the standardized scores, 1 makes the coordinates
            uncorrelated. With C the scores' correlations, they are multiplied by C^(-whiten / 2),
            which is symmetric: of all such maps the one that stays nearest to the concepts.

    Raises:
        ModelError: If a concept's source is no output of a teacher, or the same in all views.
    """
    exact = hidden.astype(np.float64)
    mean, covariance = exact.mean(axis=0), np.cov(exact, rowvar=False)
    places = {name: place for place, name in enumerate(outputs.names)}
    rows, names = [], []
    for concept in concepts:
        row = np.zeros(exact.shape[1])
        for sources, sign in ((concept.sources, 1.0), (concept.against, -1.0)):
            for teacher in TEACHERS:
                for output in sources.get(teacher, ()):
                    if (teacher, output) not in places:
                        raise ModelError(f"concept {concept.name}: {teacher} has no {output!r}")
                    direction = outputs.weight[places[teacher, output]]
                    spread = _spread(direction, covariance)
                    if not spread > 0:
                        raise ModelError(f"{teacher} says the same of {output!r} in all views")
                    row += sign / len(sources[teacher]) * direction / spread
        if not row.any():
            continue  # what is measured
        rows.append(row / _spread(row, covariance))
        names.append(concept.column)
    scores = np.stack(rows)
    weight = power_of(scores @ covariance @ scores.T, -whiten / 2) @ scores
    return Targets(
        tuple(names),
        weight.astype(np.float32),
        (-weight @ mean).astype(np.float32),
    )


def power_of(matrix: Float64[np.ndarray, "n n"], exponent: float) -> Float64[np.ndarray, "n n"]:
    """A power of a symmetric matrix; axes of next to no variance are held to a little."""
    variances, axes = np.linalg.eigh(matrix)
    held = np.maximum(variances, _FLAT * variances.max())
    power: np.ndarray = (axes * held**exponent) @ axes.T
    return power


def _spread(direction: Float64[np.ndarray, " hidden"], covariance: np.ndarray) -> float:
    return float(np.sqrt(direction @ covariance @ direction))
