"""The whole account of a match."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32, Float64, Int

from specrec.descriptors.features import FEATURES
from specrec.explain.causal import Controls, erase_groups, needed_move
from specrec.explain.decompose import by_feature
from specrec.explain.directions import Directions
from specrec.explain.english import sentence
from specrec.explain.readings import Readings, Subject
from specrec.explain.reasons import Reason, Verdict, find_side, hears_side

FORMAT_VERSION = 1


@dataclass(frozen=True)
class Contribution:
    """What a group of features adds to a similarity.

    Attributes:
        feature: The best-predicted of the group, whose name it has.
        members: All of the group: features whose directions the model hardly tells apart.
        value: Part of the similarity: positive where both tracks stand to the same side.
        drop: By how much the similarity falls if the group is erased from both tracks.
        control: The drop that 95 of 100 random subspaces of as many axes and as much variance stay
            below.
        rank_before: Rank of the neighbor in a search of the whole library.
        rank_after: Rank in the same search after the group is erased from all tracks.
        needed_change: The least change of the feature in the neighbor, in its unit as (from, to),
            by which it would fall out of the neighbors listed; None if no change does it, or
            where two systems are mixed.
    """

    feature: str
    members: tuple[str, ...]
    value: float
    drop: float
    control: float
    rank_before: int
    rank_after: int
    needed_change: tuple[float, float] | None

    @property
    def causal(self) -> bool:
        """Whether erasing it lowers the match more than erasing random directions."""
        return self.drop > max(self.control, 0.0)


@dataclass(frozen=True)
class Explanation:
    """Why a neighbor resembles a query.

    Attributes:
        similarity: The score, from -1 to 1; the sum of all contributions and the residual.
        contributions: By group of features, the largest first.
        residual: What no feature accounts for.
        reasons: The features in which both stand out alike, those with a verdict of `because`
            first, each part in the order of weight.
        sentence: The reasons in words.
    """

    similarity: float
    contributions: tuple[Contribution, ...]
    residual: float
    reasons: tuple[Reason, ...]
    sentence: str

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, for JSON."""
        return {"format_version": FORMAT_VERSION, **asdict(self)}


def explain_neighbors(
    readings: Readings,
    directions: Directions,
    controls: Controls,
    embeddings: Float32[np.ndarray, "tracks dim"],
    query: Subject,
    query_row: int | None,
    neighbors: Int[np.ndarray, " neighbors"],
    k: int,
) -> list[Explanation]:
    """Explains why each of some tracks resembles a query.

    Args:
        readings: Of the library.
        directions: Of its probe.
        controls: Random directions, of `draw_controls`.
        embeddings: Of the library, centered.
        query: The query.
        query_row: Its row; None if it is not in the library.
        neighbors: Rows of the tracks.
        k: Length of the list out of which the changes named would take them.

    Returns:
        One explanation a track.
    """
    rows = np.asarray(embeddings[neighbors])
    parts = by_feature(query.embedding, rows, directions)
    erasure = erase_groups(query.embedding, query_row, neighbors, embeddings, directions, controls)
    limit = _first_outside(erasure.scores, query_row, k)
    explanations = []
    for place, row in enumerate(neighbors):
        subject = readings.subject(int(row))
        contributions = [
            Contribution(
                name,
                directions.members[group],
                float(parts.contributions[place, group]),
                float(erasure.drop[place, group]),
                float(erasure.control[place, group]),
                int(erasure.rank_before[place]),
                int(erasure.rank_after[place, group]),
                _needed_change(readings, directions, group, query, subject, limit),
            )
            for group, name in enumerate(directions.names)
        ]
        contributions.sort(key=lambda item: -item.value)
        similarity, residual = float(parts.similarity[place]), float(parts.residual[place])
        reasons = find_reasons(contributions, query, subject, readings)
        said = sentence(similarity, residual, reasons)
        explanations.append(
            Explanation(similarity, tuple(contributions), residual, tuple(reasons), said)
        )
    return explanations


def find_reasons(
    contributions: Sequence[Contribution],
    query: Subject,
    neighbor: Subject,
    readings: Readings,
) -> list[Reason]:
    """What may be said of a match: one feature of each group, then what is measured beside it.

    Args:
        contributions: The largest first.
        query: The query.
        neighbor: The neighbor.
        readings: Of the library.
    """
    because: list[Reason] = []
    beside: list[Reason] = []
    grouped: set[str] = set()
    for item in contributions:
        grouped.update(item.members)
        verdict: Verdict = "because" if item.causal else "both also"
        reason = _shared(item.members, item.value, verdict, query, neighbor, readings)
        if reason is not None:
            (because if reason.verdict == "because" else beside).append(reason)
    for feature in readings.features:
        if feature.name not in grouped:
            reason = _shared((feature.name,), None, "both also", query, neighbor, readings)
            if reason is not None:
                beside.append(reason)
    return because + sorted(beside, key=_commonness)


def _shared(
    names: Sequence[str],
    contribution: float | None,
    verdict: Verdict,
    query: Subject,
    neighbor: Subject,
    readings: Readings,
) -> Reason | None:
    """The one of some features in which both tracks stand out alike, a cause before a fact.

    Of several, the rarest. What the model does not hear so, or what counts against the match, is
    a fact beside it if it was measured.
    """
    heard: list[Reason] = []
    facts: list[Reason] = []
    for name in names:
        side = find_side(name, query, neighbor, readings)
        first, second = readings.read(name, query), readings.read(name, neighbor)
        if side is None or first is None or second is None:
            continue
        adds = contribution is not None and contribution > 0
        # Without a probe it is the features themselves that are compared.
        if adds and (readings.probe is None or hears_side(name, side, query, neighbor, readings)):
            found = heard if verdict == "because" else facts
            found.append(Reason(name, side, first, second, verdict, contribution))
        elif first.measured and second.measured:
            facts.append(Reason(name, side, first, second, "both also", None))
    return min(heard or facts, key=_commonness, default=None)


def _commonness(reason: Reason) -> float:
    """How many tracks of the library stand as far out, in percent; the fewest are named first."""
    if reason.side == "same":
        return 100 - reason.query.percentile
    return 50 - min(abs(item.percentile - 50) for item in (reason.query, reason.neighbor))


def _first_outside(
    scores: Float64[np.ndarray, " tracks"], query_row: int | None, k: int
) -> float | None:
    """Similarity of the first track after the nearest k; None if there is none."""
    if query_row is not None:
        scores = np.delete(scores, query_row)
    return float(np.partition(scores, -k - 1)[-k - 1]) if len(scores) > k else None


def _needed_change(
    readings: Readings,
    directions: Directions,
    group: int,
    query: Subject,
    neighbor: Subject,
    limit: float | None,
) -> tuple[float, float] | None:
    """From and to which value the neighbor's feature must change to leave the nearest."""
    head, name, probe = directions.heads[group], directions.names[group], readings.probe
    if limit is None or probe is None or not head.any():
        return None
    move = needed_move(query.embedding, neighbor.embedding, head, limit)
    if move is None:
        return None
    scaled = probe.scaled(neighbor.embedding[None], name)
    moved = scaled + move * (probe.weight[probe.rows(name)] @ head)
    before, after = (FEATURES[name].from_scale(value)[0] for value in (scaled, moved))
    return float(before), float(after)
