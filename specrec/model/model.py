"""The front door of embedding: loads a saved model, and embeds audio with it."""

import datetime
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from specrec.audio.arrays import waveform_of
from specrec.config import FrontEnd
from specrec.config.rule import require
from specrec.errors import AudioError, ConfigError, ModelError
from specrec.model.card import CARD_FILE, WEIGHTS_FILE, ModelCard, fingerprint_of, read_card
from specrec.model.embedding import Embedded, embed_tracks
from specrec.model.encoder import Encoder
from specrec.model.probe import Probe, load_probe
from specrec.model.registry import find_model
from specrec.progress import Progress
from specrec.shapes import Float32
from specrec.writing import write_file

AudioFile = str | os.PathLike[str]
Audio = AudioFile | np.ndarray | torch.Tensor
"""A file, or samples from -1 to 1 of shape (samples,) or (channels, samples)."""


@dataclass(frozen=True, eq=False)
class Model:
    """An encoder with its card, as `load_model` reads it.

    All embeddings are float32 and centered on the mean of the training music, but not of unit
    length: the similarity of two tracks is the cosine of their embeddings as they are.

    Attributes:
        encoder: The network, in evaluation mode: a `torch.nn.Module` from windows of samples to
            embeddings.
        card: Name, license, training recipe and measured results.
        folder: Folder from which it was loaded.
    """

    encoder: Encoder
    card: ModelCard
    folder: Path

    @property
    def name(self) -> str:
        """Name of the model, such as `specrec-base`."""
        return self.card.name

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits by which a library recognizes the model that embedded it."""
        return self.card.fingerprint

    @property
    def front_end(self) -> FrontEnd:
        """Settings of the spectrogram; `front_end.sample_rate` is in Hz."""
        return self.card.front_end

    @property
    def dim(self) -> int:
        """Length of an embedding."""
        return self.card.architecture.embedding_dim

    @cached_property
    def probe(self) -> Probe | None:
        """The probe that predicts named features from an embedding; None if the model has none.

        Raises:
            ModelError: If the probe is damaged, or belongs to another model.
        """
        return load_probe(self.folder, self.fingerprint)

    @overload
    def embed(
        self, audio: Audio, sample_rate: float | None = None
    ) -> Float32[np.ndarray, " dim"]: ...

    @overload
    def embed(
        self, audio: Iterable[Audio], sample_rate: float | None = None
    ) -> Float32[np.ndarray, "tracks dim"]: ...

    def embed(
        self, audio: Audio | Iterable[Audio], sample_rate: float | None = None
    ) -> Float32[np.ndarray, "*tracks dim"]:
        """Embeds a track, or a list of them.

        A track is cut into windows that cover it; its embedding is the mean of their embeddings.
        Files are decoded in worker processes, and windows of several tracks are embedded together.

        Args:
            audio: A file that libsndfile or FFmpeg reads; or samples from -1 to 1, floating-point,
                of shape (samples,) or (channels, samples), which are mixed and resampled as those
                of files are; or a list of either. A track is at least one second long.
            sample_rate: Samples per second of the arrays; not needed for files.

        Returns:
            float32, of shape (dim,) for one track and (tracks, dim) for a list, centered.

        Raises:
            AudioError: If a file or an array can't be used. `stream` goes on with the others.
            ConfigError: If the sample rate of an array is missing or out of its range.

        >>> import numpy as np, specrec
        >>> model = specrec.load_model("specrec-base", device="cpu")
        >>> seconds = np.arange(3 * 44_100) / 44_100
        >>> low, high = (np.sin(2 * np.pi * hertz * seconds) for hertz in (110, 3520))
        >>> model.embed(low, sample_rate=44_100).shape
        (82,)
        >>> model.embed([low, np.stack([high, high])], sample_rate=44_100).shape
        (2, 82)
        """
        if isinstance(audio, str | os.PathLike) or hasattr(audio, "__array__"):
            return self._embed_all([audio], sample_rate)[0].embedding
        rows = [embedded.embedding for embedded in self._embed_all(list(audio), sample_rate)]
        return np.stack(rows) if rows else np.zeros((0, self.dim), dtype=np.float32)

    def embed_windows(
        self, audio: Audio, sample_rate: float | None = None
    ) -> Float32[np.ndarray, "windows dim"]:
        """Embeds a track's windows, whose mean is the track's embedding.

        Args:
            audio: One file or array, as for `embed`.
            sample_rate: As for `embed`.

        Returns:
            float32, one row per window, in order. Windows are `front_end.window_seconds` long and
            spread evenly over the track (`specrec.audio.windows.window_spans` says where).

        Raises:
            AudioError: If the file or array can't be used.
            ConfigError: If the sample rate of an array is missing or out of its range.

        >>> import numpy as np, specrec
        >>> model = specrec.load_model("specrec-base", device="cpu")
        >>> noise = np.random.default_rng(0).normal(scale=0.1, size=(2, 12 * 22_050))
        >>> windows = model.embed_windows(noise, sample_rate=22_050)
        >>> windows.shape
        (3, 82)
        >>> bool(np.allclose(windows.mean(axis=0), model.embed(noise, sample_rate=22_050)))
        True
        """
        return self._embed_all([audio], sample_rate)[0].windows

    def stream(
        self,
        files: Sequence[AudioFile],
        workers: int = 0,
        batch_size: int = 64,
        windows_per_track: int | None = None,
        measure_features: bool = False,
        on_progress: Progress | None = None,
        most_seconds: float = math.inf,
    ) -> Iterator[tuple[int, Embedded | AudioError]]:
        """Embeds many files, and yields each as soon as it is done.

        A file that can't be used is yielded as an error, and the others go on; memory does not
        grow with the number or the length of the files.

        Args:
            files: Paths of the files.
            workers: Number of processes that decode; 0 for one per core.
            batch_size: Number of windows embedded at once.
            windows_per_track: Number of windows to embed per file, spread over it; None to cover
                it.
            measure_features: Whether to measure the features of the files too (tempo in bpm,
                loudness in LUFS ...), from the same samples.
            on_progress: Called after each file with the number of files done and of all files.
            most_seconds: How long reading the files may take; those not done by then are errors.

        Yields:
            The position in `files`, each once but not always in order, with the embedded track or
            an error.

        Raises:
            WorkerError: If the processes can't be started.
        """
        paths = [Path(file) for file in files]
        made = embed_tracks(
            self.encoder,
            paths,
            workers,
            batch_size,
            windows_per_track,
            measure_features,
            most_seconds,
        )
        for done, (position, item) in enumerate(made, 1):
            if on_progress:
                on_progress(done, len(paths))
            yield position, item

    def _embed_all(self, audio: Sequence[Any], sample_rate: float | None) -> list[Embedded]:
        tracks = [
            Path(item)
            if isinstance(item, str | os.PathLike)
            else waveform_of(item, sample_rate, self.front_end.sample_rate, f"audio[{position}]")
            for position, item in enumerate(audio)
        ]
        found: dict[int, Embedded] = {}
        for position, made in embed_tracks(self.encoder, tracks):
            if isinstance(made, AudioError):
                raise made
            found[position] = made
        return [found[position] for position in range(len(tracks))]


def load_model(name_or_path: str | os.PathLike[str], device: str = "auto") -> Model:
    """Loads a model.

    Args:
        name_or_path: The name of an installed model (`specrec models list` prints them), or the
            folder of another, such as `train.py` writes it.
        device: Device that computes: `cpu`, `cuda`, or `auto` for CUDA if there is a GPU.

    Raises:
        ModelError: If there is no such model, a file of it is missing or damaged, or its format is
            newer than this version.
        ConfigError: If there is no such device.

    >>> import specrec
    >>> model = specrec.load_model("specrec-base", device="cpu")
    >>> model.name, model.dim, model.front_end.sample_rate
    ('specrec-base', 82, 22050)
    """
    folder, chosen = find_model(name_or_path), _device(device)
    try:
        weights = (folder / WEIGHTS_FILE).read_bytes()
    except OSError as error:
        raise ModelError(
            f"{folder / WEIGHTS_FILE}: {error.strerror}; copy the model anew"
        ) from error
    card = read_card(folder, weights)
    try:
        encoder = Encoder(card.front_end, card.architecture)
        encoder.load_state_dict(load(weights))
    except (TypeError, RuntimeError, SafetensorError, ConfigError) as error:
        detail = str(error).splitlines()[0]
        raise ModelError(f"{folder}: damaged ({detail}); copy the model anew") from error
    return Model(encoder.eval().to(chosen), card, folder)


def save_model(
    encoder: Encoder,
    folder: Path,
    *,
    name: str,
    license: str,
    created: str | None = None,
    training: dict[str, Any] | None = None,
    figures: dict[str, Any] | None = None,
) -> ModelCard:
    """Writes a model that `load_model` reads.

    Args:
        encoder: The network.
        folder: Folder to write; a model in it is replaced.
        name: Name of the model, such as `specrec-base`.
        license: SPDX expression for the license of the weights.
        created: ISO date of its creation; None for today.
        training: Data, splits, recipe and schedule, as plain values.
        figures: Measured results, as plain values.

    Returns:
        The card that was written.

    Raises:
        StorageError: If the model can't be written.
    """
    state = encoder.state_dict()
    weights = save({name: value.detach().cpu().contiguous() for name, value in state.items()})
    front_end, architecture = encoder.front_end, encoder.architecture
    card = ModelCard(
        name,
        created or datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        license,
        fingerprint_of(weights, asdict(front_end), asdict(architecture)),
        front_end,
        architecture,
        training or {},
        figures or {},
    )
    write_file(folder / WEIGHTS_FILE, weights)
    write_file(folder / CARD_FILE, card.to_json())
    return card


def _device(name: str) -> torch.device:
    """Finds the device of a name.

    Raises:
        ConfigError: If there is no such device.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    kind = None if device is None else device.type
    require(kind in ("cpu", "cuda"), "device", name, "auto, cpu or cuda")
    assert device is not None
    if kind == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ConfigError(f"device {name}: PyTorch finds no such GPU here; give cpu or auto")
    return device
