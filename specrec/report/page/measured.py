"""Figures on a page: retrieval by the labels at hand, the two recommenders, visual cues."""

import shlex
from collections.abc import Sequence
from dataclasses import replace

from specrec.errors import CatalogError
from specrec.evaluation.protocol import evaluate_library
from specrec.progress import Progress
from specrec.recommend.collection import Collection
from specrec.report.comparison import comparison_tables
from specrec.report.evaluation import hubness_table, retrieval_table
from specrec.report.page.data import Unavailable
from specrec.report.study import cue_table
from specrec.report.table import Table
from specrec.report.text import INTERVALS
from specrec.study.cues import study_cues
from specrec.study.library_comparison import compare_library

_MOST_TRACKS = 10_000  # every pair of which is ranked, in about a minute
_CUE_TRACKS = 300  # in a minute or so; specrec cues looks at more
_LABELS = ("artist", "album", "genre")

_METRICS = (
    "P@1, P@10: share of the first 1 and 10 with the query's label. R-prec: the same of the first"
    " R, where R tracks have it. mAP: mean average precision. nDCG@10: the first 10, earlier ones"
    " counting more. MRR: mean of 1 / rank of the first."
    f" {INTERVALS}"
)


def measure_retrieval(collection: Collection, labels: Sequence[str]) -> list[Table] | Unavailable:
    """Measures how often tracks of one label are found, and how evenly tracks are recommended.

    Args:
        collection: The library that is measured.
        labels: Columns of its table; if empty, the first of artist, album and genre that tracks
            share.

    Raises:
        CatalogError: If a column is missing, or no two tracks share a value.
    """
    folder = shlex.quote(str(collection.folder))
    chosen = list(labels) or _shared_label(collection)
    command = f"specrec evaluate {folder} --label {chosen[0] if chosen else 'COLUMN'}"
    if not chosen:
        return Unavailable("No two tracks share an artist, album or genre.", command)
    if len(collection) > _MOST_TRACKS:
        return Unavailable(
            f"To rank {len(collection):,} tracks for each other takes minutes.", command
        )
    evaluation = evaluate_library(collection, *chosen)
    tables = [retrieval_table(item) for item in evaluation.retrieval]
    hubs = replace(hubness_table(evaluation.hubness), note=_METRICS)
    return [table.transposed() if table.rows else table for table in (*tables, hubs)]


def _shared_label(collection: Collection) -> list[str]:
    for label in _LABELS:
        if label in collection.tracks and collection.tracks[label].dropna().duplicated().any():
            return [label]
    return []


def check_labels(collection: Collection, labels: Sequence[str]) -> None:
    """Refuses columns that are not there before any work is done.

    Raises:
        CatalogError: If one is missing.
    """
    for label in labels:
        if label not in collection.tracks:
            known = ", ".join(map(str, collection.tracks.columns))
            raise CatalogError(f"no column {label} in {collection.folder}; there are {known}")


def compare_recommenders(collection: Collection, on_progress: Progress) -> list[Table]:
    """Compares recommendations by sound with those by features, over all tracks.

    Raises:
        QueryError: If no features are known, or the library is too small.
    """
    k = max(1, min(10, len(collection) - 3))
    return comparison_tables(compare_library(collection, collection.by_features(), k, on_progress))


def visual_cues(collection: Collection, on_progress: Progress) -> Table:
    """Tests common claims about spectrograms on the library's own.

    Raises:
        QueryError: If no file can be read.
    """
    return cue_table(study_cues(collection, on_progress=on_progress, most=_CUE_TRACKS))
