"""Tracks of a library as spectrograms: the first by a number, low against high, neighbors."""

from pathlib import Path

import numpy as np

from specrec.descriptors.vocabulary import noun, value_text
from specrec.progress import Progress
from specrec.recommend.library import Library
from specrec.recommend.results import track_of_row
from specrec.report.pictures import check_picture
from specrec.report.spectrogram_grid import Shown, draw_grid
from specrec.report.terminal import name_of
from specrec.study.extremes import first_by, low_and_high, numbers


def draw_gallery(
    library: Library,
    column: str,
    path: Path,
    k: int = 10,
    lowest: bool = False,
    on_progress: Progress | None = None,
) -> None:
    """Draws the tracks with the highest values of a column or feature.

    Args:
        library: With the tracks.
        column: Any with numbers.
        path: The PNG or SVG file that is written.
        k: How many tracks.
        lowest: Takes those with the lowest values instead.
        on_progress: Called after each track.

    Raises:
        QueryError: If the column or the path won't do.
        AudioError: If no track's file can be read.
    """
    check_picture(path)
    values = numbers(library, column)
    rows = first_by(values, k, lowest)
    shown = [_of_row(library, row, column, values, f"{rank}. ") for rank, row in enumerate(rows, 1)]
    known = int(np.isfinite(values).sum())
    title = f"{'Lowest' if lowest else 'Highest'} {noun(column)}: {len(shown)} of {known} tracks"
    # Down the left column first, then down the right.
    half = -(-len(shown) // 2)
    columns = [("", shown[:half]), ("", shown[half:])] if len(shown) > 1 else [("", shown)]
    draw_grid(title, columns, path, on_progress)


def draw_contrast(
    library: Library,
    column: str,
    path: Path,
    count: int = 5,
    seed: int = 0,
    on_progress: Progress | None = None,
) -> None:
    """Draws tracks from below the median of a column or feature beside tracks from above.

    Args:
        library: With the tracks.
        column: Any with numbers.
        path: The PNG or SVG file that is written.
        count: Tracks on each side, picked by chance.
        seed: Another seed, other tracks.
        on_progress: Called after each track.

    Raises:
        QueryError: If the column or the path won't do, or all values are equal.
        AudioError: If no track's file can be read.
    """
    check_picture(path)
    values = numbers(library, column)
    contrast = low_and_high(values, count, seed)
    low = [_of_row(library, row, column, values) for row in contrast.low]
    high = [_of_row(library, row, column, values) for row in contrast.high]
    name, median = noun(column), value_text(column, contrast.median)
    columns = [(f"Low {name}: below {median}", low), (f"High {name}: above {median}", high)]
    known = int(np.isfinite(values).sum())
    title = f"Low against high {name}: by chance from below and above the median of {known} tracks"
    draw_grid(title, columns, path, on_progress)


def draw_neighbors(
    library: Library,
    query: str,
    path: Path,
    k: int = 5,
    on_progress: Progress | None = None,
) -> None:
    """Draws a query above its neighbors.

    Args:
        library: To ask.
        query: As for `Library.neighbors`.
        path: The PNG or SVG file that is written.
        k: How many neighbors.
        on_progress: Called after each track.

    Raises:
        QueryError: If the path won't do, or the query fits no track or several.
        AudioError: If no track's file can be read.
    """
    check_picture(path)
    asked = library.resolve(query)
    assert asked.path is not None
    shown = [Shown(asked.track, asked.path, "the query")]
    for neighbor in library.neighbors(asked, k, explain=False):
        note = f"similarity {neighbor.similarity:.3f}"
        shown.append(Shown(neighbor.track, library.audio_root / neighbor.track.path, note))
    draw_grid(f"What sounds like {name_of(asked.track)}", [("", shown)], path, on_progress)


def _of_row(library: Library, row: int, column: str, values: np.ndarray, mark: str = "") -> Shown:
    track = track_of_row(library.tracks.iloc[row])
    note = f"{noun(column)} {value_text(column, float(values[row]))}"
    return Shown(track, library.audio_root / track.path, note, mark)
