"""The two recommenders compared, and what the eye sees, as tables of a page."""

from collections.abc import Callable, Sequence

from specrec.explain.english import noun
from specrec.metrics import Estimate
from specrec.recommend.features import FeatureRecommender
from specrec.recommend.library import Library
from specrec.report.page.data import Table
from specrec.report.terminal import name_of
from specrec.study.library_comparison import AgreedQuery, LibraryComparison, compare_library

_LISTED = 3  # queries on which they agree most and least


def compare(library: Library, on_progress: Callable[[int, int], None]) -> list[Table]:
    """How far sound and named features recommend the same, and what neighbors of each share.

    Raises:
        QueryError: If no features are known, or the library is too small.
    """
    k = min(10, len(library) - 3)
    features = FeatureRecommender.of_library(library)
    found = compare_library(library, features, k, on_progress)
    return [_agreement(found), _shared(found), _queries(found)]


def _agreement(found: LibraryComparison) -> Table:
    low, *_, high = found.correlation_percentiles.values()
    sources = " and ".join(sorted(set(found.sources.values())))
    rows = [
        [f"in common of the first {found.k}", _percent(found.overlap)],
        ["by chance", f"{100 * found.chance:.1f} %"],
        ["rank correlation over all tracks", _interval(found.correlation)],
        ["of nine queries in ten", f"{low:.2f} to {high:.2f}"],
    ]
    note = f"{found.queries:,} of {found.tracks:,} tracks asked about; features: {sources}."
    return Table("How far they agree", ["figure", "value"], rows, note)


def _shared(found: LibraryComparison) -> Table:
    rows = [
        [noun(item.feature), _interval(item.by_sound), _interval(item.by_features)]
        for item in found.features
    ]
    return Table(
        "What neighbors share",
        ["feature", "by sound", "by features"],
        rows,
        "Difference between a track and its neighbors; random tracks are 1, so the lower the more"
        " alike. In brackets: 95 % bootstrap intervals over queries.",
    )


def _queries(found: LibraryComparison) -> Table:
    def lines(queries: Sequence[AgreedQuery]) -> list[list[str]]:
        return [
            [name_of(item.track), f"{100 * item.overlap:.0f} %", f"{item.correlation:.2f}"]
            for item in queries[:_LISTED]
        ]

    rows = lines(found.most) + lines(found.least)[::-1]
    header = ["track", "in common", "rank correlation"]
    return Table("Where they agree most, and least", header, rows)


def _percent(value: Estimate) -> str:
    return f"{100 * value.value:.1f} % ({100 * value.low:.1f} to {100 * value.high:.1f})"


def _interval(value: Estimate) -> str:
    return f"{value.value:.2f} ({value.low:.2f} to {value.high:.2f})"
