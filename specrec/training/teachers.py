"""Other networks as teachers, whose embedding of a view is the target of the encoder's own.

A teacher is either stored, as embeddings of the training tracks that were computed before, or
live, run on exactly the view that the student sees. Each has its own part of the embedding, in
which the student learns its cosine similarities.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Float32
from torch import Tensor, nn

from specrec.config import FrontEnd, TeacherConfig
from specrec.errors import CatalogError
from specrec.training.cache import AudioCache
from specrec.training.mn04 import MN04, load_mn04

Rows = tuple[np.ndarray, np.ndarray]  # start of each window in seconds; its target
_LEVEL = 0.14  # RMS at which a live teacher hears every view, about -17 dBFS, as loud music is
_CUTS = 2  # of each track, on which a live teacher's axes are fitted
_BATCH = 8  # views at a time: the spectrograms of more leave the processor's cache


class Teachers:
    """All teachers of a run.

    Attributes:
        dim: The length of a target, which is the sum over the teachers.
        live: The teacher that is run on the views, and its part of a target; None without one.
    """

    def __init__(
        self,
        configs: Sequence[TeacherConfig],
        tracks: pd.DataFrame,
        cache: AudioCache,
        front_end: FrontEnd,
    ) -> None:
        """Reads the teachers and fits their axes.

        Args:
            configs: The teachers' settings, in the order of their parts; at most one is live.
            tracks: The training tracks, with track_id and content_id.
            cache: The decoded audio of the tracks.
            front_end: The student's front end, which sets the length of a view.

        Raises:
            CatalogError: If a stored file can't be read or has none of the tracks.
            ModelError: If a live teacher's weights can't be read.
        """
        self.dim = sum(config.dim for config in configs)
        self.live: tuple[slice, LiveTeacher] | None = None
        self.stored: list[tuple[slice, StoredTeacher]] = []
        first = 0
        for config in configs:
            part = slice(first, first := first + config.dim)
            if config.array is None:
                self.live = part, _live_teacher(config, tracks, cache, front_end)
            else:
                self.stored.append((part, StoredTeacher(config, tracks["track_id"])))

    def target(self, track_id: str, start: float, seconds: float) -> Float32[np.ndarray, " dim"]:
        """What the stored teachers say of a cut; NaN where a teacher says nothing of it."""
        target = np.full(self.dim, np.nan, dtype=np.float32)
        for part, teacher in self.stored:
            target[part] = teacher.target(track_id, start, seconds)
        return target


class StoredTeacher:
    """A teacher whose embeddings of windows were computed before."""

    def __init__(self, config: TeacherConfig, train_ids: "pd.Series[str]") -> None:
        """Reads the file and fits its axes on the training tracks.

        Raises:
            CatalogError: If the file can't be read or has none of the tracks.
        """
        assert config.array is not None
        assert config.window_seconds is not None
        try:
            with np.load(config.path) as file:
                values = file[config.array].astype(np.float32)
                starts = file["start_s"].astype(np.float32)
                ends = file["windows"].cumsum()[:-1]
                names = file["track_id"].astype(str)
        except (OSError, KeyError, ValueError) as error:
            raise CatalogError(f"teacher {config.path}: {error}") from error
        self.window_seconds, self.dim = config.window_seconds, config.dim
        rows = dict(zip(names, np.split(values, ends), strict=True))
        known = [rows[name] for name in train_ids if name in rows]
        if not known:
            raise CatalogError(f"teacher {config.path}: no embedding of any training track")
        mean, axes = principal_axes(np.concatenate(known), config.dim)
        self.tracks: dict[str, Rows] = {
            name: (time, (row - mean) @ axes.T)
            for (name, row), time in zip(rows.items(), np.split(starts, ends), strict=True)
        }

    def target(self, track_id: str, start: float, seconds: float) -> Float[np.ndarray, " dim"]:
        """The mean of the windows, weighted by their overlap with a cut, or the nearest window."""
        if track_id not in self.tracks:
            return np.full(self.dim, np.nan)
        starts, rows = self.tracks[track_id]
        ends = np.minimum(starts + self.window_seconds, start + seconds)
        weights = (ends - np.maximum(starts, start)).clip(min=0)
        if weights.sum() == 0:
            weights = (np.arange(len(starts)) == np.abs(starts - start).argmin()).astype(float)
        mean: np.ndarray = weights @ rows / weights.sum()
        return mean


class LiveTeacher(nn.Module):
    """A teacher that hears the views. It stays as it is while the student trains."""

    mean: Tensor
    axes: Tensor

    def __init__(
        self,
        network: MN04,
        sample_rate: int,
        mean: Float32[Tensor, " wide"],
        axes: Float32[Tensor, "dim wide"],
    ) -> None:
        super().__init__()
        self.network = network
        self.sample_rate = sample_rate
        self.register_buffer("mean", mean)
        self.register_buffer("axes", axes)

    def train(self, mode: bool = True) -> "LiveTeacher":
        """Stays in evaluation mode."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, views: Float32[Tensor, "views samples"]) -> Float32[Tensor, "views dim"]:
        """The targets of views, whatever their level."""
        with torch.autocast(views.device.type, enabled=False):
            heard = torch.cat(list(_heard(self.network, views, self.sample_rate)))
            target: Tensor = (heard - self.mean) @ self.axes.T
        return target


def principal_axes(
    rows: Float32[np.ndarray, "rows wide"], dim: int
) -> tuple[Float32[np.ndarray, " wide"], Float32[np.ndarray, "dim wide"]]:
    """Fits the mean, and the axes that take a centered row to a target.

    Dimensions are standardized, so that none weighs more than another, and turned onto their
    principal axes; a target's variances add up to at most 1, so that teachers of any width weigh
    the same. Where there are fewer axes than `dim`, the rest are zero.
    """
    mean = rows.mean(axis=0)
    scale = np.maximum(rows.std(axis=0), 1e-6) * np.sqrt(rows.shape[1], dtype=np.float32)
    covariance = np.cov((rows - mean) / scale, rowvar=False)
    turned = np.linalg.eigh(covariance)[1].T[::-1][:dim]
    axes = np.zeros((dim, rows.shape[1]), dtype=np.float32)
    axes[: len(turned)] = turned / scale
    return mean, axes


def _live_teacher(
    config: TeacherConfig, tracks: pd.DataFrame, cache: AudioCache, front_end: FrontEnd
) -> LiveTeacher:
    network, length = load_mn04(Path(config.path)), front_end.window_samples
    heard: list[Tensor] = []
    for content_id in tracks["content_id"]:
        last = max(0, cache.samples(content_id) - length)
        cuts = cache.cut(content_id, np.linspace(0, last, _CUTS).astype(int).tolist(), length)
        with torch.no_grad():
            heard += _heard(network, torch.from_numpy(cuts), cache.sample_rate)
    mean, axes = principal_axes(torch.cat(heard).numpy(), config.dim)
    return LiveTeacher(network, cache.sample_rate, torch.from_numpy(mean), torch.from_numpy(axes))


def _heard(network: MN04, views: Tensor, sample_rate: int) -> Iterator[Tensor]:
    for part in views.split(_BATCH if views.device.type == "cpu" else len(views)):
        level = part.square().mean(dim=1, keepdim=True).sqrt().clamp(min=1e-4)
        yield network(part * (_LEVEL / level), sample_rate)
