"""k-means clusters of a library: how many, how stable, and what each is like."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from specrec.errors import QueryError
from specrec.progress import Progress
from specrec.shapes import Float64, Int, Int64
from specrec.study.cluster_validation import (
    SILHOUETTES,
    STABLE,
    Criterion,
    assign,
    fit_centers,
    measure_fit,
    reference_points,
    sample,
    silhouettes_of,
)
from specrec.study.dataset import Dataset, Space
from specrec.study.naming import FEWEST, Standing, name_clusters, profile_clusters

KS = tuple(range(2, 13))
"""Numbers of clusters that are tried."""

_FITTED = 10_000  # tracks to which centers are fitted; of more, a sample
_TYPICAL = 5


@dataclass(frozen=True)
class Cluster:
    """One cluster.

    Attributes:
        name: A name from its center, relative to the library.
        size: Number of its tracks.
        share: Share of all tracks, from 0 to 1.
        silhouette: Mean of its tracks' silhouettes, from -1 to 1; NaN if none of them was sampled.
        typical: Rows of the dataset nearest its center; of equal ones, one.
        profile: Where it stands in each feature, what stands out most first.
    """

    name: str
    size: int
    share: float
    silhouette: float
    typical: tuple[int, ...]
    profile: tuple[Standing, ...]


@dataclass(frozen=True, eq=False)
class Clustering:
    """A dataset in clusters, the largest first.

    Attributes:
        space: The space in which tracks are compared.
        labels: The cluster of each track of the dataset, from 0.
        clusters: The clusters.
        chosen: How well the chosen number of clusters fits.
        criteria: How well each number that was tried fits; only one if k was given.
        given: Whether k was given.
        fitted: Number of tracks to which the centers were fitted; of many, a sample.
    """

    space: Space
    labels: Int64[np.ndarray, " tracks"]
    clusters: tuple[Cluster, ...]
    chosen: Criterion
    criteria: tuple[Criterion, ...]
    given: bool
    fitted: int

    @property
    def summary(self) -> str:
        """Why this number of clusters was chosen, and how clear they are, in words."""
        one = self.chosen
        figures = (
            f"silhouette {one.silhouette:.2f} ({one.without:.2f} for data without clusters),"
            f" adjusted Rand index {one.reseeded:.2f} when reseeded and {one.resampled:.2f} when"
            " resampled"
        )
        if self.fitted < len(self.labels):
            figures += f", by a sample of {self.fitted:,} tracks"
        large = f" with {FEWEST} tracks or more in each" * (one.smallest >= FEWEST)
        if self.given:
            why = f"k = {one.k}, as given"
        elif one.resampled >= STABLE:
            why = (
                f"k = {one.k}, of the stable numbers of clusters{large} the one whose silhouette"
                " gains most"
            )
        else:
            why = (
                f"k = {one.k}, the most stable number of clusters{large}, though none is stable"
                f" ({STABLE} or more)"
            )
        verdict = (
            "The cluster structure is clear"
            if one.convincing
            else "There is no clear cluster structure: the borders between clusters are arbitrary"
        )
        return f"{why}: {figures}. {verdict}."

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; tracks are rows of the dataset."""
        return {
            "space": self.space,
            "k": self.chosen.k,
            "given": self.given,
            "convincing": self.chosen.convincing,
            "account": self.summary,
            "criteria": [item.to_dict() for item in self.criteria],
            "clusters": [
                {
                    "name": item.name,
                    "size": item.size,
                    "share": item.share,
                    "silhouette": None if np.isnan(item.silhouette) else item.silhouette,
                    "typical": list(item.typical),
                    "profile": [standing.to_dict() for standing in item.profile],
                }
                for item in self.clusters
            ],
            "labels": self.labels.tolist(),
        }


def find_clusters(
    dataset: Dataset,
    k: int | None = None,
    seed: int = 0,
    on_progress: Progress | None = None,
) -> Clustering:
    """Finds clusters by k-means (Lloyd 1982; started by k-means++), on unit vectors or features.

    Of those k in `KS` whose clusters are stable over bootstrap samples (`STABLE`) and large enough
    to be named, the one is chosen whose silhouette gains most over data without clusters (as
    Tibshirani et al. 2001 do with the gap statistic): the silhouette alone favors 2. Where none is
    stable, the most stable one is chosen.

    Args:
        dataset: The tracks.
        k: Number of clusters; None to choose one.
        seed: Seed of the starts, samples and resamples.
        on_progress: Called with the number of k tried and the number of all.

    Raises:
        QueryError: If k is below 2, or there are fewer than 3 different tracks a cluster.
    """
    rng = np.random.default_rng(seed)
    fitted = dataset.vectors[sample(len(dataset), _FITTED, rng)]
    distinct = len(np.unique(fitted, axis=0))
    tried = [one for one in KS if 3 * one <= distinct] if k is None else [k]
    if k is not None and k < 2:
        raise QueryError(f"k must be 2 or more, not {k}")
    if not tried or 3 * tried[0] > distinct:
        least = 3 * (k or KS[0])
        raise QueryError(f"{least} different tracks at least are clustered, not {distinct}")
    reference = reference_points(fitted, dataset.space, rng)
    criteria = []
    for place, one in enumerate(tried, 1):
        criteria.append(measure_fit(fitted, reference, one, seed))
        if on_progress is not None:
            on_progress(place, len(tried))
    large = [item for item in criteria if item.smallest >= FEWEST] or criteria
    stable = [item for item in large if item.resampled >= STABLE]
    chosen = (
        max(stable, key=lambda item: item.gain)
        if stable
        else max(large, key=lambda item: item.resampled)
    )
    model = fit_centers(fitted, chosen.k, seed)
    centers = model.cluster_centers_.astype(np.float64)
    labels, centers = _by_size(assign(model, dataset.vectors), centers)
    return Clustering(
        dataset.space,
        labels,
        _describe(dataset, labels, centers, rng),
        chosen,
        tuple(criteria),
        k is not None,
        len(fitted),
    )


def _describe(
    dataset: Dataset,
    labels: Int64[np.ndarray, " tracks"],
    centers: Float64[np.ndarray, "clusters dim"],
    rng: np.random.Generator,
) -> tuple[Cluster, ...]:
    rows = sample(len(labels), SILHOUETTES, rng)
    silhouettes = silhouettes_of(dataset.vectors[rows], labels[rows])
    profiles = profile_clusters(dataset.features, labels, len(centers))
    names = name_clusters(profiles, dataset.features)
    clusters = []
    for label, center in enumerate(centers):
        own = np.flatnonzero(labels == label)
        nearest = np.argsort(np.linalg.norm(dataset.vectors[own] - center, axis=1), kind="stable")
        inside = silhouettes[labels[rows] == label]
        clusters.append(
            Cluster(
                names[label],
                len(own),
                len(own) / len(labels),
                float(inside.mean()) if len(inside) else np.nan,
                _first_different(dataset.vectors, own[nearest]),
                profiles[label],
            )
        )
    return tuple(clusters)


def _first_different(
    vectors: Float64[np.ndarray, "tracks dim"], rows: Int64[np.ndarray, " rows"]
) -> tuple[int, ...]:
    """The first rows that are not equal: tables list some recordings several times."""
    first: dict[bytes, int] = {}
    for row in rows:
        first.setdefault(vectors[row].tobytes(), int(row))
        if len(first) == _TYPICAL:
            break
    return tuple(first.values())


def _by_size(
    labels: Int[np.ndarray, " tracks"], centers: Float64[np.ndarray, "clusters dim"]
) -> tuple[Int64[np.ndarray, " tracks"], Float64[np.ndarray, "clusters dim"]]:
    """The largest cluster first."""
    order = np.argsort(-np.bincount(labels, minlength=len(centers)), kind="stable")
    place = np.argsort(order)
    return place[labels].astype(np.int64), centers[order]
