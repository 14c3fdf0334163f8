"""Clusters and cues on the terminal and as JSON."""

import json
from math import isnan
from typing import Any

from rich import box
from rich.table import Table

from specrec.descriptors.vocabulary import noun
from specrec.recommend.results import track_of_row
from specrec.report.console import Console, escape
from specrec.report.terminal import name_of
from specrec.study.clusters import Clustering
from specrec.study.cues import Claim, CueStudy, Finding
from specrec.study.dataset import Dataset
from specrec.study.spectrogram_cues import CUES

FORMAT_VERSION = 1
_TYPICAL = 3  # tracks named of each cluster
_ORIGINS = {"table": "from the table", "measured": "measured", "predicted": "predicted"}


def print_clusters(dataset: Dataset, clustering: Clustering) -> None:
    """Prints each cluster, and how the number of them was chosen."""
    console = Console()
    table = Table(box=box.SIMPLE_HEAD, title_justify="left")
    table.title = f"{len(dataset)} tracks by {_compared(dataset)}"
    for name in ("#", "tracks", "share", "silhouette"):
        table.add_column(name, justify="right")
    table.add_column("name, relative to the library", style="bold", ratio=3)
    table.add_column("most typical tracks", ratio=4)
    for number, cluster in enumerate(clustering.clusters, 1):
        typical = [_title(dataset, row) for row in cluster.typical[:_TYPICAL]]
        table.add_row(
            str(number),
            str(cluster.size),
            f"{cluster.share:.0%}",
            "-" if isnan(cluster.silhouette) else f"{cluster.silhouette:.2f}",
            escape(cluster.name),
            escape("; ".join(typical)),
        )
    console.print(table)
    if not clustering.given:
        console.print(_criteria(clustering))
    console.print(escape(clustering.account))
    console.print(
        "A name says where a cluster's center stands out from the library, by half a standard"
        " deviation and beyond noise.",
        style="dim",
    )


def _criteria(clustering: Clustering) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("k", "silhouette", "in one cloud", "gain", "reseeded", "resampled", "smallest"):
        table.add_column(name, justify="right")
    for item in clustering.criteria:
        figures = (item.silhouette, item.without, item.gain, item.reseeded, item.resampled)
        style = "bold" if item is clustering.chosen else ""
        cells = (str(item.k), *(f"{figure:.2f}" for figure in figures), f"{item.smallest:,}")
        table.add_row(*cells, style=style)
    return table


def clusters_json(dataset: Dataset, clustering: Clustering) -> str:
    """All figures; tracks by their track_id, with the number of their cluster from 1."""
    document: dict[str, Any] = {"format_version": FORMAT_VERSION, "tracks": len(dataset)}
    document |= {"sources": dict(dataset.sources)} | clustering.to_dict()
    names = dataset.tracks["track_id"].tolist()
    for cluster in document["clusters"]:
        cluster["typical"] = [names[row] for row in cluster["typical"]]
    numbers = [label + 1 for label in document.pop("labels")]
    document["cluster_of_track"] = dict(zip(names, numbers, strict=True))
    return json.dumps(document, indent=2, ensure_ascii=False)


def print_cues(study: CueStudy) -> None:
    """Prints each claim, the figures and the verdict."""
    console = Console()
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("claim, and what it was turned into", overflow="fold")
    table.add_column("correlation", justify="right", min_width=20)
    table.add_column("effect", justify="right", min_width=6)
    table.add_column("verdict", style="bold", min_width=15)
    for item in study.findings:
        table.add_row(*_row(item))
    console.print(table)
    groups = max((item.groups for item in study.findings), default=0)
    console.print(
        f"{len(study.rows)} tracks, {groups} groups by {', '.join(study.grouped_by)}"
        f" ({len(study.skipped)} files could not be used). correlation: Spearman's, with its 95 %"
        " bootstrap interval over groups, and p, one-sided, by Holm's method for all claims."
        " effect: Cliff's delta of the cue, highest quarter of the feature against the lowest;"
        " their medians stand under the claim."
    )
    if any(item.source in ("measured", "predicted") for item in study.findings):
        console.print(CAUTION)


CAUTION = (
    "A feature that is measured or predicted was itself worked out from the sound: such a finding"
    " says what that measure goes with, not what listeners hear."
)
"""What must stand beside findings on features that are not a table's."""


def cues_json(study: CueStudy) -> str:
    """All figures."""
    document = {"format_version": FORMAT_VERSION} | study.to_dict()
    return json.dumps(document, indent=2, ensure_ascii=False)


def claim_text(claim: Claim) -> str:
    """A claim in words, with what it was turned into: `high energy: "sparse" (less density)`."""
    meaning = f"{'more' if claim.more else 'less'} {CUES[claim.cue][0]}"
    if claim.cue == "upper_level_db":
        meaning = f"{'higher' if claim.more else 'lower'} {CUES[claim.cue][0]}"
    return f'{claim.side} {noun(claim.feature)}: "{claim.words}" ({meaning})'


def _row(finding: Finding) -> tuple[str, str, str, str]:
    claim, one = claim_text(finding.claim), finding.correlation
    if one is None:
        return claim, "-", "-", finding.verdict
    about = f"{finding.claim.feature} is {_ORIGINS[finding.source]}" if finding.source else ""
    unit = CUES[finding.claim.cue][1]
    if finding.low is not None and finding.high is not None:
        about += f"; low: {finding.low:.3g} {unit}".rstrip() + f", high: {finding.high:.3g} {unit}"
    return (
        f"{claim}\n[dim]{about.strip()}[/]",
        f"{one.value:.2f} ({one.low:.2f} to {one.high:.2f})\n[dim]{_p(finding.adjusted_p)}[/]",
        "-" if finding.effect is None else f"{finding.effect:.2f}",
        finding.verdict,
    )


def _p(value: float | None) -> str:
    return "" if value is None else f"p {value:.2g}"


def _compared(dataset: Dataset) -> str:
    if dataset.space == "embeddings":
        return "sound (embeddings)"
    names = dict.fromkeys(dataset.columns)
    origins = ", ".join(dict.fromkeys(dataset.sources.values()))
    return f"{len(names)} features ({origins})"


def _title(dataset: Dataset, row: int) -> str:
    return name_of(track_of_row(dataset.tracks.iloc[row]))
