"""Does an explanation say what the model does? Sums that must hold, and what ablation changes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from specrec.bootstrap import Estimate, estimate_mean
from specrec.evaluation.pairs import ExplainedPair, query_of
from specrec.explain.ablation import CLEARED, DRAWS, Controls
from specrec.explain.directions import Directions
from specrec.shapes import Bool, Float, Float64, Int
from specrec.vectors import unit

_CHOICES = 50  # sets of uncited groups with which the cited ones are compared, at most
_SAMPLE = 2000  # tracks whose combinations are random directions
_RANK_DRAWS = 20  # random subspaces after whose ablation the library is searched again


@dataclass(frozen=True)
class SumError:
    """How far parts are from adding up to the similarity (Sundararajan et al. 2017: completeness).

    Attributes:
        largest: The largest absolute difference.
        median: The median absolute difference.
        pairs: Number of pairs.
    """

    largest: float
    median: float
    pairs: int


@dataclass(frozen=True)
class Control:
    """What ablating random subspaces does in place of each cited group, of as many dimensions.

    Attributes:
        drop: Mean drop of the similarity.
        rank_change: Mean number of places that the neighbor loses in a search of the whole library.
        cleared: Share of the citations whose drop is above the 95th percentile of the random ones.
        drops: Mean drop for each citation.
    """

    drop: Estimate | None
    rank_change: Estimate | None
    cleared: Estimate | None
    drops: list[float]


@dataclass(frozen=True)
class AblationFigures:
    """What ablating one cited group of features, in both tracks, does to a match.

    A citation is a group with the verdict `because`.

    Attributes:
        pairs: Number of pairs that were explained.
        citations: Number of citations in them.
        cited_share: Share of the pairs that have a citation.
        uncited_drop: Mean drop of the similarity when a group that is not cited is ablated.
        drop: Mean drop when a cited group is ablated; None without citations, as all that follow.
        rank_change: Mean number of places that the neighbor loses in a search of the whole library.
        drops: Drop for each citation.
        controls: Figures for random subspaces, by their kind.
    """

    pairs: int
    citations: int
    cited_share: Estimate | None
    uncited_drop: Estimate | None
    drop: Estimate | None
    rank_change: Estimate | None
    drops: list[float]
    controls: dict[str, Control]


@dataclass(frozen=True)
class Rationale:
    """What all cited groups of a pair do together (DeYoung et al. 2020, "ERASER").

    Attributes:
        pairs: Number of pairs with a citation and with an uncited group to compare with.
        comprehensiveness: Mean drop of the similarity when all cited groups are ablated; higher
            is better.
        comprehensiveness_control: Mean drop for as many uncited groups, chosen at random.
        sufficiency: Mean of the similarity less what the cited groups add to it; lower is better.
        sufficiency_control: The same difference for as many uncited groups, chosen at random.
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
    pairs: Sequence[ExplainedPair],
    embeddings: Float[np.ndarray, "tracks dim"],
    directions: Directions,
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
    """Drop of the cosine when each span of orthonormal axes is projected out of both vectors."""
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
    embeddings: Float[np.ndarray, "tracks dim"], directions: Directions, seed: int = 1
) -> Controls:
    """Random combinations of a library's tracks, for each group.

    They carry as much of its variance as its main axes do: the strictest of controls.
    """
    rng = np.random.default_rng(seed)
    tracks = unit(np.asarray(embeddings[np.sort(rng.permutation(len(embeddings))[:_SAMPLE])]))
    tracks -= tracks.mean(axis=0)
    return {
        group: _orthonormal(rng.normal(size=(DRAWS, size, len(tracks))) @ tracks)
        for group, size in enumerate(np.bincount(directions.groups).tolist())
    }


def draw_isotropic(directions: Directions, seed: int = 1) -> Controls:
    """Subspaces drawn evenly from all directions, for each group: the weakest of controls."""
    rng = np.random.default_rng(seed)
    dim = directions.axes.shape[1]
    return {
        group: _orthonormal(rng.normal(size=(DRAWS, size, dim)))
        for group, size in enumerate(np.bincount(directions.groups).tolist())
    }


def _orthonormal(
    rows: Float[np.ndarray, "draws axes dim"],
) -> Float64[np.ndarray, "draws axes dim"]:
    columns, _ = np.linalg.qr(rows.transpose(0, 2, 1))
    return columns.transpose(0, 2, 1)


def measure_ablation(
    pairs: Sequence[ExplainedPair],
    embeddings: Float[np.ndarray, "tracks dim"],
    directions: Directions,
    controls: Mapping[str, Controls],
) -> AblationFigures:
    """Ablates each cited group of each pair, and random subspaces in its place.

    Args:
        pairs: The explained pairs.
        embeddings: Embeddings of the library.
        directions: Directions of the groups of features.
        controls: Random subspaces by their kind, each by the number of the group; not the draws
            by which a group came to be cited.
    """
    tracks = unit(np.asarray(embeddings))
    uncited: list[tuple[int, float]] = []
    drops: list[tuple[int, float]] = []
    ranks: list[int] = []
    random: dict[str, list[Float64[np.ndarray, " draws"]]] = {kind: [] for kind in controls}
    random_ranks: dict[str, list[float]] = {kind: [] for kind in controls}
    for pair in pairs:
        cited = cited_groups(pair, directions)
        q, n = embeddings[pair.query], embeddings[pair.neighbor]
        for item in pair.explanation.contributions:
            group = directions.names.index(item.feature)
            fall = float(drop_without(q, n, directions.of_group(group)[None])[0])
            (drops if cited[group] else uncited).append((pair.query, fall))
            if not cited[group]:
                continue
            assert item.rank_before is not None  # pairs are explained in full
            assert item.rank_after is not None
            ranks.append(item.rank_after - item.rank_before)
            for kind, drawn in controls.items():
                random[kind].append(drop_without(q, n, drawn[group]))
                after = _ranks_without(pair, tracks, drawn[group][:_RANK_DRAWS])
                random_ranks[kind].append(float(after.mean()) - item.rank_before)
    queries, fell = _columns(drops)
    return AblationFigures(
        len(pairs),
        len(fell),
        estimate_mean(
            np.array([cited_groups(pair, directions).any() for pair in pairs]), query_of(pairs)
        ),
        estimate_mean(_columns(uncited)[1], _columns(uncited)[0]),
        estimate_mean(fell, queries),
        estimate_mean(np.array(ranks, dtype=np.float64), queries),
        fell.tolist(),
        {kind: _control(queries, fell, rows, random_ranks[kind]) for kind, rows in random.items()},
    )


def _control(
    queries: Int[np.ndarray, " citations"],
    drops: Float[np.ndarray, " citations"],
    random: Sequence[Float64[np.ndarray, " draws"]],
    rank_changes: Sequence[float],
) -> Control:
    if not len(drops):
        return Control(None, None, None, [])
    falls = np.stack(random)
    means = falls.mean(axis=1)
    return Control(
        estimate_mean(means, queries),
        estimate_mean(np.array(rank_changes), queries),
        estimate_mean(drops > np.percentile(falls, CLEARED, axis=1), queries),
        means.tolist(),
    )


def _columns(
    rows: Sequence[tuple[int, float]],
) -> tuple[Int[np.ndarray, " rows"], Float64[np.ndarray, " rows"]]:
    """The queries and the values of some rows, as two arrays."""
    queries, values = [row[0] for row in rows], [row[1] for row in rows]
    return np.array(queries, dtype=np.int64), np.array(values, dtype=np.float64)


def measure_rationales(
    pairs: Sequence[ExplainedPair],
    embeddings: Float[np.ndarray, "tracks dim"],
    directions: Directions,
) -> Rationale:
    """Ablates all cited groups of each pair at once, and as many of the others."""
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


def cited_groups(pair: ExplainedPair, directions: Directions) -> Bool[np.ndarray, " groups"]:
    """Which groups a pair's explanation cites as `because`."""
    cited = {item.feature for item in pair.explanation.reasons if item.verdict == "because"}
    return np.array([not cited.isdisjoint(members) for members in directions.members], dtype=bool)


def _choose(
    groups: Int[np.ndarray, " groups"], count: int, rng: np.random.Generator
) -> list[Int[np.ndarray, " count"]]:
    """All choices of that many groups, or some of them where there are too many."""
    if math.comb(len(groups), count) <= _CHOICES:
        return [np.array(chosen) for chosen in combinations(groups.tolist(), count)]
    return [rng.choice(groups, count, replace=False) for _ in range(_CHOICES)]


def _together(
    query: Float[np.ndarray, " dim"],
    neighbor: Float[np.ndarray, " dim"],
    groups: Int[np.ndarray, " groups"],
    directions: Directions,
) -> tuple[float, float]:
    """The drop when some groups are ablated at once, and what they add to the similarity."""
    axes = directions.axes[np.isin(directions.groups, groups)]
    added = (axes @ unit(query)) @ (axes @ unit(neighbor))
    return float(drop_without(query, neighbor, axes[None])[0]), float(added)


def _ranks_without(
    pair: ExplainedPair,
    tracks: Float64[np.ndarray, "tracks dim"],
    drawn: Float[np.ndarray, "draws axes dim"],
) -> Int[np.ndarray, " draws"]:
    """Rank of the neighbor after each subspace is ablated from all tracks, of unit length."""
    along = np.einsum("td,rad->rta", tracks, drawn, optimize=True)
    inner = (along * along[:, [pair.query]]).sum(axis=2)
    left = np.sqrt(np.maximum(1 - np.square(along).sum(axis=2), 1e-12))
    scores = (tracks @ tracks[pair.query] - inner) / (left * left[:, [pair.query]])
    scores[:, pair.query] = -np.inf
    return np.asarray(1 + (scores > scores[:, [pair.neighbor]]).sum(axis=1))


def _sides(
    pairs: Sequence[ExplainedPair], embeddings: Float[np.ndarray, "tracks dim"]
) -> tuple[Float64[np.ndarray, "pairs dim"], Float64[np.ndarray, "pairs dim"]]:
    queries, neighbors = query_of(pairs), [pair.neighbor for pair in pairs]
    return unit(np.asarray(embeddings[queries])), unit(np.asarray(embeddings[neighbors]))
