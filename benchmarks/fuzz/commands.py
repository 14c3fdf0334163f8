"""Runs specrec's commands, each in a process of its own that is watched.

Python and torch take seconds to load. So each process is forked off a server that has loaded
them and has computed nothing, and then runs what `python -m specrec.cli` and `index.py` run.
"""

import ctypes
import multiprocessing
import os
import resource
import runpy
import signal
import sys
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.fuzz import watch

ROOT = Path(__file__).parents[2]
_LOADED = [
    "pyarrow.dataset",
    "pyarrow.parquet",
    "specrec.cli",
    "specrec.recommend.library",
    "specrec.index.build",
    "specrec.model.embedding",
    "specrec.index.maintenance",
    "specrec.model.model",
    "specrec.report.libraries",
    "specrec.report.neighbors",
    "specrec.compose",
]
_TICK = 0.02
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Limits:
    """What a command may take.

    Attributes:
        seconds: After these it is ended.
        memory: Bytes that its processes may hold together; likewise.
        file_bytes: Of a file that it writes: writing more fails, as on a full disk.
    """

    seconds: float = 120.0
    memory: int = 3_000_000_000
    file_bytes: int | None = None


@dataclass
class Outcome:
    """What a command did.

    Attributes:
        code: Its exit code; less than 0 if a signal ended it.
        stdout: What it printed.
        stderr: Likewise.
        seconds: How long it took.
        memory: The most that its processes held together, in bytes.
        sockets: Network sockets that they had.
        hung: Whether it was ended at its limit of time.
        bloated: Whether it was ended at its limit of memory.
        left: Processes that were still there three seconds after its end.
    """

    code: int = 0
    stdout: str = ""
    stderr: str = ""
    seconds: float = 0.0
    memory: int = 0
    sockets: set[str] = field(default_factory=set)
    hung: bool = False
    bloated: bool = False
    left: int = 0

    @property
    def crashed(self) -> bool:
        """Whether a signal ended it that nobody sent."""
        return self.code < 0 and not self.hung and not self.bloated

    @property
    def is_traceback(self) -> bool:
        """Whether Python's own words came out."""
        return "Traceback (most recent call last)" in self.stderr

    @property
    def is_raw(self) -> bool:
        """Whether control characters came out, which a terminal would obey."""
        text = self.stdout + self.stderr
        return any(
            unicodedata.category(sign) in ("Cc", "Cf") for sign in text if sign not in "\n\t"
        )

    @property
    def is_one_line(self) -> bool:
        """Whether it refused as it should: exit code 2 and one plain line."""
        line = self.stderr.rstrip("\n")
        return self.code == 2 and line.startswith("error: ") and line.isprintable()


@dataclass(frozen=True)
class Stop:
    """A signal that a command gets some seconds after its start, or as soon as something is so."""

    number: signal.Signals
    seconds: float
    when: Callable[[], bool] = lambda: False


def specrec(*arguments: object, limits: Limits = Limits(), stop: Stop | None = None) -> Outcome:
    """Runs `specrec` with arguments."""
    return _run(["specrec", *map(str, arguments)], limits, stop)


def index(
    audio: Path,
    library: Path,
    *settings: str,
    limits: Limits = Limits(),
    stop: Stop | None = None,
) -> Outcome:
    """Runs `index.py` with two workers."""
    given = [f"audio={audio}", f"library={library}", "workers=2", "device=cpu", *settings]
    return _run([str(ROOT / "index.py"), *given], limits, stop)


def _run(argv: Sequence[str], limits: Limits, stop: Stop | None) -> Outcome:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LOADED)
    pipes = [context.Pipe(duplex=False) for _ in range(2)]
    ends = [end for _, end in pipes]
    process = context.Process(target=_serve, args=(argv, *ends, limits.file_bytes))
    process.start()
    for end in ends:
        end.close()
    said = [_Reader(reader) for reader, _ in pipes]
    assert process.pid is not None
    try:
        outcome = _follow(process, process.pid, said, limits, stop)
    except KeyboardInterrupt:
        watch.end(process.pid)
        raise
    outcome.code = process.exitcode or 0
    outcome.left = _wait_for_rest(process.pid)
    for reader in said:
        reader.read()
        reader.close()
    outcome.stdout, outcome.stderr = (reader.text for reader in said)
    process.close()
    return outcome


def _follow(
    process: multiprocessing.process.BaseProcess,
    pid: int,
    said: Sequence["_Reader"],
    limits: Limits,
    stop: Stop | None,
) -> Outcome:
    """Watches a process until its end, which comes at its limits at the latest."""
    outcome, started = Outcome(), time.monotonic()
    while not _ended(process):
        for reader in said:
            reader.read()
        outcome.seconds = time.monotonic() - started
        if stop is not None and (outcome.seconds >= stop.seconds or stop.when()):
            os.kill(pid, stop.number)
            stop = None
        pids = watch.family(pid)
        outcome.memory = max(outcome.memory, watch.resident(pids))
        outcome.sockets |= watch.sockets(pids)
        outcome.hung = outcome.seconds > limits.seconds
        outcome.bloated = outcome.memory > limits.memory
        if outcome.hung or outcome.bloated:
            watch.end(pid)
    return outcome


def _ended(process: multiprocessing.process.BaseProcess) -> bool:
    process.join(_TICK)
    return process.exitcode is not None


def _wait_for_rest(leader: int) -> int:
    """Waits a little for processes that a command left; ends them, and counts them."""
    for _ in range(30):
        left = watch.session(leader)
        if not left:
            return 0
        time.sleep(0.1)
    watch.end(leader)
    return len(left)


class _Reader:
    """Takes what comes through a pipe, without waiting."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe, self._parts = pipe, bytearray()
        os.set_blocking(pipe.fileno(), False)

    def read(self) -> None:
        try:
            while part := os.read(self._pipe.fileno(), 65_536):
                self._parts += part
        except BlockingIOError:
            pass

    def close(self) -> None:
        self._pipe.close()

    @property
    def text(self) -> str:
        return self._parts.decode(errors="replace")


def _serve(argv: list[str], out: Connection, err: Connection, file_bytes: int | None) -> None:
    """Runs a command in a forked process."""
    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # no longer than the server
    for pipe, descriptor in ((out, 1), (err, 2)):
        os.dup2(pipe.fileno(), descriptor)
        pipe.close()
    sys.stdout, sys.stderr = (open(number, "w", closefd=False) for number in (1, 2))  # noqa: SIM115
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    sys.argv = list(argv)
    try:
        if argv[0] == "specrec":
            runpy.run_module("specrec.cli", run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(argv[0], run_name="__main__")
    finally:
        sys.stdout.flush()
