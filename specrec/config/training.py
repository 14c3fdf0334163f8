"""Settings of `specrec train`, except those of the encoder."""

from dataclasses import dataclass, field

from specrec.config.encoder import EncoderConfig
from specrec.config.old_names import renamed
from specrec.config.rule import require
from specrec.errors import ConfigError


@dataclass
class TeacherConfig:
    """Another network, whose embeddings the encoder learns to imitate.

    A stored teacher is a NumPy file (.npz) with `track_id`, `windows` (how many rows each track
    has, in that order), `start_s` (where each row's window starts, in seconds) and the embeddings,
    one row per window. A live one is run on the views; its file holds the weights of mn04_as.

    Attributes:
        path: The teacher's file.
        dim: How many dimensions of the embedding imitate this teacher, 1 or more; those of all
            teachers add up to the whole embedding.
        array: The name of the stored embeddings in the file; null for a live teacher.
        window_seconds: The length of the windows of stored embeddings; null for a live teacher.
    """

    path: str
    dim: int
    array: str | None = None
    window_seconds: float | None = None

    def __post_init__(self) -> None:
        require(self.dim >= 1, "data.teachers.dim", self.dim, "1 or more")
        stored = self.array is not None
        given = self.window_seconds is not None and self.window_seconds > 0
        rule = "the length of the stored windows, and null for a live teacher"
        require(stored == given, "data.teachers.window_seconds", self.window_seconds, rule)


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
        teachers: Networks to distill from; none by default.
        unlabeled_audio: More folders of music, or `synthetic`, all of which are trained on, without
            labels.
        workers: How many processes cut windows; 0 to do it in the main one.
    """

    audio: str
    cache: str
    split_column: str | None = None
    group_by: tuple[str, ...] = ("artist", "album")
    valid_fraction: float = 0.1
    label: str | None = None
    teachers: list[TeacherConfig] = field(default_factory=list)
    unlabeled_audio: tuple[str, ...] = ()
    workers: int = 0

    def __post_init__(self) -> None:
        share = self.valid_fraction
        require(0 < share < 1, "data.valid_fraction", share, "between 0 and 1")
        require(self.workers >= 0, "data.workers", self.workers, "0 or more")


@dataclass
class AugmentConfig:
    """How a view differs from the window it was cut from.

    Attributes:
        gain_db: The largest change of level up or down, in dB.
        noise_db: The level of the added white noise at its loudest, in dB relative to the music.
        eq_db: The largest boost or cut of a random, smooth equalizer, in dB.
        mix_db: The level of another track mixed in at its loudest, in dB relative to the music.
        mix_probability: How probable it is that another track is mixed into a view, from 0 to 1.
        max_speed_factor: The largest factor, from 1 to 2, by which half of the views are played
            faster or slower, which changes their pitch too; 1 leaves them.
        frequency_mask: The largest width of a masked frequency band, in mel bands; 0 for no mask.
        time_mask: The largest width of a masked stretch of time, in frames; 0 for no mask.
    """

    gain_db: float = 12.0
    noise_db: float = -20.0
    eq_db: float = 10.0
    mix_db: float = -10.0
    mix_probability: float = 1.0
    max_speed_factor: float = 1.0
    frequency_mask: int = 16
    time_mask: int = 24

    def __post_init__(self) -> None:
        for name in ("gain_db", "eq_db", "frequency_mask", "time_mask"):
            value = getattr(self, name)
            require(value >= 0, f"training.augment.{name}", value, "0 or more")
        chance, factor = self.mix_probability, self.max_speed_factor
        require(0 <= chance <= 1, "training.augment.mix_probability", chance, "from 0 to 1")
        require(1 <= factor <= 2, "training.augment.max_speed_factor", factor, "from 1 to 2")


@dataclass
class TrainingConfig:
    """The group `training`: loss, schedule and hardware.

    Attributes:
        epochs: How many passes over the training tracks are made. 0 leaves the backbone as it is
            and fits the scale of its input and a linear head in closed form.
        batch_size: How many pairs of views are in a batch, 2 or more.
        temperature: The temperature of the contrastive losses, above 0; smaller weighs hard
            negatives more.
        contrast_weight: The weight of NT-Xent over two views of a track; 0 for none.
        label_weight: The weight of the loss that pulls tracks of one label together; 0 for none.
        distill_weight: The weight of the distance to the teachers' embeddings; 0 for none.
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
            track_map or track_p1; with a live teacher also teacher_cosine.
        patience: After how many validations without a better figure training stops.
        validate_every: How many epochs pass from one validation to the next.
        accelerator: The hardware, as Lightning names it: auto, cpu or gpu.
        devices: How many processes train; auto for Lightning's choice.
        strategy: How they share the work, as Lightning names it: auto or ddp.
        precision: The precision, as Lightning names it; auto takes bf16-mixed where the hardware
            has it.
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
    distill_weight: float = 0.0
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
            "distill_weight",
            "probe_weight",
            "weight_decay",
            "projector_dim",
        ):
            value = getattr(self, name)
            require(value >= 0, f"training.{name}", value, "0 or more")
        if said := renamed(f"training.monitor={self.monitor}"):
            raise ConfigError(said)
        figures = ("window_p1", "track_map", "track_p1", "teacher_cosine")
        require(
            self.monitor in figures,
            "training.monitor",
            self.monitor,
            f"one of {', '.join(figures)}",
        )
        share = self.warmup_fraction
        require(0 <= share < 1, "training.warmup_fraction", share, "from 0 to below 1")


@dataclass
class TrainConfig:
    """Settings of `specrec train`.

    Attributes:
        name: The model's name.
        output: The folder for the model, checkpoints and logs.
        license: The license of the weights, as an SPDX expression.
        seed: The seed of everything random.
        resume: Whether to go on from the last checkpoint in `output`.
        encoder: What is trained.
        data: The tracks it is trained on.
        training: How it is trained.
    """

    name: str
    output: str
    license: str
    seed: int
    resume: bool
    encoder: EncoderConfig
    data: DataConfig
    training: TrainingConfig

    def __post_init__(self) -> None:
        training, data = self.training, self.data
        taught = training.distill_weight > 0
        dims, dim = [item.dim for item in data.teachers], self.encoder.architecture.embedding_dim
        rule = f"such that they add up to embedding_dim ({dim}) if distill_weight is not 0"
        require(not taught or sum(dims) == dim, "data.teachers.dim", dims, rule)
        live = [item.path for item in data.teachers if item.array is None]
        require(len(live) <= 1, "data.teachers", live, "with no more than one live teacher")
        chance, deaf = training.augment.mix_probability, bool(data.teachers) and not live
        rule = "below 1: stored teachers, the only ones, say nothing of a mixed view"
        heard = not (taught and deaf) or chance < 1
        require(heard, "training.augment.mix_probability", chance, rule)
        labeled = not training.monitor.startswith("track") or data.label
        require(bool(labeled), "data.label", data.label, f"given to monitor {training.monitor}")
        total = (
            training.contrast_weight
            + training.label_weight
            + training.distill_weight
            + training.probe_weight
        )
        require(total > 0, "the sum of the loss weights", total, "above 0")
