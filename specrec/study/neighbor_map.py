"""A map on which near tracks sound alike: t-SNE that begins with PCA."""

import numpy as np
from threadpoolctl import threadpool_limits

from specrec.shapes import Float32, Float64, Int64
from specrec.study.cluster_validation import sample

FITTED = 10_000
"""Tracks that t-SNE itself places; of more, a sample, and the others beside the nearest of it."""

_PERPLEXITY = 30.0  # about how many neighbors count; fewer if there are hardly more tracks
_ROUNDS = 500  # after which neighbors are kept as well as after a thousand
_BEGIN = 1e-4  # standard deviation of the first places (Kobak and Berens 2019)
_BESIDE = 3  # tracks of the sample that place another
_SHARPNESS = 16.0  # the exponent of distance: nearly all the weight is the nearest one's


def tsne(
    vectors: Float64[np.ndarray, "tracks dim"],
    start: Float64[np.ndarray, "tracks 2"],
    seed: int = 0,
) -> Float64[np.ndarray, "tracks 2"]:
    """Places tracks so that neighbors stay neighbors.

    t-SNE (van der Maaten and Hinton 2008; Barnes-Hut, van der Maaten 2014) is the same every time,
    and keeps the large lines of the places with which it begins (Kobak and Berens 2019).

    Args:
        vectors: The tracks, at least 3.
        start: Places with which to begin, of which only directions and proportions count.
        seed: Draws the sample of more than `FITTED` tracks.
    """
    count = len(vectors)
    if count <= FITTED:
        return _fit(vectors, start)
    chosen = sample(count, FITTED, np.random.default_rng(seed))
    points = np.empty((count, 2))
    points[chosen] = _fit(vectors[chosen], start[chosen])
    others = np.setdiff1d(np.arange(count), chosen)
    points[others] = _beside(vectors, chosen, others, points[chosen])
    return points


def _fit(
    vectors: Float64[np.ndarray, "tracks dim"], start: Float64[np.ndarray, "tracks 2"]
) -> Float64[np.ndarray, "tracks 2"]:
    from sklearn.manifold import TSNE

    spread = float(start[:, 0].std()) or 1.0
    first: Float32[np.ndarray, "tracks 2"] = (_BEGIN * start / spread).astype(np.float32)
    perplexity = min(_PERPLEXITY, (len(vectors) - 1) / 3)
    fitted = TSNE(2, perplexity=perplexity, max_iter=_ROUNDS, init=first, random_state=0)
    # One thread: several wait for each other a thousand times, which on a busy machine costs ten
    # times the work; and whatever else the process does goes on.
    with threadpool_limits(1):
        return np.asarray(fitted.fit_transform(vectors.astype(np.float32)), dtype=np.float64)


def _beside(
    vectors: Float64[np.ndarray, "tracks dim"],
    chosen: Int64[np.ndarray, " chosen"],
    others: Int64[np.ndarray, " others"],
    places: Float64[np.ndarray, "chosen 2"],
) -> Float64[np.ndarray, "others 2"]:
    """Places tracks beside those that sound most like them."""
    from sklearn.neighbors import NearestNeighbors

    with threadpool_limits(1):
        search = NearestNeighbors(n_neighbors=_BESIDE, algorithm="brute")
        search.fit(vectors[chosen].astype(np.float32))
        distances, nearest = search.kneighbors(vectors[others].astype(np.float32))
    closeness = (np.maximum(distances[:, :1], 1e-9) / np.maximum(distances, 1e-9)) ** _SHARPNESS
    weights = closeness / closeness.sum(axis=1, keepdims=True)
    return np.einsum("nk,nkd->nd", weights, places[nearest])
