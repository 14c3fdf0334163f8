"""Measures many files in worker processes, and stores the results by content_id."""

import json
import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from specrec.audio.pool import map_paths
from specrec.descriptors.measure import NAMES, measure_file
from specrec.errors import AudioError
from specrec.progress import Progress
from specrec.writing import storing


class Measurements:
    """Measured features by content_id, in a file with one line per track.

    Lines are appended, so that a killed run loses at most the last line.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, dict[str, float]] = {}
        self._failed: set[str] = set()
        if file.is_file():
            for line in file.read_text(errors="replace").splitlines():
                try:
                    content_id, measured = json.loads(line)
                    numbers = {str(name): float(value) for name, value in measured.items()}
                except (ValueError, TypeError, AttributeError):  # cut short by a kill, or damaged
                    continue
                self._known[str(content_id)] = numbers

    def recall(self, content_ids: Sequence[str], table: pd.DataFrame) -> None:
        """Takes over features of the same tracks that `table` returned in an earlier run."""
        for content_id, row in zip(content_ids, table.to_dict("records"), strict=True):
            measured = {str(name): value for name, value in row.items() if math.isfinite(value)}
            if measured:
                self._known[content_id] = measured

    @property
    def content_ids(self) -> list[str]:
        """The content_ids of the tracks that were measured."""
        return list(self._known)

    def add(self, content_id: str, measured: dict[str, float] | None) -> None:
        """Stores the features of a track; None if measuring failed, so that it isn't tried again.

        Raises:
            StorageError: If it can't be written.
        """
        if measured is None:
            self._failed.add(content_id)
            return
        self._known[content_id] = measured
        with storing(self._file):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a") as file:
                file.write(json.dumps([content_id, measured]) + "\n")

    def measure(
        self,
        content_ids: Sequence[str],
        paths: Sequence[Path],
        workers: int = 0,
        on_progress: Progress | None = None,
    ) -> None:
        """Measures the tracks that are not stored yet; if that fails, their features stay unknown.

        Args:
            content_ids: One content_id per track.
            paths: The files of the tracks.
            workers: Number of worker processes; 0 for one per core.
            on_progress: Called after each file.
        """
        done = self._known.keys() | self._failed
        new = [place for place, name in enumerate(content_ids) if name not in done]
        files = [paths[place] for place in new]
        for position, made in map_paths(measure_file, files, workers):
            self.add(content_ids[new[position]], None if isinstance(made, AudioError) else made)
            if on_progress:
                on_progress(position + 1, len(new))

    def table(self, content_ids: Sequence[str]) -> pd.DataFrame:
        """Returns one row per track, one column per feature; NaN where unknown."""
        rows = [self._known.get(name, {}) for name in content_ids]
        return pd.DataFrame(rows, range(len(rows)), list(NAMES), dtype="float64")
