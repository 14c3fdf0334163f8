"""One spectrogram as a PNG file: nothing but its pixels, or with axes."""

import io
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float32
from matplotlib import colormaps
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from specrec.config import FrontEnd
from specrec.descriptors.mel_db import FLOOR_DB, band_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

COLORMAP = "magma"
"""Even to the eye, also in grey and to the color blind; librosa's choice."""

_COMPRESSION = 3  # as small as the default within 2 %, in two thirds of the time
_DPI = 100
_HERTZ = (100, 500, 1000, 2000, 5000, 10_000, 20_000)


def clean_png(db: Float32[np.ndarray, "n_mels frames"], texts: Mapping[str, str]) -> bytes:
    """One pixel a band and frame, the lowest band at the bottom.

    Args:
        db: From `FLOOR_DB`, which is color 0 of the palette, to 0, which is 255.
        texts: Metadata of the file, by keyword.
    """
    levels = np.rint((db - FLOOR_DB) * (255 / -FLOOR_DB)).astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(levels[::-1]))
    image.putpalette(_palette())
    return _encoded(image, texts)


def axes_png(
    db: Float32[np.ndarray, "n_mels frames"],
    front_end: FrontEnd,
    start_seconds: float,
    title: str,
    texts: Mapping[str, str],
) -> bytes:
    """With axes in seconds and Hz, and a bar of the colors.

    Args:
        db: As for `clean_png`.
        front_end: Of the spectrogram.
        start_seconds: Where it begins in its track.
        title: Above it.
        texts: Metadata of the file, by keyword.
    """
    from specrec.report.lettering import drawable, shortened

    figure, panel, image = _sheet()
    place_spectrogram(image, db, front_end, start_seconds)
    panel.set_title(shortened(drawable(title), 100), fontsize=11, loc="left", parse_math=False)
    label_bands(panel, front_end)
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())  # type: ignore[attr-defined]
    return _encoded(Image.fromarray(pixels).convert("RGB"), texts)


@cache
def _sheet() -> tuple["Figure", "Axes", "AxesImage"]:
    """Figure, panel and image: to draw them anew for each file takes twice the time."""
    # Here, not above: what draws no axes does without.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from specrec.report.lettering import families

    figure = Figure(figsize=(10, 3.6), dpi=_DPI)
    FigureCanvasAgg(figure)
    panel = figure.add_axes((0.075, 0.15, 0.82, 0.74))
    panel.title.set_fontfamily(list(families()))
    image = add_spectrogram(panel)
    panel.set_xlabel("seconds", fontsize=9)
    panel.tick_params(labelsize=9)
    bar = figure.colorbar(image, cax=figure.add_axes((0.91, 0.15, 0.015, 0.74)))
    bar.set_label("dB relative to the maximum", fontsize=9)
    bar.ax.tick_params(labelsize=9)
    return figure, panel, image


def add_spectrogram(panel: "Axes") -> "AxesImage":
    """An image for `place_spectrogram`."""
    return panel.imshow(
        np.zeros((1, 1)),
        cmap=COLORMAP,
        vmin=FLOOR_DB,
        vmax=0.0,
        origin="lower",
        aspect="auto",
    )


def place_spectrogram(
    image: "AxesImage",
    db: Float32[np.ndarray, "n_mels frames"],
    front_end: FrontEnd,
    start_seconds: float,
) -> None:
    """Puts a spectrogram on a panel: x in seconds, y in bands, as `band_of` counts them."""
    bands, frames = db.shape
    step = front_end.hop_length / front_end.sample_rate
    left = start_seconds - step / 2  # a frame lies around its time
    image.set_data(db)
    image.set_extent((left, left + frames * step, -0.5, bands - 0.5))
    assert image.axes is not None
    image.axes.set_xlim(start_seconds, start_seconds + (frames - 1) * step)
    image.axes.set_ylim(-0.5, bands - 0.5)


def label_bands(panel: "Axes", front_end: FrontEnd, hertz: Sequence[int] = _HERTZ) -> None:
    """Labels the bands with those of the frequencies that they reach."""
    places = band_of(np.array(hertz, dtype=np.float64), front_end)
    shown = [
        (place, hz)
        for place, hz in zip(places, hertz, strict=True)
        if -0.5 <= place <= front_end.n_mels - 0.5
    ]
    names = [f"{hz // 1000} kHz" if hz >= 1000 else f"{hz} Hz" for _, hz in shown]
    panel.set_yticks([place for place, _ in shown], names)


@cache
def _palette() -> bytes:
    colors = colormaps[COLORMAP](np.arange(256), bytes=True)
    return bytes(colors[:, :3].tobytes())


def _encoded(image: Image.Image, texts: Mapping[str, str]) -> bytes:
    info = PngInfo()
    for keyword, text in texts.items():
        info.add_itxt(keyword, text)
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=_COMPRESSION, pnginfo=info)
    return file.getvalue()
