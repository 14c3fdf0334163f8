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
from rich.console import Console
from rich.progress import track
from safetensors.torch import save_file

from specrec.catalog.catalog import read_catalog
from specrec.errors import AudioError
from specrec.index.embedding import embed_files
from specrec.model.fetch import open_checkpoint, unpack_package
from specrec.model.musicnn import Musicnn
from specrec.model.musicnn_import import encoder_from_checkpoint
from specrec.training.postprocess import principal_map

DIM = 128
SHRINKAGE = 0.3


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
    pooled = torch.from_numpy(np.stack(features))
    spread = pooled.std(dim=0).clamp(min=1e-6)
    weight = (principal_map(pooled / spread, DIM, SHRINKAGE) / spread).half()
    save_file({"weight": weight, "center": weight.float() @ pooled.mean(dim=0)}, output)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
