"""Trains the whole network of a model on, so that it hears what the tagger hears in a library.

The teacher's word and the model's own are one target: what the model says of a view that is neither
masked nor mixed, moved toward the tagger as `specrec.training.refit` moves the head. So what the
tagger has no word for is not forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from pytorch_lightning import seed_everything
from torch.utils.data import DataLoader

from specrec.config import (
    AugmentConfig,
    DataConfig,
    EncoderConfig,
    TrainConfig,
    TrainingConfig,
    ViewConfig,
)
from specrec.model.encoder import Encoder
from specrec.progress import Progress
from specrec.shapes import Bool
from specrec.training.cache import AudioCache
from specrec.training.distillation import DistillationModule, Item, StoredViews, pool_views
from specrec.training.refit import Head, Lesson
from specrec.training.targets import Targets
from specrec.training.trainer import (
    checkpoint_to_resume,
    device_of,
    hush_lightning,
    make_trainer,
    train,
)
from specrec.training.views import Recipe, Shard, read_shards, store_views, views_folder

VIEWS_PER_TRACK = 20
"""Views of each track, on average."""

_SHARD = 400
_FEWEST_SHARDS = 6  # one of which is kept to watch the training
_BATCH = 64
_LEARNING_RATE = 5e-4  # a quarter of that of the first training
_MIXUP = 0.3
_VIEWS = ViewConfig(mix_probability=0.3)


@dataclass(frozen=True, eq=False)
class Schooling:
    """How a network is trained on.

    Attributes:
        cache: The tracks' audio.
        tracks: The tracks, with the column content_id.
        package: The package of musicnn.
        passes: How often the network passes over the views.
        device: The device that trains: auto, cpu or cuda.
        workers: Number of processes that store views; 0 to do it in this one.
        on_store: Called with the number of shards of views that are stored, and of all.
    """

    cache: AudioCache
    tracks: pd.DataFrame
    package: Path
    passes: int
    device: str = "auto"
    workers: int = 0
    on_store: Progress | None = None

    @property
    def accelerator(self) -> str:
        """The hardware, as Lightning names it."""
        return "gpu" if self.device.startswith("cuda") else self.device

    @property
    def folder(self) -> Path:
        """Where views and checkpoints are kept."""
        return self.cache.folder.parent


def train_on(
    base: Encoder,
    start: Head,
    lesson: Lesson,
    school: Schooling,
    learned: Bool[np.ndarray, " tracks"],
) -> Encoder:
    """Trains a copy of an encoder on.

    Args:
        base: The encoder, in evaluation mode, whose own word counts too.
        start: The head to begin with.
        lesson: What is to be learned.
        school: How.
        learned: The tracks of which it hears views.

    Raises:
        StorageError: If views or checkpoints can't be written.
        WorkerError: If a process that stores views is killed.
    """
    folder, shards = _views(base, school, learned)
    heard = [_with_own_word(base, shard) for shard in shards]
    targets = _targets(base, lesson, heard)
    settings = _settings(base, school, folder)
    hush_lightning()
    seed_everything(settings.seed, workers=True, verbose=False)
    module = DistillationModule(settings.encoder, settings.training, settings.seed, _MIXUP)
    module.encoder.load_state_dict(start.given_to(base).state_dict())
    trainer, best = make_trainer(settings, "valid/teacher_cosine")
    train(
        trainer,
        best,
        module,
        _loader(heard[:-1], targets, shuffle=True),
        _loader(heard[-1:], targets, shuffle=False),
        checkpoint_to_resume(settings, settings.encoder),
    )
    return module.encoder.to(device_of(school.accelerator)).eval()


def _views(
    base: Encoder, school: Schooling, learned: Bool[np.ndarray, " tracks"]
) -> tuple[Path, list[Shard]]:
    content_ids = tuple(sorted(set(school.tracks["content_id"][learned])))
    recipe = Recipe(
        school.folder, content_ids, base.front_end, _VIEWS, (None, school.package), 0, _SHARD
    )
    folder = views_folder(recipe)
    count = max(_FEWEST_SHARDS, -(-VIEWS_PER_TRACK * len(content_ids) // _SHARD))
    store_views(folder, recipe, count, school.workers, school.on_store)
    return folder, read_shards(folder)[:count]


def _with_own_word(base: Encoder, shard: Shard) -> Shard:
    """Puts the model's own mean feature map before the tagger's hidden layer."""
    own = pool_views(base, shard.log_mel).astype(np.float16)
    return Shard(shard.log_mel, np.concatenate([own, shard.hidden], axis=1))


def _targets(base: Encoder, lesson: Lesson, shards: Sequence[Shard]) -> Targets:
    """Embeddings as the model has them, before centering, moved toward the tagger."""
    head = Head.of(base)
    moved = lesson.back * lesson.trust
    weight = np.concatenate(
        [
            head.weight - moved @ lesson.readout @ head.weight,
            moved @ lesson.tagger.weight[lesson.places],
        ],
        axis=1,
    )
    center = base.center.cpu().double().numpy()
    heard = np.concatenate([shard.hidden for shard in shards]).mean(axis=0, dtype=np.float64)
    usual = head.embed(heard[: head.weight.shape[1]])  # what is usual stays so
    bias = usual + center - weight @ heard
    names = tuple(str(place) for place in range(len(bias)))
    return Targets(names, weight.astype(np.float32), bias.astype(np.float32))


def _settings(base: Encoder, school: Schooling, views: Path) -> TrainConfig:
    output = school.folder / f"trained-{views.name}-{school.passes}"
    return TrainConfig(
        name="adapted",
        output=str(output),
        license="",
        seed=0,
        resume=True,
        encoder=EncoderConfig(base.front_end, base.architecture),
        data=DataConfig("", str(school.folder)),
        training=TrainingConfig(
            epochs=school.passes,
            batch_size=_BATCH,
            learning_rate=_LEARNING_RATE,
            patience=school.passes,
            accelerator=school.accelerator,
            augment=AugmentConfig(frequency_mask=12, time_mask=20),
        ),
    )


def _loader(shards: Sequence[Shard], targets: Targets, shuffle: bool) -> DataLoader[Item]:
    return DataLoader(StoredViews(shards, targets), _BATCH, shuffle=shuffle, drop_last=shuffle)
