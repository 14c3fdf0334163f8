"""The data of a training step and of a validation step."""

import numpy as np
import pandas as pd
import soxr
import torch
from torch import Tensor
from torch.utils.data import Dataset

from specrec.audio.windows import window_starts
from specrec.config import FrontEnd
from specrec.shapes import Float32
from specrec.training.cache import AudioCache

Item = tuple[Tensor, int, int]


def label_codes(tracks: pd.DataFrame, label: str | None) -> np.ndarray:
    """Numbers the values of a label column; a missing value gets a number of its own."""
    if label is None:
        return np.arange(len(tracks))
    codes, values = pd.factorize(tracks[label])
    alone = codes < 0
    codes[alone] = len(values) + np.arange(alone.sum())
    return np.asarray(codes)


class ViewDataset(Dataset[Item]):
    """Pairs of random windows of a track: (2, samples), with its row and label code.

    There are `samples_per_track` pairs of each track. Half of the windows are played faster or
    slower, by up to `max_speed_factor`, which changes pitch and tempo together. The second window
    of a pair starts within `max_view_offset_seconds` of the first, or anywhere if that is None.
    """

    def __init__(
        self,
        cache: AudioCache,
        tracks: pd.DataFrame,
        label: str | None,
        front_end: FrontEnd,
        samples_per_track: int,
        max_speed_factor: float = 1.0,
        max_view_offset_seconds: float | None = None,
    ) -> None:
        self.cache = cache
        self.content_ids = tracks["content_id"].tolist()
        self.labels = label_codes(tracks, label)
        self.front_end = front_end
        self.samples_per_track = samples_per_track
        self.max_speed_factor = max_speed_factor
        offset, rate = max_view_offset_seconds, front_end.sample_rate
        self.max_offset = None if offset is None else round(offset * rate)

    def __len__(self) -> int:
        return self.samples_per_track * len(self.content_ids)

    def __getitem__(self, item: int) -> Item:
        row = item % len(self.content_ids)
        start, first = self._view(row, None)
        _, second = self._view(row, start)
        return torch.stack([first, second]), row, int(self.labels[row])

    def _view(self, row: int, first: int | None) -> tuple[int, Float32[Tensor, " samples"]]:
        """Cuts a window: where it starts, in samples, and the window."""
        # Torch's generator: the loader gives each worker and epoch its own, from one seed.
        draw, changed, place = torch.rand(3).tolist()
        factor = self.max_speed_factor ** (2 * draw - 1) if changed < 0.5 else 1.0
        length = self.front_end.window_samples
        taken = round(length * factor)
        low, high = 0, max(0, self.cache.samples(self.content_ids[row]) - taken)
        if first is not None and self.max_offset is not None:
            low = min(max(low, first - self.max_offset), high)
            high = min(high, first + self.max_offset)
        start = low + int(place * (high - low + 1))
        view = self.cache.cut(self.content_ids[row], [start], taken)[0]
        if taken != length:
            view = np.resize(soxr.resample(view, taken, length, quality="LQ"), length)
        return start, torch.from_numpy(view)


class WindowDataset(Dataset[tuple[Tensor, int, int]]):
    """A fixed number of windows spread over each track, with its row and label code."""

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
