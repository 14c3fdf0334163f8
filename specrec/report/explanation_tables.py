"""What was measured of explanations, as tables for the terminal and for a document."""

from collections.abc import Iterable, Mapping

import numpy as np

from specrec.descriptors.vocabulary import noun
from specrec.evaluation.claims import Claims
from specrec.evaluation.deletion import Deletion
from specrec.evaluation.explanations import Explanations
from specrec.evaluation.faithfulness import AblationFigures, Rationale
from specrec.evaluation.ground_truth import GroundTruth
from specrec.evaluation.named_share import NamedShare
from specrec.evaluation.pairs import NEIGHBORS
from specrec.evaluation.randomization import RandomWeights
from specrec.evaluation.reason_stability import ReasonStability
from specrec.report.table import Table
from specrec.report.text import NONE, interval, percent, percent_interval


def explanation_tables(found: Explanations) -> list[Table]:
    """All tables, in the order in which they are read."""
    tables = [
        _sums(found),
        _named_share(found.named_share),
        *_ablation(found.erasing, found.rationale),
        _claims(found.claims),
        _specificity(found),
    ]
    if found.stability:
        tables.append(_stability(found.stability))
    if found.deletion is not None:
        tables.append(_deletion(found.deletion))
    if found.random_weights is not None:
        tables.append(_random_weights(found.random_weights))
    if found.planted is not None:
        tables.append(_planted(found.planted))
    return tables


def _sums(found: Explanations) -> Table:
    return Table(
        "Do the parts add up to the similarity?",
        ("split by", "largest error", "median", "pairs"),
        tuple(
            (name, f"{error.largest:.1e}", f"{error.median:.1e}", str(error.pairs))
            for name, error in found.sum_errors.items()
        ),
    )


def _named_share(found: NamedShare) -> Table:
    rows = [("named features", found.named)]
    if found.shuffled_features is not None:
        usable = f"{found.shuffled_usable} of {found.shuffled_features} usable"
        rows.append((f"features of shuffled labels ({usable})", found.shuffled))
    rows.append(("as many random directions", found.random))
    rows.append(("as many combinations of tracks", found.combinations))
    return Table(
        "How much of a similarity has a name?",
        ("directions", "share of the similarity"),
        tuple((name, percent_interval(share)) for name, share in rows),
        "A high share alone proves nothing: directions without a meaning carry as much.",
    )


def _ablation(erasing: AblationFigures, rationale: Rationale) -> Iterable[Table]:
    controls = (
        (f"random: {kind}", item.drop, item.rank_change, item.cleared)
        for kind, item in erasing.controls.items()
    )
    rows = (
        ("cited groups", erasing.drop, erasing.rank_change, None),
        ("groups not cited", erasing.uncited_drop, None, None),
        *controls,
    )
    yield Table(
        "Does ablating what is cited lower the similarity?",
        ("ablated in both", "drop of the similarity", "ranks lost", "cleared by citations"),
        tuple(
            (
                name,
                interval(drop, 3, signed=True),
                interval(ranks, 1, signed=True),
                percent_interval(cleared),
            )
            for name, drop, ranks, cleared in rows
        ),
        f"{percent_interval(erasing.cited_share)} of the {erasing.pairs} pairs cite a cause;"
        f" {erasing.citations} citations in all.",
    )
    together = (
        (
            "drop when they are ablated (comprehensiveness)",
            rationale.comprehensiveness,
            rationale.comprehensiveness_control,
        ),
        (
            "what is missing when only they are kept (sufficiency)",
            rationale.sufficiency,
            rationale.sufficiency_control,
        ),
    )
    yield Table(
        f"All cited groups at once, in {rationale.pairs} pairs",
        ("similarity", "cited", "as many others"),
        tuple(
            (name, interval(own, 3, signed=True), interval(other, 3, signed=True))
            for name, own, other in together
        ),
        f"The cited groups add {percent_interval(rationale.share)} of the similarity.",
    )


def _claims(found: Mapping[str, Claims]) -> Table:
    rows = []
    for judge, claims in found.items():
        because = percent_interval(claims.because_share)
        rows.append(
            (judge, "all", str(claims.claims), percent_interval(claims.true_share), because)
        )
        rows += [
            (judge, noun(name), str(count), percent_interval(share), NONE)
            for name, (count, share) in claims.of_feature.items()
        ]
    return Table(
        "Is it true of both tracks what a sentence says?",
        ("by", "of", "claims", "true", "true causes"),
        tuple(rows),
        "The sentences are of pairs of the chosen tracks, with the measured features hidden.",
    )


def _specificity(found: Explanations) -> Table:
    item = found.specificity
    most = list(item.first_reasons.items())[:5]
    total = max(1, sum(item.first_reasons.values()))
    return Table(
        f"Do different matches get different reasons? The nearest {NEIGHBORS} of"
        f" {found.queries} queries",
        ("figure", "value"),
        (
            ("pairs with a reason", percent_interval(item.with_reason)),
            ("entropy of first reasons", f"{item.entropy_bits:.2f} bits"),
            ("evenness of first reasons", f"{item.evenness:.2f}"),
            ("two neighbors of a query differ in the first", percent_interval(item.first_differs)),
            ("and in what the sentence names", percent_interval(item.named_differ)),
            *((f"first: {name}", percent(count / total, 1)) for name, count in most),
        ),
    )


def _stability(stability: Mapping[str, ReasonStability]) -> Table:
    return Table(
        "Do reasons stay the same when the query's file is altered?",
        ("alteration", "pairs", "first stays first", "still given", "same named"),
        tuple(
            (
                name,
                str(item.pairs),
                percent_interval(item.first_kept),
                percent_interval(item.still_given),
                percent_interval(item.named_kept),
            )
            for name, item in stability.items()
        ),
    )


def _deletion(deletion: Deletion) -> Table:
    return Table(
        f"Are the cells of a map the ones that matter? {deletion.pairs} pairs",
        ("cells in the order of", "left when deleted", "left when alone", "map is lower", "higher"),
        tuple(
            (
                name,
                interval(deletion.deletion[name], signed=True),
                interval(deletion.insertion[name], signed=True),
                interval(deletion.deletion_advantage[name] if name != "map" else None, signed=True),
                interval(
                    deletion.insertion_advantage[name] if name != "map" else None, signed=True
                ),
            )
            for name in deletion.deletion
        ),
        "Areas under the curves, as shares of the similarity. Random: the map at another place;"
        " scattered: single cells by chance.",
    )


def _random_weights(found: RandomWeights) -> Table:
    sizes = {name: abs(value) for name, value in found.correlation.items()}
    largest = max(sizes, key=sizes.__getitem__)
    median = float(np.median(list(sizes.values())))
    return Table(
        "Do contributions rest on what was learned?",
        ("rank correlation with an encoder of random weights", "value"),
        (
            (f"of {len(sizes)} contributions, median size", f"{median:.2f}"),
            (f"the largest, {noun(largest)}", f"{found.correlation[largest]:+.2f}"),
            ("of the similarity", f"{found.similarity_correlation:+.2f}"),
        ),
        f"Over all pairs of {found.tracks} tracks.",
    )


def _planted(found: GroundTruth) -> Table:
    said = found.claims.of_feature
    told = {item.concept: item for item in found.concepts}
    rows = []
    for name in sorted({*told, *said}):
        count, share = said.get(name, (0, None))
        planted = f"{told[name].planted} of {told[name].tracks}" if name in told else NONE
        auc = interval(told[name].auc) if name in told else NONE
        rows.append((noun(name), planted, auc, str(count), percent_interval(share)))
    every = (
        "all",
        NONE,
        NONE,
        str(found.claims.claims),
        percent_interval(found.claims.true_share),
    )
    return Table(
        f"Is what was synthesized told? {found.tracks} tracks without a voice",
        ("concept", "planted in", "AUC", "claims", "true"),
        (every, *rows),
        "Claims are of a track and its nearest; what is said of a voice is true if it is absent.",
    )
