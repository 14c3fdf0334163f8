"""The two recommenders compared, and what the eye sees, as tables of a page."""

from collections.abc import Callable

from specrec.recommend.library import Library
from specrec.report.comparison import comparison_tables, interval_text
from specrec.report.study import claim_text
from specrec.report.table import Table
from specrec.study.cues import Finding, study_cues
from specrec.study.library_comparison import compare_library
from specrec.study.spectrogram_cues import CUES

_LOOKED_AT = 300  # tracks, in a minute or so; specrec cues looks at more


def compare(library: Library, on_progress: Callable[[int, int], None]) -> list[Table]:
    """How far sound and named features recommend the same, and what neighbors of each share.

    Raises:
        QueryError: If no features are known, or the library is too small.
    """
    k = max(1, min(10, len(library) - 3))
    features = library.by_features()
    return comparison_tables(compare_library(library, features, k, on_progress))


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
    correlation = "-" if finding.correlation is None else interval_text(finding.correlation)
    return [correlation, *ends, finding.source or "-"]
