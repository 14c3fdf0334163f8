"""One spectrogram as a PNG file: nothing but its pixels, or with axes."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import colormaps
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from specrec.config import FrontEnd
from specrec.descriptors.mel_db import FLOOR_DB, band_of
from specrec.shapes import Float32, UInt8

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.image import AxesImage
    from matplotlib.text import Text

COLORMAP = "magma"
"""Even to the eye, also in grey and to the color blind; librosa's choice."""

_COMPRESSION = 3  # as small as the default within 2 %, in two thirds of the time
_DPI = 100
_PAGE = (1000, 360)  # pixels, as all that follow
_LEFT, _TOP, _RIGHT, _BOTTOM = 75, 36, 895, 304  # of the spectrogram
_FRAME = 1  # the line around it
_COLORS, _GREYS = 216, 40  # of the palette of a picture with axes
_HERTZ = (100, 500, 1000, 2000, 5000, 10_000, 20_000)


def clean_png(db: Float32[np.ndarray, "n_mels frames"], texts: Mapping[str, str]) -> bytes:
    """One pixel a band and frame, the lowest band at the bottom.

    Args:
        db: Levels in dB, from `FLOOR_DB`, which is color 0 of the palette, to 0, which is 255.
        texts: Metadata of the file, by keyword.
    """
    return _encoded(_levels(db, 256), _palette(256), texts)


def axes_png(
    db: Float32[np.ndarray, "n_mels frames"],
    front_end: FrontEnd,
    title: str,
    texts: Mapping[str, str],
) -> bytes:
    """A spectrogram with axes in seconds and in Hz, and a bar of the colors.

    Args:
        db: Levels in dB, as for `clean_png`.
        front_end: Front end of the spectrogram.
        title: Above it.
        texts: Metadata of the file, by keyword.
    """
    from specrec.report.pictures import drawable, shortened

    sheet = _sheet(astuple(front_end), db.shape[1])
    sheet.canvas.restore_region(sheet.background)
    sheet.title.set_text(shortened(drawable(title), 100))
    sheet.title.axes.draw_artist(sheet.title)  # type: ignore[union-attr]
    page = sheet.page.copy()
    above = np.asarray(sheet.canvas.buffer_rgba())[: _TOP - _FRAME, :, 0]
    page[: _TOP - _FRAME] = _COLORS + np.rint(above * ((_GREYS - 1) / 255))
    size = (_RIGHT - _LEFT, _BOTTOM - _TOP)
    picture = Image.fromarray(_levels(db, _COLORS)).resize(size, Image.Resampling.BOX)
    page[_TOP:_BOTTOM, _LEFT:_RIGHT] = picture
    return _encoded(page, _palette(_COLORS), texts)


@dataclass(frozen=True)
class _Sheet:
    """What is the same on all pictures of one length.

    Attributes:
        canvas: Canvas of the figure.
        background: What is on it before the title is drawn.
        title: An artist without a text.
        page: The background as colors of the palette.
    """

    canvas: "FigureCanvasAgg"
    background: Any
    title: "Text"
    page: UInt8[np.ndarray, "rows columns"]


@lru_cache(4)
def _sheet(front_end: tuple[Any, ...], frames: int) -> _Sheet:
    """Drawn once, with axes, numbers and bar: they would take nine tenths of the time."""
    # Here, not above: what draws no axes does without.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from specrec.report.pictures import families

    settings = FrontEnd(*front_end)
    width, height = _PAGE
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI)
    canvas = FigureCanvasAgg(figure)
    bottom, tall = 1 - _BOTTOM / height, (_BOTTOM - _TOP) / height
    panel = figure.add_axes((_LEFT / width, bottom, (_RIGHT - _LEFT) / width, tall))
    image = add_spectrogram(panel)
    place_spectrogram(image, np.zeros((settings.n_mels, frames), np.float32), settings)
    label_bands(panel, settings)
    panel.set_xlabel("seconds", fontsize=9)
    bar = figure.colorbar(image, cax=figure.add_axes((0.91, bottom, 0.015, tall)))
    bar.set_label("dB relative to the maximum", fontsize=9)
    for axes in (panel, bar.ax):
        axes.tick_params(labelsize=9)
    title = panel.annotate(
        "",
        (0, 1),
        (0, 7),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=11,
        family=list(families()),
        parse_math=False,
    )
    canvas.draw()
    page = _nearest(np.asarray(canvas.buffer_rgba())[:, :, :3], _palette(_COLORS))
    return _Sheet(canvas, canvas.copy_from_bbox(figure.bbox), title, page)


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
) -> None:
    """Puts a spectrogram on a panel: x in seconds, y in bands, as `band_of` counts them."""
    bands, frames = db.shape
    step = front_end.hop_length / front_end.sample_rate
    image.set_data(db)
    # A frame lies around its time.
    image.set_extent((-step / 2, (frames - 0.5) * step, -0.5, bands - 0.5))
    assert image.axes is not None
    image.axes.set_xlim(0.0, max(frames - 1, 1) * step)
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


def _levels(
    db: Float32[np.ndarray, "n_mels frames"], colors: int
) -> UInt8[np.ndarray, "n_mels frames"]:
    """Decibels as colors of the palette, the highest band first."""
    levels: np.ndarray = np.rint((db[::-1] - FLOOR_DB) * ((colors - 1) / -FLOOR_DB))
    return levels.astype(np.uint8)


@cache
def _palette(colors: int) -> UInt8[np.ndarray, "256 3"]:
    """As many colors of the map, from the floor to the maximum; the rest grey, from black."""
    drawn = colormaps[COLORMAP](np.linspace(0, 1, colors))[:, :3]
    greys = np.linspace(0, 1, 256 - colors)[:, None].repeat(3, axis=1)
    palette: np.ndarray = np.rint(255 * np.concatenate([drawn, greys]))
    return palette.astype(np.uint8)


def _nearest(
    pixels: UInt8[np.ndarray, "rows columns 3"], palette: UInt8[np.ndarray, "256 3"]
) -> UInt8[np.ndarray, "rows columns"]:
    """The color of the palette for each pixel."""
    colors, places = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True)
    away = np.square(colors[:, None].astype(int) - palette).sum(axis=2)
    return away.argmin(axis=1)[places].reshape(pixels.shape[:2]).astype(np.uint8)


def _encoded(
    pixels: UInt8[np.ndarray, "rows columns"],
    palette: UInt8[np.ndarray, "256 3"],
    texts: Mapping[str, str],
) -> bytes:
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.putpalette(palette.tobytes())
    info = PngInfo()
    for keyword, text in texts.items():
        info.add_itxt(keyword, text)
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=_COMPRESSION, pnginfo=info)
    return file.getvalue()
