"""Tracks side by side as spectrograms: columns of panels, one scale of colors."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from specrec.descriptors.clip import load_clip
from specrec.descriptors.mel_db import NOTEBOOK, mel_db
from specrec.errors import AudioError
from specrec.progress import Progress
from specrec.recommend.results import Track
from specrec.report.lettering import drawable, families, shortened
from specrec.report.pictures import save_picture
from specrec.report.spectrogram_png import add_spectrogram, label_bands, place_spectrogram
from specrec.report.terminal import name_of

SECONDS = 30.0
"""Length of what is shown of a track, from its middle."""


_WIDTH, _HEIGHT = 6.2, 1.55  # inches a panel
_LETTERS = 62  # of a title beside its value
_EMPTY = "#EEEEEE"
_HERTZ = (100, 1000, 5000, 10_000)  # fewer than on a picture of its own


@dataclass(frozen=True)
class Shown:
    """A track in a gallery.

    Attributes:
        track: The track.
        file: Its file.
        note: What stands beside its title.
        mark: What stands before it.
    """

    track: Track
    file: Path
    note: str
    mark: str = ""

    @property
    def name(self) -> str:
        """Its title."""
        return f"{self.mark}{name_of(self.track)}"


def draw_grid(
    title: str,
    columns: Sequence[tuple[str, Sequence[Shown]]],
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
    part = f"at most {SECONDS:g} s from the middle of each track"
    figure.supxlabel(f"seconds ({part}); colors: dB relative to its maximum", fontsize=9)
    save_picture(figure, path, title, _description(columns))


def _description(columns: Sequence[tuple[str, Sequence[Shown]]]) -> str:
    """What the picture shows, for those who can't see it."""
    parts = [
        f"{heading}{'. ' if heading else ''}"
        + "; ".join(f"{' '.join(item.name.split())} ({item.note})" for item in shown)
        for heading, shown in columns
    ]
    what = f"Mel spectrograms, at most {SECONDS:g} s from the middle of each track"
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


def _entitle(panel: Axes, item: Shown) -> None:
    look: dict[str, Any] = {"fontsize": 9, "family": list(families())}
    panel.set_title(shortened(drawable(item.name), _LETTERS), loc="left", **look)
    panel.set_title(drawable(item.note), loc="right", color="#444444", **look)


def _draw_track(panel: Axes, item: Shown) -> AxesImage:
    """Draws the middle of a track.

    Raises:
        AudioError: If its file can't be used.
    """
    front_end = NOTEBOOK.front_end
    clip = load_clip(item.file, front_end.sample_rate, SECONDS)
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
