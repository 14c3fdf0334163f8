"""Unit vectors and cosines: what every comparison of embeddings is made of."""

import numpy as np

from specrec.shapes import Float, Float64


def unit(vectors: Float[np.ndarray, "*rows dim"]) -> Float64[np.ndarray, "*rows dim"]:
    """Scales vectors to length 1, in double precision; a zero vector stays zero.

    >>> unit(np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    exact = np.asarray(vectors, dtype=np.float64)
    length = np.linalg.norm(exact, axis=-1, keepdims=True)
    scaled: np.ndarray = exact / np.where(length > 0, length, 1.0)
    return scaled


def cosine_similarities(
    queries: Float[np.ndarray, "queries dim"], tracks: Float[np.ndarray, "tracks dim"] | None = None
) -> Float64[np.ndarray, "queries tracks"]:
    """Computes cosine similarities, from -1 to 1, of queries to tracks, or to each other.

    A zero vector has a similarity of 0 to everything.
    """
    units = unit(queries)
    similarities: np.ndarray = units @ (units if tracks is None else unit(tracks)).T
    return similarities


def cosines(
    vectors: Float[np.ndarray, "rows dim"], units: Float64[np.ndarray, "others dim"]
) -> Float64[np.ndarray, "rows others"]:
    """Computes `unit(vectors) @ units.T` fast: the products are scaled, not the vectors.

    Args:
        vectors: Vectors of any length; a zero vector has a cosine of 0 with everything.
        units: Vectors of length 1, such as axes.
    """
    exact = np.asarray(vectors, dtype=np.float64)
    length = np.sqrt(np.einsum("nd,nd->n", exact, exact))
    scaled: np.ndarray = exact @ units.T / np.where(length > 0, length, 1.0)[:, None]
    return scaled
