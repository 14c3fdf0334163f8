"""A spectrogram of each file of a folder, as PNG files in another folder.

Workers import this module, so that it loads little.
"""

import errno
import hashlib
import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from PIL import Image, UnidentifiedImageError

from specrec.audio.pool import map_paths
from specrec.catalog.identity import content_id
from specrec.catalog.scan import FoundFile, Scan, Skipped
from specrec.descriptors.clip import load_clip
from specrec.descriptors.mel_db import FLOOR_DB, MelSettings, mel_db
from specrec.errors import AudioError, CatalogError, SkipReason
from specrec.printing import counted
from specrec.report.spectrogram_png import axes_png, clean_png
from specrec.writing import storing, write_file

_SOFTWARE = "specrec spectrograms"
_LONGEST = 255 - len(".png")  # bytes; what most file systems allow a name
_DRAWING = 1  # to be raised when the same settings give another picture


@dataclass(frozen=True)
class Drawing:
    """How spectrograms are drawn.

    Attributes:
        settings: Settings of the spectrogram.
        seconds: Length of the part from the middle of each track; None for the whole.
        axes: Whether with axes and a bar of colors.
    """

    settings: MelSettings
    seconds: float | None = 30.0
    axes: bool = False

    def text(self) -> str:
        """All settings in one line, as pictures carry them."""
        return json.dumps({"drawing": _DRAWING, **asdict(self)}, sort_keys=True)


@dataclass(frozen=True)
class Rendering:
    """What became of the files of a folder.

    Attributes:
        pictures: The picture of each file, relative to the output, by the file's path.
        drawn: How many of them were drawn now; the others were there.
        skipped: Files without a picture, and why.
    """

    pictures: dict[str, str]
    drawn: int
    skipped: list[Skipped]


def draw_folder(
    root: Path,
    scan: Scan,
    output: Path,
    drawing: Drawing,
    workers: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Rendering:
    """Draws a spectrogram of each file, in processes; pictures that are up to date are kept.

    A picture carries what it was drawn from and how; one that shows the same content under the
    same settings stays as it is. A file that is no picture of ours is never written over.

    Args:
        root: The folder to which the paths are relative.
        scan: The files in it.
        output: A folder; the pictures lie in it as the files lie in theirs.
        drawing: How they are drawn.
        workers: Processes; 0 for one a core.
        on_progress: Called with the number of files done and their total.

    Raises:
        CatalogError: If there is no audio, or nothing of it can be drawn.
        StorageError: If a picture can't be written: the disk is full, or the folder read-only.
    """
    if not scan.files and not scan.skipped:
        raise CatalogError(f"{root}: no audio files in it; name a folder that holds music")
    names = picture_names(found.path for found in scan.files)
    with storing(output):
        output.mkdir(parents=True, exist_ok=True)
    pictures: dict[str, str] = {}
    skipped = list(scan.skipped)
    new: list[str] = []
    for found in scan.files:
        try:
            kept = _is_kept(root, found, output, names[found.path], drawing)
        except _TakenError as taken:
            skipped.append(Skipped(found.path, SkipReason.BAD_NAME, str(taken)))
            continue
        if kept:
            pictures[found.path] = names[found.path].as_posix()
        else:
            new.append(found.path)
    before, drawn = len(scan.files) - len(new), 0
    for position, made in map_paths(
        partial(draw_file, drawing), [root / path for path in new], workers
    ):
        path = new[position]
        if isinstance(made, AudioError):
            skipped.append(Skipped(path, made.reason, made.detail))
        else:
            write_file(output / names[path], made)
            pictures[path] = names[path].as_posix()
            drawn += 1
        if on_progress:
            on_progress(before + position + 1, len(scan.files))
    skipped.sort(key=lambda item: item.path)
    if not pictures:
        first = skipped[0]
        raise CatalogError(
            f"{root}: nothing to draw in {counted(len(skipped), 'file')};"
            f" the first: {first.path}: {first.detail} ({first.reason})"
        )
    return Rendering(dict(sorted(pictures.items())), drawn, skipped)


class _TakenError(Exception):
    """A picture has no place."""


def _is_kept(
    root: Path, found: FoundFile, output: Path, name: PurePosixPath, drawing: Drawing
) -> bool:
    """Whether a file's picture is there and up to date.

    Raises:
        _TakenError: If something else stands in its place.
    """
    picture = output / name
    try:
        if not picture.parent.resolve().is_relative_to(output.resolve()):
            raise _TakenError(f"{picture.parent} is a link that leads elsewhere; remove it")
        if not picture.exists():
            return False
        with Image.open(picture) as image:
            texts = {key: str(image.info.get(key)) for key in ("Software", "Settings", "Source")}
    except UnidentifiedImageError:
        texts = {}
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise _TakenError("too long a name for a picture; shorten it") from error
        texts = {}
    if texts.get("Software") != _SOFTWARE:
        raise _TakenError(f"{picture} is there already, and not ours; move it away")
    if texts["Settings"] != drawing.text():
        return False
    size, mtime_ns, content = texts["Source"].split()
    if (size, mtime_ns) == (str(found.size), str(found.mtime_ns)):
        return True
    try:
        return content_id(root / found.path) == content
    except OSError:
        return False  # to be told by the decoder


def draw_file(drawing: Drawing, path: Path) -> bytes:
    """A file's picture with its metadata; called in a worker.

    Returns:
        The bytes of a PNG file.

    Raises:
        AudioError: As `load_clip`.
    """
    front_end = drawing.settings.front_end
    status = path.stat()
    clip = load_clip(path, front_end.sample_rate, drawing.seconds)
    db = mel_db(clip.waveform, drawing.settings)
    end = clip.start_seconds + clip.waveform.seconds
    texts = {
        "Title": path.name,
        "Description": f"Mel spectrogram of {path.name} from {clip.start_seconds:.1f} s to"
        f" {end:.1f} s: {front_end.n_mels} bands from {front_end.f_min:g} to"
        f" {front_end.f_max:g} Hz, {FLOOR_DB:g} to 0 dB relative to the maximum",
        "Software": _SOFTWARE,
        "Settings": drawing.text(),
        "Source": f"{status.st_size} {status.st_mtime_ns} {content_id(path)}",
    }
    if drawing.axes:
        start = clip.start_seconds
        title = f"{path.name}, from {start:.1f} s" if start else path.name
        return axes_png(db, front_end, title, texts)
    return clean_png(db, texts)


def picture_names(paths: Iterable[str]) -> dict[str, PurePosixPath]:
    """Gives each file of a folder a picture's name, in the same place below another folder.

    A picture is named after its file: `a/song.mp3` gives `a/song.png`. Where that would be the
    name of two, also where case or Unicode's normal forms do not count, both keep their suffix,
    `song.mp3.png` and `song.wav.png`; where even that is not enough, and where a name grows too
    long, eight digits of a hash of the path tell them apart.

    Args:
        paths: Paths with forward slashes, relative to the folder or absolute; all different.

    Returns:
        Relative paths by path, none of which leads upwards.
    """
    levels = dict.fromkeys(paths, 0)
    while True:
        names = {path: _name(path, level) for path, level in levels.items()}
        users = Counter(_key(name) for name in names.values())
        folders = {_key(folder) for name in names.values() for folder in name.parents}
        clashing = [
            path
            for path, name in names.items()
            if levels[path] < 2 and (users[_key(name)] > 1 or _key(name) in folders)
        ]
        if not clashing:
            return names
        for path in clashing:
            levels[path] += 1


def _name(path: str, level: int) -> PurePosixPath:
    parts = [part for part in PurePosixPath(path).parts if part not in ("/", "..")]
    file = PurePosixPath(parts[-1])
    name = file.stem if level == 0 else file.name
    mark = "~" + hashlib.sha256(path.encode()).hexdigest()[:8]
    if level == 2 or len(name.encode()) > _LONGEST:
        name = name.encode()[: _LONGEST - len(mark)].decode(errors="ignore") + mark
    return PurePosixPath(*parts[:-1], f"{name}.png")


def _key(path: PurePosixPath) -> str:
    return unicodedata.normalize("NFC", str(path)).casefold()
