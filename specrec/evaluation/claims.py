"""Are explanations true of the tracks, and specific to them?"""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby

import numpy as np
import pandas as pd

from specrec.bootstrap import Estimate, estimate_mean
from specrec.concepts.labels import Truth
from specrec.evaluation.pairs import ExplainedPair, statements
from specrec.explain.explainer import Explainer
from specrec.explain.explanation import Reason
from specrec.explain.feature_stats import FeatureStats
from specrec.explain.sentences import named_reasons
from specrec.model.probe import Probe
from specrec.model.probe_fit import errors_on_scale
from specrec.shapes import Float, Int

Check = Callable[[Reason, ExplainedPair], bool | None]
"""Whether a reason is true of both tracks; None if that is unknown."""


@dataclass(frozen=True)
class Claims:
    """Statements in sentences, "both are (not) X", that are true of both tracks.

    Attributes:
        pairs: Number of pairs that were explained.
        claims: Number of claims that could be checked.
        true_share: Share of the claims that are true.
        because_share: Share of the claims with the verdict `because` that are true.
        of_feature: Number of claims and the share that is true, by feature.
    """

    pairs: int
    claims: int
    true_share: Estimate | None
    because_share: Estimate | None
    of_feature: dict[str, tuple[int, Estimate]]


@dataclass(frozen=True)
class Specificity:
    """Whether different matches get different reasons.

    A reason is a feature and its side, and the first is the weightiest.

    Attributes:
        pairs: Number of pairs that were explained.
        with_reason: Share of the pairs that have any reason.
        entropy_bits: Entropy of the first reasons, over all pairs that have one (Shannon 1948).
        evenness: The entropy over its maximum, the logarithm of the number of reasons that occur
            (Pielou 1966): from 0, always the same, to 1, all equally often.
        first_reasons: How often each reason is the first, the most frequent first.
        first_differs: Mean over queries of the share of their pairs of neighbors whose first
            reasons differ.
        named_differ: Mean over queries of the share of their pairs of neighbors whose sentences
            name different features.
    """

    pairs: int
    with_reason: Estimate | None
    entropy_bits: float
    evenness: float
    first_reasons: dict[str, int]
    first_differs: Estimate | None
    named_differ: Estimate | None


def hide_measured(explainer: Explainer) -> Explainer:
    """An explainer of the same library that knows no measured features, only embeddings."""
    nothing = pd.DataFrame(index=range(len(explainer.embeddings)))
    stats = FeatureStats(nothing, explainer.stats.probe, explainer.embeddings)
    return Explainer(explainer.embeddings, stats, explainer.directions, explainer.controls)


def check_claims(pairs: Sequence[ExplainedPair], is_true: Check) -> Claims:
    """Checks what the sentences of some pairs say, each statement on its own.

    Args:
        pairs: Pairs that were explained without measured features.
        is_true: Tells whether a statement is true, such as `as_measured` or `by_truth` gives.
    """
    checked = [
        (reason, pair.query, truth)
        for pair in pairs
        for reason in named_reasons(pair.explanation.reasons)
        if (truth := is_true(reason, pair)) is not None
    ]
    return Claims(
        len(pairs),
        len(checked),
        _share(checked),
        _share([item for item in checked if item[0].verdict == "because"]),
        {
            name: (len(of_feature), share)
            for name, of_feature in _by_feature(checked).items()
            if (share := _share(of_feature)) is not None
        },
    )


def as_measured(measured: FeatureStats) -> Check:
    """True is what lies, in both tracks, on the side of the measured median that is named."""

    def check(reason: Reason, pair: ExplainedPair) -> bool | None:
        if reason.side == "same":
            return None
        values = [measured.known(row).get(reason.feature) for row in (pair.query, pair.neighbor)]
        if None in values:
            return None
        center = measured.median(reason.feature)
        high = reason.side == "high"
        return all((value > center) == high for value in values if value is not None)

    return check


def by_truth(truths: Mapping[str, Truth]) -> Check:
    """True is what holds of both tracks by what is known of the concepts, by their columns."""

    def check(reason: Reason, pair: ExplainedPair) -> bool | None:
        if reason.feature not in truths or reason.side == "same":
            return None
        known, has = truths[reason.feature]
        rows = [pair.query, pair.neighbor]
        return bool((has[rows] == (reason.side == "high")).all()) if known[rows].all() else None

    return check


_Checked = tuple[Reason, int, bool]


def _share(checked: Sequence[_Checked]) -> Estimate | None:
    return estimate_mean(
        np.array([truth for _, _, truth in checked], dtype=bool),
        np.array([query for _, query, _ in checked], dtype=np.int64),
    )


def _by_feature(checked: Sequence[_Checked]) -> dict[str, list[_Checked]]:
    ordered = sorted(checked, key=lambda item: item[0].feature)
    return {name: list(items) for name, items in groupby(ordered, lambda item: item[0].feature)}


def measure_coverage(
    probe: Probe,
    embeddings: Float[np.ndarray, "tracks dim"],
    table: pd.DataFrame,
    rows: Int[np.ndarray, " chosen"],
) -> dict[str, Estimate]:
    """Share of the tracks whose measured value lies in the probe's interval of 90 %, by feature.

    Args:
        probe: The probe whose usable features are checked.
        embeddings: Centered embeddings of the library.
        table: Measured features, one row a track.
        rows: The tracks, which should be none that the probe was fitted on.
    """
    covered = {}
    for item in probe.usable():
        name = item.feature.name
        if name not in table:
            continue
        values = table[name].to_numpy(np.float64)[rows]
        known = rows[np.isfinite(values)]
        truth = item.feature.to_scale(values[np.isfinite(values)])
        off = errors_on_scale(item.feature, probe.scaled(embeddings[known], name), truth)
        share = estimate_mean(off <= item.interval)
        if share is not None:
            covered[name] = share
    return covered


def measure_specificity(pairs: Sequence[ExplainedPair]) -> Specificity:
    """Measures how many different reasons are given, over all pairs and for a query's neighbors."""
    first = [statements(pair.explanation.reasons)[:1] for pair in pairs]
    counts = Counter(f"{name} {side}" for reasons in first for name, side in reasons)
    queries = np.array([pair.query for pair in pairs], dtype=np.int64)
    bits = entropy_bits(list(counts.values()))
    named = [frozenset(statements(named_reasons(pair.explanation.reasons))) for pair in pairs]
    return Specificity(
        len(pairs),
        estimate_mean(np.array([bool(reasons) for reasons in first]), queries),
        bits,
        bits / np.log2(len(counts)) if len(counts) > 1 else 0.0,
        dict(counts.most_common()),
        _difference([tuple(reasons) for reasons in first], queries),
        _difference(named, queries),
    )


def entropy_bits(counts: Sequence[int]) -> float:
    """Shannon entropy of a distribution given by counts; 0 for none."""
    shares = np.array([count for count in counts if count], dtype=np.float64)
    if not len(shares):
        return 0.0
    shares /= shares.sum()
    return float(-(shares * np.log2(shares)).sum() + 0.0)


def _difference(labels: Sequence[Hashable], queries: Int[np.ndarray, " pairs"]) -> Estimate | None:
    """Mean over queries of the share of two neighbors that differ; those without one are left out.

    An empty label stands for a pair without a reason.
    """
    shares = []
    for query in np.unique(queries):
        own = [label for label, of in zip(labels, queries, strict=True) if of == query and label]
        both = list(combinations(own, 2))
        if both:
            shares.append(np.mean([one != other for one, other in both]))
    return estimate_mean(np.array(shares))
