"""Settings of `specrec train`, but for the model's own."""

from dataclasses import dataclass, field

from specrec.config.encoder import EncoderConfig
from specrec.config.rule import require


@dataclass
class TeacherConfig:
    """Another network whose embeddings are learned.

    A stored teacher is a NumPy file (.npz) with `track_id`, `windows` (rows of each track, in that
    order), `start_s` (of each row) and the embeddings, one row a window. A live one is run on the
    views; its file holds the weights of mn04_as.

    Attributes:
        path: Of the file.
        dim: Length of its part of the embedding; the parts make up the whole.
        array: Name of the stored embeddings in the file; null for a live teacher.
        window_seconds: Length of the windows of stored embeddings.
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
        audio: Folder of music, or a table of tracks; `synthetic` makes one.
        cache: Folder for decoded audio; it is filled once and reused.
        split_column: Column that says `train` or `valid`; null to split here.
        group_by: Columns none of whose values may be on both sides.
        valid_fraction: Share of the tracks kept for validation.
        label: Column of related tracks, for retrieval figures and the label loss; null for none.
        teachers: Networks to distil from; none by default.
        extra: More folders of music, or `synthetic`, to train on without labels or split.
        workers: Processes that cut windows; 0 to do it in the main one.
    """

    audio: str
    cache: str
    split_column: str | None = None
    group_by: tuple[str, ...] = ("artist", "album")
    valid_fraction: float = 0.1
    label: str | None = None
    teachers: list[TeacherConfig] = field(default_factory=list)
    extra: tuple[str, ...] = ()
    workers: int = 0

    def __post_init__(self) -> None:
        share = self.valid_fraction
        require(0 < share < 1, "data.valid_fraction", share, "between 0 and 1")
        require(self.workers >= 0, "data.workers", self.workers, "0 or more")


@dataclass
class AugmentConfig:
    """How a view differs from the window it was cut from.

    Attributes:
        gain_db: Largest change of level, either way.
        noise_db: Level of added white noise at its loudest, relative to the music.
        filter_db: Largest boost or cut of a random smooth filter.
        mix_db: Level of another track mixed in at its loudest, relative to the music.
        mix_share: Share of the views into which another track is mixed.
        speed: Largest factor by which half of the views are played faster or slower.
        mask_mels: Largest width of a masked frequency band, in mels.
        mask_frames: Largest width of a masked stretch of time, in frames.
    """

    gain_db: float = 12.0
    noise_db: float = -20.0
    filter_db: float = 10.0
    mix_db: float = -10.0
    mix_share: float = 1.0
    speed: float = 1.0
    mask_mels: int = 16
    mask_frames: int = 24

    def __post_init__(self) -> None:
        for name in ("gain_db", "filter_db", "mask_mels", "mask_frames"):
            value = getattr(self, name)
            require(value >= 0, f"training.augment.{name}", value, "0 or more")
        share, speed = self.mix_share, self.speed
        require(0 <= share <= 1, "training.augment.mix_share", share, "from 0 to 1")
        require(1 <= speed <= 2, "training.augment.speed", speed, "from 1 to 2")


@dataclass
class TrainingConfig:
    """The group `training`: loss, schedule and hardware.

    Attributes:
        epochs: Passes over the training tracks; each gives two views of every track. 0 leaves
            the backbone as it is and fits the scale of its input and a linear head in closed form.
        batch_tracks: Tracks in a batch.
        temperature: Of NT-Xent.
        contrast_weight: Weight of NT-Xent over two views of a track.
        label_weight: Weight of the loss that pulls tracks of one label together; 0 for none.
        distill_weight: Weight of the distance to the teachers' embeddings; 0 for none.
        probe_weight: Weight of the squared error of a linear probe that is trained along, to
            predict the tracks' features from their embeddings; 0 for none.
        visits_per_epoch: How often an epoch visits a track; each visit cuts two views.
        view_seconds: How far apart the two views of a track may begin; null for anywhere.
        projector_dim: Output of the projector that is dropped after training; 0 for none.
        learning_rate: Peak, after the warm-up.
        weight_decay: Of AdamW.
        warmup_fraction: Share of the steps over which the rate rises.
        monitor: Validation figure by which the best epoch is chosen: window_p1; with labels
            track_map or track_p1; with a live teacher agreement.
        patience: Validations without a better figure before training stops.
        validate_every: Epochs between validations.
        accelerator: Lightning's: auto, cpu, gpu.
        devices: Lightning's: auto, or a number of processes.
        strategy: Lightning's: auto, ddp.
        precision: Lightning's; `auto` takes bf16-mixed where the hardware has it.
        probe: Whether to measure the training tracks' features at the end and to fit the probe on
            them, without which a model can't explain.
        whiten: How far the embedding is whitened at the end: each principal axis of the training
            tracks is divided by its variance to the power of half of this. 0 leaves it, 1 makes
            all axes alike.
        augment: How views are made.
    """

    epochs: int = 100
    batch_tracks: int = 64
    temperature: float = 0.1
    contrast_weight: float = 1.0
    label_weight: float = 0.0
    distill_weight: float = 0.0
    probe_weight: float = 0.0
    visits_per_epoch: int = 1
    view_seconds: float | None = None
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
        for name in ("patience", "validate_every", "visits_per_epoch"):
            value = getattr(self, name)
            require(value >= 1, f"training.{name}", value, "1 or more")
        often = self.epochs == 0 or self.validate_every <= self.epochs
        rule = f"at most training.epochs ({self.epochs})"
        require(often, "training.validate_every", self.validate_every, rule)
        require(0 <= self.whiten <= 1, "training.whiten", self.whiten, "from 0 to 1")
        apart = self.view_seconds
        require(apart is None or apart >= 0, "training.view_seconds", apart, "0 or more, or null")
        require(self.batch_tracks >= 2, "training.batch_tracks", self.batch_tracks, "2 or more")
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
        figures = ("window_p1", "track_map", "track_p1", "agreement")
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
        name: Of the model.
        output: Folder for the model, checkpoints and logs.
        license: SPDX expression for the weights.
        seed: Of everything random.
        resume: Whether to go on from the last checkpoint in `output`.
        encoder: What is trained.
        data: On which tracks.
        training: How.
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
        share, deaf = training.augment.mix_share, bool(data.teachers) and not live
        rule = "below 1: stored teachers, the only ones, say nothing of a mixed view"
        require(not (taught and deaf) or share < 1, "training.augment.mix_share", share, rule)
        labeled = not training.monitor.startswith("track") or data.label
        require(bool(labeled), "data.label", data.label, f"given to monitor {training.monitor}")
        total = (
            training.contrast_weight
            + training.label_weight
            + training.distill_weight
            + training.probe_weight
        )
        require(total > 0, "the sum of the loss weights", total, "above 0")
