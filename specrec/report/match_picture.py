"""A match as a picture."""

import math
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

from specrec.descriptors.vocabulary import noun
from specrec.recommend.match import Match, SpectrogramMap
from specrec.recommend.results import Track
from specrec.report.match import MOST_PARTS, verdict_on
from specrec.report.pictures import drawable, families, save_picture, shortened
from specrec.report.text import name_of
from specrec.report.timeline import located_reasons, where_line
from specrec.report.timeline_picture import band_inches, draw_bands, time_axis

_BLUE, _RED, _GREY = "#0072B2", "#D55E00", "#999999"
_COLUMNS = 1000
_BANDS = 5  # reasons that have one
_HERTZ = (200, 500, 1000, 2000, 5000, 10_000)
_OVERLAY = LinearSegmentedColormap.from_list("parts", [_BLUE, "#F7F7F7", _RED])


def draw_match(match: Match, query: SpectrogramMap, neighbor: SpectrogramMap, path: Path) -> None:
    """Draws both spectrograms with the map of the match, the window matrix, and the sum.

    Bands under the spectrograms show where the reasons are heard that are concepts.

    Args:
        match: Explained by sound.
        query: The query as the model hears it.
        neighbor: The neighbor likewise.
        path: A PNG or SVG file, which is written.

    Raises:
        QueryError: If the path won't do.
    """
    assert match.windows is not None
    located = located_reasons(match.explanation)[:_BANDS]
    bands = band_inches(len(located))
    figure = Figure(figsize=(12, 9.5 + 2 * bands), layout="constrained")
    heights = (2.8, bands, 2.8, bands, 3.5) if located else (2.8, 2.8, 3.5)
    rows = figure.add_gridspec(len(heights), 2, height_ratios=heights, width_ratios=(1, 1.25))
    explanation = match.explanation
    scale = max(_reach(query), _reach(neighbor))
    passage = match.windows.passage
    sides = (
        (query, match.query, (passage.query_start, passage.query_end)),
        (neighbor, match.neighbor, (passage.neighbor_start, passage.neighbor_end)),
    )
    panels = []
    for place, (spectrogram, track, span) in enumerate(sides):
        panel = figure.add_subplot(rows[(len(heights) // 2) * place, :])
        image = _draw_track(panel, spectrogram, track, scale)
        panel.axvspan(*span, facecolor="none", edgecolor="white", linewidth=1.5, linestyle="--")
        panels.append(panel)
        if located:
            under = figure.add_subplot(rows[2 * place + 1, :], sharex=panel)
            heard = [item.neighbor_passages if place else item.query_passages for item in located]
            draw_bands(under, [noun(item.feature) for item in located], heard)
            panel.tick_params(labelbottom=False)
    bar = figure.colorbar(image, ax=panels, pad=0.01, shrink=0.9, extend="both")
    bar.set_label("adds to the similarity (mean over cells: the score)", fontsize=8.5)
    bar.ax.tick_params(labelsize=8)
    _draw_matrix(figure, figure.add_subplot(rows[-1, 0]), match, query, neighbor)
    _draw_sum(figure.add_subplot(rows[-1, 1]), match)
    title = f"similarity {explanation.similarity:.3f}. {explanation.sentence}"
    figure.suptitle(textwrap.fill(title, 150), fontsize=10.5, ha="left", x=0.01)
    names = f"{name_of(match.query)} and {name_of(match.neighbor)}"
    where = where_line(explanation)
    save_picture(figure, path, names, f"{title} {where}".rstrip())


def _reach(spectrogram: SpectrogramMap) -> float:
    """Size of what all but the most extreme cells add."""
    return float(np.percentile(np.abs(spectrogram.cells.picture(_COLUMNS)), 99)) or 1.0


def _draw_track(panel: Axes, spectrogram: SpectrogramMap, track: Track, scale: float) -> AxesImage:
    """The log-mel in grey, and over it what each cell adds."""
    mels = _stitched(spectrogram)
    bands = mels.shape[0]
    extent = (0.0, spectrogram.seconds, 0.0, float(bands))
    low, high = np.percentile(mels, [5, 99.5])
    panel.imshow(
        mels, cmap="gray", origin="lower", aspect="auto", extent=extent, vmin=low, vmax=high
    )
    cells = spectrogram.cells.picture(_COLUMNS)
    strength = np.clip(np.abs(cells) / scale, 0, 1)
    image = panel.imshow(
        cells,
        cmap=_OVERLAY,
        origin="lower",
        aspect="auto",
        extent=extent,
        vmin=-scale,
        vmax=scale,
        alpha=0.75 * strength,
        interpolation="nearest",
    )
    shown = [hz for hz in _HERTZ if spectrogram.centers_hz[0] <= hz <= spectrogram.centers_hz[-1]]
    places = np.interp(shown, spectrogram.centers_hz, np.arange(bands) + 0.5)
    panel.set_yticks(places, [f"{hz / 1000:g} kHz" if hz >= 1000 else f"{hz} Hz" for hz in shown])
    look: dict[str, Any] = {"family": list(families()), "fontweight": "bold", "loc": "left"}
    panel.set_title(shortened(drawable(name_of(track)), 110), fontsize=10, **look)
    time_axis(panel, "x")
    panel.tick_params(labelsize=8)
    return image


def _stitched(spectrogram: SpectrogramMap) -> np.ndarray:
    """The spectrogram over the whole track, from its windows."""
    columns = max(_COLUMNS, spectrogram.log_mels.shape[2])
    centers = (np.arange(columns) + 0.5) * spectrogram.seconds / columns
    spans = spectrogram.cells.spans
    window = np.clip(np.searchsorted(spans[:, 0], centers, "right") - 1, 0, len(spans) - 1)
    inside = (centers - spans[window, 0]) / (spans[window, 1] - spans[window, 0])
    frames = spectrogram.log_mels.shape[2]
    frame = np.clip((inside * frames).astype(int), 0, frames - 1)
    stitched: np.ndarray = spectrogram.log_mels[window, :, frame].T
    return stitched


def _draw_matrix(
    figure: Figure, panel: Axes, match: Match, query: SpectrogramMap, neighbor: SpectrogramMap
) -> None:
    assert match.windows is not None
    matrix = match.windows.values
    reach = float(np.abs(matrix).max()) or 1.0
    extent = (0.0, neighbor.seconds, query.seconds, 0.0)
    image = panel.imshow(
        matrix, cmap=_OVERLAY, vmin=-reach, vmax=reach, aspect="auto", extent=extent
    )
    # Windows may overlap; a cell of the picture is as wide as the step from one to the next.
    height, width = query.seconds / matrix.shape[0], neighbor.seconds / matrix.shape[1]
    row = np.abs(query.cells.spans[:, 0] - match.windows.passage.query_start).argmin()
    column = np.abs(neighbor.cells.spans[:, 0] - match.windows.passage.neighbor_start).argmin()
    corner = (float(column * width), float(row * height))
    panel.add_patch(Rectangle(corner, width, height, fill=False, edgecolor="black", linewidth=1.5))
    title = "similarity by passage (box, and dashed above: most similar)"
    panel.set_title(title, fontsize=9.5, loc="left")
    look: dict[str, Any] = {"family": list(families()), "fontsize": 8.5}
    panel.set_xlabel(shortened(drawable(match.neighbor.title), 45), **look)
    panel.set_ylabel(shortened(drawable(match.query.title), 34), **look)
    time_axis(panel, "x")
    time_axis(panel, "y")
    panel.tick_params(labelsize=8)
    bar = figure.colorbar(image, ax=panel, pad=0.02)
    bar.ax.tick_params(labelsize=8)
    bar.set_label("mean: the score", fontsize=8.5)


def _draw_sum(panel: Axes, match: Match) -> None:
    explanation = match.explanation
    parts, others = explanation.largest(MOST_PARTS)
    rest = [(f"{len(others)} others", math.fsum(item.value for item in others))] if others else []
    rest += [("residual", explanation.residual)] if explanation.unnamed else []
    rest += [("similarity", explanation.similarity)]
    names = [*(noun(item.feature) for item in parts), *(name for name, _ in rest)]
    values = [*(item.value for item in parts), *(value for _, value in rest)]
    colors = [(_RED if item.value > 0 else _BLUE) for item in parts]
    colors += [*[_GREY] * (len(rest) - 1), "black"]
    causes = [verdict_on(item, explanation) == "because" for item in parts] + [False] * len(rest)
    places = np.arange(len(names))
    panel.barh(places, values, color=colors, height=0.65)
    for place, value, cause in zip(places, values, causes, strict=True):
        panel.annotate(
            f"{value:+.3f}{' because' if cause else ''}",
            (value, place),
            (4 if value >= 0 else -4, 0),
            textcoords="offset points",
            va="center",
            ha="left" if value >= 0 else "right",
            fontsize=8.5,
        )
    panel.axvline(0, color="black", linewidth=0.8)
    panel.axhline(len(names) - 1.5, color=_GREY, linewidth=0.8)
    panel.set_yticks(places, names, fontsize=9)
    panel.invert_yaxis()
    low, high = min(0.0, *values), max(0.0, *values)
    room = high - low
    panel.set_xlim(low - (0.2 * room if low < 0 else 0), high + 0.35 * room)  # for the numbers
    panel.spines[["top", "right", "left"]].set_visible(False)
    panel.tick_params(labelsize=8.5, left=False)
    panel.set_title("contributions to the similarity", fontsize=9.5, loc="left")
