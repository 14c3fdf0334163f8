"""Stored views: what the student hears, and what the teachers say of exactly that, computed once.

The teachers take most of the time of a distillation, so they hear a large fixed set of views, and
the student passes over it many times. A set is a folder of shards, each written whole; an
interrupted set goes on where it was. A shard is a folder of two arrays:

- `log_mel.npy`, uint8 (views, n_mels, frames): the student's log-mel spectrogram in 8 bits;
- `hidden.npy`, float16 (views, hidden): the teachers' last hidden layers, side by side.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import soxr
import torch
from torch import Tensor

from specrec.config import FrontEnd, ViewConfig
from specrec.errors import WorkerError
from specrec.model.log_mel import LogMel
from specrec.progress import Progress
from specrec.shapes import Float16, Float32, UInt8
from specrec.stopping import kill_workers, uninterrupted
from specrec.training.augment import change_views, damage_views
from specrec.training.cache import AudioCache
from specrec.training.mn04 import MN04, load_mn04
from specrec.training.musicnn import MusicnnTagger, load_musicnn

SHARD = 2000
"""Number of views in a shard, unless a recipe says otherwise."""

LEVEL = 0.14
"""RMS at which a teacher hears every view: about -17 dBFS, as loud music is."""

_BATCH = 40  # views; a shard holds a multiple of it
_AT_ONCE = 8  # views: the spectrograms of more leave the processor's cache
_LOG_MEL, _HIDDEN = "log_mel.npy", "hidden.npy"
_VERSION = 1  # of what is drawn and stored; another one makes other sets
_LOWEST, _STEP = -9.3, 1 / 16  # of the 8-bit log-mel, in nepers of power


@dataclass(frozen=True)
class Recipe:
    """What determines a set of views.

    Attributes:
        cache: Folder of the decoded audio.
        content_ids: The tracks from which views are cut, each as often as the others.
        front_end: The student's front end.
        augment: How views are changed.
        teachers: The teachers' weights: the file of mn04, or None to do without, and the package
            of musicnn.
        seed: The seed of everything that is drawn.
        shard_views: The number of views in a shard, a multiple of 40.
    """

    cache: Path
    content_ids: tuple[str, ...]
    front_end: FrontEnd
    augment: ViewConfig
    teachers: tuple[Path | None, Path]
    seed: int = 0
    shard_views: int = SHARD


@dataclass(frozen=True, eq=False)
class Shard:
    """Part of a set of views, mapped into memory.

    Attributes:
        log_mel: The spectrograms, from `to_bytes`.
        hidden: The teachers' last hidden layers, side by side.
    """

    log_mel: UInt8[np.ndarray, "views n_mels frames"]
    hidden: Float16[np.ndarray, "views hidden"]


def views_folder(recipe: Recipe) -> Path:
    """The folder in the cache that belongs to a recipe: whatever is changed in it has another.

    Raises:
        OSError: If the file of mn04's weights can't be read.
    """
    teacher = ""  # the package of musicnn is always the same
    if recipe.teachers[0] is not None:
        with recipe.teachers[0].open("rb") as weights:
            teacher = hashlib.file_digest(weights, "sha256").hexdigest()
    front_end, augment = asdict(recipe.front_end), asdict(recipe.augment)
    described = (
        _VERSION, teacher, recipe.content_ids, front_end, augment, recipe.seed, recipe.shard_views,
    )  # fmt: skip
    digest = hashlib.sha256(json.dumps(described).encode()).hexdigest()
    return recipe.cache / "views" / digest[:16]


def store_views(
    folder: Path, recipe: Recipe, shards: int, workers: int, on_progress: Progress | None = None
) -> None:
    """Makes the shards that are not in a folder yet.

    Args:
        folder: The folder of the set.
        recipe: What determines it.
        shards: The number of shards.
        workers: The number of processes, one thread each; 0 to do it in this one.
        on_progress: Called with the number of shards made and of all shards.

    Raises:
        ModelError: If a teacher's weights can't be read.
        WorkerError: If one of the processes is killed.
    """
    absent = [number for number in range(shards) if not shard_folder(folder, number).exists()]
    made = shards - len(absent)
    with _pool(workers) as pool:
        try:
            with uninterrupted():
                waiting = [pool.submit(_store_shard, folder, recipe, number) for number in absent]
            for future in as_completed(waiting):
                future.result()
                made += 1
                if on_progress:
                    on_progress(made, shards)
        except BrokenProcessPool as error:
            raise WorkerError(
                "a process that stored views was killed; run the same command again, with fewer"
                " distill.workers if memory is short"
            ) from error
        except BaseException:
            if isinstance(pool, ProcessPoolExecutor):
                kill_workers(pool)
            pool.shutdown(cancel_futures=True)
            raise


def _pool(workers: int) -> Executor:
    if workers == 0:
        return ThreadPoolExecutor(1)
    return ProcessPoolExecutor(workers, get_context("spawn"), torch.set_num_threads, (1,))


def shard_folder(folder: Path, number: int) -> Path:
    """The folder of a shard."""
    return folder / f"{number:05d}"


def _store_shard(folder: Path, recipe: Recipe, number: int) -> None:
    """Makes one shard; called by a worker."""
    log_mel, rate = LogMel(recipe.front_end), recipe.front_end.sample_rate
    mels, hidden = [], []
    for views in draw_views(recipe, number):
        for part in views.split(_AT_ONCE):
            hidden.append(ask_teachers(recipe.teachers, part, rate))
        mels.append(to_bytes(log_mel(views)))
    scratch = folder / f".{number:05d}"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    np.save(scratch / _LOG_MEL, np.concatenate(mels))
    np.save(scratch / _HIDDEN, torch.cat(hidden).numpy().astype(np.float16))
    scratch.rename(shard_folder(folder, number))


def ask_teachers(
    files: tuple[Path | None, Path], views: Float32[Tensor, "views samples"], sample_rate: int
) -> Float32[Tensor, "views hidden"]:
    """The teachers' last hidden layers, side by side, for views that are made equally loud.

    Args:
        files: As `Recipe.teachers`.
        views: Views of three seconds or more; of few at a time the spectrograms stay in the cache.
        sample_rate: Their sample rate in Hz.

    Raises:
        ModelError: If a teacher's weights can't be read.
    """
    mn04, musicnn = _teachers(files)
    loud = leveled(views)
    heard = [musicnn.hear(loud, sample_rate)]
    return torch.cat([mn04(loud, sample_rate), *heard] if mn04 else heard, dim=1)


@cache
def _teachers(files: tuple[Path | None, Path]) -> tuple[MN04 | None, MusicnnTagger]:
    return load_mn04(files[0]) if files[0] else None, load_musicnn(files[1])


def draw_views(recipe: Recipe, number: int) -> Iterator[Float32[Tensor, "views samples"]]:
    """Draws the views of a shard, in batches: cut, sped or slowed, mixed, equalized, damaged."""
    generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + number)
    rng = np.random.default_rng([recipe.seed, number])
    cache = AudioCache(recipe.cache, recipe.front_end.sample_rate)
    for _ in range(recipe.shard_views // _BATCH):
        chosen = rng.choice(
            len(recipe.content_ids), _BATCH, replace=len(recipe.content_ids) < _BATCH
        )
        cuts = [_cut(cache, recipe, recipe.content_ids[row], rng) for row in chosen]
        views, _ = change_views(torch.from_numpy(np.stack(cuts)), recipe.augment, generator)
        # Some hold three tracks.
        some = replace(recipe.augment, mix_probability=0.2, eq_db=0.0)
        views, _ = change_views(views, some, generator)
        yield damage_views(views, recipe.front_end.sample_rate, generator)


def _cut(
    cache: AudioCache, recipe: Recipe, content_id: str, rng: np.random.Generator
) -> Float32[np.ndarray, " samples"]:
    length, most = recipe.front_end.window_samples, recipe.augment.max_speed_factor
    factor = most ** rng.uniform(-1, 1) if rng.random() < 0.5 else 1.0
    taken = round(length * factor)
    start = int(rng.integers(0, max(1, cache.samples(content_id) - taken + 1)))
    cut = cache.cut(content_id, [start], taken)[0]
    if taken == length:
        return cut
    return np.resize(soxr.resample(cut, taken, length, quality="LQ"), length)


def to_bytes(log_mel: Float32[Tensor, "views n_mels frames"]) -> UInt8[np.ndarray, "..."]:
    """Rounds a log-mel spectrogram to 8 bits, in steps of a sixteenth (0.27 dB)."""
    steps = ((log_mel - _LOWEST) / _STEP).round().clamp(0, 255)
    return steps.to(torch.uint8).numpy()


def from_bytes(steps: UInt8[Tensor, "..."]) -> Float32[Tensor, "..."]:
    """Inverts `to_bytes`."""
    return steps.float() * _STEP + _LOWEST


def read_shards(folder: Path) -> list[Shard]:
    """Maps the arrays of all whole shards of a set, in order."""
    return [
        Shard(*(np.load(shard / name, mmap_mode="r") for name in (_LOG_MEL, _HIDDEN)))
        for shard in sorted(folder.glob("[0-9]*"))
    ]


def leveled(views: Float32[Tensor, "views samples"]) -> Float32[Tensor, "views samples"]:
    """Brings views to the level at which a teacher hears them."""
    rms = views.square().mean(dim=1, keepdim=True).sqrt().clamp(min=1e-4)
    return views * (LEVEL / rms)
