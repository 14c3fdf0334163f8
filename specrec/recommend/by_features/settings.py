"""The settings by which features are compared: which, on what scale, with what weight."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from specrec.errors import QueryError

Scaling = Literal["robust", "standard", "none"]
Metric = Literal["cosine", "euclidean"]


@dataclass(frozen=True)
class FeatureSettings:
    """The settings by which features are compared.

    >>> FeatureSettings(("energy", "tempo"), weights={"tempo": 2.0}).metric
    'cosine'

    Attributes:
        columns: Names of the features; empty for all known amounts and confidences.
        scaling: `robust` subtracts the median of each feature, divides by its interquartile range
            (over 1.35, which is the standard deviation of a normal distribution), and clips it to
            3 either way, so that no long tail decides; if half of all tracks have one value, it
            divides by the standard deviation. `standard` takes mean and standard deviation. Both
            work on the feature's own scale (`specrec.descriptors.features`), which for tempo
            counts octaves. `none` takes the numbers as they are.
        metric: `cosine`, or `euclidean`: one minus half the squared distance in units of the
            tracks' total variance, which is 1 for equal tracks and 0 for random ones on average.
        weights: Weights of features, by name, 0 or more; 1 for those that are not named. A weight
            of 2 counts a feature twice.
    """

    columns: tuple[str, ...] = ()
    scaling: Scaling = "robust"
    metric: Metric = "cosine"
    weights: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Checks the values.

        Raises:
            QueryError: If scaling or metric is unknown, or a weight negative or not finite.
        """
        for name, value, known in (
            ("scaling", self.scaling, get_args(Scaling)),
            ("metric", self.metric, get_args(Metric)),
        ):
            if value not in known:
                raise QueryError(f"{name} must be {' or '.join(known)}, not {value}")
        for name, weight in self.weights.items():
            if not 0 <= weight < np.inf:
                raise QueryError(f"weight of {name} must be 0 or more, not {weight:g}")


def weights_of(texts: Iterable[str]) -> dict[str, float]:
    """Reads weights of features, each as `energy=2`.

    Raises:
        QueryError: If one can't be read.
    """
    weights = {}
    for text in texts:
        name, _, number = text.partition("=")
        try:
            weights[name] = float(number)
        except ValueError as error:
            raise QueryError(f"weight {text}: give FEATURE=NUMBER, as energy=2") from error
    return weights
