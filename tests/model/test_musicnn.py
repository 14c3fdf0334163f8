import math

import librosa
import numpy as np
import pytest
import torch
from scipy.signal import correlate

from specrec.model.encoder import Encoder
from specrec.model.musicnn import Musicnn
from specrec.model.musicnn_import import encoder_from_checkpoint
from specrec.model.tf_checkpoint import TensorFlowCheckpoint
from tests.model.bundles import write_bundle
from tests.sounds import tone

# The layers as the paper and its code have them: kernels are (frames, mels, in, out).
KERNELS = [
    *[(7, mels, 1, 204) for mels in (38, 67)],
    *[(frames, 1, 1, 51) for frames in (128, 64, 32)],
    *[(7, width, 1, 64) for width in (561, 64, 64)],
]


def random_tensors() -> dict[str, np.ndarray]:
    """Weights of the original's names and shapes, of which some scales are negative."""
    rng = np.random.default_rng(0)
    tensors = {}
    for position, kernel in enumerate(KERNELS):
        convolution = f"conv2d_{position}" if position else "conv2d"
        spread = 1 / math.sqrt(np.prod(kernel[:3]))
        tensors[f"{convolution}/kernel"] = rng.normal(0, spread, kernel)
        tensors[f"{convolution}/bias"] = rng.normal(0, 0.1, kernel[3])
    for position, channels in enumerate([1, *(kernel[3] for kernel in KERNELS)]):
        norm = f"batch_normalization_{position}" if position else "batch_normalization"
        tensors[f"{norm}/gamma"] = rng.normal(0, 1, channels)
        tensors[f"{norm}/beta"] = rng.normal(0, 1, channels)
        tensors[f"{norm}/moving_mean"] = rng.normal(0.5, 0.1, channels)
        tensors[f"{norm}/moving_variance"] = rng.uniform(0.001, 1, channels)
    return {name: value.astype(np.float32) for name, value in tensors.items()}


@pytest.fixture(scope="module")
def tensors() -> dict[str, np.ndarray]:
    return random_tensors()


@pytest.fixture(scope="module")
def encoder(tensors: dict[str, np.ndarray]) -> Encoder:
    rng = torch.Generator().manual_seed(0)
    head, center = torch.randn(6, 753, generator=rng), torch.randn(6, generator=rng)
    checkpoint = TensorFlowCheckpoint(*write_bundle(tensors))
    return encoder_from_checkpoint(checkpoint, head, center)


def layers(spectrogram: np.ndarray, tensors: dict[str, np.ndarray]) -> np.ndarray:
    """The original's definition, layer by layer, on (frames, mels): gives (frames, 753)."""

    def norm(x: np.ndarray, layer: str) -> np.ndarray:
        of = {name: tensors[f"{layer}/{name}"].astype(float) for name in ("gamma", "beta")}
        mean, variance = tensors[f"{layer}/moving_mean"], tensors[f"{layer}/moving_variance"]
        return (x - mean) / np.sqrt(variance.astype(float) + 1e-3) * of["gamma"] + of["beta"]

    def block(x: np.ndarray, position: int) -> np.ndarray:
        name = f"conv2d_{position}" if position else "conv2d"
        kernel = tensors[f"{name}/kernel"][:, :, 0].astype(float)
        before = (len(kernel) - 1) // 2
        padded = np.pad(x, ((before, len(kernel) - 1 - before), (0, 0)))
        maps = [correlate(padded, kernel[..., i], "valid") for i in range(kernel.shape[2])]
        rectified = np.maximum(np.stack(maps, axis=2) + tensors[f"{name}/bias"], 0)
        return norm(rectified, f"batch_normalization_{position + 1}").max(axis=1)

    x = norm(spectrogram[..., None], "batch_normalization")[..., 0]
    front = np.concatenate([block(x, position) for position in range(5)], axis=1)
    first = block(front, 5)
    second = first + block(first, 6)
    third = second + block(second, 7)
    return np.concatenate([front, first, second, third], axis=1)


def test_equals_the_layers_written_out(encoder: Encoder, tensors: dict[str, np.ndarray]) -> None:
    rng = np.random.default_rng(1)
    samples = tone(0.4, 330, 16_000) + 0.05 * rng.normal(size=6400).astype(np.float32)
    power = librosa.feature.melspectrogram(
        y=samples, sr=16_000, n_fft=512, hop_length=256, n_mels=96, pad_mode="reflect"
    )
    expected = layers(np.log10(10_000 * power.T + 1), tensors)
    with torch.no_grad():
        phi = encoder.feature_map(encoder.log_mel(torch.from_numpy(samples)[None]))
    assert phi.shape == (1, 753, 1, len(expected))
    np.testing.assert_allclose(phi[0, :, 0].T, expected, rtol=1e-3, atol=1e-3 * expected.std())
    embedding = (
        encoder.head.weight.detach().numpy() @ expected.mean(axis=0) - encoder.center.numpy()
    )
    found = encoder.embed(torch.from_numpy(samples)[None])[0]
    np.testing.assert_allclose(found, embedding, rtol=1e-3, atol=1e-3)


def test_frames_are_as_many_as_before() -> None:
    network = Musicnn().eval()
    for frames in (1, 2, 187, 188):
        assert network(torch.zeros(1, 1, 96, frames)).shape == (1, network.channels, 1, frames)
