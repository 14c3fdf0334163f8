"""Numbers of tracks, as the names of an album's files tell them."""

import re
from collections import defaultdict
from collections.abc import Sequence

_NUMBERED = re.compile(r"(?:(?P<disc>\d)-)?(?P<track>\d{1,3})(?=[\s._-])")


def number_tracks(
    albums: Sequence[str], paths: Sequence[str]
) -> list[tuple[int | None, int | None]]:
    """Reads the number of each track, and of its disc, from the names of files.

    Names are believed if all files of an album begin with a number, such as `03 - Title.flac` or
    `2-03 Title.flac`, and no number comes twice on a disc. Several folders of one album are its
    discs.

    >>> number_tracks(["a", "a"], ["A/CD1/01 Intro.mp3", "A/CD2/01 Outro.mp3"])
    [(1, 1), (1, 2)]
    >>> number_tracks(["a", "a"], ["A/99 Balloons.mp3", "A/Intro.mp3"])
    [(None, None), (None, None)]

    Args:
        albums: The album of each track, under any name.
        paths: The file of each track, relative to the audio root.

    Returns:
        Number and disc of each track; None where the names do not tell it, and for the disc where
        there is only one.
    """
    found: list[tuple[int | None, int | None]] = [(None, None)] * len(paths)
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, album in enumerate(albums):
        rows_of[album].append(row)
    for rows in rows_of.values():
        for row, numbers in zip(rows, _of_album([paths[row] for row in rows]), strict=True):
            found[row] = numbers
    return found


def _of_album(paths: list[str]) -> list[tuple[int | None, int | None]]:
    unknown: list[tuple[int | None, int | None]] = [(None, None)] * len(paths)
    folders = [path.rpartition("/")[0] for path in paths]
    names = [_NUMBERED.match(path.rpartition("/")[2]) for path in paths]
    discs = sorted(set(folders))
    numbers: list[tuple[int | None, int | None]] = []
    for name, folder in zip(names, folders, strict=True):
        if name is None:
            return unknown
        disc = name["disc"] or (discs.index(folder) + 1 if len(discs) > 1 else None)
        numbers.append((int(name["track"]), None if disc is None else int(disc)))
    return numbers if len(set(numbers)) == len(numbers) else unknown
