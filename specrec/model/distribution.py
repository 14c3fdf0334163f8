"""The distribution of features over a collection's tracks, by which values become percentiles."""

from collections.abc import Mapping

import numpy as np

from specrec.descriptors.features import PROPERTIES
from specrec.model.probe import Probe
from specrec.shapes import Float32, Float64

FEWEST = 20
"""Least number of tracks with a value for which a feature's distribution is known."""

_SAMPLE = 50_000
"""Size of the sample that is drawn from a larger collection: percentiles err by about 0.2."""
_QUANTILES = 2001
"""Most values that are kept of each feature, evenly spread over its ranks."""

Distribution = Mapping[str, Float64[np.ndarray, " values"]]
"""Values of each feature that were seen in a collection, ascending; by name."""


def distribution_of(
    known: Mapping[str, Float64[np.ndarray, " tracks"]],
    probe: Probe | None,
    embeddings: Float32[np.ndarray, "tracks dim"],
) -> Distribution:
    """Finds the distribution of features over all tracks, or over a sample of very many.

    Args:
        known: Values of features that were measured or are from a table; NaN where unknown.
        probe: Fills in unknown values of the features that it predicts well enough.
        embeddings: Centered embeddings of the tracks.
    """
    chosen = np.arange(len(embeddings))
    if len(chosen) > _SAMPLE:
        chosen = np.sort(np.random.default_rng(0).permutation(chosen)[:_SAMPLE])
    predicted = {} if probe is None else probe.predict(np.asarray(embeddings[chosen]))
    usable = set() if probe is None else {item.feature.name for item in probe.usable()}
    found = {}
    for name in PROPERTIES:
        values = np.full(len(chosen), np.nan)
        if name in usable:
            values = predicted[name].astype(np.float64)
        if name in known:
            here = known[name][chosen]
            values = np.where(np.isnan(here), values, here)
        values = np.sort(values[np.isfinite(values)])
        if len(values) >= FEWEST:
            count = min(len(values), _QUANTILES)
            found[name] = values[np.linspace(0, len(values) - 1, count).round().astype(int)]
    return found
