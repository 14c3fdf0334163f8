"""Do the reasons given for planted pairs name what was planted? Recall and precision."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from specrec.bootstrap import Estimate, estimate_mean
from specrec.evaluation.pairs import Statement, statements
from specrec.evaluation.synthetic_pairs import FIELDS, SyntheticPair
from specrec.explain.explanation import Reason

FACTOR_OF = {
    "tempo_bpm": "tempo",
    "centroid_hz": "brightness",
    "rolloff_hz": "brightness",
    "bandwidth_hz": "brightness",
    "flatness": "noisiness",
    "percussive_share": "percussiveness",
    "bass_share": "bass",
    "loudness_lufs": "loudness",
    "loudness": "loudness",
    "key": "key",
}
"""The factor that a feature is about; other features are counted on their own."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """The reasons given for a synthesized pair, and what could have been given.

    Attributes:
        pair: The pair.
        reasons: The reasons that were given.
        audible: Features in whose measured values both tracks stand out to the same side, which
            reasons could name.
        true: Features in whose measured values both tracks lie on the same side of the
            background's median, which would not be false as reasons.
    """

    pair: SyntheticPair
    reasons: Sequence[Reason]
    audible: frozenset[Statement]
    true: frozenset[Statement]

    @property
    def planted(self) -> Statement:
        """The factor that both tracks share, with its side."""
        return self.pair.factor, self.pair.side

    @property
    def named(self) -> frozenset[Statement]:
        """The factors that the reasons name, with their sides."""
        return factors_of(statements(self.reasons))


@dataclass(frozen=True)
class FactorFigures:
    """How one factor fares.

    Attributes:
        pairs: Number of pairs that share the factor.
        recall: Share of these pairs whose reasons name the factor and its side.
        audible: Share of these pairs in which a measure of the factor stands out in both tracks.
        named: Number of pairs, of whichever factor, whose reasons name it.
        precision: Share of the named in which the factor was planted; None if it is never named.
    """

    pairs: int
    recall: Estimate | None
    audible: Estimate | None
    named: int
    precision: Estimate | None


@dataclass(frozen=True)
class NamingFigures:
    """How well reasons name what was planted; intervals by resampling pairs.

    Attributes:
        pairs: Number of pairs.
        recall: Share of the pairs whose reasons name the planted factor and its side.
        precision: Share of all named factors that was planted.
        true_precision: Share of all named factors that was planted, or is true of both tracks as
            measured.
        because_share: Share of the named planted factors that has the verdict `because`.
        of_factor: Figures for each factor, by its name.
        other_features: How often features are named that stand for no factor.
    """

    pairs: int
    recall: Estimate | None
    precision: Estimate | None
    true_precision: Estimate | None
    because_share: Estimate | None
    of_factor: dict[str, FactorFigures]
    other_features: dict[str, int]


def factors_of(features: Iterable[Statement]) -> frozenset[Statement]:
    """The factors that features stand for, with their sides."""
    return frozenset((FACTOR_OF[name], side) for name, side in features if name in FACTOR_OF)


def score(outcomes: Sequence[Outcome]) -> NamingFigures:
    """Scores reasons by recall and precision."""
    names = [(at, name) for at, item in enumerate(outcomes) for name in sorted(item.named)]
    of_pair = np.array([at for at, _ in names], dtype=np.int64)
    right = np.array([name == outcomes[at].planted for at, name in names], dtype=bool)
    true = np.array([name in factors_of(outcomes[at].true) for at, name in names], dtype=bool)
    verdicts = [_verdict(item) for item in outcomes if item.planted in item.named]
    others = Counter(
        reason.feature
        for item in outcomes
        for reason in item.reasons
        if reason.feature not in FACTOR_OF
    )
    return NamingFigures(
        len(outcomes),
        _share([item.planted in item.named for item in outcomes]),
        estimate_mean(right, of_pair),
        estimate_mean(right | true, of_pair),
        _share([verdict == "because" for verdict in verdicts]),
        {factor: _of_factor(factor, outcomes) for factor in FIELDS},
        dict(others.most_common()),
    )


def _of_factor(factor: str, outcomes: Sequence[Outcome]) -> FactorFigures:
    own = [item for item in outcomes if item.pair.factor == factor]
    naming = [item for item in outcomes if factor in {name for name, _ in item.named}]
    return FactorFigures(
        len(own),
        _share([item.planted in item.named for item in own]),
        _share([item.planted in factors_of(item.audible) for item in own]),
        len(naming),
        _share([item.pair.factor == factor and item.planted in item.named for item in naming]),
    )


def _verdict(outcome: Outcome) -> str:
    """The verdict of the reason that names the planted factor."""
    return next(
        reason.verdict
        for reason in outcome.reasons
        if (FACTOR_OF.get(reason.feature), reason.side) == outcome.planted
    )


def _share(values: Sequence[bool]) -> Estimate | None:
    return estimate_mean(np.array(values, dtype=bool))
