"""Splits a similarity into a sum over the time-frequency cells of a track."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from specrec.audio.pool import stream_path
from specrec.audio.streaming import WindowPlan, window_blocks
from specrec.audio.waveform import Waveform
from specrec.audio.windows import cut_windows, window_spans
from specrec.model.encoder import Encoder
from specrec.shapes import Bool, Float, Float32, Float64
from specrec.vectors import unit

_BATCH = 8
_FRAMES_HELD = 100_000  # about 50 MB, and far more than a picture has columns


@dataclass(frozen=True, eq=False)
class CellMap:
    """What each cell of a track adds to its similarity to another track.

    The receptive field of a cell is larger than its rectangle, so that the map is exact about the
    sum and approximate about the place. The rectangles divide the window evenly; what a padded,
    strided network computes in a cell is centered up to half a cell lower and earlier.

    Attributes:
        values: What each cell adds; the mean over all is the similarity. Rows rise in frequency,
            columns in time.
        spans: Start and end of each window, in seconds.
        row_edges_hz: Edges of the rows in Hz, from the lowest frequency up.
    """

    values: Float64[np.ndarray, "windows rows columns"]
    spans: Float64[np.ndarray, "windows two"]
    row_edges_hz: Float64[np.ndarray, " edges"]

    @property
    def similarity(self) -> float:
        """The mean over all cells, which is the cosine similarity."""
        return float(self.values.mean())

    @property
    def resolves_frequency(self) -> bool:
        """Whether the map has more than one row; that of musicnn resolves time only."""
        return self.values.shape[1] > 1

    def picture(self, columns: int = 400) -> Float64[np.ndarray, "rows columns"]:
        """Makes one map of the whole track; overlapping windows are averaged.

        Args:
            columns: Number of equal time steps from beginning to end; if cells are narrower than a
                step, they are averaged.
        """
        windows, rows, cells = self.values.shape
        within = -(-windows * cells // columns)
        points = columns * within
        centers = (np.arange(points) + 0.5) * self.spans[-1, 1] / points
        total, count = np.zeros((rows, points)), np.zeros(points)
        ends = np.searchsorted(centers, self.spans)
        for values, (start, stop), (first, last) in zip(self.values, self.spans, ends, strict=True):
            inside = slice(first, last)
            place = (centers[inside] - start) / (stop - start) * cells
            total[:, inside] += values[:, place.astype(int)]
            count[inside] += 1
        picture: np.ndarray = (total / np.maximum(count, 1)).reshape(rows, columns, within)
        return picture.mean(axis=2)


def map_cells(
    encoder: Encoder,
    waveform: Waveform,
    other: Float[np.ndarray, " dim"],
    axes: Float[np.ndarray, "axes dim"] | None = None,
    own: Float[np.ndarray, " dim"] | None = None,
) -> CellMap:
    """Splits the similarity of a track to another one by the track's cells.

    With psi = W phi + b in a cell, z the track's embedding and y the other's, a cell adds
    <y / |y|, psi - center> / |z|. Computed in single precision throughout.

    Args:
        encoder: The encoder, in evaluation mode.
        waveform: The track's audio at the encoder's sample rate.
        other: The other track's centered embedding.
        axes: Orthonormal axes of a group of features, to map its contribution alone; None for the
            whole similarity.
        own: The track's embedding, if it is known. A library's may come from bfloat16 or from
            another device; the rounding error is spread evenly over the cells, so that they add up
            to the library's score. None takes the mean of the cells themselves.
    """
    parts = _CellSum(encoder, other, axes)
    for log_mel in _log_mels(encoder, _windows(encoder, waveform)):
        parts.add(log_mel)
    return parts.finish(waveform.seconds, own)


def map_file(
    encoder: Encoder,
    path: Path,
    other: Float[np.ndarray, " dim"],
    own: Float[np.ndarray, " dim"] | None = None,
) -> tuple[CellMap, Float32[np.ndarray, "windows n_mels frames"]]:
    """The map of a whole file, as `map_cells` makes it, and the spectrograms of its windows.

    A worker process decodes it block by block, so that the memory needed hardly grows with its
    length. Of a track of more than about half an hour only every second, fourth, eighth ... frame
    of the spectrograms is kept.

    Args:
        encoder: In evaluation mode.
        path: Any file that libsndfile or FFmpeg reads.
        other: As for `map_cells`.
        own: As for `map_cells`.

    Raises:
        AudioError: If it can't be decoded.
        WorkerError: If no process can be started.
    """
    plan = WindowPlan(encoder.front_end.sample_rate, encoder.front_end.window_seconds)
    cells, thinned, seconds = _CellSum(encoder, other), _Thinned(), 0.0
    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, threads // 2))  # the decoder needs the others
    try:
        for block in stream_path(partial(window_blocks, plan=plan), path):
            if block.first == 0:
                cells, thinned = _CellSum(encoder, other), _Thinned()
            for log_mel in _log_mels(encoder, block.windows):
                cells.add(log_mel)
                thinned.add(log_mel.cpu().numpy())
            seconds = block.seconds or seconds
    finally:
        torch.set_num_threads(threads)
    return cells.finish(seconds, own), np.concatenate(thinned.parts)


class _CellSum:
    """What each cell adds to a similarity, of windows that come in batches."""

    def __init__(
        self,
        encoder: Encoder,
        other: Float[np.ndarray, " dim"],
        axes: Float[np.ndarray, "axes dim"] | None = None,
    ) -> None:
        self._encoder, self._direction = encoder, unit(other)
        if axes is not None:
            self._direction = self._direction @ axes.T @ axes
        self._weight = encoder.head.weight.detach().cpu().double().numpy()
        bias = encoder.head.bias.detach().cpu().double().numpy()
        self._shift = bias - encoder.center.cpu().double().numpy()
        self._offset = float(self._direction @ self._shift)
        # The head is linear: one number a cell instead of a whole embedding.
        self._along = torch.from_numpy(self._direction @ self._weight)
        self._values: list[Tensor] = []
        self._pooled: list[Tensor] = []

    def add(self, log_mel: Float32[Tensor, "windows n_mels frames"]) -> None:
        """Takes the next windows."""
        phi = _feature_map(self._encoder, log_mel).double()
        self._values.append(torch.einsum("bcft,c->bft", phi, self._along) + self._offset)
        self._pooled.append(phi.mean(dim=(2, 3)))

    def finish(self, seconds: float, own: Float[np.ndarray, " dim"] | None) -> CellMap:
        """The map of a track of that length, scaled to the embedding that it has."""
        cells = torch.cat(self._values).numpy()
        if own is None:
            own = torch.cat(self._pooled).mean(dim=0).numpy() @ self._weight.T + self._shift
        else:
            cells += self._direction @ own - cells.mean()
        length = np.linalg.norm(own.astype(np.float64))
        cells /= length if length > 0 else 1.0
        spans = window_spans(len(cells), seconds, self._encoder.front_end.window_seconds)
        return CellMap(cells, spans, _row_edges(self._encoder, cells.shape[1]))


class _Thinned:
    """Spectrograms of the windows of a track: every frame, or fewer if they would be too many."""

    def __init__(self) -> None:
        self.parts: list[Float32[np.ndarray, "windows n_mels frames"]] = []
        self._frames, self._step = 0, 1

    def add(self, log_mels: Float32[np.ndarray, "windows n_mels frames"]) -> None:
        """Takes the next windows."""
        self._keep(log_mels[:, :, :: self._step])
        while self._frames > _FRAMES_HELD and self.parts[0].shape[2] > 1:
            parts, self.parts, self._frames = self.parts, [], 0
            self._step *= 2
            for part in parts:
                self._keep(part[:, :, ::2])

    def _keep(self, part: Float32[np.ndarray, "windows n_mels frames"]) -> None:
        self.parts.append(np.ascontiguousarray(part))
        self._frames += part.shape[0] * part.shape[2]


def mask_cells(
    encoder: Encoder,
    waveform: Waveform,
    masks: Bool[np.ndarray, "masks windows rows columns"],
    other: Float[np.ndarray, " dim"],
) -> Float64[np.ndarray, " masks"]:
    """Computes similarities with masked cells, which get each band's mean over the track.

    Args:
        encoder: The encoder, in evaluation mode.
        waveform: The track's audio at the encoder's sample rate.
        masks: True where a cell of a `CellMap` is masked.
        other: The other track's centered embedding.

    Returns:
        One cosine per mask, from -1 to 1.
    """
    batches = list(_log_mels(encoder, _windows(encoder, waveform)))
    usual = torch.cat(batches).mean(dim=(0, 2))[:, None]
    embeddings = []
    for mask in torch.from_numpy(masks).to(encoder.center.device):
        pooled = []
        for log_mel, part in zip(batches, mask.split(_BATCH), strict=True):
            shape = log_mel.shape[1:]
            hidden = interpolate(part[:, None].float(), shape, mode="nearest")[:, 0] > 0
            masked = torch.where(hidden, usual, log_mel)
            pooled.append(_feature_map(encoder, masked).mean(dim=(2, 3)))
        with torch.inference_mode():
            phi = torch.cat(pooled).mean(dim=0).to(encoder.center.device)
            embedding = encoder.head(phi) - encoder.center
        embeddings.append(embedding.cpu().numpy())
    similarities: np.ndarray = unit(np.stack(embeddings)) @ unit(other)
    return similarities


@torch.inference_mode()
def log_mels(encoder: Encoder, waveform: Waveform) -> Float32[np.ndarray, "windows n_mels frames"]:
    """Computes the log-mel spectrograms of a track's windows, as the encoder gets them."""
    return torch.cat(list(_log_mels(encoder, _windows(encoder, waveform)))).cpu().numpy()


def _windows(encoder: Encoder, waveform: Waveform) -> Float32[np.ndarray, "windows samples"]:
    return cut_windows(waveform, encoder.front_end.window_seconds)


@torch.inference_mode()
def _log_mels(
    encoder: Encoder, windows: Float32[np.ndarray, "windows samples"]
) -> Iterator[Float32[Tensor, "windows n_mels frames"]]:
    for part in torch.from_numpy(windows).split(_BATCH):
        yield encoder.log_mel(part.to(encoder.center.device))


@torch.inference_mode()
def _feature_map(
    encoder: Encoder, log_mel: Float32[Tensor, "windows n_mels frames"]
) -> Float32[Tensor, "windows channels f t"]:
    return encoder.feature_map(log_mel).float().cpu()


def band_centers(encoder: Encoder) -> Float64[np.ndarray, " n_mels"]:
    """Computes the center frequency of each mel band, in Hz."""
    filters = encoder.log_mel.filters
    bins = np.linspace(0, encoder.front_end.sample_rate / 2, filters.shape[1])
    centers: np.ndarray = bins[filters.argmax(dim=1).cpu().numpy()]
    return centers


def _row_edges(encoder: Encoder, rows: int) -> Float64[np.ndarray, " edges"]:
    """Computes the edges of rows of cells in Hz; each row covers the same number of mel bands."""
    ends = encoder.front_end.f_min, encoder.front_end.f_max
    edges = np.array([ends[0], *band_centers(encoder), ends[1]])
    places = np.linspace(0, len(edges) - 1, rows + 1)
    spread: np.ndarray = np.interp(places, np.arange(len(edges)), edges)
    return spread
