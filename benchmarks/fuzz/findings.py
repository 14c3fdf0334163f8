"""What went wrong, counted, and each kind shown once."""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread

from benchmarks.fuzz.commands import Outcome
from specrec.stopping import exit_code, stoppable


@dataclass(frozen=True)
class Fault:
    """Something that went wrong.

    Attributes:
        column: Of the table.
        case: What shows it.
        detail: What was seen, on one line.
    """

    column: str
    case: str
    detail: str


@dataclass
class Row:
    """A line of a table: what was tried on so many cases, and what went wrong."""

    name: str
    cases: int = 0
    memory: int = 0
    seconds: float = 0.0
    faults: list[Fault] = field(default_factory=list)

    def add(self, case: str, outcome: Outcome | None, *found: tuple[str, str]) -> None:
        """Notes what came of a case: (column, detail) of each fault."""
        self.cases += 1
        self.note(outcome)
        self.faults += [Fault(column, case, detail) for column, detail in found]

    def note(self, outcome: Outcome | None) -> None:
        """Notes what a command took."""
        if outcome is not None:
            self.memory = max(self.memory, outcome.memory)
            self.seconds = max(self.seconds, outcome.seconds)


def of_process(outcome: Outcome) -> list[tuple[str, str]]:
    """What no command is to do, whatever it is given."""
    said = outcome.stderr.strip()
    last = (said.splitlines() or [""])[-1]
    found = []
    if outcome.hung:
        found.append(("hangs", f"no end after {outcome.seconds:.0f} s"))
    if outcome.bloated:
        found.append(("memory", f"ended at {outcome.memory / 1e9:.1f} GB"))
    if outcome.crashed:
        found.append(("crashes", f"exit code {outcome.code}"))
    if outcome.is_traceback:
        found.append(("tracebacks", last))
    elif outcome.code > 0 and not outcome.is_one_line:
        found.append(("messages", f"exit code {outcome.code}: {said}"))
    if outcome.is_raw:
        found.append(("messages", "control characters are printed"))
    if outcome.sockets:
        found.append(("sockets", ", ".join(sorted(outcome.sockets))))
    if outcome.left:
        found.append(("processes left", str(outcome.left)))
    return found


class Table:
    """What was tried and what went wrong: a row for each kind of case."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.columns = columns
        self.rows: dict[str, Row] = {}

    def row(self, name: str) -> Row:
        """The row of that name, which is made if there is none."""
        return self.rows.setdefault(name, Row(name))

    @property
    def faults(self) -> list[Fault]:
        """All that went wrong."""
        return [fault for row in self.rows.values() for fault in row.faults]

    def print(self) -> None:
        """Prints it in Markdown, then each kind of fault once, how often and in which cases."""
        rows = sorted(self.rows.values(), key=lambda row: row.name)
        print(f"| | cases | {' | '.join(self.columns)} | longest | peak memory |")
        print("|---" * (len(self.columns) + 4) + "|")
        for row in rows:
            counts = Counter(column for column, _ in {(f.column, f.case) for f in row.faults})
            cells = " | ".join(str(counts[column]) for column in self.columns)
            took = f"{row.seconds:.0f} s | {row.memory / 1e6:.0f} MB" if row.seconds else "- | -"
            print(f"| {row.name} | {row.cases} | {cells} | {took} |")
        print()
        _print_faults(rows)
        sys.stdout.flush()


@contextmanager
def showing(table: Table, every_seconds: float = 60.0) -> Iterator[None]:
    """Prints a table when the block ends, also by Ctrl-C or a signal; on a terminal all along.

    Raises:
        SystemExit: If the block is stopped.
    """
    ended = Event()

    def show() -> None:
        while not ended.wait(every_seconds):
            table.print()

    thread = Thread(target=show, daemon=True)
    if sys.stdout.isatty():
        thread.start()
    with stoppable():
        try:
            yield
        except KeyboardInterrupt as error:
            print("Stopped; so far:")
            sys.exit(exit_code(error))
        finally:
            ended.set()
            if thread.is_alive():
                thread.join()
            table.print()


def _print_faults(rows: list[Row]) -> None:
    kinds: dict[tuple[str, str, str], list[Fault]] = {}
    for row in rows:
        for fault in row.faults:
            kinds.setdefault((row.name, fault.column, _kind(fault.detail)), []).append(fault)
    for (name, column, _), faults in sorted(kinds.items()):
        shown = faults[0].detail.encode("unicode_escape").decode()[:300]
        cases = "; ".join([fault.case for fault in faults[:4]])
        print(f"- {name}: {column}, {len(faults)} times ({cases}): {shown}")


def _kind(detail: str) -> str:
    """A message without the names and numbers that differ from case to case."""
    detail = re.sub(r"/\S+( \S+)*?\.\w+\b|/\S+", "PATH", detail)
    return re.sub(r"\d+(\.\d+)?", "#", detail)
