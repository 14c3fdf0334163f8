"""Counterfactuals: the least change of a feature that takes a track out of the list, or into it."""

import numpy as np

from specrec.explain.directions import Directions
from specrec.explain.feature_stats import FeatureStats
from specrec.shapes import Float, Float64, Int
from specrec.vectors import unit


def needed_changes(
    query: Float[np.ndarray, " dim"],
    neighbors: Float[np.ndarray, "neighbors dim"],
    ranks: Int[np.ndarray, " neighbors"],
    scores: Float64[np.ndarray, " others"],
    k: int,
    directions: Directions,
    stats: FeatureStats,
) -> list[list[tuple[float, float] | None]]:
    """Finds the least changes of features by which tracks drop out of the nearest k, or enter them.

    Args:
        query: The query's embedding.
        neighbors: The tracks' embeddings.
        ranks: Their ranks; those up to k drop out, the others enter.
        scores: Similarities of all tracks but the query to it.
        k: Length of the list of neighbors.
        directions: The groups of features, and where the prediction of each rises fastest.
        stats: Predicts the features, and knows their ranges.

    Returns:
        For each track and group the change of the group's feature as (from, to), as the probe
        predicts it and in its unit; None if no change to a value that some track has does it.
    """
    if len(scores) <= k or stats.probe is None:
        return [[None] * len(directions.names)] * len(neighbors)
    outside, inside = np.partition(scores, (-k - 1, -k))[-k - 1 : len(scores) - k + 1].tolist()
    changes: list[list[tuple[float, float] | None]] = []
    for neighbor, rank in zip(neighbors, ranks.tolist(), strict=True):
        limit = outside if rank <= k else inside  # that of the first outside, or the last inside
        moves = [
            needed_move(query, neighbor, head, limit) if head.any() else None
            for head in directions.heads
        ]
        steps = np.array([0.0 if move is None else move for move in moves])
        moved = neighbor + steps[:, None] * directions.heads
        possible = stats.predicted_changes(directions.names, neighbor, moved)
        changes.append(
            [None if move is None else change for move, change in zip(moves, possible, strict=True)]
        )
    return changes


def needed_move(
    query: Float[np.ndarray, " dim"],
    neighbor: Float[np.ndarray, " dim"],
    direction: Float[np.ndarray, " dim"],
    similarity: float,
) -> float | None:
    """Finds how far a neighbor must move along a direction to reach a certain similarity.

    Args:
        query: The query's embedding.
        neighbor: The neighbor's embedding.
        direction: A vector of length 1.
        similarity: The similarity to reach, from -1 to 1.

    Returns:
        The smallest move, of either sign, in the units of the embedding; None if no move does it.
    """
    q, n = unit(query), np.asarray(neighbor, dtype=np.float64)
    slope, along = direction @ q, direction @ n
    across = n - along * direction
    width = np.linalg.norm(across)
    # With t = width tan(angle) - along, the cosine of q and n + t u is
    # level cos(angle) + slope sin(angle) = highest cos(angle - summit).
    level = unit(across) @ q
    highest, summit = np.hypot(level, slope), np.arctan2(slope, level)
    along_only = width <= 1e-9 * np.linalg.norm(n)  # then the cosine only changes its sign
    if along_only or highest == 0 or highest < abs(similarity):
        return None
    away = np.arccos(similarity / highest)
    angles = [angle for angle in (summit - away, summit + away) if np.cos(angle) > 0]
    return min((float(width * np.tan(angle) - along) for angle in angles), key=abs, default=None)
