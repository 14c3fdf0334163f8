"""An evaluation as pictures."""

import re
import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from specrec.evaluation.protocol import Evaluation
from specrec.evaluation.retrieval import Retrieval
from specrec.evaluation.stability import NEARLY_EQUAL, Stability
from specrec.report.evaluation import METRIC_NAMES, remark
from specrec.report.pictures import BLUE, GRID, ORANGE, PALETTE, RED, clean_axes, save_picture

_SMALLEST_GAP = 1e-5  # between a cosine and 1; single precision tells no less


def draw_evaluation(evaluation: Evaluation, folder: Path) -> list[Path]:
    """Draws retrieval figures for each label, hubness, and what else was measured.

    Returns:
        The PNG files written into `folder`; an SVG file lies beside each.
    """
    figures = {
        f"retrieval-{re.sub(r'[^A-Za-z0-9]+', '_', label)}": draw_retrieval(retrievals)
        for label, retrievals in _by_label(evaluation.retrieval).items()
    }
    figures["hubness"] = draw_hubness(evaluation)
    if evaluation.robustness:
        figures["robustness"] = draw_robustness(evaluation)
    paths = []
    for name, figure in figures.items():
        paths.append(folder / f"{name}.png")
        for path in (paths[-1], folder / f"{name}.svg"):
            save_picture(figure, path, name, f"{evaluation.library}; figures: evaluation.md")
    return paths


def _by_label(retrievals: Sequence[Retrieval]) -> dict[str, list[Retrieval]]:
    """What can be drawn, by label: a filter that leaves nothing, or everything, is left out."""
    labels: dict[str, list[Retrieval]] = {}
    for retrieval in retrievals:
        if remark(retrieval) is None:
            labels.setdefault(retrieval.label, []).append(retrieval)
    return labels


def draw_retrieval(retrievals: Sequence[Retrieval]) -> Figure:
    """Six panels, one a metric: a dot and its interval for each embedding.

    Args:
        retrievals: Figures for one label: without the artist filter, and with it if it filters
            anything.
    """
    names = list(retrievals[0].figures)
    figure = Figure(figsize=(10, 1.9 + 0.62 * len(names) + 0.5), layout="constrained")
    panels = figure.subplots(2, 3, sharey=True, sharex=True).ravel()
    styles = (
        (BLUE, "o", "artist filter off"),
        (ORANGE, "D", "artist filter on"),
    )
    rows = np.arange(len(names))
    for panel, (metric, title) in zip(panels, METRIC_NAMES.items(), strict=True):
        for place, (retrieval, (color, marker, meaning)) in enumerate(
            zip(retrievals, styles, strict=False)
        ):
            shown = [retrieval.figures[name][metric] for name in names]
            values = np.array([item.value for item in shown])
            ends = np.array([[item.low for item in shown], [item.high for item in shown]])
            panel.errorbar(
                values,
                rows + (place - (len(retrievals) - 1) / 2) * 0.32,
                xerr=np.abs(ends - values),
                fmt=marker,
                color=color,
                markersize=4.5,
                linewidth=1.4,
                label=f"{meaning} ({retrieval.queries} queries)",
            )
        panel.set_title(title, fontsize=10, fontweight="bold")
        _clean(panel)
        panel.set_xlim(0, 1.04)  # a dot at 1 shows whole
    panels[0].set_yticks(rows, [_folded(name) for name in names])
    panels[0].set_ylim(len(names) - 0.5, -0.5)
    figure.suptitle(
        f"Finding tracks of the same {retrievals[0].label}: mean over queries, 95 % interval"
    )
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    return figure


def draw_hubness(evaluation: Evaluation) -> Figure:
    """A histogram an embedding, on common axes."""
    hubness = evaluation.hubness
    k = next(iter(hubness.values())).k
    columns = min(3, len(hubness))
    lines = -(-len(hubness) // columns)
    figure = Figure(figsize=(10 if columns > 1 else 7.5, 0.8 + 2.3 * lines), layout="constrained")
    panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
    largest = max(item.largest for item in hubness.values())
    width = max(1, -(-(largest + 1) // 30))
    edges = np.arange(0, largest + width + 1, width) - 0.5
    for panel, (name, item) in zip(panels, hubness.items(), strict=False):
        times = np.arange(len(item.tracks_by_occurrence))
        panel.hist(times, edges, weights=item.tracks_by_occurrence, color=BLUE)
        panel.axvline(k, color=RED, linewidth=1.2, linestyle="--")
        panel.set_title(_folded(name), fontsize=10, fontweight="bold", pad=18)
        panel.text(
            0.5,
            1.03,
            f"skewness {item.skewness:.2f}, largest {item.largest}, never {item.never_share:.1%}",
            transform=panel.transAxes,
            ha="center",
            fontsize=8.5,
        )
        _clean(panel)
    for panel in panels[: len(hubness)][-columns:]:
        panel.tick_params(labelbottom=True)  # the last of its column, over an empty place perhaps
    for panel in panels[len(hubness) :]:
        panel.remove()
    figure.suptitle(f"Hubs: how often a track is among the first {k} of another (dashed: the mean)")
    figure.supxlabel("times recommended", fontsize=10)
    figure.supylabel("tracks", fontsize=10)
    return figure


def draw_robustness(evaluation: Evaluation) -> Figure:
    """A strip an alteration and model: a dot a track, and their median."""
    robustness = evaluation.robustness
    alterations = list(next(iter(robustness.values())))
    height = 1.6 + len(alterations) * (0.22 + 0.2 * len(robustness))
    figure = Figure(figsize=(10, height), layout="constrained")
    panel = figure.subplots()
    step = 0.8 / len(robustness)
    for place, (name, stabilities) in enumerate(robustness.items()):
        color = PALETTE[place % len(PALETTE)]
        for row, alteration in enumerate(alterations):
            middle = row + (place - (len(robustness) - 1) / 2) * step
            _strip(panel, stabilities[alteration], middle, step, color)
        panel.scatter([], [], 25, color=color, label=_folded(name))
    panel.plot([], [], color="black", label="median")
    panel.plot([], [], color=RED, linestyle="--", label=f"{NEARLY_EQUAL}")
    panel.axvline(1 - NEARLY_EQUAL, color=RED, linewidth=1.2, linestyle="--", zorder=0)
    panel.hlines(
        np.arange(1, len(alterations)) - 0.5, 0, 1, GRID, transform=panel.get_yaxis_transform()
    )
    panel.set_yticks(np.arange(len(alterations)), alterations)
    panel.set_ylim(len(alterations) - 0.5, -0.5)
    _clean(panel)
    _cosine_axis(panel)
    tracks = len(evaluation.track_ids)
    figure.suptitle(
        f"How near an altered file stays to its original: {tracks} tracks, one dot each"
    )
    figure.legend(loc="outside lower center", ncols=5, frameon=False, fontsize=9)
    return figure


def _strip(panel: Axes, stability: Stability, middle: float, step: float, color: str) -> None:
    cosines = np.array(stability.cosines)
    spread = np.random.default_rng(0).uniform(-0.35, 0.35, len(cosines)) * step
    panel.scatter(_gap(cosines), middle + spread, 9, color=color, alpha=0.4, linewidths=0)
    median = float(_gap(np.array([stability.median_cosine]))[0])
    panel.vlines(median, middle - 0.45 * step, middle + 0.45 * step, color="black", zorder=3)


def _gap(cosines: np.ndarray) -> np.ndarray:
    """What is missing to 1, which a logarithmic axis can show."""
    gap: np.ndarray = np.maximum(1 - cosines, _SMALLEST_GAP)
    return gap


def _cosine_axis(panel: Axes) -> None:
    """Labels the gap to 1 with the cosines themselves, 1 at the right."""
    panel.set_xscale("log")
    widest = max(0.2, panel.get_xlim()[1])
    gaps = [1.0, 0.5, 0.1, 0.05, 0.01, 0.001, 0.0001, _SMALLEST_GAP]
    panel.set_xticks(gaps, [*(f"{1 - gap:.5g}" for gap in gaps[:-1]), "0.99999 +"])
    panel.set_xlim(widest, 0.6 * _SMALLEST_GAP)
    panel.xaxis.set_minor_locator(NullLocator())
    panel.set_xlabel("cosine of the altered file to its original (logarithmic towards 1)")


def _clean(panel: Axes) -> None:
    clean_axes(panel)
    panel.xaxis.set_major_locator(MaxNLocator(6))


def _folded(name: str) -> str:
    return textwrap.fill(name, 30)
