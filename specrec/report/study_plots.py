"""Clusters and tested claims as pictures."""

import textwrap
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from specrec.descriptors.vocabulary import noun
from specrec.report.pictures import BLUE, GREEN, GREY, GRID, ORANGE, RED, clean_axes, save_picture
from specrec.report.study import CAUTION, claim_text
from specrec.study.cluster_validation import STABLE
from specrec.study.clusters import Clustering
from specrec.study.cues import SMALL_CORRELATION, CueStudy

_VERDICTS = {
    "supported": (BLUE, "o"),
    "not supported": (RED, "X"),
    "too little data": (GREY, "D"),
    "not known here": (GREY, ""),
}
_WIDEST = 1.5  # standard deviations at which colors end


def draw_clusters(clustering: Clustering, path: Path) -> None:
    """Draws where each cluster stands in each feature, and how k was chosen.

    Raises:
        QueryError: If the path won't do.
    """
    rows = len(clustering.clusters)
    columns = len({one.feature for item in clustering.clusters for one in item.profile})
    chart = 0 if clustering.given else 2.6
    height = 1.9 + 0.55 * rows + chart
    figure = Figure(figsize=(max(8.0, 4.2 + 0.62 * columns), height), layout="constrained")
    if clustering.given:
        _draw_profiles(figure, figure.subplots(), clustering)
    else:
        grid = figure.add_gridspec(2, 2, height_ratios=[height - chart, chart])
        _draw_profiles(figure, figure.add_subplot(grid[0, :]), clustering)
        panels = figure.add_subplot(grid[1, 0]), figure.add_subplot(grid[1, 1])
        _draw_criteria(panels, clustering)
    title = f"{rows} clusters{'' if clustering.chosen.convincing else ', no clear structure'}"
    figure.suptitle(f"{title}: their means against the library's", fontweight="bold")
    save_picture(figure, path, title, clustering.summary)


def _draw_profiles(figure: Figure, panel: Axes, clustering: Clustering) -> None:
    profiles = [
        {one.feature: one.difference for one in item.profile} for item in clustering.clusters
    ]
    names = list(dict.fromkeys(name for profile in profiles for name in profile))
    # What tells the clusters apart most stands first.
    grid = np.array([[profile.get(name, np.nan) for name in names] for profile in profiles])
    order = np.argsort(-np.nanmax(np.abs(grid), axis=0), kind="stable")
    grid, names = grid[:, order], [names[place] for place in order]
    image = panel.imshow(grid, cmap="PuOr_r", vmin=-_WIDEST, vmax=_WIDEST, aspect="auto")
    for (row, column), value in np.ndenumerate(grid):
        if np.isfinite(value):
            color = "white" if abs(value) > 0.75 * _WIDEST else "black"
            text = f"{round(value, 1) + 0.0:+.1f}"
            panel.text(column, row, text, ha="center", va="center", fontsize=8.5, color=color)
    panel.set_xticks(range(len(names)), [noun(name) for name in names], rotation=40, ha="right")
    labels = [
        textwrap.fill(f"{number}  {item.name} ({item.size:,})", 38)
        for number, item in enumerate(clustering.clusters, 1)
    ]
    panel.set_yticks(range(len(labels)), labels)
    panel.tick_params(length=0, labelsize=9)
    panel.spines[:].set_visible(False)
    bar = figure.colorbar(image, ax=panel, extend="both", pad=0.015, aspect=25)
    bar.set_label("standard deviations", fontsize=9)
    bar.outline.set_visible(False)


def _draw_criteria(panels: tuple[Axes, Axes], clustering: Clustering) -> None:
    ks = [item.k for item in clustering.criteria]
    lines = (
        (0, "silhouette", BLUE, "o-", "silhouette"),
        (0, "without", GREY, "s--", "of data without clusters"),
        (1, "resampled", BLUE, "o-", "when resampled"),
        (1, "reseeded", ORANGE, "D--", "when reseeded"),
    )
    for place, name, color, style, label in lines:
        values = [getattr(item, name) for item in clustering.criteria]
        panels[place].plot(ks, values, style, color=color, markersize=4.5, label=label)
    panels[1].axhline(STABLE, color=RED, linewidth=1.2, linestyle=":", label=f"stable: {STABLE}")
    for panel, title in zip(panels, ("Silhouette", "Same clusters again"), strict=True):
        panel.axvline(clustering.chosen.k, color=GREEN, linewidth=6, alpha=0.25, zorder=0)
        panel.set_title(title, fontsize=10, fontweight="bold")
        panel.set_xlabel("k (band: chosen)", fontsize=9)
        panel.set_ylim(0, max(panel.get_ylim()[1], 0.1))
        clean_axes(panel, "y")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel.legend(frameon=False, fontsize=8.5)
    panels[1].set_ylabel("adjusted Rand index", fontsize=9)


def draw_cues(study: CueStudy, path: Path) -> None:
    """Draws the correlation behind each claim, turned to the side that is claimed.

    Raises:
        QueryError: If the path won't do.
    """
    findings = study.findings
    figure = Figure(figsize=(11, 1.9 + 0.62 * len(findings)), layout="constrained")
    panel = figure.subplots()
    for row, item in enumerate(findings):
        color, marker = _VERDICTS[item.verdict]
        text = item.verdict + (f"\n{item.tracks:,} tracks, {item.source}" if item.source else "")
        panel.text(
            1.02, row, text, transform=panel.get_yaxis_transform(), va="center",
            fontsize=9, color=color if color != GREY else "#555555",
        )  # fmt: skip
        if item.correlation is None:
            continue
        sign = item.claim.sign
        value, ends = sign * item.correlation.value, (item.correlation.low, item.correlation.high)
        low, high = sorted(sign * end for end in ends)
        panel.plot([low, high], [row, row], color=color, linewidth=2)
        panel.plot(value, row, marker, color=color, markersize=8)
    panel.axvline(0, color="black", linewidth=1)
    panel.axvspan(-SMALL_CORRELATION, SMALL_CORRELATION, color=GRID, alpha=0.6, zorder=0)
    panel.set_yticks(
        range(len(findings)), [textwrap.fill(claim_text(item.claim), 46) for item in findings]
    )
    panel.set_ylim(len(findings) - 0.5, -0.5)
    panel.set_xlim(-1, 1)
    clean_axes(panel)
    panel.set_xlabel(
        "rank correlation, 95 % interval\n← the opposite          as claimed →", fontsize=9.5
    )
    marks = [
        Line2D([], [], color=color, marker=marker, linewidth=2, label=verdict)
        for verdict, (color, marker) in _VERDICTS.items()
        if marker and any(item.verdict == verdict for item in findings)
    ]
    if marks:
        panel.legend(handles=marks, frameon=False, fontsize=9, loc="lower left")
    title = f"Claims about spectrograms, on {len(study.rows):,} tracks"
    figure.suptitle(title, fontweight="bold")
    if any(item.source in ("measured", "predicted") for item in findings):
        figure.supxlabel(textwrap.fill(CAUTION, 130), fontsize=8.5, color="#555555")
    save_picture(
        figure,
        path,
        title,
        "; ".join(f"{claim_text(item.claim)}: {item.verdict}" for item in findings),
    )
