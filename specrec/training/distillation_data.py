"""What a distillation learns from: tracks, views of them, and what the teachers hear in those."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from specrec.config import DistillConfig, TrainConfig
from specrec.model.fetch import PACKAGE, download_package
from specrec.progress import Progress
from specrec.training.cache import AudioCache
from specrec.training.tracks import joined, labeled_tracks, unlabeled_tracks
from specrec.training.views import Recipe, Shard, read_shards, store_views, views_folder

_VALID_VIEWS = 2000  # at the most; the figures of rare concepts need so many


@dataclass(frozen=True, eq=False)
class DistillationData:
    """The stored views of a run, and the tracks that they are of.

    Attributes:
        cache: The decoded audio of the tracks.
        heard: The tracks of which the student hears views, of all folders.
        music: Those of folders that are divided into training and validation, as far as they are
            for training. Their mean is the center of the embedding; music that was only made to
            train on has no part in that.
        valid: The tracks to validate on.
        views: The views of `heard`.
        valid_views: The views of `valid`.
    """

    cache: AudioCache
    heard: pd.DataFrame
    music: pd.DataFrame
    valid: pd.DataFrame
    views: list[Shard]
    valid_views: list[Shard]


def teacher_files(settings: DistillConfig, cache: Path) -> tuple[Path, Path]:
    """The weights of mn04, and the package of musicnn, which is downloaded unless it is there.

    Raises:
        ModelError: If it can't be downloaded.
    """
    assert settings.mn04 is not None
    if settings.musicnn is not None:
        return Path(settings.mn04), Path(settings.musicnn)
    return Path(settings.mn04), musicnn_package(cache)


def musicnn_package(folder: Path) -> Path:
    """The package of musicnn in a folder, to which it is downloaded unless it is there.

    Raises:
        ModelError: If it can't be downloaded.
    """
    package, scratch = folder / PACKAGE, folder / f".{PACKAGE}"
    if not package.exists():
        shutil.rmtree(scratch, ignore_errors=True)
        download_package(scratch)
        scratch.rename(package)
    return package


def distillation_data(
    config: TrainConfig,
    teachers: tuple[Path, Path],
    on_progress: Progress | None = None,
    on_store: Progress | None = None,
) -> DistillationData:
    """Decodes the tracks, and lets the teachers hear views of them, unless that is done already.

    Args:
        config: The settings of the run.
        teachers: From `teacher_files`.
        on_progress: Called while audio is decoded.
        on_store: Called with the number of shards of views that are stored, and of all.

    Raises:
        CatalogError: If there are too few tracks, or a column that the settings name is missing.
        ModelError: If a teacher's weights can't be read.
    """
    data, seed = config.data, config.seed
    cache = AudioCache(Path(data.cache), config.encoder.front_end.sample_rate)
    labeled = labeled_tracks(data, seed, cache, on_progress)
    folders = [labeled, *unlabeled_tracks(data, seed, cache, on_progress)]
    divided = [part for part in folders if len(part.valid)]
    heard = joined([part.train for part in folders])
    valid = joined([part.valid for part in divided])
    few = min(config.distill.views, _VALID_VIEWS)
    return DistillationData(
        cache,
        heard,
        joined([part.train for part in divided]),
        valid,
        _stored(config, teachers, heard, config.distill.views, on_store),
        _stored(config, teachers, valid, few, on_store),
    )


def _stored(
    config: TrainConfig,
    teachers: tuple[Path, Path],
    tracks: pd.DataFrame,
    views: int,
    on_store: Progress | None,
) -> list[Shard]:
    """Views of tracks, rounded up to whole shards; those that are stored are not made again."""
    settings = config.distill
    recipe = Recipe(
        Path(config.data.cache),
        tuple(sorted(set(tracks["content_id"]))),
        config.encoder.front_end,
        settings.view,
        teachers,
        config.seed,
        settings.shard_views,
    )
    folder, shards = views_folder(recipe), -(-views // settings.shard_views)
    store_views(folder, recipe, shards, settings.workers, on_store)
    return read_shards(folder)[:shards]
