"""The probe: predicts named features linearly from an embedding. Needs no torch."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from specrec.bootstrap import Estimate
from specrec.descriptors.features import CONCEPTS, Feature
from specrec.errors import ModelError
from specrec.shapes import Float, Float32
from specrec.writing import write_file

PROBE_FILE = "probe.safetensors"
R2_FLOOR = 0.3
"""Least held-out R2 of a feature that is used in explanations."""

AUC_FLOOR = 0.8
"""Least area under the curve of a concept that is used in explanations."""


@dataclass(frozen=True)
class ProbedFeature:
    """A feature that the probe predicts, and its accuracy on tracks of unseen groups.

    Attributes:
        feature: The feature, with unit, kind and scale.
        r2: Share of the variance on the scale that the prediction accounts for.
        spearman: Rank correlation; for a circular feature, the mean cosine of the angle between
            prediction and truth.
        mae: Mean absolute error in the unit; for a pitch class, in steps on the circle of fifths.
        interval: Half the width, on the scale, of the interval around a prediction that holds the
            truth for 90 % of tracks (split-conformal).
        tracks: Number of tracks behind these figures.
        fitted: Number of tracks behind the weights.
        strength: Strength of the ridge penalty, relative to the mean variance of the embedding.
        auc: For a concept, how well it tells tracks that have much of it, by people's or a
            teacher's word, from others: 0.5 by chance, 1 always. None if that can't be told, and
            for other features.
        present: For a concept, the value from which on it is there, so that it may be said; None
            if no value is high enough for that.
        absent: For a concept, the value up to which it is not there; None if none is low enough.
    """

    feature: Feature
    r2: Estimate
    spearman: Estimate
    mae: Estimate
    interval: float
    tracks: int
    fitted: int
    strength: float
    auc: float | None = None
    present: float | None = None
    absent: float | None = None

    @property
    def usable(self) -> bool:
        """Whether it is predicted well enough to be used in explanations."""
        told = self.feature.name not in CONCEPTS or (self.auc or 0.0) >= AUC_FLOOR
        return self.r2.value >= R2_FLOOR and told


@dataclass(frozen=True, eq=False)
class Probe:
    """Linear maps from a centered embedding to features, each on its own scale.

    With `z` an embedding, feature k's value on its scale is `weight_k . z + bias_k`; a circular
    feature has two rows, for its cosine and sine.

    Attributes:
        fingerprint: Fingerprint of the model whose embeddings it reads.
        features: The features that it predicts, in the order of the rows.
        weight: Weights; one row per number on a scale.
        bias: Biases; one per row of the weights.
        spread: Standard deviation of each row's target over the tracks on which it was fitted.
        source: Source of the tracks and their values, as plain values.
        coordinates: The names of the embedding's coordinates, in order, if it has named ones.
    """

    fingerprint: str
    features: tuple[ProbedFeature, ...]
    weight: Float32[np.ndarray, "rows dim"]
    bias: Float32[np.ndarray, " rows"]
    spread: Float32[np.ndarray, " rows"]
    source: dict[str, Any] = field(default_factory=dict)
    coordinates: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        rows = sum(item.feature.columns for item in self.features)
        if not len(self.weight) == len(self.bias) == len(self.spread) == rows:
            raise ValueError(f"{len(self.weight)} rows of weights for {rows} rows of features")

    def rows(self, name: str) -> slice:
        """Finds the rows of a feature.

        Raises:
            KeyError: If the probe does not predict it.
        """
        return self._rows[name]

    @cached_property
    def _rows(self) -> dict[str, slice]:
        ends = np.cumsum([item.feature.columns for item in self.features]).tolist()
        names = [item.feature.name for item in self.features]
        return {
            name: slice(first, last)
            for name, first, last in zip(names, [0, *ends], ends, strict=False)
        }

    def usable(self) -> tuple[ProbedFeature, ...]:
        """Lists the features that are predicted well enough to be used in explanations."""
        return tuple(item for item in self.features if item.usable)

    def with_names_of(self, other: "Probe | None") -> "Probe":
        """Adds the concepts and the names of coordinates of another probe of the same model."""
        if other is None or not other.coordinates:
            return self
        own = {item.feature.name for item in self.features}
        concepts = [
            item
            for item in other.features
            if item.feature.name in {*CONCEPTS, *other.coordinates} - own
        ]
        rows = [other.rows(item.feature.name) for item in concepts]
        return Probe(
            self.fingerprint,
            (*self.features, *concepts),
            np.concatenate([self.weight, *(other.weight[part] for part in rows)]),
            np.concatenate([self.bias, *(other.bias[part] for part in rows)]),
            np.concatenate([self.spread, *(other.spread[part] for part in rows)]),
            self.source,
            other.coordinates,
        )

    def scaled(
        self, embeddings: Float[np.ndarray, "tracks dim"], name: str
    ) -> Float[np.ndarray, "tracks columns"]:
        """Predicts a feature on its scale."""
        rows = self.rows(name)
        predicted: np.ndarray = embeddings @ self.weight[rows].T + self.bias[rows]
        return predicted

    def predict(
        self, embeddings: Float[np.ndarray, "tracks dim"]
    ) -> dict[str, Float[np.ndarray, " tracks"]]:
        """Predicts all features in their units, by name."""
        scaled = embeddings @ self.weight.T + self.bias
        return {
            item.feature.name: item.feature.from_scale(scaled[:, self._rows[item.feature.name]])
            for item in self.features
        }


def save_probe(probe: Probe, path: Path) -> None:
    """Writes a probe; its accuracy is in the file's metadata.

    Raises:
        StorageError: If it can't be written.
    """
    described = {
        "fingerprint": probe.fingerprint,
        "features": [asdict(item) for item in probe.features],
        "source": probe.source,
        "coordinates": probe.coordinates,
    }
    tensors = {"weight": probe.weight, "bias": probe.bias, "spread": probe.spread}
    contiguous = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    write_file(path, save(contiguous, metadata={"probe": json.dumps(described)}))


def load_probe(folder: Path, fingerprint: str) -> Probe | None:
    """Reads the probe in the folder of a model or of a library's generation.

    Args:
        folder: The folder of `probe.safetensors`.
        fingerprint: Fingerprint of the model whose embeddings are to be read.

    Returns:
        The probe; None if there is no file.

    Raises:
        ModelError: If the file is damaged, or the probe belongs to another model.
    """
    path = folder / PROBE_FILE
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="np") as file:
            described = json.loads(file.metadata()["probe"])
            weight, bias, spread = (file.get_tensor(name) for name in ("weight", "bias", "spread"))
        probe = Probe(
            described["fingerprint"],
            _features(described["features"]),
            weight,
            bias,
            spread,
            described["source"],
            tuple(described.get("coordinates", ())),
        )
    except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise ModelError(f"{path}: damaged ({error}); copy the model anew") from error
    if probe.fingerprint != fingerprint:
        raise ModelError(
            f"{path}: reads the embeddings of model {probe.fingerprint}, not of {fingerprint};"
            " remove it, or copy the model anew"
        )
    return probe


def same_probe(first: Probe | None, second: Probe | None) -> bool:
    """Whether two probes predict the same for every embedding."""
    if first is None or second is None:
        return first is second
    return (
        first.fingerprint == second.fingerprint
        and first.features == second.features
        and first.coordinates == second.coordinates
        and np.array_equal(first.weight, second.weight)
        and np.array_equal(first.bias, second.bias)
    )


def _features(items: Sequence[dict[str, Any]]) -> tuple[ProbedFeature, ...]:
    features = []
    for item in items:
        estimates = {name: Estimate(**item[name]) for name in ("r2", "spearman", "mae")}
        features.append(ProbedFeature(**item | estimates | {"feature": Feature(**item["feature"])}))
    return tuple(features)
