"""Splits a similarity into a sum: over features, or over the windows of two tracks."""

from dataclasses import dataclass

import numpy as np

from specrec.explain.directions import Directions
from specrec.shapes import Float, Float64
from specrec.vectors import unit


@dataclass(frozen=True, eq=False)
class FeatureSum:
    """Similarities of a query to its neighbors, split by features.

    Attributes:
        similarity: Cosine of query and neighbor, from -1 to 1.
        contributions: What each group of features adds to it: the sum over its axes u of
            (u . q)(u . n), with q and n of length 1.
        residual: The rest; contributions and residual add up to the similarity.
    """

    similarity: Float64[np.ndarray, " neighbors"]
    contributions: Float64[np.ndarray, "neighbors groups"]
    residual: Float64[np.ndarray, " neighbors"]


def by_feature(
    query: Float[np.ndarray, " dim"],
    neighbors: Float[np.ndarray, "neighbors dim"],
    directions: Directions,
) -> FeatureSum:
    """Splits similarities by groups of features.

    Args:
        query: The query's centered embedding, of any length.
        neighbors: The neighbors' centered embeddings, of any length.
        directions: The groups of features and their axes.
    """
    q, n = unit(query), unit(neighbors)
    products = (directions.axes @ q) * (n @ directions.axes.T)
    contributions = products @ directions.member
    similarity = n @ q
    return FeatureSum(similarity, contributions, similarity - contributions.sum(axis=1))


def versus(
    query: Float[np.ndarray, " dim"],
    one: Float[np.ndarray, " dim"],
    other: Float[np.ndarray, " dim"],
    directions: Directions,
) -> tuple[float, Float64[np.ndarray, " groups"], float]:
    """Splits the difference of two tracks' similarities to a query by groups of features.

    Args:
        query: The query's centered embedding.
        one: The centered embedding of the one track.
        other: The centered embedding of the other track.
        directions: The groups of features and their axes.

    Returns:
        The difference, one minus other; what each group of features adds to it; and the residual.
        Contributions and residual add up to the difference.
    """
    parts = by_feature(query, np.stack([one, other]), directions)
    difference = float(parts.similarity[0] - parts.similarity[1])
    contributions = parts.contributions[0] - parts.contributions[1]
    return difference, contributions, float(parts.residual[0] - parts.residual[1])


def by_window(
    query_windows: Float[np.ndarray, "query_windows dim"],
    neighbor_windows: Float[np.ndarray, "neighbor_windows dim"],
    query: Float[np.ndarray, " dim"],
    neighbor: Float[np.ndarray, " dim"],
) -> Float64[np.ndarray, "query_windows neighbor_windows"]:
    """Splits a similarity by pairs of windows: the mean over the matrix is the similarity.

    A library stores windows in half precision; the rounding error is spread evenly over a track's
    windows, so that their mean is its embedding again.

    Args:
        query_windows: Centered embeddings of the query's windows, in order.
        neighbor_windows: Centered embeddings of the neighbor's windows, in order.
        query: The query's embedding, which is the mean of its windows.
        neighbor: The neighbor's embedding.
    """
    first = _with_mean(query_windows, query)
    second = _with_mean(neighbor_windows, neighbor)
    length = np.linalg.norm(query.astype(np.float64)) * np.linalg.norm(neighbor.astype(np.float64))
    matrix: np.ndarray = first @ second.T / (length if length > 0 else 1.0)
    return matrix


@dataclass(frozen=True)
class Passage:
    """The most similar windows of two tracks.

    Attributes:
        query_start: Start of the query's window, in seconds from the track's beginning.
        query_end: End of the query's window, in seconds.
        neighbor_start: Start of the neighbor's window, in seconds.
        neighbor_end: End of the neighbor's window, in seconds.
        similarity: Cosine of the two windows, from -1 to 1.
    """

    query_start: float
    query_end: float
    neighbor_start: float
    neighbor_end: float
    similarity: float


def best_passage(
    query_windows: Float[np.ndarray, "query_windows dim"],
    neighbor_windows: Float[np.ndarray, "neighbor_windows dim"],
    query_spans: Float64[np.ndarray, "query_windows two"],
    neighbor_spans: Float64[np.ndarray, "neighbor_windows two"],
) -> Passage:
    """Finds the pair of windows with the highest cosine.

    Args:
        query_windows: Centered embeddings of the query's windows, in order.
        neighbor_windows: Centered embeddings of the neighbor's windows, in order.
        query_spans: Start and end of each of the query's windows, in seconds.
        neighbor_spans: Start and end of each of the neighbor's windows, in seconds.
    """
    cosines = unit(query_windows) @ unit(neighbor_windows).T
    first, second = np.unravel_index(cosines.argmax(), cosines.shape)
    (start, end), (other_start, other_end) = (
        query_spans[first].tolist(),
        neighbor_spans[second].tolist(),
    )
    return Passage(start, end, other_start, other_end, float(cosines[first, second]))


def _with_mean(
    windows: Float[np.ndarray, "windows dim"], embedding: Float[np.ndarray, " dim"]
) -> Float64[np.ndarray, "windows dim"]:
    """Shifts windows so that their mean is an embedding."""
    exact = windows.astype(np.float64)
    shifted: np.ndarray = exact + (embedding.astype(np.float64) - exact.mean(axis=0))
    return shifted
