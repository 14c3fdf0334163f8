"""Settings of a model: its front end and its network."""

from dataclasses import dataclass, field

from specrec.config.rule import require


@dataclass
class FrontEnd:
    """Settings of the spectrogram; they travel inside the model and are typed nowhere else.

    Attributes:
        sample_rate: The rate to which audio is resampled, 8000 to 48000 Hz.
        window_seconds: The length of the windows that are embedded, 0.5 to 60.
        n_fft: The length of the Fourier transform and its Hann window in samples, at most 8192.
        hop_length: How many samples there are from frame to frame, at most `n_fft`.
        n_mels: How many mel bands there are, 16 to 512.
        f_min: The lower edge of the lowest band in Hz.
        f_max: The upper edge of the highest band in Hz, at most half the sample rate.
        log_floor: The power that is added before the logarithm, above 0; it hides what is far below
            the music.
        level_db: The RMS level in dBFS to which each window is brought first, so that loudness
            doesn't matter; null to leave it.
    """

    sample_rate: int = 22_050
    window_seconds: float = 5.0
    n_fft: int = 1024
    hop_length: int = 512
    n_mels: int = 128
    f_min: float = 30.0
    f_max: float = 10_000.0
    log_floor: float = 1e-4
    level_db: float | None = None

    def __post_init__(self) -> None:
        rate = self.sample_rate
        require(8000 <= rate <= 48_000, "front_end.sample_rate", rate, "from 8000 to 48000")
        require(
            0.5 <= self.window_seconds <= 60,
            "front_end.window_seconds",
            self.window_seconds,
            "from 0.5 to 60",
        )
        require(
            0 < self.hop_length <= self.n_fft,
            "front_end.hop_length",
            self.hop_length,
            f"from 1 to n_fft ({self.n_fft})",
        )
        require(self.n_fft <= 8192, "front_end.n_fft", self.n_fft, "at most 8192")
        require(16 <= self.n_mels <= 512, "front_end.n_mels", self.n_mels, "from 16 to 512")
        require(
            0 <= self.f_min < self.f_max <= rate / 2,
            "front_end.f_max",
            self.f_max,
            f"above f_min ({self.f_min:g}) and at most half the sample rate ({rate / 2:g})",
        )
        require(self.log_floor > 0, "front_end.log_floor", self.log_floor, "above 0")

    @property
    def window_samples(self) -> int:
        """The length of a window in samples."""
        return round(self.window_seconds * self.sample_rate)


MEL_CNN = "mel_cnn"
MUSICNN = "musicnn"
MUSICNN_MELS = 67  # height of its tallest filters
PIXELS = "pixels"
IMAGENET = "imagenet"


@dataclass
class Architecture:
    """The shape of an encoder's network.

    Attributes:
        backbone: The convolutional part: ours, musicnn, pixels, which has none, or an image network
            of torchvision's, such as resnet18; `specrec.model.backbones.build_backbone` knows the
            names.
        widths: How many channels the stages of mel_cnn have, or the six kinds of filter of musicnn;
            the height and width of the picture of pixels. The image networks have their own.
        embedding_dim: The length of an embedding, 2 to 4096.
    """

    backbone: str = MEL_CNN
    widths: tuple[int, ...] = (32, 64, 128, 256)
    embedding_dim: int = 256

    def __post_init__(self) -> None:
        fits = self.backbone != MEL_CNN or (len(self.widths) >= 3 and min(self.widths) > 0)
        require(fits, "architecture.widths", list(self.widths), "three or more positive numbers")
        fits = self.backbone != MUSICNN or (len(self.widths) == 6 and min(self.widths) > 0)
        require(
            fits, "architecture.widths", list(self.widths), f"six positive numbers for {MUSICNN}"
        )
        fits = self.backbone != PIXELS or (len(self.widths) == 2 and min(self.widths) > 0)
        require(
            fits, "architecture.widths", list(self.widths), f"two positive numbers for {PIXELS}"
        )
        require(
            2 <= self.embedding_dim <= 4096,
            "architecture.embedding_dim",
            self.embedding_dim,
            "from 2 to 4096",
        )


@dataclass
class EncoderConfig:
    """The group `encoder`: what is trained.

    Attributes:
        front_end: How samples become a spectrogram.
        architecture: The network that turns the spectrogram into an embedding.
        pretrained: The weights from which an image network starts: `imagenet` for torchvision's, or
            a file with its state dict; null for random ones.
    """

    front_end: FrontEnd = field(default_factory=FrontEnd)
    architecture: Architecture = field(default_factory=Architecture)
    pretrained: str | None = None

    def __post_init__(self) -> None:
        backbone = self.architecture.backbone
        mels = self.front_end.n_mels
        fits = backbone != MUSICNN or mels >= MUSICNN_MELS
        require(fits, "front_end.n_mels", mels, f"{MUSICNN_MELS} or more for {MUSICNN}")
        fits = self.pretrained is None or backbone not in (MEL_CNN, MUSICNN, PIXELS)
        rule = f"null for {backbone}, which starts from random weights"
        require(fits, "encoder.pretrained", self.pretrained, rule)
