"""Probes and libraries whose truth is known."""

import numpy as np
import pandas as pd

from specrec.bootstrap import Estimate
from specrec.descriptors.features import FEATURES
from specrec.model.probe import Probe, ProbedFeature

NAMES = ("centroid_hz", "bass_share", "onset_rate_hz", "key", "loudness_range_lu")


def make_probe(weights: dict[str, np.ndarray], r2: dict[str, float] | None = None) -> Probe:
    """A probe with these rows, each predicted well unless `r2` says otherwise."""
    features, rows = [], []
    for name, weight in weights.items():
        value = (r2 or {}).get(name, 0.8)
        figure = Estimate(value, value, value)
        features.append(ProbedFeature(FEATURES[name], figure, figure, figure, 0.5, 100, 100, 1.0))
        rows.append(np.atleast_2d(weight))
    weight = np.concatenate(rows).astype(np.float32)
    zeros = np.zeros(len(weight), dtype=np.float32)
    return Probe("f", tuple(features), weight, zeros, zeros + 1)


def random_probe(rng: np.random.Generator, dim: int) -> Probe:
    """Random rows for a few features, one of which has two."""
    weights = {name: rng.normal(size=(FEATURES[name].columns, dim)) for name in NAMES}
    return make_probe(weights)


def table_of(probe: Probe, embeddings: np.ndarray) -> pd.DataFrame:
    """Measured values that are exactly what the probe predicts."""
    return pd.DataFrame(probe.predict(embeddings))
