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
from jaxtyping import Float32
from rich.console import Console
from rich.progress import track
from safetensors.torch import save_file

from specrec.catalog.catalog import read_catalog
from specrec.errors import AudioError
from specrec.index.embedding import embed_files
from specrec.model.fetch import open_checkpoint, unpack_package
from specrec.model.musicnn import Musicnn
from specrec.model.musicnn_import import encoder_from_checkpoint

DIM = 128
SHRINKAGE = 0.3


def whiten(
    features: Float32[np.ndarray, "tracks channels"], dim: int, shrinkage: float
) -> tuple[Float32[np.ndarray, "dim channels"], Float32[np.ndarray, " channels"]]:
    """Principal axes of the standardized features, the strong ones held back.

    Args:
        features: Mean feature map of each track.
        dim: Number of axes kept, those of the largest variance.
        shrinkage: Part of the mean variance that is added to each axis's own before it is divided
            by: 0 makes all axes alike, a large value leaves them as they are.

    Returns:
        The weights of the head, and the mean of the features.
    """
    mean, spread = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-6)
    variances, axes = np.linalg.eigh(np.cov((features - mean) / spread, rowvar=False))
    variances, axes = variances[::-1], axes[:, ::-1]
    scale = 1 / np.sqrt(variances[:dim] + shrinkage * variances.mean())
    weight = scale[:, None] * axes.T[:dim] / spread
    return weight.astype(np.float32), mean


def main(music: Path, package: Path, output: Path) -> None:
    """Embeds the training music with the bare network and fits the head to it."""
    with tempfile.TemporaryDirectory() as scratch:
        unpack_package(package, Path(scratch))
        checkpoint = open_checkpoint(Path(scratch))
    channels = Musicnn.channels
    bare = encoder_from_checkpoint(checkpoint, torch.eye(channels), torch.zeros(channels))
    catalog = read_catalog(music)
    paths = [catalog.file(path) for path in catalog.tracks.query("split == 'train'")["path"]]
    console = Console(stderr=True)
    features = []
    embedded = embed_files(bare, paths)
    quiet = not console.is_terminal
    for _, result in track(embedded, "embedding", len(paths), console=console, disable=quiet):
        if isinstance(result, AudioError):
            raise result
        features.append(result.embedding)
    weight, mean = map(torch.from_numpy, whiten(np.stack(features), DIM, SHRINKAGE))
    save_file({"weight": weight.half(), "center": weight.half().float() @ mean}, output)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
