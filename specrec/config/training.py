"""Settings of `specrec train`, except those of the encoder."""

from dataclasses import MISSING, dataclass, field, fields
from typing import ClassVar

from specrec.config.encoder import EncoderConfig
from specrec.config.old_names import renamed
from specrec.config.rule import require
from specrec.errors import ConfigError


@dataclass
class DataConfig:
    """The group `data`: which tracks, and how they are divided.

    Attributes:
        audio: A folder of music, or a table of tracks; `synthetic` to synthesize music.
        cache: The folder for decoded audio; it is filled once and reused.
        split_column: The column that says `train` or `valid`; null to split the tracks at random.
        group_by: Columns, such as `artist`, none of whose values may be on both sides of the split.
        valid_fraction: The share of the tracks kept for validation, between 0 and 1.
        label: The column whose values say which tracks are related, for retrieval figures and the
            label loss; null for none.
        unlabeled_audio: More folders of music, or `synthetic`, which are trained on without labels.
            Of one whose `split_column` also says something else than `train`, only the tracks for
            `train` are; a distillation validates on those for `valid`, or else keeps
            `valid_fraction` of the others for it.
        workers: How many processes cut windows; 0 to do it in the main one.
    """

    audio: str
    cache: str
    split_column: str | None = None
    group_by: tuple[str, ...] = ("artist", "album")
    valid_fraction: float = 0.1
    label: str | None = None
    unlabeled_audio: tuple[str, ...] = ()
    workers: int = 0

    def __post_init__(self) -> None:
        share = self.valid_fraction
        require(0 < share < 1, "data.valid_fraction", share, "between 0 and 1")
        require(self.workers >= 0, "data.workers", self.workers, "0 or more")


@dataclass
class ViewConfig:
    """How a view differs from what it was cut from, such that it is other music.

    Attributes:
        eq_db: The largest boost or cut of a random, smooth equalizer, in dB.
        mix_db: The level of another track mixed in at its loudest, in dB relative to the music.
        mix_probability: How probable it is that another track is mixed into a view, from 0 to 1.
        max_speed_factor: The largest factor, from 1 to 2, by which half of the views are played
            faster or slower, which changes their pitch too; 1 leaves them.
    """

    group: ClassVar[str] = "distill.view"

    eq_db: float = 10.0
    mix_db: float = 0.0
    mix_probability: float = 0.5
    max_speed_factor: float = 1.25

    def __post_init__(self) -> None:
        require(self.eq_db >= 0, f"{self.group}.eq_db", self.eq_db, "0 or more")
        chance, factor = self.mix_probability, self.max_speed_factor
        require(0 <= chance <= 1, f"{self.group}.mix_probability", chance, "from 0 to 1")
        require(1 <= factor <= 2, f"{self.group}.max_speed_factor", factor, "from 1 to 2")


@dataclass
class AugmentConfig(ViewConfig):
    """How a view differs from the window it was cut from. A distillation has the masks only.

    Attributes:
        gain_db: The largest change of level up or down, in dB.
        noise_db: The level of the added white noise at its loudest, in dB relative to the music.
        frequency_mask: The largest width of a masked frequency band, in mel bands; 0 for no mask.
        time_mask: The largest width of a masked stretch of time, in frames; 0 for no mask.
    """

    group: ClassVar[str] = "training.augment"

    mix_db: float = -10.0
    mix_probability: float = 1.0
    max_speed_factor: float = 1.0
    gain_db: float = 12.0
    noise_db: float = -20.0
    frequency_mask: int = 16
    time_mask: int = 24

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("gain_db", "frequency_mask", "time_mask"):
            value = getattr(self, name)
            require(value >= 0, f"{self.group}.{name}", value, "0 or more")


@dataclass
class DistillConfig:
    """The group `distill`: what two taggers hear in views becomes the embedding's coordinates.

    Attributes:
        mn04: The file with the weights of mn04_as, with `audioset_labels.csv` beside it; null to
            train on pairs of views instead, which takes none of the other settings.
        musicnn: The package musicnn 0.1.0, a wheel or source package; null to download it.
        views: How many views are stored, a multiple of `shard_views`.
        shard_views: How many views are stored at a time, a multiple of 40; a run that was
            interrupted makes at most so many again.
        workers: How many processes store views; 0 to do it in the main one.
        view: How a view is made, before teachers and student hear it.
        mixup_probability: How probable it is that the student hears a stored view mixed with
            another, and learns the targets of both in proportion, from 0 to 1.
        whiten: How far concepts that go together are kept from counting several times: 0 leaves
            their scores, 1 makes the coordinates uncorrelated.
        unsaid: Columns of concepts, such as `hip_hop`, that are never said of a track because
            people disagree with the taggers on them.
    """

    mn04: str | None = None
    musicnn: str | None = None
    views: int = 150_000
    shard_views: int = 2000
    workers: int = 1
    view: ViewConfig = field(default_factory=ViewConfig)
    mixup_probability: float = 0.3
    whiten: float = 0.5
    unsaid: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        shard = self.shard_views
        whole = shard >= 40 and shard % 40 == 0
        require(whole, "distill.shard_views", shard, "a multiple of 40")
        whole = self.views >= shard and self.views % shard == 0
        rule = f"a multiple of distill.shard_views ({shard})"
        require(whole, "distill.views", self.views, rule)
        require(self.workers >= 0, "distill.workers", self.workers, "0 or more")
        for name in ("mixup_probability", "whiten"):
            value = getattr(self, name)
            require(0 <= value <= 1, f"distill.{name}", value, "from 0 to 1")
        if self.mn04 is None:
            self._refuse_without_teacher()

    def _refuse_without_teacher(self) -> None:
        for setting in fields(self):
            made, value = setting.default_factory, getattr(self, setting.name)
            if value != (setting.default if made is MISSING else made()):
                raise ConfigError(
                    f"distill.{setting.name} is for a distillation; give distill.mn04 too, or leave"
                    " it out"
                )


_CHOICES = {
    "monitor": ("window_p1", "track_map", "track_p1"),
    "accelerator": ("auto", "cpu", "gpu", "cuda"),
    "strategy": ("auto", "ddp"),
    "precision": ("auto", "32-true", "16-mixed", "bf16-mixed", "16-true", "bf16-true", "64-true"),
}


@dataclass
class TrainingConfig:
    """The group `training`: loss, schedule and hardware.

    A distillation has a loss of its own (`DistillConfig`), and the group's other settings.

    Attributes:
        epochs: How many passes over the training tracks are made. 0 leaves the backbone as it is
            and fits the scale of its input and a linear head in closed form.
        batch_size: How many pairs of views, or in a distillation views, are in a batch; 2 or more.
        temperature: The temperature of the contrastive losses, above 0; smaller weighs hard
            negatives more.
        contrast_weight: The weight of NT-Xent over two views of a track; 0 for none.
        label_weight: The weight of the loss that pulls tracks of one label together; 0 for none.
        probe_weight: The weight of the squared error of a linear probe that is trained along, to
            predict the tracks' features from their embeddings; 0 for none.
        samples_per_track: How many pairs of views an epoch draws from each track, 1 or more.
        max_view_offset_seconds: How far apart the two views of a pair may start; null for anywhere
            in the track.
        projector_dim: The length of the output of the projector that is dropped after training; 0
            for no projector.
        learning_rate: The highest learning rate, which is reached after the warm-up.
        weight_decay: The weight decay of AdamW.
        warmup_fraction: The share of the steps over which the learning rate rises, from 0 to below
            1.
        monitor: The validation figure that chooses the best epoch: window_p1; with labels also
            track_map or track_p1. Of a distillation it is teacher_cosine.
        patience: After how many validations without a better figure training stops.
        validate_every: How many epochs pass from one validation to the next.
        accelerator: The hardware, as Lightning names it: auto, cpu or gpu.
        devices: How many processes train; auto for Lightning's choice.
        strategy: How they share the work, as Lightning names it: auto or ddp.
        precision: The precision, as Lightning names it, such as 32-true; auto takes bf16-mixed
            where the hardware has it.
        probe: Whether to measure the training tracks' features and to fit the probe on them at the
            end; without it a model can't explain.
        whiten: How far the embedding is whitened at the end: each principal axis of the training
            tracks is divided by its variance to the power of half of this. 0 leaves it, 1 makes
            all axes alike.
        augment: How views are made.
    """

    epochs: int = 100
    batch_size: int = 64
    temperature: float = 0.1
    contrast_weight: float = 1.0
    label_weight: float = 0.0
    probe_weight: float = 0.0
    samples_per_track: int = 1
    max_view_offset_seconds: float | None = None
    projector_dim: int = 0
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    warmup_fraction: float = 0.1
    monitor: str = "window_p1"
    patience: int = 20
    validate_every: int = 1
    accelerator: str = "auto"
    devices: str = "auto"
    strategy: str = "auto"
    precision: str = "auto"
    probe: bool = True
    whiten: float = 0.0
    augment: AugmentConfig = field(default_factory=AugmentConfig)

    def __post_init__(self) -> None:
        require(self.epochs >= 0, "training.epochs", self.epochs, "0 or more")
        for name in ("patience", "validate_every", "samples_per_track"):
            value = getattr(self, name)
            require(value >= 1, f"training.{name}", value, "1 or more")
        often = self.epochs == 0 or self.validate_every <= self.epochs
        rule = f"at most training.epochs ({self.epochs})"
        require(often, "training.validate_every", self.validate_every, rule)
        require(0 <= self.whiten <= 1, "training.whiten", self.whiten, "from 0 to 1")
        apart = self.max_view_offset_seconds
        rule = "0 or more, or null"
        require(apart is None or apart >= 0, "training.max_view_offset_seconds", apart, rule)
        require(self.batch_size >= 2, "training.batch_size", self.batch_size, "2 or more")
        for name in ("temperature", "learning_rate"):
            value = getattr(self, name)
            require(value > 0, f"training.{name}", value, "above 0")
        for name in (
            "contrast_weight",
            "label_weight",
            "probe_weight",
            "weight_decay",
            "projector_dim",
        ):
            value = getattr(self, name)
            require(value >= 0, f"training.{name}", value, "0 or more")
        if said := renamed(f"training.monitor={self.monitor}"):
            raise ConfigError(said)
        for name, values in _CHOICES.items():
            value = getattr(self, name)
            require(value in values, f"training.{name}", value, f"one of {', '.join(values)}")
        devices = self.devices
        known = devices == "auto" or (devices.isdecimal() and int(devices) > 0)
        require(known, "training.devices", devices, "auto, or 1 or more")
        share = self.warmup_fraction
        require(0 <= share < 1, "training.warmup_fraction", share, "from 0 to below 1")


@dataclass
class TrainConfig:
    """Settings of `specrec train`.

    Attributes:
        name: The model's name.
        output: The folder for the model, checkpoints and logs.
        license: The license of the weights, as an SPDX expression.
        seed: The seed of everything random, from 0 to 4294967295.
        resume: Whether to go on from the last checkpoint in `output`.
        encoder: What is trained.
        data: The tracks it is trained on.
        training: How it is trained.
        distill: The teachers to learn from, if any, instead of from pairs of views.
    """

    name: str
    output: str
    license: str
    seed: int
    resume: bool
    encoder: EncoderConfig
    data: DataConfig
    training: TrainingConfig
    distill: DistillConfig = field(default_factory=DistillConfig)

    def __post_init__(self) -> None:
        require(0 <= self.seed < 2**32, "seed", self.seed, "from 0 to 4294967295")
        training, label = self.training, self.data.label
        if self.distill.mn04 is not None:
            self._require_distillation()
            return
        labeled = not training.monitor.startswith("track") or label
        require(bool(labeled), "data.label", label, f"given to monitor {training.monitor}")
        total = training.contrast_weight + training.label_weight + training.probe_weight
        require(total > 0, "the sum of the loss weights", total, "above 0")

    def _require_distillation(self) -> None:
        """Refuses what a distillation would leave out."""
        settings = self.training
        require(
            settings.epochs > 0, "training.epochs", settings.epochs, "1 or more with distill.mn04"
        )
        for name in ("label_weight", "probe_weight", "projector_dim", "whiten"):
            value = getattr(settings, name)
            require(value == 0, f"training.{name}", value, "0 with distill.mn04")
        size, views = settings.batch_size, self.distill.views
        rule = f"at most distill.views ({views})"
        require(size <= views, "training.batch_size", size, rule)
        require(settings.probe, "training.probe", settings.probe, "true with distill.mn04")
        start = self.encoder.pretrained
        require(start is None, "encoder.pretrained", start, "null with distill.mn04")
