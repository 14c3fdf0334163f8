"""Fits the linear head of the model `musicnn`, which is kept beside its card.

python -m specrec.training.musicnn_head MUSIC PACKAGE OUTPUT

MUSIC is a folder or table of tracks, of which those whose column `split` says `train` are used;
PACKAGE is the wheel with the network's weights; OUTPUT is the file that is written.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from rich.console import Console  # noqa: TID251 (a bar, no words)
from rich.progress import track
from safetensors.torch import save_file

from specrec.audio.pool import load_many
from specrec.audio.windows import cut_windows
from specrec.catalog.catalog import read_catalog
from specrec.errors import AudioError
from specrec.model.fetch import open_checkpoint, unpack_package
from specrec.model.musicnn_import import encoder_from_checkpoint
from specrec.shapes import Float32
from specrec.training.postprocess import principal_map

DIM, WHITEN = 128, 0.5


def main(music: Path, package: Path, output: Path) -> None:
    """Fits the head on the bare network's mean feature map of each training track."""
    with tempfile.TemporaryDirectory() as scratch:
        unpack_package(package, Path(scratch))
        checkpoint = open_checkpoint(Path(scratch))
    bare = encoder_from_checkpoint(checkpoint)
    catalog = read_catalog(music)
    paths = [catalog.file(path) for path in catalog.tracks.query("split == 'train'")["path"]]
    loaded = load_many(paths, bare.front_end.sample_rate)
    console = Console(stderr=True)
    features = []
    for _, waveform in track(
        loaded, "embedding", len(paths), console=console, disable=not console.is_terminal
    ):
        if isinstance(waveform, AudioError):
            raise waveform
        windows = _some(cut_windows(waveform, bare.front_end.window_seconds))
        features.append(bare.embed(torch.from_numpy(windows)).mean(dim=0))
    pooled = torch.stack(features)
    weight = principal_map(pooled, DIM, WHITEN).half()
    save_file({"weight": weight, "center": weight.float() @ pooled.mean(dim=0)}, output)


def _some(windows: Float32[np.ndarray, "windows samples"]) -> Float32[np.ndarray, "some samples"]:
    """Up to six windows, spread evenly, but neither the first nor the last: tracks fade."""
    rows = np.unique(np.linspace(0, len(windows) - 1, 8).round().astype(int))
    return windows[rows[1:-1] if len(rows) > 2 else rows]


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
