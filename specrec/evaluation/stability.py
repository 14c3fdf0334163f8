"""How near altered files are to their originals, and whether they still find them."""

from dataclasses import dataclass

import numpy as np

from specrec.shapes import Float
from specrec.vectors import cosine_similarities

NEARLY_EQUAL = 0.99
"""Cosine from which an altered file counts as unchanged."""


@dataclass(frozen=True)
class Stability:
    """How near altered files stay to the originals.

    Attributes:
        median_cosine: Median cosine of an altered file to its original.
        lowest_cosine: The worst of them.
        nearly_equal_share: Share of the files at `NEARLY_EQUAL` or above, from 0 to 1.
        first_share: Share of the files whose original is the nearest of all originals.
        worst_rank: Largest rank of an original when its altered file is the query; 1 is best.
        refused: Number of files that were refused once altered, as a quiet one may be when it
            is made quieter: their cosine counts as 0 and their rank as the last.
        cosines: Cosine of each track's altered file to its original, in the order of tracks.
        ranks: Rank of each track's original for its altered file, from 1.
    """

    median_cosine: float
    lowest_cosine: float
    nearly_equal_share: float
    first_share: float
    worst_rank: int
    refused: int
    cosines: list[float]
    ranks: list[int]


def compare(
    altered: Float[np.ndarray, "tracks dim"], originals: Float[np.ndarray, "tracks dim"]
) -> Stability:
    """Compares each altered file with all originals; rows of NaN were refused."""
    tracks = np.arange(len(altered))
    similarities = cosine_similarities(altered, originals)
    own = similarities[tracks, tracks]
    refused = np.isnan(own)
    ranks = np.where(refused, len(tracks), 1 + (similarities > own[:, None]).sum(axis=1))
    cosines = np.where(refused, 0.0, own)
    return Stability(
        float(np.median(cosines)),
        float(cosines.min()),
        float((cosines >= NEARLY_EQUAL).mean()),
        float((ranks == 1).mean()),
        int(ranks.max()),
        int(refused.sum()),
        cosines.tolist(),
        ranks.tolist(),
    )
