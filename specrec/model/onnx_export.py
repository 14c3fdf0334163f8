"""A model as one ONNX file: from a track's samples to its embedding, without specrec or PyTorch."""

import importlib
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from specrec.audio.windows import REMAINDER
from specrec.errors import ModelError
from specrec.model.encoder import Encoder
from specrec.model.log_mel import QUIET
from specrec.model.model import Model
from specrec.shapes import Float32
from specrec.synthesis.piece import draw_piece
from specrec.synthesis.rendering import render
from specrec.synthesis.styles import STYLES
from specrec.writing import write_file

TOLERANCE = 1e-4
"""How far a number may be from PyTorch's, as a share of the largest, or of 1 if that is larger."""

_NEEDED = ("onnx", "onnxscript", "onnxruntime")
_PERCENT = round(100 * REMAINDER)


def export_onnx(model: Model, output: Path) -> float:
    """Writes a model as an ONNX file, after comparing it with PyTorch on synthesized music.

    Its input `samples` is float32, (batch, samples): mono audio at `model.front_end.sample_rate`,
    from -1 to 1, of any length from one second; its output `embedding`, (batch, dim), is what
    `Model.embed` gives, float32 and centered. Windows are cut inside. The file's metadata has the
    model's name, fingerprint, license and sample rate.

    Args:
        model: The model.
        output: Where to.

    Returns:
        The largest difference from PyTorch that was found.

    Raises:
        ModelError: If the extra `onnx` is not installed, or the file does not agree with PyTorch.
        StorageError: If the file can't be written.
    """
    modules = [_needed(name) for name in _NEEDED]
    content = _convert(model)
    session = modules[-1].InferenceSession(content, providers=["CPUExecutionProvider"])
    worst = 0.0
    for track in _music(model):
        made = session.run(None, {"samples": track})[0]
        wanted = model.embed(list(track), model.front_end.sample_rate)
        difference = float(np.abs(made - wanted).max())
        worst = max(worst, difference)
        if not difference <= TOLERANCE * max(1.0, float(np.abs(wanted).max())):
            raise ModelError(
                f"model {model.name}: its ONNX file would differ from PyTorch by {difference:.2g}"
                f" on {track.shape[1]} samples; nothing was written"
            )
    write_file(output, content)
    return worst


def _needed(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ModelError(
            f"{name} is not installed, which ONNX files need; in specrec's folder:"
            " python3 -m uv sync --inexact --no-dev --extra onnx"
        ) from error


def _music(model: Model) -> Iterator[Float32[np.ndarray, "tracks samples"]]:
    """Synthesized music of two styles, as long as one window, less, and more in every way."""
    rate, window = model.front_end.sample_rate, model.front_end.window_samples
    longest = 4 * window + rate // 3
    rng = np.random.default_rng(0)
    pieces = [draw_piece(style, rng, longest / rate + 1) for style in [*STYLES.values()][:2]]
    music = np.stack([render(piece, rate)[:longest] for piece in pieces])
    for samples in (rate, window, window + window // 40, 2 * window + 1, longest):
        yield music[:, :samples]
    yield music[:1, :window]


def _convert(model: Model) -> bytes:
    rate = model.front_end.sample_rate
    track = torch.zeros(2, 2 * model.front_end.window_samples + rate)
    dynamic = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of PyTorch, about its own inside
        program: Any = torch.onnx.export(
            TrackEncoder(model.encoder).eval().cpu(),
            (track,),
            dynamo=True,
            dynamic_shapes={"samples": dynamic},
            input_names=["samples"],
            output_names=["embedding"],
            verbose=False,
        )
    program.model.metadata_props.update(
        {
            "model": model.name,
            "fingerprint": model.fingerprint,
            "license": model.card.license,
            "sample_rate": str(rate),
            "window_seconds": str(model.front_end.window_seconds),
        }
    )
    content: bytes = program.model_proto.SerializeToString()
    return content


class TrackEncoder(nn.Module):
    """An encoder with all around it in operations that ONNX has: windows, spectrogram, means.

    ONNX's own Fourier transform is missing from many of its runtimes; a convolution with sines and
    cosines gives the same numbers.
    """

    filters: Tensor
    fourier: Tensor

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.register_buffer("filters", encoder.log_mel.filters)
        self.register_buffer("fourier", _fourier_filters(encoder.front_end.n_fft))

    def forward(self, samples: Float32[Tensor, "batch samples"]) -> Float32[Tensor, "batch dim"]:
        """Embeds tracks: the mean over the windows of `specrec.audio.windows.window_starts`."""
        total, window = samples.shape[1], self.encoder.front_end.window_samples
        # The same as there, in whole numbers; Any, for while it is exported they are symbols.
        uncovered = (100 - _PERCENT) * window - 1
        count: Any = torch.sym_max(1, (100 * total + uncovered) // (100 * window))
        length: Any = torch.sym_min(total, window)
        gaps: Any = torch.sym_max(count - 1, 1)
        steps = torch.arange(count, dtype=torch.float64) / gaps
        starts = (steps * (total - length)).round().long()
        cuts = samples[:, starts[:, None] + torch.arange(length)].reshape(-1, length)
        embeddings = self._embed(cuts)
        return embeddings.reshape(samples.shape[0], count, -1).mean(dim=1)

    def _embed(self, windows: Float32[Tensor, "batch samples"]) -> Float32[Tensor, "batch dim"]:
        """The same as `Encoder.embed`."""
        encoder = self.encoder
        phi = encoder.feature_map(torch.log(self._mel(windows) + encoder.log_mel.log_floor))
        embeddings: Tensor = encoder.head(phi.mean(dim=(2, 3))) - encoder.center
        return embeddings

    def _mel(
        self, windows: Float32[Tensor, "batch samples"]
    ) -> Float32[Tensor, "batch n_mels frames"]:
        """The same as `LogMel.mel`."""
        front_end = self.encoder.front_end
        margin = front_end.n_fft // 2
        padded = F.pad(windows[:, None], (margin, margin), mode="reflect")
        parts = F.conv1d(padded, self.fourier, stride=front_end.hop_length).square()
        bins = front_end.n_fft // 2 + 1
        mel = self.filters @ (parts[:, :bins] + parts[:, bins:])
        if front_end.level_db is None:
            return mel
        power = windows.square().mean(dim=1).clamp(min=QUIET)
        leveled: Tensor = mel * (10 ** (front_end.level_db / 10) / power)[:, None, None]
        return leveled


def _fourier_filters(n_fft: int) -> Float32[Tensor, "parts 1 n_fft"]:
    """Cosines, then sines, of each frequency under a Hann window."""
    samples = torch.arange(n_fft, dtype=torch.float64)
    bins = torch.arange(n_fft // 2 + 1, dtype=torch.float64)
    angles = 2 * torch.pi * (bins[:, None] * samples % n_fft) / n_fft
    waves = torch.cat([torch.cos(angles), torch.sin(angles)])
    return (waves * torch.hann_window(n_fft, dtype=torch.float64)).float()[:, None]
