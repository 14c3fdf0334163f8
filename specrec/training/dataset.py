"""What a training step and a validation step are fed."""

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float32
from torch import Tensor
from torch.utils.data import Dataset

from specrec.audio.windows import window_starts
from specrec.config import FrontEnd
from specrec.training.cache import AudioCache
from specrec.training.teachers import Teachers

Item = tuple[Tensor, int, int, Tensor]


def label_codes(tracks: pd.DataFrame, label: str | None) -> np.ndarray:
    """Numbers the values of a label column; a missing value gets a number of its own."""
    if label is None:
        return np.arange(len(tracks))
    codes, values = pd.factorize(tracks[label])
    alone = codes < 0
    codes[alone] = len(values) + np.arange(alone.sum())
    return np.asarray(codes)


class ViewDataset(Dataset[Item]):
    """Two random windows of a track: (2, samples), its row and label code, two targets."""

    def __init__(
        self,
        cache: AudioCache,
        tracks: pd.DataFrame,
        label: str | None,
        front_end: FrontEnd,
        teachers: Teachers | None,
        visits: int,
    ) -> None:
        self.cache = cache
        self.content_ids = tracks["content_id"].tolist()
        self.track_ids = tracks["track_id"].tolist()
        self.labels = label_codes(tracks, label)
        self.front_end = front_end
        self.teachers = teachers
        self.visits = visits

    def __len__(self) -> int:
        return self.visits * len(self.content_ids)

    def __getitem__(self, item: int) -> Item:
        row = item % len(self.content_ids)
        length = self.front_end.window_samples
        room = max(0, self.cache.samples(self.content_ids[row]) - length)
        # Torch's generator: the loader gives each worker and epoch its own, from one seed.
        starts = torch.randint(room + 1, (2,)).tolist()
        windows = torch.from_numpy(self.cache.cut(self.content_ids[row], starts, length))
        return windows, row, int(self.labels[row]), self._targets(self.track_ids[row], starts)

    def _targets(self, track_id: str, starts: list[int]) -> Float32[Tensor, "views dim"]:
        if self.teachers is None:
            return torch.zeros(len(starts), 0)
        rate, seconds = self.front_end.sample_rate, self.front_end.window_seconds
        targets = [self.teachers.target(track_id, start / rate, seconds) for start in starts]
        return torch.from_numpy(np.stack(targets))


class WindowDataset(Dataset[tuple[Tensor, int, int]]):
    """A fixed number of windows spread over each track, its row and label code."""

    def __init__(
        self,
        cache: AudioCache,
        tracks: pd.DataFrame,
        label: str | None,
        front_end: FrontEnd,
        windows: int,
    ) -> None:
        self.cache = cache
        self.content_ids = tracks["content_id"].tolist()
        self.labels = label_codes(tracks, label)
        self.length = front_end.window_samples
        self.windows = windows

    def __len__(self) -> int:
        return len(self.content_ids)

    def __getitem__(self, row: int) -> tuple[Float32[Tensor, "windows samples"], int, int]:
        content_id = self.content_ids[row]
        starts = window_starts(self.cache.samples(content_id), self.length)
        chosen = starts[np.linspace(0, len(starts) - 1, self.windows).round().astype(int)]
        windows = self.cache.cut(content_id, chosen.tolist(), self.length)
        return torch.from_numpy(windows), row, int(self.labels[row])
