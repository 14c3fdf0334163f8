"""What was measured of explanations, as tables for the terminal and for a document."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from specrec.evaluation.deletion import FRACTIONS, Deletion
from specrec.evaluation.explanations import Explanations
from specrec.evaluation.faithfulness import Erasing, Rationale, SumError
from specrec.evaluation.naming import NamingFigures
from specrec.evaluation.pairs import NEIGHBORS
from specrec.evaluation.planted import Planted
from specrec.metrics import Estimate

NONE = "-"


@dataclass(frozen=True)
class Section:
    """A table with its title, and what there is to know to read it."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def explanation_sections(found: Explanations) -> list[Section]:
    """All tables, in the order in which they are read."""
    return [
        _sums(found.sum_errors, found.explained_share),
        _erasing(found.erasing, found.rationale),
        _claims(found),
        _specificity(found),
        _deletion(found.deletion),
        _stability(found),
        _sanity(found),
        *_planted(found.planted),
    ]


def share_text(share: Estimate | None) -> str:
    """A share in percent, and its interval."""
    if share is None:
        return NONE
    return f"{100 * share.value:.1f} % ({100 * share.low:.0f}-{100 * share.high:.0f})"


def number_text(figure: Estimate | None) -> str:
    """A signed figure and its interval."""
    if figure is None:
        return NONE
    return f"{figure.value:+.3f} ({figure.low:+.3f} to {figure.high:+.3f})"


def _sums(errors: Mapping[str, SumError], explained: Estimate | None) -> Section:
    return Section(
        "Do the parts add up to the similarity?",
        ("split by", "largest error", "median", "pairs"),
        tuple(
            (name, f"{error.largest:.1e}", f"{error.median:.1e}", str(error.pairs))
            for name, error in errors.items()
        ),
        f"Named features add up to {share_text(explained)} of a similarity; the rest is its"
        " residual.",
    )


def _erasing(erasing: Erasing, rationale: Rationale) -> Section:
    rows = (
        ("a cited group is erased", erasing.drop),
        ("a group that is not cited is", erasing.uncited_drop),
        ("a random subspace of the library is", erasing.library_drop),
        ("an isotropic one is", erasing.isotropic_drop),
        ("all cited groups are (comprehensiveness)", rationale.comprehensiveness),
        ("as many others are", rationale.comprehensiveness_control),
        ("only the cited groups are kept (sufficiency)", rationale.sufficiency),
        ("only as many others are", rationale.sufficiency_control),
    )
    return Section(
        "Does erasing what is cited lower the match?",
        ("fall of the similarity when", "mean"),
        tuple((name, number_text(figure)) for name, figure in rows),
        f"{share_text(erasing.cited_share)} of the {erasing.pairs} pairs cite a cause, and"
        f" {erasing.citations} groups in all. Of these citations,"
        f" {share_text(erasing.clears_library)} clear the 95th percentile of random subspaces of"
        f" the library drawn anew, and {share_text(erasing.clears_isotropic)} that of isotropic"
        f" ones. The neighbor loses {number_text(erasing.rank_change)} ranks, and"
        f" {number_text(erasing.library_rank_change)} to a random subspace. The cited groups add"
        f" {share_text(rationale.share)} of the similarity.",
    )


def _claims(found: Explanations) -> Section:
    names = sorted({*found.claims.of_feature, *found.coverage})
    rows = []
    for name in names:
        count, share = found.claims.of_feature.get(name, (0, None))
        rows.append((name, str(count), share_text(share), share_text(found.coverage.get(name))))
    every = ("all", str(found.claims.claims), share_text(found.claims.true_share), NONE)
    return Section(
        "Is what the probe says true?",
        ("feature", "claims", "true as measured", "in the 90 % interval"),
        (every, *rows),
        "Claims are made of pairs of the chosen tracks with the measured features hidden. Of"
        f" those called a cause, {share_text(found.claims.because_share)} are true.",
    )


def _specificity(found: Explanations) -> Section:
    item = found.specificity
    most = list(item.first_reasons.items())[:5]
    total = max(1, sum(item.first_reasons.values()))
    return Section(
        f"Do different matches get different reasons? The nearest {NEIGHBORS} of"
        f" {found.queries} queries",
        ("figure", "value"),
        (
            ("pairs with a reason", share_text(item.with_reason)),
            ("entropy of first reasons", f"{item.entropy_bits:.2f} bits"),
            ("evenness of first reasons", f"{item.evenness:.2f}"),
            ("two neighbors of a query differ in the first", share_text(item.first_differs)),
            ("and in what the sentence names", share_text(item.named_differ)),
            *((f"first: {name}", f"{100 * count / total:.1f} %") for name, count in most),
        ),
    )


def _deletion(deletion: Deletion) -> Section:
    return Section(
        "Do the cells matter that the map names?",
        ("order of masking", "deletion", "map lower by", "insertion", "map higher by"),
        tuple(
            (
                name,
                share_text(deletion.deletion[name]),
                NONE if name == "map" else number_text(deletion.deletion_advantage[name]),
                share_text(deletion.insertion[name]),
                NONE if name == "map" else number_text(deletion.insertion_advantage[name]),
            )
            for name in deletion.deletion
        ),
        f"Mean share of the similarity that is left when {', '.join(map(_percent, FRACTIONS))} of a"
        f" query's cells are masked (deletion) or all others are (insertion), over"
        f" {deletion.pairs} pairs. random: the map moved elsewhere; scattered: single cells.",
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _stability(found: Explanations) -> Section:
    return Section(
        "Do reasons stay when the query's file is altered?",
        ("alteration", "pairs", "first stays first", "still given", "same named"),
        tuple(
            (
                name,
                str(item.pairs),
                share_text(item.first_kept),
                share_text(item.still_given),
                share_text(item.named_kept),
            )
            for name, item in found.stability.items()
        ),
    )


def _sanity(found: Explanations) -> Section:
    weights, shuffled = found.random_weights, found.shuffled_probe
    rows = [
        (f"{name}: rank correlation with random weights", f"{value:+.2f}")
        for name, value in weights.correlation.items()
    ]
    rows.append(("similarity: the same", f"{weights.similarity_correlation:+.2f}"))
    if shuffled is not None:
        usable = f"{shuffled.usable} of {shuffled.features}"
        rows.append(("features usable with shuffled labels", usable))
        rows.append(("highest R2 with shuffled labels", f"{shuffled.highest_r2:+.2f}"))
    return Section("Is it gone without learning?", ("contribution", "value"), tuple(rows))


def _planted(planted: Planted) -> Iterable[Section]:
    ways = (("", planted.measured), (", by the probe alone", planted.heard))
    for way, figures in ways:
        yield Section(
            f"Is the one thing named that synthesized pairs share{way}?",
            ("factor", "pairs", "recall", "audible", "named", "precision"),
            (*_factor_rows(figures), _all_row(figures)),
            f"Precision counts what was planted; {share_text(figures.true_precision)} of what is"
            " named was planted or is true as measured."
            + (f" Other features named: {_counts(figures)}." if figures.other_features else ""),
        )


def _factor_rows(figures: NamingFigures) -> Iterable[tuple[str, ...]]:
    for factor, item in figures.of_factor.items():
        recall, audible = share_text(item.recall), share_text(item.audible)
        yield (
            factor, str(item.pairs), recall, audible, str(item.named), share_text(item.precision),
        )  # fmt: skip


def _all_row(figures: NamingFigures) -> tuple[str, ...]:
    named = sum(item.named for item in figures.of_factor.values())
    return (
        "all",
        str(figures.pairs),
        share_text(figures.recall),
        NONE,
        str(named),
        share_text(figures.precision),
    )


def _counts(figures: NamingFigures) -> str:
    return ", ".join(f"{name} {count}" for name, count in figures.other_features.items())
