"""Explanations as plain values, which an explainer makes."""

from dataclasses import dataclass
from typing import Any, Literal

from specrec.explain.readings import Reading, Readings

FORMAT_VERSION = 1

_ROUNDING = 5e-4  # of what is printed

Side = Literal["high", "low", "same"]
Verdict = Literal["because", "both also"]


@dataclass(frozen=True)
class Contribution:
    """What a group of features adds to a similarity.

    Attributes:
        feature: The best-predicted feature of the group, whose name the group has.
        members: All features of the group: those whose directions the model hardly tells apart.
        value: The part of the similarity; positive if both tracks are above the average, or both
            below.
        drop: The fall of the similarity when the group is ablated in both tracks.
        control: The drop that 95 of 100 random subspaces, with as many axes and as much variance,
            stay below.
        rank_before: Rank of the neighbor in a search of the whole library, from 1; None, as what
            follows, in an explanation that is not in full.
        rank_after: Rank of the neighbor in the same search after the group is ablated in all
            tracks, from 1.
        needed_change: The counterfactual: the least change of the feature in the neighbor, in its
            unit as (from, to), by which it would drop out of the list of neighbors, or enter it if
            it is further down. None if no change to a value that some track has does it, or if
            tracks are compared by both sound and features.
    """

    feature: str
    members: tuple[str, ...]
    value: float
    drop: float
    control: float
    rank_before: int | None
    rank_after: int | None
    needed_change: tuple[float, float] | None

    @property
    def causal(self) -> bool:
        """Whether ablating it lowers the similarity more than ablating random directions does."""
        return self.drop > max(self.control, 0.0)


@dataclass(frozen=True)
class Passages:
    """Where in a track a concept is heard.

    Attributes:
        spans: Start and end of each passage, in seconds from the track's beginning.
        throughout: Whether it is heard in every window of the track.
        step_seconds: From one window to the next: no time is known more exactly.
        covered: Whether windows cover the track; if not, what lies between them was not heard.
        seconds: Duration of the track.
    """

    spans: tuple[tuple[float, float], ...]
    throughout: bool
    step_seconds: float
    covered: bool
    seconds: float


@dataclass(frozen=True)
class Reason:
    """A feature in which two tracks both differ from the library, in the same direction.

    Attributes:
        feature: Name of the feature.
        side: Whether both are `high` or `low` in the library, or of the `same` class.
        query: Value and percentile of the query.
        neighbor: Value and percentile of the neighbor.
        verdict: `because` if ablating the feature lowers the similarity more than ablating random
            directions; else `both also`, a fact that need not be part of the similarity.
        contribution: The feature's part of the similarity; None if the embedding does not show it.
        query_passages: Where the query has it; None unless it is a concept that both have, and the
            query a track.
        neighbor_passages: Where the neighbor has it.
    """

    feature: str
    side: Side
    query: Reading
    neighbor: Reading
    verdict: Verdict
    contribution: float | None
    query_passages: Passages | None = None
    neighbor_passages: Passages | None = None

    def located(self, query: Passages | None, neighbor: Passages | None) -> "Reason":
        """The same reason with its passages; made faster than by `replace`."""
        known = (self.query, self.neighbor, self.verdict, self.contribution)
        return Reason(self.feature, self.side, *known, query, neighbor)

    def to_dict(self) -> dict[str, Any]:
        """Returns plain values for JSON."""
        inner = (self.query, self.neighbor, self.query_passages, self.neighbor_passages)
        names = ("query", "neighbor", "query_passages", "neighbor_passages")
        plain = (None if value is None else vars(value) for value in inner)
        return vars(self) | dict(zip(names, plain, strict=True))


@dataclass(frozen=True)
class Explanation:
    """The explanation of a similarity: a sum over features, and reasons in words.

    >>> explanation = library.neighbors("track 0", k=1)[0].explanation
    >>> listed = sum(item.value for item in explanation.contributions)
    >>> abs(listed + explanation.others + explanation.residual - explanation.similarity) < 1e-9
    True
    >>> explanation.sentence
    'Sounds similar, but mostly unexplained by named features.'

    Attributes:
        similarity: The score, from -1 to 1: the sum of all contributions, `others` and the
            residual.
        contributions: One for each group of features, the largest first; in an explanation in
            short, only the largest and those of possible reasons.
        residual: The part of the similarity that named features do not explain.
        reasons: The features in which both tracks stand out in the same way; those with the verdict
            `because` come first, and each kind is sorted by weight.
        sentence: The reasons in words.
        query: The query's values and percentiles, by feature.
        neighbor: Those of the other track.
        others: The sum of all contributions that are not listed, in an explanation in short.
    """

    similarity: float
    contributions: tuple[Contribution, ...]
    residual: float
    reasons: tuple[Reason, ...]
    sentence: str
    query: Readings
    neighbor: Readings
    others: float = 0.0

    @property
    def unnamed(self) -> bool:
        """Whether anything of the similarity, beyond rounding errors, has no name."""
        return abs(self.residual) > _ROUNDING

    def largest(self, most: int) -> tuple[list[Contribution], list[Contribution]]:
        """Divides the contributions into the largest, of either sign, and the others.

        Args:
            most: Number of the largest ones; they are sorted by value, the largest first.
        """
        ordered = sorted(self.contributions, key=lambda item: -abs(item.value))
        return sorted(ordered[:most], key=lambda item: -item.value), ordered[most:]

    def to_dict(self) -> dict[str, Any]:
        """Returns plain values for JSON, without the readings of features."""
        return {
            "format_version": FORMAT_VERSION,
            "similarity": self.similarity,
            # Not by `asdict`, which copies each value and takes ten times as long.
            "contributions": [vars(item) for item in self.contributions],
            "others": self.others,
            "residual": self.residual,
            "reasons": [item.to_dict() for item in self.reasons],
            "sentence": self.sentence,
        }
