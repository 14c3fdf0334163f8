"""Tracks of a library as spectrograms: the first by a number, low against high, neighbors."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from specrec.descriptors.clip import load_clip
from specrec.descriptors.mel_db import NOTEBOOK, mel_db
from specrec.descriptors.vocabulary import noun, value_text
from specrec.errors import AudioError
from specrec.progress import Progress
from specrec.recommend.collection import Collection
from specrec.recommend.library import Library
from specrec.recommend.results import track_of_row
from specrec.report.pictures import check_picture, drawable, families, save_picture, shortened
from specrec.report.spectrogram_png import add_spectrogram, label_bands, place_spectrogram
from specrec.report.text import name_of
from specrec.study.extremes import find_column, first_by, low_and_high, numbers

_SECONDS = 30.0  # shown of a track, from its middle
_WIDTH, _HEIGHT = 6.2, 1.55  # inches a panel
_LETTERS = 62  # of a title beside its value
_EMPTY = "#EEEEEE"
_HERTZ = (100, 1000, 5000, 10_000)  # fewer than on a picture of its own


@dataclass(frozen=True)
class _Panel:
    """A track of a gallery: its title with what stands before it, its file, and a note beside."""

    title: str
    file: Path
    note: str


def draw_gallery(
    collection: Collection,
    column: str,
    path: Path,
    k: int = 10,
    lowest: bool = False,
    on_progress: Progress | None = None,
) -> None:
    """Draws the tracks with the highest values of a column or feature.

    Args:
        collection: The library with the tracks.
        column: Name of a feature, a concept, or any column with numbers.
        path: The PNG or SVG file that is written.
        k: How many tracks.
        lowest: Takes those with the lowest values instead.
        on_progress: Called after each track.

    Raises:
        QueryError: If the column or the path won't do.
        AudioError: If no track's file can be read.
    """
    check_picture(path)
    column = find_column(collection, column)
    values = numbers(collection, column)
    rows = first_by(values, k, lowest)
    shown = [
        _of_row(collection, row, column, values, f"{rank}. ") for rank, row in enumerate(rows, 1)
    ]
    known = int(np.isfinite(values).sum())
    title = f"{'Lowest' if lowest else 'Highest'} {noun(column)}: {len(shown)} of {known} tracks"
    # Down the left column first, then down the right.
    half = -(-len(shown) // 2)
    columns = [("", shown[:half]), ("", shown[half:])] if len(shown) > 1 else [("", shown)]
    _draw_grid(title, columns, path, on_progress)


def draw_contrast(
    collection: Collection,
    column: str,
    path: Path,
    count: int = 5,
    seed: int = 0,
    on_progress: Progress | None = None,
) -> None:
    """Draws tracks from below the median of a column or feature beside tracks from above.

    Args:
        collection: The library with the tracks.
        column: Name of a feature, a concept, or any column with numbers.
        path: The PNG or SVG file that is written.
        count: Tracks on each side, picked by chance.
        seed: Another seed, other tracks.
        on_progress: Called after each track.

    Raises:
        QueryError: If the column or the path won't do, or all values are equal.
        AudioError: If no track's file can be read.
    """
    check_picture(path)
    column = find_column(collection, column)
    values = numbers(collection, column)
    contrast = low_and_high(values, count, seed)
    low = [_of_row(collection, row, column, values) for row in contrast.low]
    high = [_of_row(collection, row, column, values) for row in contrast.high]
    name, median = noun(column), value_text(column, contrast.median)
    columns = [(f"Low {name}: below {median}", low), (f"High {name}: above {median}", high)]
    known = int(np.isfinite(values).sum())
    title = f"Low against high {name}: by chance from below and above the median of {known} tracks"
    _draw_grid(title, columns, path, on_progress)


def draw_neighbors(
    library: Library,
    query: str,
    path: Path,
    k: int = 5,
    on_progress: Progress | None = None,
) -> None:
    """Draws a query above its neighbors.

    Args:
        library: The library that is searched.
        query: A query as `Library.neighbors` takes it.
        path: The PNG or SVG file that is written.
        k: How many neighbors.
        on_progress: Called after each track.

    Raises:
        QueryError: If the path won't do, or the query fits no track or several.
        AudioError: If no track's file can be read.
    """
    check_picture(path)
    resolved = library.resolve(query)
    assert resolved.path is not None
    shown = [_Panel(name_of(resolved.track), resolved.path, "the query")]
    for neighbor in library.neighbors(resolved, k, explain=False):
        note, track = f"similarity {neighbor.similarity:.3f}", neighbor.track
        shown.append(_Panel(name_of(track), library.collection.audio_root / track.path, note))
    _draw_grid(f"What sounds like {name_of(resolved.track)}", [("", shown)], path, on_progress)


def _of_row(
    collection: Collection, row: int, column: str, values: np.ndarray, mark: str = ""
) -> _Panel:
    track = track_of_row(collection.tracks.iloc[row])
    note = f"{noun(column)} {value_text(column, float(values[row]))}"
    return _Panel(f"{mark}{name_of(track)}", collection.audio_root / track.path, note)


def _draw_grid(
    title: str,
    columns: Sequence[tuple[str, Sequence[_Panel]]],
    path: Path,
    on_progress: Progress | None,
) -> None:
    """Draws columns of tracks, each under its heading."""
    rows, total = max(len(shown) for _, shown in columns), sum(len(shown) for _, shown in columns)
    width = _WIDTH * len(columns) * (1 if len(columns) > 1 else 1.5) + 0.6
    figure = Figure(figsize=(width, _HEIGHT * rows + 1.1), layout="constrained")
    panels = figure.subplots(rows, len(columns), squeeze=False)
    images: list[AxesImage] = []
    failure: AudioError | None = None
    done = 0
    for place, (heading, shown) in enumerate(columns):
        if heading:
            _head(panels[0, place], heading)
        for row, item in enumerate(shown):
            panel = panels[row, place]
            _entitle(panel, item)
            try:
                images.append(_draw_track(panel, item))
            except AudioError as error:
                failure = error
                _draw_failure(panel, error)
            done += 1
            if on_progress:
                on_progress(done, total)
        for panel in panels[len(shown) :, place]:
            panel.remove()
        _label(list(panels[: len(shown), place]), first=place == 0)
    if failure is not None and not images:
        raise failure
    longest = max(round(image.get_extent()[1], 1) for image in images)
    for panel in figure.axes:
        panel.set_xlim(0, longest)
    bar = figure.colorbar(images[0], ax=figure.axes, pad=0.01, aspect=10 * rows, fraction=0.03)
    bar.set_label("dB", fontsize=9)
    bar.ax.tick_params(labelsize=8)
    figure.suptitle(drawable(title), fontsize=12, family=list(families()))
    part = f"at most {_SECONDS:g} s from the middle of each track"
    figure.supxlabel(f"seconds ({part}); colors: dB relative to its maximum", fontsize=9)
    save_picture(figure, path, title, _description(columns))


def _description(columns: Sequence[tuple[str, Sequence[_Panel]]]) -> str:
    """What the picture shows, for those who can't see it."""
    parts = [
        f"{heading}{'. ' if heading else ''}"
        + "; ".join(f"{' '.join(item.title.split())} ({item.note})" for item in shown)
        for heading, shown in columns
    ]
    what = f"Mel spectrograms, at most {_SECONDS:g} s from the middle of each track"
    return ". ".join([what, *parts]) + "."


def _head(panel: Axes, heading: str) -> None:
    """Puts a heading above a column."""
    panel.annotate(
        drawable(heading),
        (0, 1),
        (0, 22),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=11,
        family=list(families()),
    )


def _entitle(panel: Axes, item: _Panel) -> None:
    look: dict[str, Any] = {"fontsize": 9, "family": list(families())}
    panel.set_title(shortened(drawable(item.title), _LETTERS), loc="left", **look)
    panel.set_title(drawable(item.note), loc="right", color="#444444", **look)


def _draw_track(panel: Axes, item: _Panel) -> AxesImage:
    """Draws the middle of a track.

    Raises:
        AudioError: If its file can't be used.
    """
    front_end = NOTEBOOK.front_end
    clip = load_clip(item.file, front_end.sample_rate, _SECONDS)
    image = add_spectrogram(panel)
    place_spectrogram(image, mel_db(clip.waveform, NOTEBOOK), front_end)
    panel.set_facecolor(_EMPTY)
    return image


def _draw_failure(panel: Axes, error: AudioError) -> None:
    panel.set_facecolor(_EMPTY)
    panel.set_ylim(-0.5, NOTEBOOK.front_end.n_mels - 0.5)
    text = f"can't be drawn: {error.detail} ({error.reason})"
    panel.text(0.5, 0.5, shortened(drawable(text), 90), transform=panel.transAxes, ha="center")


def _label(panels: Sequence[Axes], first: bool) -> None:
    """Frequencies at the first column, seconds under the last row."""
    for place, panel in enumerate(panels):
        label_bands(panel, NOTEBOOK.front_end, _HERTZ)
        panel.tick_params(labelsize=8, labelleft=first, labelbottom=place == len(panels) - 1)
