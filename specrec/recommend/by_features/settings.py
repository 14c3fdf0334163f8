"""How tracks are compared by features: which, on what scale, with what weight."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from specrec.errors import QueryError

Scaling = Literal["robust", "standard", "none"]
Metric = Literal["cosine", "euclidean"]


@dataclass(frozen=True)
class FeatureSettings:
    """How features are compared.

    Attributes:
        columns: Names of the features; none for all amounts and confidences that are known.
        scaling: `robust` takes the median from each feature and divides by its interquartile
            range (over 1.35: the standard deviation, if it is normal), and holds it within 3
            either way, so that no long tail decides; where half of all tracks have one value,
            the standard deviation is its measure. `standard` takes mean and standard
            deviation. Both on the feature's own scale (`descriptors.features`), which for
            tempo counts octaves. `none` takes the numbers as they are.
        metric: `cosine`, or `euclidean`: one minus half the squared distance, in units of the
            tracks' whole variance, which is 1 for equal tracks and 0 for random ones on average.
        weights: Of features, by name; 1 for those that are not named. A weight of 2 counts a
            feature as if it stood there twice.
    """

    columns: tuple[str, ...] = ()
    scaling: Scaling = "robust"
    metric: Metric = "cosine"
    weights: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Checks the values.

        Raises:
            QueryError: If one is unknown or out of its range.
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
