"""Figures on a page: retrieval by the labels at hand."""

import shlex
from collections.abc import Sequence
from dataclasses import replace

from specrec.errors import CatalogError
from specrec.evaluation.protocol import evaluate_library
from specrec.recommend.library import Library
from specrec.report.evaluation import hubness_table, retrieval_table
from specrec.report.page.data import LeftOut
from specrec.report.table import Table

_MOST_TRACKS = 10_000  # every pair of which is ranked, in about a minute
_LABELS = ("artist", "album", "genre")

_METRICS = (
    "P@1, P@10: share of the first 1 and 10 with the query's label. R-prec: the same of the first"
    " R, where R tracks have it. mAP: mean average precision. nDCG@10: the first 10, earlier ones"
    " counting more. MRR: mean of 1 / rank of the first. In brackets: 95 % bootstrap intervals"
    " over queries."
)


def measure(library: Library, labels: Sequence[str]) -> list[Table] | LeftOut:
    """How often tracks that share a label are found, and how evenly tracks are recommended.

    Args:
        library: The library.
        labels: Columns; the first of artist, album and genre that tracks share, if empty.

    Raises:
        CatalogError: If a column is missing, or no two tracks share a value.
    """
    folder = shlex.quote(str(library.folder))
    chosen = list(labels) or _shared_label(library)
    command = f"specrec evaluate {folder} --label {chosen[0] if chosen else 'COLUMN'}"
    if not chosen:
        return LeftOut("No two tracks share an artist, album or genre.", command)
    if len(library) > _MOST_TRACKS:
        return LeftOut(f"To rank {len(library):,} tracks for each other takes minutes.", command)
    evaluation = evaluate_library(library, *chosen)
    tables = [retrieval_table(item) for item in evaluation.retrieval]
    hubs = replace(hubness_table(evaluation.hubness), note=_METRICS)
    return [table.transposed() if table.rows else table for table in (*tables, hubs)]


def _shared_label(library: Library) -> list[str]:
    for label in _LABELS:
        if label in library.tracks and library.tracks[label].dropna().duplicated().any():
            return [label]
    return []


def check_labels(library: Library, labels: Sequence[str]) -> None:
    """Refuses columns that are not there before any work is done.

    Raises:
        CatalogError: If one is missing.
    """
    for label in labels:
        if label not in library.tracks:
            known = ", ".join(map(str, library.tracks.columns))
            raise CatalogError(f"no column {label} in {library.folder}; there are {known}")
