"""Runs that are killed at any moment, or for which the disk is full at any byte."""

import json
import math
import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import numpy as np

from benchmarks.fuzz import commands
from benchmarks.fuzz.commands import Limits, Outcome, Stop
from benchmarks.fuzz.damage import must, track_name, write_track
from benchmarks.fuzz.findings import Table, of_process
from specrec.index.generations import read_generation

KILL_COLUMNS = (
    "hangs", "crashes", "tracebacks", "messages", "processes left", "does not open", "not whole",
    "stuck", "tracks lost", "done in vain",
)  # fmt: skip
DISK_COLUMNS = (
    "hangs", "crashes", "tracebacks", "messages", "names no file", "does not open", "not whole",
    "stuck", "tracks lost", "half a file",
)  # fmt: skip
_SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP)
_GOLDEN = (5**0.5 - 1) / 2  # its multiples spread evenly, however many there are
_TRACKS, _ADDED = 40, 16
_REMOVED = (track_name(3), track_name(11))
_MARGIN = 1  # tracks that may be in work when a signal comes

Do = Callable[[Path, Limits, Stop | None], Outcome]  # in a folder with `music` and `library`


@dataclass(frozen=True)
class Scenario:
    """A command that writes.

    Attributes:
        name: What it does.
        do: Runs it.
        before: Tracks of the library before; none if there is no library.
        after: Afterwards.
        prepare: What else is done to the music before.
    """

    name: str
    do: Do
    before: set[str]
    after: set[str]
    prepare: Callable[[Path], None] = lambda music: None


def _index(folder: Path, limits: Limits, stop: Stop | None) -> Outcome:
    music, library = folder / "music", folder / "library"
    # Small batches, so that tracks are finished all along.
    settings = ("prune=true", "batch_size=4")
    return commands.index(music, library, *settings, limits=limits, stop=stop)


def _specrec(command: str, *given: str) -> Do:
    def do(folder: Path, limits: Limits, stop: Stop | None) -> Outcome:
        there = [word.format(folder=folder) for word in given]
        return commands.specrec(command, folder / "library", *there, limits=limits, stop=stop)

    return do


def _plot(folder: Path, limits: Limits, stop: Stop | None) -> Outcome:
    given = ["neighbors", folder / "library", track_name(1), "-o", folder / "plot.svg"]
    return commands.specrec("plot", *given, limits=limits, stop=stop)


def _change(music: Path) -> None:
    """New files, a file that moved, another that is gone."""
    for number in range(_TRACKS, _TRACKS + _ADDED):
        write_track(music, number)
    (music / track_name(5)).rename(music / "moved.flac")
    (music / track_name(6)).unlink()


_FIRST = {track_name(number) for number in range(_TRACKS)}
_CHANGED = (
    {track_name(number) for number in range(_TRACKS + _ADDED)} | {"moved.flac"}
) - {track_name(5), track_name(6)}  # fmt: skip
INDEX = Scenario("index.py, the first time", _index, set(), _FIRST)
UPDATE = Scenario("index.py, again", _index, _FIRST, _CHANGED, _change)
REMOVE = Scenario("remove", _specrec("remove", *_REMOVED), _FIRST, _FIRST - set(_REMOVED))
REPORT = Scenario("report", _specrec("report", "-o", "{folder}/page.html"), _FIRST, _FIRST)
PLOT = Scenario(
    "plot neighbors",
    _plot,
    _FIRST,
    _FIRST,
)


class Trial:
    """Prepares folders for scenarios, and looks at what is left."""

    def __init__(
        self, folder: Path, table: Table, seed: int, scenarios: tuple[Scenario, ...]
    ) -> None:
        self.folder, self.table, self.seed, self.scenarios = folder, table, seed, scenarios
        self.base = folder / "base"
        case = folder / "case"  # where its copies will be, too: a library knows its music's folder
        (case / "music").mkdir(parents=True)
        for number in range(_TRACKS):
            write_track(case / "music", number)
        must(_index(case, Limits(), None))
        case.rename(self.base)
        self._undisturbed: dict[str, tuple[float, dict[str, int]]] = {}

    def prepare(self, scenario: Scenario) -> Path:
        """A folder as a scenario finds it."""
        case = self.folder / "case"
        shutil.rmtree(case, ignore_errors=True)
        shutil.copytree(self.base / "music", case / "music", copy_function=os.link)
        if scenario.before:
            shutil.copytree(self.base / "library", case / "library")
        scenario.prepare(case / "music")
        return case

    def undisturbed(self, scenario: Scenario) -> tuple[float, dict[str, int]]:
        """How long it takes, and the files that it writes, with their sizes."""
        if scenario.name not in self._undisturbed:
            case = self.prepare(scenario)
            known = set(case.rglob("*"))
            outcome = must(scenario.do(case, Limits(), None))
            new = [path for path in case.rglob("*") if path not in known and path.is_file()]
            sizes = {str(path.relative_to(case)): path.stat().st_size for path in sorted(new)}
            self._undisturbed[scenario.name] = outcome.seconds, sizes
        return self._undisturbed[scenario.name]

    def run(
        self, count: int, only: str | None, disturb: Callable[["Trial", Scenario, int], None]
    ) -> None:
        """Disturbs so many runs, of each scenario in turn."""
        for number in range(count):
            scenario = self.scenarios[number % len(self.scenarios)]
            if only is None or fnmatch(f"{number:05} {scenario.name}", only):
                disturb(self, scenario, number)

    def look(self, scenario: Scenario, case: Path) -> Iterator[tuple[str, str]]:
        """Whether what a disturbed command left is a library, the old one or the new."""
        outcome = commands.specrec("status", case / "library", "--json")
        yield from of_process(outcome)
        if outcome.code and (scenario.before or "no library there" not in outcome.stderr):
            yield "does not open", outcome.stderr.strip()
        if outcome.code == 0:
            count = json.loads(outcome.stdout)["tracks"]
            if count not in (len(scenario.before), len(scenario.after)):
                yield "tracks lost", f"status says {count} tracks"
            whole = commands.specrec("verify", case / "library")
            yield from of_process(whole)
            if whole.code:
                yield "not whole", whole.stdout.strip() + whole.stderr.strip()

    def again(self, scenario: Scenario, case: Path) -> Iterator[tuple[str, str]]:
        """Whether the same command, undisturbed, comes to the same end as it always does."""
        outcome = scenario.do(case, Limits(), None)
        tracks = self._tracks(case)
        if outcome.code == 2 and scenario is REMOVE and tracks == scenario.after:
            return  # it was done, and what is not there can't be removed
        yield from of_process(outcome)
        if outcome.code:
            yield "stuck", outcome.stderr.strip()
        elif tracks != scenario.after:
            yield "tracks lost", f"{len(tracks)} of {len(scenario.after)} tracks"

    def _tracks(self, case: Path) -> set[str]:
        try:
            generation = read_generation(case / "library")
            return set() if generation is None else set(generation.tracks["path"])
        except Exception:  # whatever it is, the command above has told of it
            return set()


def kill(trial: Trial, scenario: Scenario, number: int) -> None:
    """Sends a signal at some moment of a run."""
    rng = np.random.default_rng([trial.seed, number])
    turn = number // len(trial.scenarios)
    sent = _SIGNALS[turn % len(_SIGNALS)]
    seconds, _ = trial.undisturbed(scenario)
    share = (turn * _GOLDEN + rng.random() / 100) % 1
    case = trial.prepare(scenario)
    if sent == signal.SIGKILL or scenario is REMOVE:
        stop, moment = Stop(sent, share * seconds), f"at {share:.0%}"
    else:  # by what is finished: a busy machine may spend most of the time on starting
        count = 2 + int(share * (_ADDED - 2))
        stop = Stop(sent, math.inf, lambda: (_finished(case) or 0) >= count)
        moment = f"after {count} tracks"
    outcome = scenario.do(case, Limits(120.0), stop)
    found = of_process(outcome)
    if outcome.code == -sent:
        found = [fault for fault in found if fault[0] != "crashes"]
    if outcome.code in (128 + sent, 130):  # it ended as Ctrl-C does
        found = [fault for fault in found if fault[0] != "messages"]
    finished = _finished(case)
    found += trial.look(scenario, case)
    if finished is not None and sent != signal.SIGKILL:
        found += _done_in_vain(scenario, case, finished)
    found += trial.again(scenario, case)
    name = f"{number:05} {scenario.name}, {sent.name} {moment}"
    trial.table.row(scenario.name).add(name, outcome, *dict.fromkeys(found))


def _finished(case: Path) -> int | None:
    """Tracks that a run had embedded and measured; None if it has no journal, or not any more."""
    journals = list((case / "library").glob("journal/descriptors-*.jsonl"))
    return len(journals[0].read_text().splitlines()) if journals else None


def _done_in_vain(scenario: Scenario, case: Path, finished: int) -> Iterator[tuple[str, str]]:
    outcome = commands.index(case / "music", case / "library", "dry_run=true")
    left = re.search(r"would embed (\d+) files?", " ".join(outcome.stdout.split()))
    new = _ADDED if scenario.before else _TRACKS
    if left is not None and finished - (new - int(left[1])) > _MARGIN:
        yield "done in vain", f"{finished} were embedded, {left[1]} of {new} are still to be"


def fill_disk(trial: Trial, scenario: Scenario, number: int) -> None:
    """Lets a command write no file longer than some that it writes."""
    rng = np.random.default_rng([trial.seed, number])
    _, sizes = trial.undisturbed(scenario)
    names = [name for name, size in sizes.items() if size > 1]
    chosen = names[rng.integers(len(names))]
    limit = int(rng.integers(1, sizes[chosen]))
    case = trial.prepare(scenario)
    outcome = scenario.do(case, Limits(file_bytes=limit), None)
    found = of_process(outcome)
    if outcome.is_one_line and str(case) not in outcome.stderr:
        found.append(("names no file", outcome.stderr.strip()))
    found += [
        ("half a file", f"{path.name} is there")
        for path in (case / "page.html", case / "plot.svg")
        if outcome.code and path.exists()
    ]
    found += trial.look(scenario, case)
    found += trial.again(scenario, case)
    name = f"{number:05} {scenario.name}, {limit} bytes, as {chosen}"
    trial.table.row(scenario.name).add(name, outcome, *dict.fromkeys(found))


def run_kills(folder: Path, table: Table, count: int, seed: int, only: str | None) -> None:
    """Kills so many runs."""
    Trial(folder, table, seed, (INDEX, UPDATE, REMOVE)).run(count, only, kill)


def run_disks(folder: Path, table: Table, count: int, seed: int, only: str | None) -> None:
    """Fills the disk in so many runs."""
    scenarios = (INDEX, UPDATE, REMOVE, REPORT, PLOT)
    Trial(folder, table, seed, scenarios).run(count, only, fill_disk)
