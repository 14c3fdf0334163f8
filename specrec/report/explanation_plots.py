"""What was measured of explanations, as a picture."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from specrec.evaluation.deletion import FRACTIONS, Deletion
from specrec.evaluation.explanations import Explanations
from specrec.evaluation.faithfulness import AblationFigures
from specrec.evaluation.naming import NamingFigures

# Okabe and Ito 2008, "Color universal design": told apart with any color vision.
_BLUE, _ORANGE, _GREY, _GRID = "#0072B2", "#E69F00", "#777777", "#DDDDDD"
_LINES = {
    "map": ("#0072B2", "-"),
    "energy": ("#E69F00", "--"),
    "edges": ("#009E73", "-."),
    "random": ("#D55E00", ":"),
    "scattered": ("#777777", (0, (1, 3))),
}
_MEANINGS = {
    "map": "by the map",
    "energy": "loudest first",
    "edges": "fastest change first",
    "random": "the map elsewhere",
    "scattered": "single cells by chance",
}


def draw_explanations(found: Explanations) -> Figure:
    """Draws up to four panels: ablated causes, named factors, deleted and inserted cells."""
    deletion, planted = found.deletion, found.planted
    rows = 1 if deletion is None else 2
    figure = Figure(figsize=(11.5, 0.6 + 4 * rows), layout="constrained")
    panels = figure.subplots(rows, 2, squeeze=False)
    _draw_ablation(panels[0, 0], found.erasing)
    if planted is None:
        panels[0, 1].remove()
    else:
        _draw_planted(panels[0, 1], planted.measured)
    if deletion is not None:
        _draw_deletion(figure, (panels[1, 0], panels[1, 1]), deletion)
    figure.suptitle("Are the explanations true?")
    for panel in figure.axes:
        panel.spines[["top", "right"]].set_visible(False)
        panel.set_axisbelow(True)
        panel.tick_params(labelsize=9)
        panel.title.set_fontsize(10)
    return figure


def _draw_deletion(figure: Figure, panels: tuple[Axes, Axes], deletion: Deletion) -> None:
    """Both families of curves on one scale."""
    first, second = panels
    _draw_curves(first, deletion, deletion.deletion_curves)
    first.set_title("Cells deleted in this order: lower is better")
    first.set_xlabel("share of the cells deleted")
    _draw_curves(second, deletion, deletion.insertion_curves)
    second.set_title("Only the first cells kept: higher is better")
    second.set_xlabel("share of the cells kept")
    low = min(panel.get_ylim()[0] for panel in panels)
    high = max(panel.get_ylim()[1] for panel in panels)
    for panel in panels:
        panel.set_ylim(low, high)
    handles, labels = first.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False, fontsize=9)


def _draw_ablation(panel: Axes, erasing: AblationFigures) -> None:
    """A strip for what is cited and for each control: a dot a citation, and the mean."""
    strips: dict[str, Sequence[float]] = {"the cited group": erasing.drops}
    strips |= {f"random,\n{kind}": item.drops for kind, item in erasing.controls.items()}
    means = [erasing.drop, *(item.drop for item in erasing.controls.values())]
    rng = np.random.default_rng(0)
    for row, (drops, mean) in enumerate(zip(strips.values(), means, strict=True)):
        color = _BLUE if row == 0 else _GREY
        heights = row + rng.uniform(-0.3, 0.3, len(drops))
        panel.scatter(drops, heights, 10, color=color, alpha=0.4, linewidths=0)
        if mean is not None:
            panel.vlines(mean.value, row - 0.4, row + 0.4, color="black", zorder=3)
    panel.axvline(0, color=_GRID, zorder=0)
    panel.set_yticks(range(len(strips)), list(strips))
    panel.set_ylim(len(strips) - 0.5, -0.5)
    panel.grid(axis="x", color=_GRID, linewidth=0.8)
    panel.set_xlabel("drop of the similarity when ablated (line: mean)")
    panel.set_title(f"Causes against chance: {erasing.citations} citations")


def _draw_planted(panel: Axes, figures: NamingFigures) -> None:
    """Recall and precision of each factor, with their intervals."""
    factors = [*figures.of_factor, "all"]
    recall = [*(item.recall for item in figures.of_factor.values()), figures.recall]
    precision = [*(item.precision for item in figures.of_factor.values()), figures.precision]
    for offset, shares, color, name in (
        (-0.2, recall, _BLUE, "recall"),
        (0.2, precision, _ORANGE, "precision"),
    ):
        places = [row + offset for row, share in enumerate(shares) if share is not None]
        known = [share for share in shares if share is not None]
        panel.barh(places, [share.value for share in known], 0.36, color=color, label=name)
        ends = np.abs([[s.low - s.value, s.high - s.value] for s in known]).T
        panel.errorbar(
            [share.value for share in known],
            places,
            xerr=ends if known else None,
            fmt="none",
            color="black",
            linewidth=1,
        )
    panel.set_yticks(range(len(factors)), factors)
    panel.set_ylim(len(factors) - 0.5, -0.5)
    panel.set_xlim(0, 1.02)
    panel.grid(axis="x", color=_GRID, linewidth=0.8)
    panel.legend(frameon=False, fontsize=9, loc="lower left", bbox_to_anchor=(0.0, -0.2), ncols=2)
    panel.set_title(f"The planted factor is named: {figures.pairs} synthesized pairs")


def _draw_curves(panel: Axes, deletion: Deletion, curves: Mapping[str, Sequence[float]]) -> None:
    for name, (color, style) in _LINES.items():
        panel.plot(
            FRACTIONS,
            curves[name],
            color=color,
            linestyle=style,
            marker="o",
            markersize=3.5,
            linewidth=2 if name == "map" else 1.4,
            label=_MEANINGS[name],
        )
    panel.axhline(1, color=_GRID, zorder=0)
    panel.grid(axis="y", color=_GRID, linewidth=0.8)
    panel.set_ylabel(f"share of the similarity left ({deletion.pairs} pairs)", fontsize=9)
