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
from tests.model.package import ALIVE, KERNELS, random_tensors
from tests.sounds import tone


@pytest.fixture(scope="module")
def tensors() -> dict[str, np.ndarray]:
    return random_tensors()


@pytest.fixture(scope="module")
def encoder(tensors: dict[str, np.ndarray]) -> Encoder:
    rng = torch.Generator().manual_seed(0)
    channels = sum(ALIVE) + 1 + 3 * 64  # one stands for all dead filters
    head, center = torch.randn(6, channels, generator=rng), torch.randn(6, generator=rng)
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
    everything = layers(np.log10(10_000 * power.T + 1), tensors)
    widths = [kernel[3] for kernel in KERNELS[:5]]
    dead = np.concatenate(
        [
            np.arange(a, w) + sum(widths[:i])
            for i, (a, w) in enumerate(zip(ALIVE, widths, strict=True))
        ]
    )
    np.testing.assert_allclose(np.ptp(everything[:, dead], axis=0), 0, atol=1e-12)
    alive = np.delete(everything, dead, axis=1)
    expected = np.insert(alive, sum(widths) - len(dead), 1, axis=1)
    with torch.no_grad():
        phi = encoder.feature_map(encoder.log_mel(torch.from_numpy(samples)[None]))
    assert phi.shape == (1, expected.shape[1], 1, len(expected))
    np.testing.assert_allclose(phi[0, :, 0].T, expected, rtol=1e-3, atol=1e-3 * expected.std())
    embedding = (
        encoder.head.weight.detach().numpy() @ expected.mean(axis=0) - encoder.center.numpy()
    )
    found = encoder.embed(torch.from_numpy(samples)[None])[0]
    np.testing.assert_allclose(found, embedding, rtol=1e-3, atol=1e-3)


def test_frames_are_as_many_as_before() -> None:
    network = Musicnn((1, 2, 3, 1, 2, 4)).eval()
    assert network.channels == 21
    for frames in (1, 2, 187, 188):
        assert network(torch.zeros(1, 1, 96, frames)).shape == (1, 21, 1, frames)
