"""The two recommenders compared, and what the eye sees, as tables of a page."""

from collections.abc import Callable, Sequence

from specrec.bootstrap import Estimate
from specrec.descriptors.vocabulary import noun
from specrec.recommend.library import Library
from specrec.report.page.data import Table
from specrec.report.study import claim_text
from specrec.report.terminal import name_of
from specrec.study.cues import Finding, study_cues
from specrec.study.library_comparison import AgreedQuery, LibraryComparison, compare_library
from specrec.study.spectrogram_cues import CUES

_LOOKED_AT = 300  # tracks, in a minute or so; specrec cues looks at more
_LISTED = 3  # queries on which they agree most and least


def compare(library: Library, on_progress: Callable[[int, int], None]) -> list[Table]:
    """How far sound and named features recommend the same, and what neighbors of each share.

    Raises:
        QueryError: If no features are known, or the library is too small.
    """
    k = max(1, min(10, len(library) - 3))
    features = library.by_features()
    found = compare_library(library, features, k, on_progress)
    return [_agreement(found), _shared(found), _queries(found)]


def _agreement(found: LibraryComparison) -> Table:
    low, *_, high = found.correlation_percentiles.values()
    sources = " and ".join(sorted(set(found.sources.values())))
    rows = [
        [f"in common of the first {found.k}", _percent(found.overlap)],
        ["by chance", f"{100 * found.chance:.1f} %"],
        ["rank correlation of the two scores", _interval(found.correlation)],
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


def look(library: Library, on_progress: Callable[[int, int], None]) -> Table:
    """What is said of spectrograms, tested on the library's own.

    Raises:
        QueryError: If no file can be read.
    """
    study = study_cues(library, on_progress=on_progress, most=_LOOKED_AT)
    rows = [
        [claim_text(finding.claim), finding.verdict, *_cue_figures(finding)]
        for finding in study.findings
    ]
    header = ["what is said", "verdict", "rank correlation", "low", "high", "features"]
    missing = f" {len(study.skipped)} files could not be read." if study.skipped else ""
    note = (
        f"{len(study.rows):,} of {len(library):,} tracks looked at, the middle minute of"
        f" each.{missing} Low and high: median of what is seen, in the quarter of the tracks"
        " with the least and the most of the feature. In brackets: 95 % bootstrap intervals over"
        f" groups of one {' or '.join(study.grouped_by)}; verdicts are corrected for the number"
        " of claims (Holm)."
    )
    return Table("Claims about spectrograms, tested on this library", header, rows, note)


def _cue_figures(finding: Finding) -> list[str]:
    unit = CUES[finding.claim.cue][1]
    ends = [
        "-" if value is None else f"{value:.3g} {unit}".strip()
        for value in (finding.low, finding.high)
    ]
    correlation = "-" if finding.correlation is None else _interval(finding.correlation)
    return [correlation, *ends, finding.source or "-"]


def _percent(value: Estimate) -> str:
    return f"{100 * value.value:.1f} % ({100 * value.low:.1f} to {100 * value.high:.1f})"


def _interval(value: Estimate) -> str:
    return f"{value.value:.2f} ({value.low:.2f} to {value.high:.2f})"
