"""Tracks as a map: dots by cluster, by a number or by a label."""

import textwrap
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from specrec.descriptors.features import FEATURES
from specrec.descriptors.vocabulary import noun
from specrec.report.pictures import PALETTE, drawable, families, save_picture, shortened
from specrec.study.clusters import Clustering
from specrec.study.dataset import Dataset
from specrec.study.projection import Projection

# The second six, by Tol 2021, are for those who need more than six; markers help, too.
_COLORS = (
    *PALETTE, "#332288", "#999933", "#882255", "#44AA99", "#661100", "#DDCC77",
)  # fmt: skip
_MARKERS = ("o", "^", "s", "D", "v", "P", "X", "<", ">", "p", "h", "*")
_OTHER, _GRID = "#BBBBBB", "#E6E6E6"
_LABELS = 8  # the most frequent of a column of text
_MANY = 3000  # dots from which an SVG holds them as an image
_NUMBER_WIDTH = 0.045  # of a cluster's number, as a share of the map
_LETTERS = 34  # of a line in the legend


def draw_map(
    dataset: Dataset,
    projection: Projection,
    path: Path,
    clustering: Clustering | None = None,
    values: pd.Series | None = None,
) -> None:
    """Draws a map.

    Args:
        dataset: The tracks.
        projection: Coordinates of the tracks.
        path: The PNG or SVG file that is written.
        clustering: Colors and markers, if no values are given.
        values: A column of the dataset, by which dots are colored: a number's scale stops at
            its 2nd and 98th percentile; of text, the most frequent eight are told apart.

    Raises:
        QueryError: If the path won't do.
    """
    figure = Figure(figsize=(10.5, 6.6), layout="constrained")
    panel = figure.subplots()
    if values is not None and pd.api.types.is_numeric_dtype(values):
        what = _draw_numbers(figure, panel, projection.points, values)
    elif values is not None:
        what = _draw_labels(panel, projection.points, values.astype("string"))
    elif clustering is not None:
        what = _draw_clusters(panel, projection.points, clustering)
    else:
        what = ""
        _scatter(panel, projection.points, "o", _COLORS[0], len(dataset), None)
    panel.set_xlabel(projection.axes[0].label, fontsize=10.5)
    panel.set_ylabel(projection.axes[1].label, fontsize=10.5)
    _frame(panel, projection)
    by = "sound" if dataset.space == "embeddings" else "features"
    title = f"{len(dataset):,} tracks by {by}, {projection.method}{what}"
    panel.set_title(title, fontsize=12, fontweight="bold", loc="left")
    description = "; ".join(axis.label for axis in projection.axes)
    save_picture(figure, path, title, description)


def _draw_clusters(panel: Axes, points: np.ndarray, clustering: Clustering) -> str:
    labels = [
        f"{number}  {item.name} ({item.size:,})"
        for number, item in enumerate(clustering.clusters, 1)
    ]
    _draw_groups(panel, points, clustering.labels, labels)
    middles = np.array(
        [np.median(points[clustering.labels == n], axis=0) for n in range(len(labels))]
    )
    for number, (x, y) in enumerate(_apart(middles, np.ptp(points, axis=0).max()), 1):
        panel.annotate(
            str(number),
            (x, y),
            ha="center",
            va="center",
            fontsize=15,
            fontweight="bold",
            path_effects=[withStroke(linewidth=3.5, foreground="white")],
            zorder=5,
        )
    kind = "clusters" if clustering.chosen.convincing else "clusters (no clear structure)"
    return f": {len(labels)} {kind}"


def _apart(middles: np.ndarray, extent: float) -> np.ndarray:
    """Places for numbers, moved until none lies on another."""
    places, least = middles.copy(), _NUMBER_WIDTH * extent
    for _ in range(100):
        moved = False
        for one, other in combinations(range(len(places)), 2):
            apart = places[one] - places[other]
            distance = float(np.hypot(*apart))
            if distance < least:
                way = apart / distance if distance > 0 else np.array([1.0, 0.0])
                places[one] += way * (least - distance) / 2
                places[other] -= way * (least - distance) / 2
                moved = True
        if not moved:
            break
    return places


def _draw_labels(panel: Axes, points: np.ndarray, values: pd.Series) -> str:
    counts = values.value_counts()
    shown = list(counts.index[:_LABELS])
    places = {name: place for place, name in enumerate(shown)}
    codes = np.array([places.get(value, -1) for value in values.fillna("")])
    rest = int((codes < 0).sum())
    if rest:
        others = f"other or unknown ({rest:,})"
        _scatter(panel, points[codes < 0], ".", _OTHER, len(points), others, 0.5)
    labels = [f"{drawable(shortened(name, 60))} ({counts[name]:,})" for name in shown]
    _draw_groups(panel, points, codes, labels)
    return f", colored by {values.name}"


def _draw_groups(panel: Axes, points: np.ndarray, codes: np.ndarray, labels: list[str]) -> None:
    many = len(points) > _MANY
    if many:  # in no order, so that no group covers another
        order = np.random.default_rng(0).permutation(np.flatnonzero(codes >= 0))
        colors = np.array(_COLORS)[codes[order] % len(_COLORS)]
        _scatter(panel, points[order], "o", colors, len(points), None)
    for place, label in enumerate(labels):
        color = _COLORS[place % len(_COLORS)]
        marker = "o" if many else _MARKERS[place % len(_MARKERS)]
        folded = textwrap.fill(label, _LETTERS, subsequent_indent="    ")
        own = points[:0] if many else points[codes == place]
        _scatter(panel, own, marker, color, len(points), folded)
    legend = panel.legend(
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        frameon=False,
        fontsize=9.5,
        labelspacing=0.9,
        borderaxespad=0,
        prop={"family": families(), "size": 9.5},
    )
    for handle in legend.legend_handles:
        if handle is not None:
            handle.set_alpha(1.0)
            handle.set_sizes([45])  # type: ignore[attr-defined]


def _draw_numbers(figure: Figure, panel: Axes, points: np.ndarray, values: pd.Series) -> str:
    numbers = values.to_numpy(np.float64, na_value=np.nan)
    known = np.isfinite(numbers)
    if not known.all():
        _scatter(panel, points[~known], ".", _OTHER, len(points), None, 0.5)
    low, high = np.percentile(numbers[known], [2, 98])
    if low == high:
        low, high = numbers[known].min(), numbers[known].max()
    order = np.random.default_rng(0).permutation(np.flatnonzero(known))  # no value lies on top
    dots = panel.scatter(
        points[order, 0],
        points[order, 1],
        s=_size(len(points)),
        c=numbers[order],
        cmap="cividis",
        vmin=low,
        vmax=high,
        linewidths=0,
        alpha=0.85,
        rasterized=len(points) > _MANY,
    )
    name = str(values.name)
    unit = FEATURES[name].unit if name in FEATURES else ""
    bar = figure.colorbar(dots, ax=panel, extend="both", pad=0.02, aspect=35)
    bar.set_label(f"{noun(name)}{f' ({unit})' if unit else ''}", fontsize=10.5)
    bar.outline.set_visible(False)
    missing = int((~known).sum())
    return f", colored by {noun(name)}" + (f" (gray: unknown, {missing:,})" if missing else "")


def _scatter(
    panel: Axes,
    points: np.ndarray,
    marker: str,
    color: str | np.ndarray,
    total: int,
    label: str | None,
    alpha: float = 0.7,
) -> None:
    panel.scatter(
        points[:, 0],
        points[:, 1],
        s=_size(total),
        color=color,
        marker=marker,
        linewidths=0,
        alpha=alpha,
        label=label,
        rasterized=total > _MANY,
    )


def _size(total: int) -> float:
    """Area of a dot in square points: smaller, the more there are."""
    return float(np.clip(20_000 / total, 1.5, 26))


def _frame(panel: Axes, projection: Projection) -> None:
    """One scale both ways; numbers on it would say nothing, for the axes have no unit."""
    panel.set_aspect("equal", adjustable="datalim")
    panel.margins(0.04)
    panel.tick_params(labelbottom=False, labelleft=False, length=0)
    panel.spines[["top", "right", "left", "bottom"]].set_visible(False)
    panel.grid(color=_GRID, linewidth=0.8)
    panel.set_axisbelow(True)
    if projection.method == "PCA":
        panel.axhline(0, color="#BBBBBB", linewidth=1, zorder=0.5)
        panel.axvline(0, color="#BBBBBB", linewidth=1, zorder=0.5)
