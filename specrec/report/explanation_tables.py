"""What was measured of explanations, as tables for the terminal and for a document."""

from collections.abc import Iterable, Mapping

from specrec.evaluation.deletion import Deletion
from specrec.evaluation.explanations import Explanations
from specrec.evaluation.faithfulness import AblationFigures, Rationale
from specrec.evaluation.ground_truth import GroundTruth
from specrec.evaluation.naming import NamingFigures
from specrec.evaluation.pairs import NEIGHBORS
from specrec.evaluation.reason_stability import ReasonStability
from specrec.report.table import Table
from specrec.report.text import NONE, interval, percent, percent_interval


def explanation_tables(found: Explanations) -> list[Table]:
    """All tables, in the order in which they are read."""
    tables = [
        _sums(found),
        *_ablation(found.erasing, found.rationale),
        _claims(found),
        _specificity(found),
    ]
    if found.stability:
        tables.append(_stability(found.stability))
    if found.deletion is not None:
        tables.append(_deletion(found.deletion))
    tables.append(_sanity(found))
    if found.planted is not None:
        tables += _planted(found.planted)
    return tables


def _sums(found: Explanations) -> Table:
    return Table(
        "Do the parts add up to the similarity?",
        ("split by", "largest error", "median", "pairs"),
        tuple(
            (name, f"{error.largest:.1e}", f"{error.median:.1e}", str(error.pairs))
            for name, error in found.sum_errors.items()
        ),
        f"Named features explain {percent_interval(found.explained_share)} of a similarity; the"
        " rest is its residual.",
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


def _claims(found: Explanations) -> Table:
    names = sorted({*found.claims.of_feature, *found.coverage})
    rows = []
    for name in names:
        count, share = found.claims.of_feature.get(name, (0, None))
        rows.append(
            (name, str(count), percent_interval(share), percent_interval(found.coverage.get(name)))
        )
    every = ("all", str(found.claims.claims), percent_interval(found.claims.true_share), NONE)
    return Table(
        "Are the claims of the probe true?",
        ("feature", "claims", "true as measured", "in the 90 % interval"),
        (every, *rows),
        "Claims are made of pairs of the chosen tracks with the measured features hidden. Of"
        f" those called a cause, {percent_interval(found.claims.because_share)} are true.",
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


def _sanity(found: Explanations) -> Table:
    rows: list[tuple[str, str]] = []
    shuffled = found.shuffled_probe
    if shuffled is not None:
        usable = f"{shuffled.usable} of {shuffled.features}"
        rows.append(("features usable with shuffled labels", usable))
        rows.append(("highest R2 with shuffled labels", f"{shuffled.highest_r2:+.2f}"))
    weights = found.random_weights
    if weights is not None:
        correlations = {**weights.correlation, "similarity": weights.similarity_correlation}
        rows += [
            (f"random weights, {name}", f"{value:+.2f}") for name, value in correlations.items()
        ]
    return Table(
        "Sanity checks: what is left without training?",
        ("what", "value"),
        tuple(rows),
        "Random weights: rank correlation, over pairs of tracks, of each contribution with that"
        " under an encoder with random weights."
        if weights is not None
        else "",
    )


def _planted(planted: GroundTruth) -> Iterable[Table]:
    ways = (("", planted.measured), (", by the probe alone", planted.heard))
    for way, figures in ways:
        yield Table(
            f"Is the one factor named that synthesized pairs share{way}?",
            ("factor", "pairs", "recall", "audible", "named", "precision"),
            (*_factor_rows(figures), _all_row(figures)),
            f"Precision counts what was planted; {percent_interval(figures.true_precision)} of what"
            " is named was planted or is true as measured."
            + (f" Other features named: {_counts(figures)}." if figures.other_features else ""),
        )


def _factor_rows(figures: NamingFigures) -> Iterable[tuple[str, ...]]:
    for factor, item in figures.of_factor.items():
        recall, audible, precision = map(
            percent_interval, (item.recall, item.audible, item.precision)
        )
        yield factor, str(item.pairs), recall, audible, str(item.named), precision


def _all_row(figures: NamingFigures) -> tuple[str, ...]:
    named = sum(item.named for item in figures.of_factor.values())
    return (
        "all",
        str(figures.pairs),
        percent_interval(figures.recall),
        NONE,
        str(named),
        percent_interval(figures.precision),
    )


def _counts(figures: NamingFigures) -> str:
    return ", ".join(f"{name} {count}" for name, count in figures.other_features.items())
