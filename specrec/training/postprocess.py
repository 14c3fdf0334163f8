"""What is fitted in closed form on the training tracks: input scale, linear head, center.

All of it ends up in the encoder's own numbers, so that an embedding is computed as before: with
p the mean of the feature map, z = W p + b - center.
"""

import torch
from torch import Tensor

from specrec.model.encoder import Encoder
from specrec.progress import Progress
from specrec.shapes import Float, Float32, Float64
from specrec.training.dataset import WindowDataset

_FLAT = 1e-9  # share of the largest variance below which an axis holds only rounding errors


@torch.inference_mode()
def fit_normalize(
    encoder: Encoder, windows: WindowDataset, on_progress: Progress | None = None
) -> None:
    """Sets the mean and variance of each mel band to those of the training music."""
    bands = encoder.front_end.n_mels
    frames, total, squares = 0, torch.zeros(bands).double(), torch.zeros(bands).double()
    for row in range(len(windows)):
        log_mel = encoder.log_mel(windows[row][0]).double().transpose(0, 1).flatten(1)
        frames += log_mel.shape[1]
        total += log_mel.sum(dim=1)
        squares += log_mel.square().sum(dim=1)
        if on_progress:
            on_progress(row + 1, len(windows))
    mean = total / frames
    encoder.normalize.get_buffer("running_mean").copy_(mean)
    encoder.normalize.get_buffer("running_var").copy_(squares / frames - mean.square())


@torch.inference_mode()
def pool_tracks(
    encoder: Encoder, windows: WindowDataset, on_progress: Progress | None = None
) -> Float32[Tensor, "tracks channels"]:
    """The mean feature vector p of each track, on the CPU; the encoder is left in eval mode."""
    encoder.eval()
    pooled = []
    for row in range(len(windows)):
        pooled.append(encoder.pool(windows[row][0]).mean(dim=0).cpu())
        if on_progress:
            on_progress(row + 1, len(windows))
    return torch.stack(pooled)


@torch.no_grad()
def fit_head(
    encoder: Encoder,
    pooled: Float32[Tensor, "tracks channels"],
    trained: bool,
    whiten: float,
) -> None:
    """Fits the head, which is linear, and the center.

    A trained head stays, unless its embeddings are to be whitened; an untrained one is replaced by
    the principal axes of p.

    Args:
        encoder: The encoder whose head and center are replaced.
        pooled: The mean feature vectors of the training tracks, from `pool_tracks`.
        trained: Whether the head was trained.
        whiten: How far to whiten, from 0 to 1, as for `principal_map`; at 0 a trained head stays.
    """
    weight, bias = encoder.head.weight.cpu().double(), encoder.head.bias.cpu().double()
    if not trained:
        weight, bias = torch.eye(weight.shape[1]).double(), torch.zeros(weight.shape[1]).double()
    embeddings = pooled.double() @ weight.T + bias
    if not trained or whiten > 0:
        matrix = principal_map(embeddings, len(encoder.center), whiten)
        weight, bias, embeddings = matrix @ weight, matrix @ bias, embeddings @ matrix.T
    encoder.head.weight.copy_(weight)
    encoder.head.bias.copy_(bias)
    encoder.center.copy_(embeddings.mean(dim=0))


def principal_map(
    vectors: Float[Tensor, "n features"], dim: int, whiten: float
) -> Float64[Tensor, "dim features"]:
    """The map of vectors to their principal axes, whitened if that is wanted.

    Centered vectors times the map's transpose are uncorrelated, in falling order of variance v,
    and each axis is divided by v^(whiten / 2). Whitened fully (Jegou and Chum 2012, "Negative
    evidences and co-occurrences in image retrieval"), the noise of the weak axes counts as much
    as the strong ones, which alone decide everything if the axes are left as they are.

    Args:
        vectors: Two vectors or more.
        dim: How many axes the map has.
        whiten: How far to whiten, from 0, for axes of unit length, to 1, for unit variance along
            each.

    Returns:
        One axis per row; rows beyond the rank of the vectors are zero.
    """
    centered = vectors.double() - vectors.double().mean(dim=0)
    rising, columns = torch.linalg.eigh(centered.T @ centered / (len(vectors) - 1))
    variances, axes = rising.flip(0)[:dim], columns.T.flip(0)[:dim]
    kept = variances > _FLAT * variances[0]
    variances, axes = variances[kept], axes[kept]
    axes = axes / variances[:, None] ** (whiten / 2)
    return torch.cat([axes, axes.new_zeros(dim - len(axes), axes.shape[1])])
