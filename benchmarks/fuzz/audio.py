"""Files that lie: each is indexed in a folder with others, and some are asked for."""

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.fuzz import commands
from benchmarks.fuzz.commands import Limits, Outcome
from benchmarks.fuzz.findings import Table, of_process
from benchmarks.fuzz.hostile import make_hostile
from benchmarks.fuzz.mutations import DAMAGES, truncate
from benchmarks.fuzz.sounds import FORMATS, RATE, make_sound
from benchmarks.fuzz.watch import Listener, Sentinel
from specrec.errors import SkipReason
from specrec.index.generations import read_generation

COLUMNS = (
    "hangs", "crashes", "tracebacks", "memory", "sockets", "foreign files", "processes left",
    "messages", "wrong reasons", "wrong answers",
)  # fmt: skip
_ANCHOR = "anchor.wav"  # intact, so that a folder is never without a track
_A_FOLDER = 100
_SEARCHES = 24  # times that a folder is halved to find a culprit; enough for three
_PYTHON = re.compile(
    r"\w+(Error|Exception|Warning)\b|object has no attribute|Errno|NoneType|0x[0-9a-f]{6}"
)
_WHOLE_SECONDS = 0.15  # what a codec's padding may add to a sound, or take


@dataclass(frozen=True)
class Case:
    """A file, and what is to be said of it.

    Attributes:
        name: Of the file.
        kind: Of what it is.
        data: Its bytes.
        taken: Whether it must be in the library; None if it may or may not.
        reasons: If it is refused, one of these must be given; any, if there are none.
        seconds: Of the sound that was in it.
    """

    name: str
    kind: str
    data: bytes
    taken: bool | None
    reasons: tuple[str, ...]
    seconds: float


WITHOUT_CHANCE = 2 * len(FORMATS)
"""Numbers below it are of each format, whole and cut short; those from it on, of any mishap."""


def made_by_chance(numbers: Iterable[int], seed: int) -> Iterator[Case]:
    """The cases of some numbers."""
    names = list(FORMATS)
    for number in numbers:
        rng = np.random.default_rng([seed, number])
        if number < WITHOUT_CHANCE:
            name, kind = names[number // 2], ("intact", "truncated")[number % 2]
        else:
            name = names[rng.integers(len(names))]
            kind = rng.choice(["wrong suffix", "truncated", "damaged"], p=[0.1, 0.2, 0.7])
        yield _make_case(number, kind, name, rng)


def made_by_hand(seed: int, sentinel: Path, port: int) -> Iterator[Case]:
    """The cases of `hostile`."""
    for item in make_hostile(np.random.default_rng(seed), sentinel, port):
        yield Case(
            item.name, "made by hand", item.data, not item.refused, item.refused, item.seconds
        )


def _make_case(number: int, kind: str, name: str, rng: np.random.Generator) -> Case:
    made, sound = FORMATS[name], make_sound(rng)
    data, seconds = made.encode(sound), len(sound) / RATE
    suffix, change, taken, reasons = made.suffix, kind, None, ()
    if kind in ("intact", "wrong suffix"):
        taken = True
    if kind == "wrong suffix":
        suffix = FORMATS[list(FORMATS)[rng.integers(len(FORMATS))]].suffix
    elif kind == "truncated":
        data, taken = truncate(data, rng), False if made.states_length else None
        reasons = ("truncated",) if made.states_length else ("truncated", "corrupt", "too_short")
    elif kind == "damaged":
        damage = DAMAGES[rng.integers(len(DAMAGES))]
        data, change = damage(data, rng), damage.__name__
    return Case(f"{number:05} {change} {name}{suffix}", kind, data, taken, reasons, seconds)


@dataclass(frozen=True)
class Verdict:
    """What `index.py` made of a file: a length, or a reason; neither if it was passed over."""

    seconds: float | None = None
    reason: str | None = None
    detail: str = ""


class Trial:
    """Puts files before specrec, and judges what it says."""

    def __init__(self, folder: Path, table: Table, listener: Listener) -> None:
        self.folder, self.table, self.listener = folder, table, listener
        rng = np.random.default_rng(1)
        self.anchor = FORMATS["wav_16"].encode(make_sound(rng))
        # One elsewhere, and one beside the file that is asked for.
        self.sentinel, self._beside = [
            Sentinel(self._write(folder / place, "sentinel.mp3", FORMATS["mp3_cbr"].encode(sound)))
            for place, sound in (("outside", make_sound(rng)), ("asked for", make_sound(rng)))
        ]
        self._verdicts: dict[str, Verdict] = {}
        self._libraries = 0
        self._searches = _SEARCHES

    def ask(self, case: Case, command: str) -> Outcome:
        """Asks for a file that is in no library by a command of specrec, and judges the answer."""
        library, file = self._asked(), self._write(self.folder / "asked for", case.name, case.data)
        verb, *options = command.split()
        further = [_ANCHOR] if verb == "explain" else options
        outcome = commands.specrec(verb, library, file, *further, limits=Limits(60.0))
        found = [*of_process(outcome), *self._strayed()]
        self.table.row(f"{case.kind}: {command}").add(case.name, outcome, *found)
        file.unlink()
        if not found:
            self._compare(case, command, outcome)
        return outcome

    def index(self, cases: Sequence[Case]) -> None:
        """Indexes a folder of files and judges what is said of each.

        If the run does not come to its end, the folder is halved until it is known whose fault
        that is.
        """
        for start in range(0, len(cases), _A_FOLDER):
            self._index(cases[start : start + _A_FOLDER])

    def _index(self, cases: Sequence[Case]) -> None:
        self._libraries += 1
        music, library = (
            self.folder / f"{what} {self._libraries}" for what in ("music", "library")
        )
        for case in cases:
            self._write(music, case.name, case.data)
        self._write(music, _ANCHOR, self.anchor)
        outcome = commands.index(music, library, limits=Limits(60.0 + 0.5 * len(cases)))
        found = [*of_process(outcome), *self._strayed()]
        ended = outcome.code == 0
        if not ended and len(cases) > 1 and self._searches:
            self._searches -= 1
            half = len(cases) // 2
            self._index(cases[:half])
            self._index(cases[half:])
            return
        verdicts = _read_verdicts(library) if ended else {}
        for case in cases:
            row = self.table.row(f"{case.kind}: index")
            if ended:
                verdict = self._verdicts[case.name] = verdicts.get(case.name, Verdict())
                row.add(case.name, outcome, *_judge(case, verdict))
            else:
                row.add(case.name, outcome, *found)
        if ended and found:
            name = cases[0].name if len(cases) == 1 else f"one of {music.name}"
            row.add(name, outcome, *found)
            row.cases -= 1
        shutil.rmtree(music)
        shutil.rmtree(library, ignore_errors=True)

    def _asked(self) -> Path:
        """A library of a few intact tracks, of which is asked what sounds like a file."""
        library, music = self.folder / "library", self.folder / "music"
        if not library.exists():
            rng = np.random.default_rng(2)
            for number in range(4):
                sound = FORMATS["flac"].encode(make_sound(rng))
                self._write(music, f"track {number}.flac", sound)
            self._write(music, _ANCHOR, self.anchor)
            made = commands.index(music, library)
            assert made.code == 0, made.stderr
        return library

    def _strayed(self) -> list[tuple[str, str]]:
        """Whether anything was opened or called that should not have been."""
        found = []
        if self.sentinel.was_opened() + self._beside.was_opened():
            found.append(("foreign files", "another file was opened"))
        if self.listener.was_called():
            found.append(("sockets", "a server was called"))
        return found

    def _compare(self, case: Case, command: str, outcome: Outcome) -> None:
        """A query must say what the index says."""
        verdict = self._verdicts.get(case.name, Verdict())
        given = re.search(r"\((\w+)\)$", outcome.stderr.strip()) if outcome.code else None
        said = given[1] if given else outcome.stderr.strip()
        row = self.table.row(f"{case.kind}: {command}")
        wanted = "" if verdict.seconds is not None else verdict.reason
        if wanted is not None and said != wanted:
            detail = f"index: {wanted or 'taken'}, {command}: {said or 'taken'}"
            row.add(case.name, None, ("wrong reasons", detail))
            row.cases -= 1

    def _write(self, folder: Path, name: str, data: bytes) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / name
        file.write_bytes(data)
        return file


def _read_verdicts(library: Path) -> dict[str, Verdict]:
    generation = read_generation(library)
    assert generation is not None
    tracks, skipped = generation.tracks, generation.skipped
    taken = zip(tracks["path"], tracks["duration_seconds"], strict=True)
    refused = {
        row.path: Verdict(None, row.reason, "" if pd.isna(row.detail) else row.detail)
        for row in skipped.itertuples()
    }
    return {path: Verdict(float(seconds)) for path, seconds in taken} | refused


def _judge(case: Case, verdict: Verdict) -> list[tuple[str, str]]:
    """What is wrong with what was said of a file."""
    if verdict.seconds is not None:
        return _judge_length(case, verdict.seconds)
    if verdict.reason is None:
        return [("wrong answers", "passed over without a word")] if case.taken else []
    said = f"{verdict.reason}: {verdict.detail}"
    if case.taken:
        return [("wrong answers", f"refused, {said}")]
    if verdict.reason not in set(SkipReason) or not said.isprintable() or _PYTHON.search(said):
        return [("wrong reasons", said)]
    if verdict.reason == SkipReason.TIMED_OUT:
        return [("hangs", said)]
    if case.reasons and verdict.reason not in case.reasons:
        return [("wrong reasons", said)]
    return []


def _judge_length(case: Case, seconds: float) -> list[tuple[str, str]]:
    said = f"{seconds:.2f} of {case.seconds:.2f} s"
    if case.taken and abs(seconds - case.seconds) > _WHOLE_SECONDS:
        return [("wrong answers", f"taken, but {said}")]
    if case.taken is False:
        return [("wrong answers", f"taken, {said}")]
    if seconds > 3 * case.seconds + 5:  # damage adds no sound, and no more than another file's
        return [("wrong answers", f"taken, and counted as {said}")]
    return []


def run(
    folder: Path,
    table: Table,
    listener: Listener,
    count: int,
    seed: int,
    queries: int,
    only: str | None,
) -> None:
    """Tries all cases.

    Args:
        folder: Where to work.
        table: Gets what the index and queries made of them, by kind of file.
        listener: Whom nobody may call.
        count: Files made by chance.
        seed: Of all of them.
        queries: Every so many is also asked for, and each made by hand; 0 for none.
        only: Pattern of the names of the cases; None for all.
    """
    trial = Trial(folder, table, listener)
    others = list(made_by_chance(range(WITHOUT_CHANCE + count), seed))
    hostile = list(made_by_hand(seed, trial.sentinel.path, listener.port))
    if only is not None:
        queries = 1
        others = [case for case in others if fnmatch(case.name, only)]
        hostile = [case for case in hostile if fnmatch(case.name, only)]
    trial.index(others)
    # What costs a query its life would cost the others in its folder a long search for the culprit.
    fatal = []
    for case in hostile if queries else ():
        outcome = trial.ask(case, "query")
        (fatal if outcome.hung or outcome.bloated or outcome.crashed else []).append(case)
    trial.index([case for case in hostile if case not in fatal])
    for case in fatal:
        trial.index([case])
    if queries:
        for case in others[::queries]:
            trial.ask(case, "query")
        for case in hostile[:: 5 if only is None else 1]:
            for command in ("explain", "query --by features"):
                trial.ask(case, command)
