"""What an explanation says: plain values, made by an explainer."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from specrec.explain.feature_stats import Reading

FORMAT_VERSION = 1

Side = Literal["high", "low", "same"]
Verdict = Literal["because", "both also"]


@dataclass(frozen=True)
class Contribution:
    """What a group of features adds to a similarity.

    Attributes:
        feature: The best-predicted feature of the group, whose name the group has.
        members: All features of the group: those whose directions the model hardly tells apart.
        value: Part of the similarity, positive where both tracks stand to the same side.
        drop: By how much the similarity falls if the group is ablated in both tracks.
        control: The drop that 95 of 100 random subspaces of as many axes and as much variance stay
            below.
        rank_before: Rank of the neighbor in a search of the whole library, from 1.
        rank_after: Its rank in the same search after the group is ablated in all tracks.
        needed_change: The least change of the feature in the neighbor, in its unit as (from, to),
            by which it would drop out of the neighbors listed. None if no change does it, or
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
        """Whether ablating it lowers the match more than ablating random directions does."""
        return self.drop > max(self.control, 0.0)


@dataclass(frozen=True)
class Reason:
    """A feature in which two tracks both stand away from what is usual, to the same side.

    Attributes:
        feature: Name of the feature.
        side: Whether both are `high` or `low` in the library, or of the `same` class.
        query: Where the query stands.
        neighbor: Where the neighbor stands.
        verdict: `because` if ablating what the model knows of the feature lowers the match more
            than ablating random directions; else `both also`, a fact beside the match.
        contribution: The feature's part of the similarity; None for what the model does not hear.
    """

    feature: str
    side: Side
    query: Reading
    neighbor: Reading
    verdict: Verdict
    contribution: float | None


@dataclass(frozen=True)
class Explanation:
    """Why a neighbor resembles a query.

    Attributes:
        similarity: The score, from -1 to 1: the sum of all contributions and the residual.
        contributions: One for each group of features, the largest first.
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
