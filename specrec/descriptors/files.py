"""Measuring many files in processes; what was measured is kept by content."""

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from specrec.audio.pool import map_paths
from specrec.descriptors.measure import NAMES, measure_file
from specrec.errors import AudioError

Progress = Callable[[int, int], None]


class Measurements:
    """What was measured of tracks, by content, in a file of one line a track.

    Lines are appended, so that a killed run loses at most the one it was writing.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, dict[str, float]] = {}
        if file.is_file():
            for line in file.read_text().splitlines():
                try:
                    content_id, measured = json.loads(line)
                except ValueError:  # cut short by a kill
                    continue
                self._known[content_id] = measured

    def recall(self, content_ids: Sequence[str], table: pd.DataFrame) -> None:
        """Takes over what `table` gave for the same tracks at another time."""
        for content_id, row in zip(content_ids, table.to_dict("records"), strict=True):
            measured = {str(name): value for name, value in row.items() if math.isfinite(value)}
            if measured:
                self._known[content_id] = measured

    def measure(
        self,
        content_ids: Sequence[str],
        paths: Sequence[Path],
        workers: int = 0,
        on_progress: Progress | None = None,
    ) -> None:
        """Measures the tracks of which nothing is known; files that can't be used stay unknown.

        Args:
            content_ids: One a track.
            paths: Their files.
            workers: Processes; 0 for one a core.
            on_progress: Called after each file.
        """
        new = [place for place, name in enumerate(content_ids) if name not in self._known]
        self._file.parent.mkdir(parents=True, exist_ok=True)
        files = [paths[place] for place in new]
        with self._file.open("a") as file:
            for position, made in map_paths(measure_file, files, workers):
                if not isinstance(made, AudioError):
                    content_id = content_ids[new[position]]
                    self._known[content_id] = made
                    file.write(json.dumps([content_id, made]) + "\n")
                    file.flush()
                if on_progress:
                    on_progress(position + 1, len(new))

    def table(self, content_ids: Sequence[str]) -> pd.DataFrame:
        """One row a track, one column a feature; what is not known is NaN."""
        rows = [self._known.get(name, {}) for name in content_ids]
        return pd.DataFrame(rows, range(len(rows)), list(NAMES), dtype="float64")
