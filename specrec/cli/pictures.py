"""The command that draws spectrograms of many files."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from specrec.cli.app import app, json_option
from specrec.cli.values import PATH, Number, WholeNumber
from specrec.printing import say_json

if TYPE_CHECKING:
    from specrec.catalog.scan import Scan
    from specrec.descriptors.mel_db import MelSettings


@app.command()
@click.argument(
    "source", metavar="FOLDER_OR_LIBRARY", type=PATH, help="A folder of music, or a library."
)
@click.option(
    "--output",
    "-o",
    metavar="FOLDER",
    type=PATH,
    required=True,
    help="Where to write the PNG files, named as the audio files are.",
)
@click.option(
    "--seconds",
    metavar="NUMBER",
    type=Number(min=1),
    default=30.0,
    help="How much to draw, from the middle of each track.",
)
@click.option("--whole", is_flag=True, help="Draw the whole of each track.")
@click.option(
    "--axes",
    is_flag=True,
    help="Draw axes in seconds and Hz; without, a pixel is a mel band in a frame.",
)
@click.option(
    "--model",
    metavar="NAME",
    help="Draw the spectrogram that this model sees. Without: 128 mel bands, n_fft 2048,"
    " hop 512 at 22,050 Hz, as librosa's.",
)
@click.option(
    "--workers",
    metavar="NUMBER",
    type=WholeNumber(min=0),
    default=0,
    help="Number of processes; 0 is one per core.",
)
@json_option
def spectrograms(
    source: Path,
    output: Path,
    seconds: float,
    whole: bool,
    axes: bool,
    model: str | None,
    workers: int,
    json: bool,
) -> None:
    """Draw a mel spectrogram of each audio file.

    Levels are in dB relative to the maximum. Pictures that are up to date are kept, and files that
    can't be drawn are listed.
    """
    from specrec.descriptors.mel_db import NOTEBOOK
    from specrec.report.libraries import print_rendering, rendering_json
    from specrec.report.progress import progress_bar
    from specrec.report.spectrograms import Drawing, draw_folder

    settings = NOTEBOOK if model is None else _settings_of(model)
    drawing = Drawing(settings, None if whole else seconds, axes)
    root, scan = _files_of(source)
    with progress_bar("drawing") as on_progress:
        rendering = draw_folder(root, scan, output, drawing, workers, on_progress)
    if json:
        say_json(rendering_json(rendering, output, drawing))
    else:
        print_rendering(rendering, output, scan.ignored)


def _settings_of(model: str) -> "MelSettings":
    from specrec.descriptors.mel_db import MelSettings
    from specrec.model.card import read_card
    from specrec.model.registry import find_model

    card = read_card(find_model(model))
    return MelSettings(card.name, card.front_end)


def _files_of(source: Path) -> tuple[Path, "Scan"]:
    """Lists the audio files of a folder, or of the tracks of a library."""
    from specrec.catalog.scan import FoundFile, Scan, inspect, scan_folder
    from specrec.index.generations import current_name

    if current_name(source) is None:
        return source, scan_folder(source)
    from specrec.recommend.collection import Collection

    collection, scan = Collection.open(source), Scan()
    for path in collection.tracks["path"]:
        found = inspect(collection.audio_root / path, path)
        if isinstance(found, FoundFile):
            scan.files.add(*found)
        else:
            scan.skipped.append(found)
    return collection.audio_root, scan
