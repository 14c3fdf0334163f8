"""Stored embeddings of other networks, as targets to distil from."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float32

from specrec.config import TeacherConfig
from specrec.errors import CatalogError

Rows = tuple[np.ndarray, np.ndarray]  # start of each window in seconds; its embedding


class Teachers:
    """One target space from the windows of several teachers.

    Each teacher's dimensions are standardized over the training music and all teachers weigh the
    same. The joined space is turned onto its principal axes, so that the student learns, in its
    own dimension, the cosine similarities of the teachers.
    """

    def __init__(
        self, configs: Sequence[TeacherConfig], train: pd.DataFrame, dim: int, grid_seconds: float
    ) -> None:
        """Reads the teachers and fits the target space.

        Args:
            configs: Which arrays of which files.
            train: Training tracks, with track_id and duration_seconds.
            dim: Dimension of the targets: the student's embedding dimension.
            grid_seconds: Length of the cuts on which the axes are fitted.

        Raises:
            CatalogError: If a file can't be read or lacks a training track.
        """
        self.seconds = [config.window_seconds for config in configs]
        self.tracks = [_read(config, train["track_id"]) for config in configs]
        ends = [float(seconds or grid_seconds) for seconds in train["duration_seconds"]]
        cuts = [
            self._joined(name, start, grid_seconds)
            for name, end in zip(train["track_id"], ends, strict=True)
            for start in np.arange(0, max(end - grid_seconds, 0) + 1e-6, grid_seconds)
        ]
        grid = np.stack(cuts)
        self.mean = grid.mean(axis=0)
        axes = np.linalg.svd(grid - self.mean, full_matrices=False)[2]
        self.axes = np.zeros((dim, grid.shape[1]), dtype=np.float32)
        self.axes[: len(axes[:dim])] = axes[:dim]

    def target(self, track_id: str, start: float, seconds: float) -> Float32[np.ndarray, " dim"]:
        """What the teachers say of a cut: the mean over their windows, weighted by overlap."""
        target: np.ndarray = self.axes @ (self._joined(track_id, start, seconds) - self.mean)
        return target.astype(np.float32)

    def _joined(self, track_id: str, start: float, seconds: float) -> np.ndarray:
        parts = []
        for length, tracks in zip(self.seconds, self.tracks, strict=True):
            starts, rows = tracks[track_id]
            overlap = np.minimum(starts + length, start + seconds) - np.maximum(starts, start)
            weights = overlap.clip(min=0)
            if weights.sum() == 0:  # beyond the last window
                weights = (overlap == overlap.max()).astype(float)
            parts.append(weights @ rows / weights.sum() / np.sqrt(rows.shape[1]))
        return np.concatenate(parts)


def _read(config: TeacherConfig, train_ids: "pd.Series[str]") -> dict[str, Rows]:
    """Rows of each track, standardized over those of the training tracks."""
    try:
        with np.load(config.path) as stored:
            values = stored[config.array].astype(np.float32)
            starts = stored["start_s"].astype(np.float32)
            ends = stored["windows"].cumsum()[:-1]
            names = stored["track_id"].astype(str)
    except (OSError, KeyError, ValueError) as error:
        raise CatalogError(f"teacher {config.path}: {error}") from error
    absent = set(train_ids) - set(names)
    if absent:
        raise CatalogError(f"teacher {config.path}: no embedding of track {sorted(absent)[0]}")
    rows = dict(zip(names, np.split(values, ends), strict=True))
    seen = np.concatenate([rows[name] for name in train_ids])
    mean, scale = seen.mean(axis=0), np.maximum(seen.std(axis=0), 1e-6)
    times = np.split(starts, ends)
    return {
        name: (time, (row - mean) / scale)
        for (name, row), time in zip(rows.items(), times, strict=True)
    }
