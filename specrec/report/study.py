"""Clusters, and claims about spectrograms, as tables and as JSON."""

from math import isnan
from typing import Any

from specrec.descriptors.vocabulary import noun
from specrec.recommend.results import track_of_row
from specrec.report.console import Console, escape
from specrec.report.table import Table, print_tables
from specrec.report.text import NONE, interval, json_document, name_of, percent
from specrec.study.clusters import Clustering
from specrec.study.cues import Claim, CueStudy, Finding
from specrec.study.dataset import Dataset
from specrec.study.spectrogram_cues import CUES

_TYPICAL = 3  # tracks named of each cluster


def print_clusters(dataset: Dataset, clustering: Clustering) -> None:
    """Prints each cluster, and how the number of them was chosen."""
    tables = [cluster_table(dataset, clustering)]
    if not clustering.given:
        tables.append(criteria_table(clustering))
    print_tables(*tables)
    Console().print(escape(clustering.summary))


def cluster_table(dataset: Dataset, clustering: Clustering) -> Table:
    """One row a cluster, the largest first."""
    rows = [
        (
            f"{number}. {cluster.name}",
            "; ".join(_title(dataset, row) for row in cluster.typical[:_TYPICAL]),
            f"{cluster.size:,}",
            percent(cluster.share),
            NONE if isnan(cluster.silhouette) else f"{cluster.silhouette:.2f}",
        )
        for number, cluster in enumerate(clustering.clusters, 1)
    ]
    return Table(
        f"{len(dataset):,} tracks by {_compared(dataset)}",
        ("name, relative to the library", "most typical tracks", "tracks", "share", "silhouette"),
        rows,
        "A name says where a cluster's center stands out from the library, by half a standard"
        " deviation and beyond noise.",
        text_columns=2,
    )


def criteria_table(clustering: Clustering) -> Table:
    """How well each number of clusters fits, one row a number; the chosen one in bold."""
    rows = [
        (
            str(item.k),
            *(
                f"{figure:.2f}"
                for figure in (
                    item.silhouette, item.without, item.gain, item.reseeded, item.resampled
                )
            ),
            f"{item.smallest:,}",
        )
        for item in clustering.criteria
    ]  # fmt: skip
    return Table(
        "Which number of clusters fits best?",
        ("k", "silhouette", "without clusters", "gain", "reseeded", "resampled", "smallest"),
        rows,
        "silhouette: mean over tracks, from -1 to 1; beside it that of one normal distribution,"
        " which has no clusters. reseeded, resampled: adjusted Rand index with other starts and"
        " with bootstrap samples; 1 for the same clusters again, 0 for chance. smallest: tracks in"
        " the smallest cluster.",
        bold=[place for place, item in enumerate(clustering.criteria) if item is clustering.chosen],
    )


def clusters_json(dataset: Dataset, clustering: Clustering) -> str:
    """Clusters as a JSON document."""
    return json_document(clusters_content(dataset, clustering))


def clusters_content(dataset: Dataset, clustering: Clustering) -> dict[str, Any]:
    """All figures; tracks by their track_id, with the number of their cluster from 1."""
    document: dict[str, Any] = {"tracks": len(dataset), "sources": dict(dataset.sources)}
    document |= clustering.to_dict()
    names = dataset.tracks["track_id"].tolist()
    for cluster in document["clusters"]:
        cluster["typical"] = [names[row] for row in cluster["typical"]]
    numbers = [label + 1 for label in document.pop("labels")]
    document["cluster_of_track"] = dict(zip(names, numbers, strict=True))
    return document


def cue_table(study: CueStudy) -> Table:
    """One row a claim, with its figures and the verdict."""
    rows = [
        (claim_text(item.claim), item.verdict, *_figures(item), item.source or NONE)
        for item in study.findings
    ]
    groups = max((item.groups for item in study.findings), default=0)
    note = (
        f"{len(study.rows):,} tracks, the middle minute of each, in {groups:,} groups by"
        f" {' and '.join(study.grouped_by)}; {len(study.skipped):,} files could not be read."
        " correlation: Spearman's, with its 95 % bootstrap interval over groups. p: one-sided,"
        " corrected for the number of claims (Holm). effect: Cliff's delta of the visual cue, in"
        " the quarter of the tracks with the most of the feature against that with the least;"
        " high and low are the medians of the cue there."
    )
    if any(item.source in ("measured", "predicted") for item in study.findings):
        note += f" {CAUTION}"
    header = ("claim", "verdict", "correlation", "p", "effect", "low", "high", "feature is")
    return Table("Claims about spectrograms, tested on this library", header, rows, note, 2)


def _figures(finding: Finding) -> tuple[str, ...]:
    unit = CUES[finding.claim.cue][1]
    low, high = (
        NONE if value is None else f"{value:.3g} {unit}".strip()
        for value in (finding.low, finding.high)
    )
    p = NONE if finding.adjusted_p is None else f"{finding.adjusted_p:.2g}"
    effect = NONE if finding.effect is None else f"{finding.effect:.2f}"
    return interval(finding.correlation), p, effect, low, high


CAUTION = (
    "A feature that is measured or predicted was itself worked out from the sound: such a finding"
    " says what that measure goes with, not what listeners hear."
)
"""What must stand beside findings on features that are not a table's."""


def claim_text(claim: Claim) -> str:
    """A claim in words, with what it was turned into: `high energy: "sparse" (less density)`."""
    meaning = f"{'more' if claim.more else 'less'} {CUES[claim.cue][0]}"
    if claim.cue == "upper_level_db":
        meaning = f"{'higher' if claim.more else 'lower'} {CUES[claim.cue][0]}"
    return f'{claim.side} {noun(claim.feature)}: "{claim.words}" ({meaning})'


def _compared(dataset: Dataset) -> str:
    if dataset.space == "embeddings":
        return "sound (embeddings)"
    names = dict.fromkeys(dataset.columns)
    origins = ", ".join(dict.fromkeys(dataset.sources.values()))
    return f"{len(names)} features ({origins})"


def _title(dataset: Dataset, row: int) -> str:
    return name_of(track_of_row(dataset.tracks.iloc[row]))
