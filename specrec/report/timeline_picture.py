"""Concepts over time as a picture: bands where each is heard, under a spectrogram."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from specrec.descriptors.clip import load_clip
from specrec.descriptors.mel_db import NOTEBOOK, mel_db
from specrec.descriptors.vocabulary import noun
from specrec.explain.explanation import Passages
from specrec.explain.timeline import Timeline
from specrec.recommend.query import Query
from specrec.report.pictures import (
    GREEN,
    check_picture,
    drawable,
    families,
    save_picture,
    shortened,
)
from specrec.report.spectrogram_png import add_spectrogram, label_bands, place_spectrogram
from specrec.report.text import clock, name_of
from specrec.report.timeline import by_family, passages_text

_LANE = "#EFEFEF"
_BAND = 0.2  # inches
_MARGIN = 0.32  # inches for the times under the bands
_HERTZ = (100, 500, 1000, 5000, 10_000)


def band_inches(count: int) -> float:
    """Height of so many bands with the times under them."""
    return _BAND * count + _MARGIN if count else 0.0


def draw_bands(
    panel: Axes, names: Sequence[str], heard: Sequence[Passages | None], color: str = GREEN
) -> None:
    """Draws where things are heard, one row each, the first at the top.

    Args:
        panel: Its x axis is time in seconds, and has its limits already.
        names: What is heard.
        heard: Where; None where that is not known.
        color: Color of the bands.
    """
    start, end = panel.get_xlim()
    for row, passages in enumerate(heard):
        panel.barh(row, end - start, left=start, height=0.64, color=_LANE)
        for first, last in () if passages is None else passages.spans:
            panel.barh(row, last - first, left=first, height=0.64, color=color)
    panel.set_yticks(range(len(names)), list(names), fontsize=8.5)
    panel.set_ylim(len(names) - 0.5, -0.5)
    panel.set_xlim(start, end)
    panel.spines[:].set_visible(False)
    panel.tick_params(axis="y", length=0)
    panel.tick_params(axis="x", labelsize=8)
    time_axis(panel, "x")


def draw_timeline(query: Query, timeline: Timeline, path: Path) -> None:
    """Draws the spectrogram of a track, and under it where each concept is heard.

    Args:
        query: The track.
        timeline: Its concepts over time.
        path: A PNG or SVG file, which is written.

    Raises:
        QueryError: If the path won't do.
        AudioError: If the track's file can't be used.
    """
    check_picture(path)
    assert query.path is not None
    heard = by_family(timeline.heard)
    bands = band_inches(max(1, len(heard)))
    figure = Figure(figsize=(12, 3.3 + bands), layout="constrained")
    rows = figure.add_gridspec(2, 1, height_ratios=(2.7, bands))
    panel = figure.add_subplot(rows[0])
    front_end = NOTEBOOK.front_end
    clip = load_clip(query.path, front_end.sample_rate)
    place_spectrogram(add_spectrogram(panel), mel_db(clip.waveform, NOTEBOOK), front_end)
    label_bands(panel, front_end, _HERTZ)
    panel.tick_params(labelsize=8, labelbottom=False)
    look: dict[str, Any] = {"family": list(families()), "fontweight": "bold", "loc": "left"}
    panel.set_title(shortened(drawable(name_of(query.track)), 110), fontsize=10, **look)
    under = figure.add_subplot(rows[1], sharex=panel)
    names = [noun(name) for name in heard] or ["nothing is heard clearly"]
    draw_bands(under, names, list(heard.values()) or [None])
    save_picture(figure, path, name_of(query.track), _description(heard))


def _description(heard: Mapping[str, Passages]) -> str:
    """What the picture shows, for those who can't see it."""
    told = [f"{noun(name)} {passages_text(passages)}" for name, passages in heard.items()]
    return f"Mel spectrogram, and what is heard when: {'; '.join(told) or 'nothing clearly'}."


def time_axis(panel: Axes, which: str) -> None:
    """Makes an axis in seconds one of minutes and seconds."""
    axis = panel.xaxis if which == "x" else panel.yaxis
    axis.set_major_formatter(FuncFormatter(lambda seconds, _: clock(seconds)))
    axis.set_major_locator(MaxNLocator(8, steps=[1, 1.5, 2, 3, 5, 6, 10]))
