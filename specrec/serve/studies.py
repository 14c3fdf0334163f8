"""What takes long to compute of a library: once for each state, in the background."""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from specrec.progress import Progress
from specrec.recommend.collection import Collection
from specrec.serve.problems import BusyError

Result = TypeVar("Result")

_KEPT = 16  # results of one state: more than the page asks for, of which a map takes long
_WAITING = 4  # at a time


@dataclass(eq=False)
class Study(Generic[Result]):
    """Something that is being computed, or was.

    Attributes:
        result: What was computed; None until it is done, or if it failed.
        error: Why it failed.
        done: How many steps are done.
        of: How many steps there are; 0 while that is not known.
    """

    result: Result | None = None
    error: BaseException | None = None
    done: int = 0
    of: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    def wait(self, seconds: float | None) -> Result | None:
        """Waits a moment for the result; None if it takes longer. Without a limit, it waits.

        Raises:
            SpecrecError: If it can't be computed; the message says why.
        """
        self._over.wait(seconds)
        if self.error is not None:
            raise self.error
        return self.result

    def run(self, compute: Callable[[Progress], Result]) -> None:
        """Computes it."""

        def on_progress(done: int, of: int) -> None:
            self.done, self.of = done, of

        try:
            self.result = compute(on_progress)
        except BaseException as error:
            self.error = error
        self._over.set()


class Studies:
    """The studies of all libraries; one is computed at a time.

    Attributes:
        running: The study that is being computed; None if none is.
    """

    def __init__(self) -> None:
        self.running: Study[Any] | None = None
        self._of: WeakKeyDictionary[Collection, dict[Hashable, Study[Any]]] = WeakKeyDictionary()
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._waiting = 0

    def study(
        self, collection: Collection, key: Hashable, compute: Callable[[Progress], Result]
    ) -> Study[Result]:
        """Takes a study of one state of a library, and begins it if it is new.

        Args:
            collection: The state.
            key: What is studied, and how.
            compute: Computes it; called in another thread.

        Raises:
            BusyError: If too many others are waiting.
        """
        with self._lock:
            known = self._of.setdefault(collection, {})
            if key in known:
                known[key] = known.pop(key)  # used last
                return known[key]
            if self._waiting >= _WAITING:
                raise BusyError("others are being computed; try again")
            self._waiting += 1
            study = known[key] = Study[Result]()
            while len(known) > _KEPT:
                del known[next(iter(known))]
        threading.Thread(target=self._run, args=(study, compute), daemon=True).start()
        return study

    def _run(self, study: Study[Result], compute: Callable[[Progress], Result]) -> None:
        try:
            with self._turn:
                self.running = study
                study.run(compute)
                self.running = None
        finally:
            with self._lock:
                self._waiting -= 1
