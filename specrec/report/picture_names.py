"""Names of pictures: one each, below one folder, on any file system."""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath

_LONGEST = 255 - len(".png")  # bytes; what most file systems allow a name


def picture_names(paths: Iterable[str]) -> dict[str, PurePosixPath]:
    """Gives each file of a folder a picture's name, in the same place below another folder.

    A picture is named after its file: `a/song.mp3` gives `a/song.png`. Where that would be the
    name of two, also where case or Unicode's normal forms do not count, both keep their suffix,
    `song.mp3.png` and `song.wav.png`; where even that is not enough, and where a name grows too
    long, eight digits of a hash of the path tell them apart.

    Args:
        paths: With forward slashes, relative to the folder or absolute; all different.

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
