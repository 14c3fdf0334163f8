"""Libraries whose files were damaged: asked, verified, repaired, and brought up to date."""

import json
import math
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fuzz import commands
from benchmarks.fuzz.commands import Outcome
from benchmarks.fuzz.findings import Table, of_process
from benchmarks.fuzz.sounds import FORMATS, make_sound
from specrec.index.generations import MANIFEST

COLUMNS = (
    "hangs", "crashes", "tracebacks", "messages", "wrong answers", "not seen by verify",
    "removed came back", "kept was lost", "not mended",
)  # fmt: skip
_PAGE = 4096
_TRACKS, _ADDED = 28, 2
_REMOVED = ("track 03.flac", "track 11.flac")
_VANISHED = "track 20.flac"
_TOLERANCE = 2e-3  # of what is printed; one bit may well change less

Damage = Callable[[bytes, np.random.Generator], bytes | None]  # None: the file is gone


def flip(data: bytes, rng: np.random.Generator) -> bytes:
    """One bit is flipped."""
    made = bytearray(data)
    made[rng.integers(len(data))] ^= 1 << int(rng.integers(8))
    return bytes(made)


def zero_page(data: bytes, rng: np.random.Generator) -> bytes:
    """A page of the disk is zeros."""
    start = int(rng.integers(len(data))) // _PAGE * _PAGE
    return data[:start] + bytes(len(data[start : start + _PAGE])) + data[start + _PAGE :]


def truncate(data: bytes, rng: np.random.Generator) -> bytes:
    """The end is gone, or all."""
    return data[: int(rng.integers(len(data)))]


def empty(data: bytes, rng: np.random.Generator) -> bytes:
    """The file is there, without a byte: what some file systems leave after a crash."""
    return b""


def zeros(data: bytes, rng: np.random.Generator) -> bytes:
    """The file has its length and nothing but zeros, likewise."""
    return bytes(len(data))


def noise(data: bytes, rng: np.random.Generator) -> bytes:
    """Other bytes, as many."""
    return rng.bytes(len(data))


def delete(data: bytes, rng: np.random.Generator) -> None:
    """The file is gone."""


DAMAGES: tuple[Damage, ...] = (flip, delete, truncate, zeros, flip, zero_page, empty, noise)


@dataclass(frozen=True)
class Whole:
    """A library as it should be.

    Attributes:
        music: Its files; one of a track that is kept is gone.
        library: Its folder.
        tracks: Paths of its tracks.
        answers: By query, what it answers.
    """

    music: Path
    library: Path
    tracks: set[str]
    answers: dict[str, Any]


def make_whole(folder: Path, *settings: str) -> Whole:
    """A library of two generations, with removed tracks and one whose file is gone.

    Args:
        folder: Where to make it.
        settings: Of `index.py`.
    """
    case = folder / "case"  # where its copies will be, too: a library knows its music's folder
    music, library = case / "music", case / "library"
    music.mkdir(parents=True)
    for number in range(_TRACKS):
        write_track(music, number)
    must(commands.index(music, library, *settings))
    must(commands.specrec("remove", library, *_REMOVED))
    (music / _VANISHED).unlink()
    for number in range(_TRACKS, _TRACKS + _ADDED):
        write_track(music, number)
    must(commands.index(music, library, *settings))
    numbers = set(range(_TRACKS + _ADDED))
    tracks = {track_name(number) for number in numbers} - set(_REMOVED)
    case.rename(folder / "whole")
    return Whole(folder / "whole" / "music", folder / "whole" / "library", tracks, {})


def track_name(number: int) -> str:
    """Of a track's file."""
    return f"track {number:02}.flac"


def write_track(music: Path, number: int) -> None:
    """Writes a track, the same for the same number."""
    sound = make_sound(np.random.default_rng([7, number]))
    (music / track_name(number)).write_bytes(FORMATS["flac"].encode(sound))


def must(outcome: Outcome) -> Outcome:
    """An outcome that has to be good, for nothing was wrong."""
    assert outcome.code == 0, outcome.stderr
    return outcome


def kinds_of_file(library: Path) -> dict[str, list[Path]]:
    """The files of a library by what they are; of the generation before, most are one kind."""
    current = (library / "CURRENT").read_text().strip()
    kinds: dict[str, list[Path]] = {}
    for path in sorted(path for path in library.rglob("*") if path.is_file()):
        if path.stat().st_size == 0:  # a lock
            continue
        place = path.relative_to(library).parts
        kind = path.name
        if place[0] == "segments":
            kind = f"segment: {path.name}"
        elif place[0] == "generations" and place[1] != current:
            kind = f"before: {path.name if path.name == MANIFEST else 'the rest'}"
        kinds.setdefault(kind, []).append(path.relative_to(library))
    return kinds


class Trial:
    """Damages copies of a library, and looks what becomes of them."""

    def __init__(self, folder: Path, table: Table, seed: int, *settings: str) -> None:
        self.folder, self.table, self.seed, self.settings = folder, table, seed, settings
        self.whole = make_whole(folder, *settings)
        self.kinds = kinds_of_file(self.whole.library)

    def name(self, number: int) -> str:
        """What is done in a case."""
        kind, damage = self._plan(number)
        return f"{number:05} {damage.__name__} {kind}"

    def _plan(self, number: int) -> tuple[str, Damage]:
        kinds = list(self.kinds)
        kind = number % len(kinds)
        return kinds[kind], DAMAGES[(number // len(kinds) + kind) % len(DAMAGES)]

    def try_out(self, number: int) -> None:
        """Damages a file, asks, and has every second copy repaired before it is indexed again."""
        rng = np.random.default_rng([self.seed, number])
        kind, damage = self._plan(number)
        case = self.folder / "case"
        shutil.copytree(self.whole.library, case / "library", symlinks=True)
        shutil.copytree(self.whole.music, case / "music", copy_function=os.link)
        library = case / "library"
        files = self.kinds[kind]
        path = library / files[rng.integers(len(files))]
        made = damage(path.read_bytes(), rng)
        path.unlink() if made is None else path.write_bytes(made)
        found = [*self._ask(library, rng), *self._verify(library, kind)]
        if number % 2 or damage is delete:
            found += self._repair(library, case / "music", rng)
        else:
            found += self._go_on(library, case / "music", rng)
        self.table.row(kind).add(self.name(number), None, *dict.fromkeys(found))
        shutil.rmtree(case)

    def _ask(self, library: Path, rng: np.random.Generator) -> Iterator[tuple[str, str]]:
        """Whether what a damaged library says is true, if it says anything."""
        one, other = rng.choice(sorted(self.whole.tracks - {_VANISHED}), 2, replace=False)
        everything = len(self.whole.tracks)
        for words in (
            ["query", one, "-k", everything, "--json"],
            ["explain", one, other, "--json"],
        ):
            command, *given = words
            outcome = commands.specrec(command, library, *given)
            yield from of_process(outcome)
            if outcome.code == 0:
                wanted = self._answer(command, given)
                if not _alike(_parsed(outcome), wanted):
                    yield "wrong answers", f"{command}: another answer than before, without a word"
        outcome = commands.specrec("status", library, "--json")
        yield from of_process(outcome)
        if outcome.code == 0 and _parsed(outcome).get("tracks") != everything:
            yield "wrong answers", f"status: {_parsed(outcome).get('tracks')} tracks"

    def _answer(self, command: str, given: list[Any]) -> Any:
        key = " ".join(map(str, [command, *given]))
        if key not in self.whole.answers:
            outcome = must(commands.specrec(command, self.whole.library, *given))
            self.whole.answers[key] = _parsed(outcome)
        return self.whole.answers[key]

    def _verify(self, library: Path, kind: str) -> Iterator[tuple[str, str]]:
        outcome = commands.specrec("verify", library)
        yield from of_process(outcome)
        if outcome.code == 0 and not kind.startswith("before"):
            yield "not seen by verify", "said to be whole"

    def _repair(
        self, library: Path, music: Path, rng: np.random.Generator
    ) -> Iterator[tuple[str, str]]:
        """Repairs and indexes, as the messages say; then all must be as it was."""
        yield from of_process(commands.specrec("verify", library, "--repair"))
        outcome = commands.index(music, library, *self.settings)
        yield from of_process(outcome)
        if outcome.code:
            yield "not mended", f"index.py after verify --repair: {outcome.stderr.strip()}"
            return
        yield from self._compare(library, rng)
        verified = commands.specrec("verify", library)
        if verified.code:
            yield "not mended", f"afterwards, verify: {verified.stderr.strip()}"

    def _go_on(
        self, library: Path, music: Path, rng: np.random.Generator
    ) -> Iterator[tuple[str, str]]:
        """Indexes one more file, without repairing: that is refused, or all is as it was."""
        write_track(music, _TRACKS + _ADDED)
        outcome = commands.index(music, library, *self.settings)
        yield from of_process(outcome)
        if outcome.code == 0:
            yield from self._compare(library, rng)

    def _compare(self, library: Path, rng: np.random.Generator) -> Iterator[tuple[str, str]]:
        """Whether a library that was mended is what it was."""
        query = rng.choice(sorted(self.whole.tracks - {_VANISHED}))
        given = [query, "-k", len(self.whole.tracks) + 1, "--json"]
        outcome = commands.specrec("query", library, *given)
        yield from of_process(outcome)
        if outcome.code:
            yield "not mended", f"afterwards, query: {outcome.stderr.strip()}"
            return
        wanted = _similarities(
            self._answer("query", [query, "-k", len(self.whole.tracks), "--json"])
        )
        now = _similarities(_parsed(outcome))
        for path in _REMOVED:
            if path in now:
                yield "removed came back", "a track that was removed is there"
        if _VANISHED in wanted and _VANISHED not in now:
            yield "kept was lost", "a track whose file is gone is not there any more"
        others = {path: now.get(path, math.nan) for path in wanted if path != _VANISHED}
        if not _alike(others, {path: wanted[path] for path in others}):
            yield "not mended", "other neighbors than before"
        yield from self._compare_windows(library, rng)

    def _compare_windows(
        self, library: Path, rng: np.random.Generator
    ) -> Iterator[tuple[str, str]]:
        """Whether a library that is said to be whole knows where two tracks sound alike."""
        verified = commands.specrec("verify", library)
        yield from of_process(verified)
        if verified.code:
            return
        pair = [
            str(path)
            for path in rng.choice(sorted(self.whole.tracks - {_VANISHED}), 2, replace=False)
        ]
        outcome = commands.specrec("explain", library, *pair, "--json")
        wanted = self._answer("explain", [*pair, "--json"])
        yield from of_process(outcome)
        if outcome.code or not _alike(_parsed(outcome)["passage"], wanted["passage"]):
            yield "wrong answers", "afterwards, explain: another passage, or none"


def _parsed(outcome: Outcome) -> Any:
    return json.loads(outcome.stdout)


def _similarities(answer: Any) -> dict[str, float]:
    return {item["track"]["path"]: item["similarity"] for item in answer["neighbors"]}


def _alike(one: Any, other: Any) -> bool:
    """Whether two documents say the same, but for the last digits of numbers."""
    if isinstance(one, float | int) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    return bool(one == other)


def run(folder: Path, table: Table, count: int, seed: int, only: str | None) -> None:
    """Damages a library so many times; the table gets what came of it, by kind of file."""
    trial = Trial(folder, table, seed)
    for number in range(count):
        if only is None or fnmatch(trial.name(number), only):
            trial.try_out(number)
