"""Brings libraries up to date while they are served, when files of their music come or change."""

import json
import logging
import math
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import watchfiles

from specrec.serve.problems import without_paths
from specrec.serve.shelf import Shelf

_STOP_SECONDS = 20.0  # for a run to write down what it has done
_NICENESS = 10  # answers go first

_log = logging.getLogger("specrec.serve")


@dataclass(frozen=True)
class Pace:
    """When a library is brought up to date.

    Attributes:
        quiet_seconds: After the last change, so that an album that is being copied is complete.
        most_seconds: After the first change, however many follow.
        retry_seconds: After a failure.
        every_seconds: In any case: network drives, for instance, tell of no change.
    """

    quiet_seconds: float = 5.0
    most_seconds: float = 300.0
    retry_seconds: float = 300.0
    every_seconds: float = 3600.0


@dataclass(frozen=True)
class Update:
    """How far a library is up to date with its music.

    Attributes:
        running: Whether it is being brought up to date.
        pending: Whether there were changes that wait for the next run.
        finished: When the last run ended, as an ISO date and time in UTC; None before.
        result: What the last run that succeeded did: tracks, embedded, skipped, changed.
        error: Why the last run, or watching, failed; None if it did not.
    """

    running: bool = False
    pending: bool = False
    finished: str | None = None
    result: dict[str, Any] | None = None
    error: str | None = None


class Watch:
    """Watches the music of libraries while its block runs.

    Each library is brought up to date at the beginning, then after changes, by `specrec update` in
    a process of its own, so that the server stays small and answers. There is one such process at
    a time. What fails is tried again.
    """

    def __init__(self, shelf: Shelf, pace: Pace | None = None) -> None:
        self._shelf = shelf
        self._pace = pace or Pace()
        self._watched = {name: _Watched() for name in shelf.names}
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._run: subprocess.Popen[str] | None = None
        self._threads = [threading.Thread(target=self._work, daemon=True)]
        self._threads += [
            threading.Thread(target=self._notice, args=(name,), daemon=True)
            for name in self._watched
        ]

    def update(self, name: str) -> Update:
        """Says how far a library is up to date."""
        with self._changed:
            watched = self._watched[name]
            return replace(watched.update, pending=math.isfinite(watched.due))

    @property
    def state(self) -> str:
        """In a word: `updating`, `failing` or `idle`."""
        updates = [self.update(name) for name in self._watched]
        if any(update.running for update in updates):
            return "updating"
        return "failing" if any(update.error for update in updates) else "idle"

    def __enter__(self) -> "Watch":
        """Starts to watch."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stops; a run that is at work keeps what it has done."""
        with self._changed:
            self._stopping.set()
            self._changed.notify_all()
            run = self._run
        if run is not None:
            _end(run)
        for thread in self._threads:
            thread.join(1.0)

    def _notice(self, name: str) -> None:
        """Watches the music of a library, for as long as the server runs."""
        music, own = str(self._shelf.library(name).collection.audio_root), self._own_folders()

        def is_foreign(change: watchfiles.Change, path: str) -> bool:
            return not path.startswith(own)

        self._schedule(name, 0.0)
        while not self._stopping.is_set():
            try:
                for changes in watchfiles.watch(
                    music,
                    watch_filter=is_foreign,
                    stop_event=self._stopping,
                    rust_timeout=int(1000 * self._pace.every_seconds),
                    yield_on_timeout=True,
                    raise_interrupt=False,
                    ignore_permission_denied=True,
                ):
                    self._schedule(name, self._pace.quiet_seconds)
                    if not changes or not Path(music).exists():
                        break  # it may be on another disk by now: watched anew
            except (OSError, RuntimeError) as error:
                self._note(name, error=f"its music can't be watched: {without_paths(str(error))}")
                self._stopping.wait(self._pace.retry_seconds)
                self._schedule(name, 0.0)

    def _own_folders(self) -> tuple[str, ...]:
        """Where updates write, which are no changes of the music."""
        return tuple(f"{self._shelf.folder(name).resolve()}{os.sep}" for name in self._watched)

    def _schedule(self, name: str, seconds: float) -> None:
        with self._changed:
            watched, now = self._watched[name], time.monotonic()
            watched.since = min(watched.since, now)
            watched.due = min(now + seconds, watched.since + self._pace.most_seconds)
            self._changed.notify_all()

    def _work(self) -> None:
        """Runs what is due, one after the other."""
        while (name := self._next()) is not None:
            failed = self._bring_up_to_date(name)
            if failed:
                self._schedule(name, self._pace.retry_seconds)

    def _next(self) -> str | None:
        """Waits until a library is due, and takes it; None when the server stops."""
        with self._changed:
            while not self._stopping.is_set():
                name = min(self._watched, key=lambda name: self._watched[name].due)
                wait = self._watched[name].due - time.monotonic()
                if wait <= 0:
                    self._watched[name].since = self._watched[name].due = math.inf
                    return name
                self._changed.wait(None if math.isinf(wait) else wait)
        return None

    def _bring_up_to_date(self, name: str) -> bool:
        """Runs an update; returns whether it failed."""
        self._note(name, running=True)
        with self._changed:
            if self._stopping.is_set():
                return False
            self._run = run = _start(self._shelf.folder(name))
        output, said = run.communicate()
        with self._changed:
            self._run = None
        finished = datetime.now(UTC).isoformat(timespec="seconds")
        if run.returncode == 0:
            result = json.loads(output)
            self._note(name, running=False, finished=finished, result=result, error=None)
            if result["changed"]:
                _log.info("%s is up to date: %d tracks", name, result["tracks"])
            return False
        error = _error_of(run.returncode, said)
        self._note(name, running=False, finished=finished, error=without_paths(error))
        if not self._stopping.is_set():
            _log.warning("%s can't be brought up to date: %s", name, error)
        return True

    def _note(self, name: str, **values: Any) -> None:
        with self._changed:
            watched = self._watched[name]
            watched.update = replace(watched.update, **values)


@dataclass
class _Watched:
    """A library: its last update, when its next is due, and since when there are changes."""

    update: Update = field(default_factory=Update)
    due: float = math.inf
    since: float = math.inf


def _start(library: Path) -> subprocess.Popen[str]:
    """Starts an update, which Ctrl-C in this server's terminal does not reach."""
    run = subprocess.Popen(
        [sys.executable, "-m", "specrec.cli", "update", str(library), "--json"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        process_group=0,
    )
    with suppress(OSError):  # it has ended
        os.setpriority(os.PRIO_PROCESS, run.pid, _NICENESS)
    return run


def _end(run: subprocess.Popen[str]) -> None:
    """Ends an update, and whatever it started."""
    run.terminate()
    try:
        run.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(OSError):
            os.killpg(run.pid, signal.SIGKILL)


def _error_of(code: int, said: str) -> str:
    if code < 0:
        return f"the run was killed ({signal.Signals(-code).name})"
    lines = [line for line in said.splitlines() if line.strip()]
    return lines[-1].removeprefix("error: ") if lines else f"the run ended with exit code {code}"
