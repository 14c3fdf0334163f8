"""Settings: the dataclass schemas of `conf/`.

A schema's `__post_init__` refuses values out of range, whoever makes it: a root script from its
YAML, or a caller in Python.
"""

from dataclasses import dataclass, field

from specrec.errors import ConfigError


def _require(holds: bool, key: str, value: object, rule: str) -> None:
    if not holds:
        raise ConfigError(f"{key} must be {rule}, not {value}")


@dataclass
class FrontEnd:
    """Settings of the spectrogram; they travel inside the model and are typed nowhere else.

    Attributes:
        sample_rate: Hz; audio is resampled to it.
        window_seconds: Length of the cuts that are embedded.
        n_fft: Length of the Fourier transform and its Hann window, in samples.
        hop_length: Samples between frames.
        n_mels: Number of mel bands.
        f_min: Lower edge of the lowest band, Hz.
        f_max: Upper edge of the highest band, Hz.
        log_floor: Power added before the logarithm; it hides what lies far below the music.
    """

    sample_rate: int = 22_050
    window_seconds: float = 5.0
    n_fft: int = 1024
    hop_length: int = 512
    n_mels: int = 128
    f_min: float = 30.0
    f_max: float = 10_000.0
    log_floor: float = 1e-4

    def __post_init__(self) -> None:
        rate = self.sample_rate
        _require(8000 <= rate <= 48_000, "front_end.sample_rate", rate, "from 8000 to 48000")
        _require(
            0.5 <= self.window_seconds <= 60,
            "front_end.window_seconds",
            self.window_seconds,
            "from 0.5 to 60",
        )
        _require(
            0 < self.hop_length <= self.n_fft,
            "front_end.hop_length",
            self.hop_length,
            f"from 1 to n_fft ({self.n_fft})",
        )
        _require(self.n_fft <= 8192, "front_end.n_fft", self.n_fft, "at most 8192")
        _require(16 <= self.n_mels <= 512, "front_end.n_mels", self.n_mels, "from 16 to 512")
        _require(
            0 <= self.f_min < self.f_max <= rate / 2,
            "front_end.f_max",
            self.f_max,
            f"above f_min ({self.f_min:g}) and at most half the sample rate ({rate / 2:g})",
        )
        _require(self.log_floor > 0, "front_end.log_floor", self.log_floor, "above 0")

    @property
    def window_samples(self) -> int:
        """Length of a window in samples."""
        return round(self.window_seconds * self.sample_rate)


MEL_CNN = "mel_cnn"
MUSICNN = "musicnn"


@dataclass
class Architecture:
    """Shape of an encoder's network.

    Attributes:
        backbone: Its convolutional part; `specrec.model.backbone` knows the names.
        widths: Channels of the stages of `mel_cnn`, or of the six kinds of filter of `musicnn`.
        embedding_dim: Length of an embedding.
    """

    backbone: str = MEL_CNN
    widths: tuple[int, ...] = (32, 64, 128, 256)
    embedding_dim: int = 256

    def __post_init__(self) -> None:
        fits = self.backbone != MEL_CNN or (len(self.widths) >= 3 and min(self.widths) > 0)
        _require(fits, "architecture.widths", list(self.widths), "three or more positive numbers")
        fits = self.backbone != MUSICNN or (len(self.widths) == 6 and min(self.widths) > 0)
        _require(
            fits, "architecture.widths", list(self.widths), f"six positive numbers for {MUSICNN}"
        )
        _require(
            2 <= self.embedding_dim <= 4096,
            "architecture.embedding_dim",
            self.embedding_dim,
            "from 2 to 4096",
        )


@dataclass
class EncoderConfig:
    """The group `encoder`: what is trained."""

    front_end: FrontEnd = field(default_factory=FrontEnd)
    architecture: Architecture = field(default_factory=Architecture)


@dataclass
class TeacherConfig:
    """Stored embeddings of another network (NumPy .npz).

    The file holds `track_id`, `windows` (rows of each track, in that order), `start_s` (of each
    row) and the embeddings, one row a window.

    Attributes:
        path: Of the file.
        array: Name of the embeddings in it.
        window_seconds: Length of its windows.
    """

    path: str
    array: str
    window_seconds: float


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
        teachers: Embeddings to distil from; none by default.
        workers: Processes that cut windows; 0 to do it in the main one.
    """

    audio: str
    cache: str
    split_column: str | None = None
    group_by: tuple[str, ...] = ("artist", "album")
    valid_fraction: float = 0.1
    label: str | None = None
    teachers: list[TeacherConfig] = field(default_factory=list)
    workers: int = 0

    def __post_init__(self) -> None:
        share = self.valid_fraction
        _require(0 < share < 1, "data.valid_fraction", share, "between 0 and 1")
        _require(self.workers >= 0, "data.workers", self.workers, "0 or more")


@dataclass
class AugmentConfig:
    """How a view differs from the window it was cut from.

    Attributes:
        gain_db: Largest change of level, either way.
        noise_db: Level of added white noise at its loudest, relative to the music.
        filter_db: Largest boost or cut of a random smooth filter.
        mix_db: Level of another track mixed in at its loudest, relative to the music.
        mask_mels: Largest width of a masked frequency band, in mels.
        mask_frames: Largest width of a masked stretch of time, in frames.
    """

    gain_db: float = 12.0
    noise_db: float = -20.0
    filter_db: float = 10.0
    mix_db: float = -10.0
    mask_mels: int = 16
    mask_frames: int = 24

    def __post_init__(self) -> None:
        for name in ("gain_db", "filter_db", "mask_mels", "mask_frames"):
            value = getattr(self, name)
            _require(value >= 0, f"training.augment.{name}", value, "0 or more")


@dataclass
class TrainingConfig:
    """The group `training`: loss, schedule and hardware.

    Attributes:
        epochs: Passes over the training tracks; each gives two views of every track.
        batch_tracks: Tracks in a batch.
        temperature: Of NT-Xent.
        contrast_weight: Weight of NT-Xent over two views of a track.
        label_weight: Weight of the loss that pulls tracks of one label together; 0 for none.
        distill_weight: Weight of the cosine distance to the teachers' embeddings; 0 for none.
        visits_per_epoch: How often an epoch visits a track; each visit cuts two views.
        projector_dim: Output of the projector that is dropped after training; 0 for none.
        learning_rate: Peak, after the warm-up.
        weight_decay: Of AdamW.
        warmup_fraction: Share of the steps over which the rate rises.
        monitor: Validation figure by which the best epoch is chosen: window_p1, or with labels
            track_map or track_p1.
        patience: Validations without a better figure before training stops.
        validate_every: Epochs between validations.
        accelerator: Lightning's: auto, cpu, gpu.
        devices: Lightning's: auto, or a number of processes.
        strategy: Lightning's: auto, ddp.
        precision: Lightning's; `auto` takes bf16-mixed where the hardware has it.
        augment: How views are made.
    """

    epochs: int = 100
    batch_tracks: int = 64
    temperature: float = 0.1
    contrast_weight: float = 1.0
    label_weight: float = 0.0
    distill_weight: float = 0.0
    visits_per_epoch: int = 1
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
    augment: AugmentConfig = field(default_factory=AugmentConfig)

    def __post_init__(self) -> None:
        for name in ("epochs", "patience", "validate_every", "visits_per_epoch"):
            value = getattr(self, name)
            _require(value >= 1, f"training.{name}", value, "1 or more")
        _require(self.batch_tracks >= 2, "training.batch_tracks", self.batch_tracks, "2 or more")
        for name in ("temperature", "learning_rate"):
            value = getattr(self, name)
            _require(value > 0, f"training.{name}", value, "above 0")
        for name in (
            "contrast_weight",
            "label_weight",
            "distill_weight",
            "weight_decay",
            "projector_dim",
        ):
            value = getattr(self, name)
            _require(value >= 0, f"training.{name}", value, "0 or more")
        figures = ("window_p1", "track_map", "track_p1")
        _require(
            self.monitor in figures,
            "training.monitor",
            self.monitor,
            f"one of {', '.join(figures)}",
        )
        share = self.warmup_fraction
        _require(0 <= share < 1, "training.warmup_fraction", share, "from 0 to below 1")


@dataclass
class TrainConfig:
    """Settings of `train.py`.

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
        taught = training.distill_weight == 0 or data.teachers
        _require(bool(taught), "data.teachers", data.teachers, "given if distill_weight is not 0")
        labeled = training.monitor == "window_p1" or data.label
        _require(bool(labeled), "data.label", data.label, f"given to monitor {training.monitor}")
        total = training.contrast_weight + training.label_weight + training.distill_weight
        _require(total > 0, "the sum of the loss weights", total, "above 0")


@dataclass
class IndexConfig:
    """Settings of `index.py`.

    Attributes:
        audio: Folder of music, or a table of tracks.
        library: Folder that is written.
        model: Name of an installed model, or the folder of another.
        device: Torch's: auto, cpu, cuda.
        workers: Processes that decode; 0 for one a core.
        batch_windows: Windows embedded at once.
    """

    audio: str
    library: str
    model: str
    device: str = "auto"
    workers: int = 0
    batch_windows: int = 64

    def __post_init__(self) -> None:
        _require(self.workers >= 0, "workers", self.workers, "0 or more")
        _require(self.batch_windows >= 1, "batch_windows", self.batch_windows, "1 or more")
