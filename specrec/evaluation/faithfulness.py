"""Does an explanation say what the model does? Sums that must hold, and what erasing changes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Bool, Float, Float64, Int

from specrec.evaluation.pairs import Pair, query_of
from specrec.evaluation.resampling import estimate_mean
from specrec.explain.causal import CLEARED, DRAWS, Controls
from specrec.explain.decompose import unit
from specrec.explain.directions import Directions
from specrec.metrics import Estimate

_CHOICES = 50  # sets of uncited groups with which the cited ones are compared, at most
_RANK_DRAWS = 20  # random subspaces after whose erasing the library is searched again


@dataclass(frozen=True)
class SumError:
    """How far parts are from adding up to the similarity (Sundararajan et al. 2017: completeness).

    Attributes:
        largest: Of the absolute differences.
        median: Of the same.
        pairs: Number of pairs.
    """

    largest: float
    median: float
    pairs: int


@dataclass(frozen=True)
class Erasing:
    """What is left of a match when one cited group of features is erased from both tracks.

    A citation is a group with the verdict `because`. Controls are subspaces of as many
    dimensions: the library's are random combinations of its tracks, a stricter control than that
    by which a group came to be cited; the isotropic ones are drawn evenly from all directions.

    Attributes:
        pairs: Number of pairs that were explained.
        citations: Number of citations in them.
        cited_share: Share of the pairs that have one.
        drop: Mean fall of the similarity when a cited group is erased; None without citations,
            as all that follow.
        uncited_drop: Mean fall when a group that is not cited is erased, over all pairs.
        library_drop: Mean fall when a random subspace of the library is.
        isotropic_drop: Mean fall when an isotropic one is.
        clears_library: Share of the citations whose fall is above the 95th percentile of the
            library's random subspaces.
        clears_isotropic: The same of isotropic ones.
        rank_change: Mean number of places that the neighbor loses in a search of the whole library.
        library_rank_change: The same for random subspaces of the library.
        drops: Fall for each citation.
        library_drops: Mean fall of its random subspaces of the library.
        isotropic_drops: And of its isotropic ones.
    """

    pairs: int
    citations: int
    cited_share: Estimate | None
    drop: Estimate | None
    uncited_drop: Estimate | None
    library_drop: Estimate | None
    isotropic_drop: Estimate | None
    clears_library: Estimate | None
    clears_isotropic: Estimate | None
    rank_change: Estimate | None
    library_rank_change: Estimate | None
    drops: list[float]
    library_drops: list[float]
    isotropic_drops: list[float]


@dataclass(frozen=True)
class Rationale:
    """What all cited groups of a pair do together (DeYoung et al. 2020, "ERASER").

    Attributes:
        pairs: Number of pairs with a citation and with an uncited group to compare with.
        comprehensiveness: Mean fall of the similarity when all cited groups are erased; higher
            is better.
        comprehensiveness_control: The same for as many random ones of the uncited groups.
        sufficiency: Mean of the similarity less what the cited groups add to it; lower is better.
        sufficiency_control: The same for as many random ones of the uncited groups.
        share: Mean share of the similarity that the cited groups add.
    """

    pairs: int
    comprehensiveness: Estimate | None
    comprehensiveness_control: Estimate | None
    sufficiency: Estimate | None
    sufficiency_control: Estimate | None
    share: Estimate | None


def sum_error(
    totals: Float[np.ndarray, " pairs"], similarities: Float[np.ndarray, " pairs"]
) -> SumError:
    """Compares the sums of all parts with the similarities as searched."""
    off = np.abs(totals - similarities)
    return SumError(float(off.max()), float(np.median(off)), len(off))


def feature_totals(
    pairs: Sequence[Pair], embeddings: Float[np.ndarray, "tracks dim"], directions: Directions
) -> Float64[np.ndarray, " pairs"]:
    """The contributions of each pair and its residual, which is worked out on its own.

    It is the product of what the directions leave of both tracks, so that the sum may fail.
    """
    kept = np.eye(embeddings.shape[1]) - directions.axes.T @ directions.axes
    q, n = _sides(pairs, embeddings)
    parts = [sum(item.value for item in pair.explanation.contributions) for pair in pairs]
    return np.array(parts) + np.einsum("pd,pd->p", q @ kept, n @ kept)


def drop_without(
    query: Float[np.ndarray, " dim"],
    neighbor: Float[np.ndarray, " dim"],
    axes: Float[np.ndarray, "draws axes dim"],
) -> Float64[np.ndarray, " draws"]:
    """Fall of the cosine when each span of orthonormal axes is projected out of both vectors."""
    q, n = unit(query), unit(neighbor)
    cosine = (unit(_project_out(q, axes)) * unit(_project_out(n, axes))).sum(axis=-1)
    fallen: np.ndarray = q @ n - cosine
    return fallen


def _project_out(
    vector: Float[np.ndarray, " dim"], axes: Float[np.ndarray, "draws axes dim"]
) -> Float64[np.ndarray, "draws dim"]:
    left: np.ndarray = vector - np.einsum("...a,...ad->...d", axes @ vector, axes, optimize=True)
    # What rounding leaves of a vector within the span has no direction.
    return np.where(np.linalg.norm(left, axis=-1, keepdims=True) > 1e-6, left, 0.0)


def draw_like_tracks(
    embeddings: Float[np.ndarray, "tracks dim"], sizes: Sequence[int], seed: int = 1
) -> Controls:
    """Random combinations of a library's tracks, by the number of axes.

    They carry as much of its variance as its main axes do: the strictest of controls.
    """
    rng = np.random.default_rng(seed)
    tracks = unit(np.asarray(embeddings[np.sort(rng.permutation(len(embeddings))[:2000])]))
    tracks -= tracks.mean(axis=0)
    controls = {}
    for size in sorted(set(sizes)):
        drawn = rng.normal(size=(DRAWS, size, len(tracks))) @ tracks
        axes, _ = np.linalg.qr(drawn.transpose(0, 2, 1))
        controls[size] = axes.transpose(0, 2, 1)
    return controls


def draw_isotropic(sizes: Sequence[int], dim: int, seed: int = 1) -> Controls:
    """Random orthonormal axes, evenly from all directions, by their number."""
    rng = np.random.default_rng(seed)
    drawn = {}
    for size in sorted(set(sizes)):
        axes, _ = np.linalg.qr(rng.normal(size=(DRAWS, dim, size)))
        drawn[size] = axes.transpose(0, 2, 1)
    return drawn


def measure_erasing(
    pairs: Sequence[Pair],
    embeddings: Float[np.ndarray, "tracks dim"],
    directions: Directions,
    library_controls: Controls,
    isotropic_controls: Controls,
) -> Erasing:
    """Erases each cited group of each pair, and random subspaces in its place.

    Args:
        pairs: What was explained.
        embeddings: Of the library.
        directions: The groups.
        library_controls: Of `draw_like_tracks`.
        isotropic_controls: Of `draw_isotropic`.
    """
    queries, tracks = query_of(pairs), unit(np.asarray(embeddings))
    of_citation, drops, library, isotropic = [], [], [], []
    ranks, random_ranks, uncited, of_uncited = [], [], [], []
    for pair in pairs:
        cited = cited_groups(pair, directions)
        q, n = embeddings[pair.query], embeddings[pair.neighbor]
        for item in pair.explanation.contributions:
            group = directions.names.index(item.feature)
            axes = directions.of_group(group)
            fall = float(drop_without(q, n, axes[None])[0])
            if not cited[group]:
                uncited.append(fall)
                of_uncited.append(pair.query)
                continue
            of_citation.append(pair.query)
            drops.append(fall)
            library.append(drop_without(q, n, library_controls[len(axes)]))
            isotropic.append(drop_without(q, n, isotropic_controls[len(axes)]))
            ranks.append(item.rank_after - item.rank_before)
            after = _ranks_without(pair, tracks, library_controls[len(axes)][:_RANK_DRAWS])
            random_ranks.append(after.mean() - item.rank_before)
    fell, from_query = np.array(drops), np.array(of_citation, dtype=np.int64)
    by_library = np.reshape(library, (len(fell), -1))
    by_isotropic = np.reshape(isotropic, (len(fell), -1))

    def mean(values: np.ndarray) -> Estimate | None:
        return estimate_mean(values, from_query)

    has_citation = np.array([cited_groups(pair, directions).any() for pair in pairs])
    library_means, isotropic_means = _row_means(by_library), _row_means(by_isotropic)
    return Erasing(
        len(pairs),
        len(fell),
        estimate_mean(has_citation, queries),
        mean(fell),
        estimate_mean(np.array(uncited), np.array(of_uncited, dtype=np.int64)),
        mean(library_means),
        mean(isotropic_means),
        mean(_above(fell, by_library)),
        mean(_above(fell, by_isotropic)),
        mean(np.array(ranks, dtype=np.float64)),
        mean(np.array(random_ranks)),
        fell.tolist(),
        library_means.tolist(),
        isotropic_means.tolist(),
    )


def measure_rationales(
    pairs: Sequence[Pair], embeddings: Float[np.ndarray, "tracks dim"], directions: Directions
) -> Rationale:
    """Erases all cited groups of each pair at once, and as many of the others."""
    rng = np.random.default_rng(0)
    rows = []
    for pair in pairs:
        cited = cited_groups(pair, directions)
        count = min(int(cited.sum()), int((~cited).sum()))
        if count == 0:
            continue
        q, n = embeddings[pair.query], embeddings[pair.neighbor]
        others = _choose(np.flatnonzero(~cited), count, rng)
        of_cited = _together(q, n, np.flatnonzero(cited), directions)
        of_others = np.mean([_together(q, n, chosen, directions) for chosen in others], axis=0)
        similarity = pair.explanation.similarity
        share = of_cited[1] / similarity if similarity > 0 else np.nan
        rows.append(
            (
                pair.query,
                of_cited[0],
                of_others[0],
                similarity - of_cited[1],
                similarity - of_others[1],
                share,
            )
        )
    queries, *figures = np.reshape(rows, (-1, 6)).T
    return Rationale(
        len(rows), *(estimate_mean(values, queries.astype(np.int64)) for values in figures)
    )


def cited_groups(pair: Pair, directions: Directions) -> Bool[np.ndarray, " groups"]:
    """Which groups a pair's explanation cites as `because`."""
    cited = {item.feature for item in pair.explanation.reasons if item.verdict == "because"}
    return np.array([not cited.isdisjoint(members) for members in directions.members], dtype=bool)


def _choose(
    groups: Int[np.ndarray, " groups"], count: int, rng: np.random.Generator
) -> list[Int[np.ndarray, " count"]]:
    """All choices of so many groups, or some where there are too many."""
    if math.comb(len(groups), count) <= _CHOICES:
        return [np.array(chosen) for chosen in combinations(groups.tolist(), count)]
    return [rng.choice(groups, count, replace=False) for _ in range(_CHOICES)]


def _together(
    query: Float[np.ndarray, " dim"],
    neighbor: Float[np.ndarray, " dim"],
    groups: Int[np.ndarray, " groups"],
    directions: Directions,
) -> tuple[float, float]:
    """The fall when some groups are erased at once, and what they add to the similarity."""
    axes = directions.axes[np.isin(directions.groups, groups)]
    added = (axes @ unit(query)) @ (axes @ unit(neighbor))
    return float(drop_without(query, neighbor, axes[None])[0]), float(added)


def _ranks_without(
    pair: Pair,
    tracks: Float64[np.ndarray, "tracks dim"],
    drawn: Float[np.ndarray, "draws axes dim"],
) -> Int[np.ndarray, " draws"]:
    """Rank of the neighbor after each subspace is erased from all tracks, of unit length."""
    along = np.einsum("td,rad->rta", tracks, drawn, optimize=True)
    inner = (along * along[:, [pair.query]]).sum(axis=2)
    left = np.sqrt(np.maximum(1 - np.square(along).sum(axis=2), 1e-12))
    scores = (tracks @ tracks[pair.query] - inner) / (left * left[:, [pair.query]])
    scores[:, pair.query] = -np.inf
    return np.asarray(1 + (scores > scores[:, [pair.neighbor]]).sum(axis=1))


def _above(
    drops: Float[np.ndarray, " citations"], controls: Float[np.ndarray, "citations draws"]
) -> Bool[np.ndarray, " citations"]:
    if not len(drops):
        return np.zeros(0, dtype=bool)
    exceeded: np.ndarray = drops > np.percentile(controls, CLEARED, axis=1)
    return exceeded


def _row_means(rows: Float[np.ndarray, "rows _"]) -> Float[np.ndarray, " rows"]:
    means: np.ndarray = rows.mean(axis=1) if rows.size else np.zeros(0)
    return means


def _sides(
    pairs: Sequence[Pair], embeddings: Float[np.ndarray, "tracks dim"]
) -> tuple[Float64[np.ndarray, "pairs dim"], Float64[np.ndarray, "pairs dim"]]:
    queries, neighbors = query_of(pairs), [pair.neighbor for pair in pairs]
    return unit(np.asarray(embeddings[queries])), unit(np.asarray(embeddings[neighbors]))
