"""Do explanations depend on what was learned? Labels shuffled, weights drawn at random."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from specrec.errors import CatalogError
from specrec.explain.directions import Directions
from specrec.model.probe import Probe
from specrec.model.probe_fit import fit_probe
from specrec.shapes import Float
from specrec.vectors import unit


@dataclass(frozen=True)
class RandomWeights:
    """Contributions under an encoder of the same architecture that has learned nothing.

    Adebayo et al. 2018, "Sanity checks for saliency maps": an explanation that stays the same
    when the weights are random does not explain the model.

    Attributes:
        tracks: Number of tracks, all pairs of which are compared.
        correlation: For each group of features, the rank correlation over pairs of its contribution
            with that under random weights; near 0 is right.
        similarity_correlation: Rank correlation of the similarities themselves.
    """

    tracks: int
    correlation: dict[str, float]
    similarity_correlation: float


def shuffle_labels(
    embeddings: Float[np.ndarray, "tracks dim"], table: pd.DataFrame, seed: int = 0
) -> Probe | None:
    """Fits a probe to each column of the table in another order; none should be usable.

    Returns:
        None if too little is known to fit anything.
    """
    rng = np.random.default_rng(seed)
    shuffled = pd.DataFrame({name: rng.permutation(table[name].to_numpy()) for name in table})
    try:
        return fit_probe(embeddings, shuffled, np.arange(len(embeddings)), "shuffled")
    except CatalogError:
        return None


def compare_weights(
    trained: Float[np.ndarray, "tracks dim"],
    untrained: Float[np.ndarray, "tracks dim"],
    directions: Directions,
) -> RandomWeights:
    """Compares the contributions of all pairs of some tracks in two spaces.

    Args:
        trained: Embeddings by the model, centered.
        untrained: Centered embeddings of the same tracks by an encoder with random weights.
        directions: Directions of the model's probe, by which both similarities are split.
    """
    first, second = np.triu_indices(len(trained), 1)
    parts = []
    for vectors in (unit(trained), unit(untrained)):
        along = vectors @ directions.axes.T
        member = directions.groups[:, None] == np.arange(len(directions.names))
        contributions = (along[first] * along[second]) @ member
        similarity = (vectors[first] * vectors[second]).sum(axis=1)
        parts.append(np.column_stack([contributions, similarity]))
    learned, random = parts
    correlations = [
        float(spearmanr(learned[:, column], random[:, column]).statistic)
        for column in range(learned.shape[1])
    ]
    return RandomWeights(
        len(trained), dict(zip(directions.names, correlations, strict=False)), correlations[-1]
    )
