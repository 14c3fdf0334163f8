"""What a model and the tagger musicnn hear in the windows of a library's tracks, stored once."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from specrec.audio.pool import stream_files
from specrec.audio.streaming import WindowBlock, WindowPlan
from specrec.errors import AudioError
from specrec.model.embedding import read_track
from specrec.model.encoder import Encoder
from specrec.progress import Progress
from specrec.shapes import Float32, Int
from specrec.training.musicnn import MusicnnTagger
from specrec.training.views import leveled
from specrec.writing import new_file

WINDOWS = 12
"""Most windows of a track that are heard, spread over it."""

_PART_TRACKS = 32  # stored together: so much is heard again after an interruption
_AT_ONCE = 12  # windows


@dataclass(frozen=True, eq=False)
class Heard:
    """What was heard in windows of tracks.

    Attributes:
        content_ids: The tracks.
        rows: The track of each window, a place in `content_ids`.
        pooled: The model's mean feature map of each window.
        hidden: The tagger's last hidden layer for each window.
    """

    content_ids: tuple[str, ...]
    rows: Int[np.ndarray, " windows"]
    pooled: Float32[np.ndarray, "windows channels"]
    hidden: Float32[np.ndarray, "windows hidden"]

    def tracks(self, windows: np.ndarray) -> np.ndarray:
        """The mean of each track's windows."""
        sums = np.zeros((len(self.content_ids), windows.shape[1]))
        np.add.at(sums, self.rows, windows)
        means: np.ndarray = sums / np.bincount(self.rows)[:, None]
        return means


def hear_tracks(
    encoder: Encoder,
    tagger: MusicnnTagger,
    files: Mapping[str, Path],
    folder: Path,
    workers: int = 0,
    on_progress: Progress | None = None,
) -> Heard:
    """Lets the model and the tagger hear some windows of each track.

    What an earlier run stored in the folder is not heard again.

    Args:
        encoder: The model's encoder, in evaluation mode.
        tagger: The tagger.
        files: The tracks' files by content_id. Those that can't be read are left out.
        folder: Where answers are stored; it belongs to this encoder.
        workers: Number of processes that decode; 0 for one per core.
        on_progress: Called with the number of tracks heard and of all tracks.

    Raises:
        StorageError: If nothing can be written there.
        WorkerError: If the processes can't be started.
    """
    known = _read(folder)
    absent = [name for name in files if name not in known]
    done, part = len(files) - len(absent), dict[str, tuple[np.ndarray, np.ndarray]]()
    for name, windows in _windows(encoder, {name: files[name] for name in absent}, workers):
        done += 1
        if windows is not None:
            part[name] = _hear(encoder, tagger, windows)
        if len(part) == _PART_TRACKS:
            _store(folder, part)
            known, part = known | part, {}
        if on_progress:
            on_progress(done, len(files))
    if part:
        _store(folder, part)
    return _joined({name: item for name, item in (known | part).items() if name in files})


def forget(folder: Path) -> None:
    """Removes what was stored."""
    shutil.rmtree(folder, ignore_errors=True)


def _windows(
    encoder: Encoder, files: Mapping[str, Path], workers: int
) -> Iterator[tuple[str, Float32[np.ndarray, "windows samples"] | None]]:
    """Yields the windows of each file; None for one that can't be used."""
    front_end, names = encoder.front_end, list(files)
    plan = WindowPlan(front_end.sample_rate, front_end.window_seconds, WINDOWS)
    parts: dict[int, list[np.ndarray]] = {}
    read = partial(read_track, plan, False)
    for position, item in stream_files(read, list(files.values()), workers):
        if isinstance(item, WindowBlock):
            if item.first == 0:  # the file is read anew, if it was read before
                parts[position] = []
            parts[position].append(item.windows)
        elif isinstance(item, AudioError):
            yield names[position], None
        else:
            rows = np.concatenate(parts.pop(position))
            if rows.shape[1] < front_end.window_samples:  # a short track is repeated
                rows = np.resize(rows, (1, front_end.window_samples))
            yield names[position], rows


@torch.inference_mode()
def _hear(
    encoder: Encoder, tagger: MusicnnTagger, windows: Float32[np.ndarray, "windows samples"]
) -> tuple[np.ndarray, np.ndarray]:
    rate = encoder.front_end.sample_rate
    pooled: list[Tensor] = []
    hidden: list[Tensor] = []
    for part in torch.from_numpy(windows).split(_AT_ONCE):
        pooled.append(encoder.pool(part).cpu())
        hidden.append(tagger.hear(leveled(part), rate))
    return torch.cat(pooled).numpy(), torch.cat(hidden).numpy()


def _store(folder: Path, part: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> None:
    arrays = {
        "content_ids": np.array(list(part)),
        "counts": np.array([len(pooled) for pooled, _ in part.values()]),
        "pooled": np.concatenate([pooled for pooled, _ in part.values()]),
        "hidden": np.concatenate([hidden for _, hidden in part.values()]),
    }
    with new_file(folder / f"{len(list(folder.glob('*.npz'))):05d}.npz") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def _read(folder: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    found: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as part:
            ends = part["counts"].cumsum()[:-1]
            both = (np.split(part[name], ends) for name in ("pooled", "hidden"))
            found |= dict(zip(part["content_ids"].tolist(), zip(*both, strict=True), strict=True))
    return found


def _joined(heard: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Heard:
    """In the order of the content_ids, whatever order they were heard in."""
    names = tuple(sorted(heard))
    counts = [len(heard[name][0]) for name in names]
    if not names:
        none = np.zeros((0, 0), np.float32)
        return Heard((), np.zeros(0, int), none, none)
    pooled, hidden = (np.concatenate([heard[name][side] for name in names]) for side in (0, 1))
    return Heard(names, np.repeat(np.arange(len(names)), counts), pooled, hidden)
