"""A package like musicnn's, with random weights."""

import math
import zipfile
from pathlib import Path

import numpy as np

from tests.model.bundles import write_bundle

# The layers as the paper and its code have them: kernels are (frames, mels, in, out).
KERNELS = [
    *[(7, mels, 1, 204) for mels in (38, 67)],
    *[(frames, 1, 1, 51) for frames in (128, 64, 32)],
    *[(7, width, 1, 64) for width in (561, 64, 64)],
]


# Of the front end's filters; the others are dead, so many of them as in the published weights.
ALIVE = (23, 14, 3, 7, 17)


def random_tensors() -> dict[str, np.ndarray]:
    """Weights of the original's names and shapes; some scales are negative, some filters dead."""
    rng = np.random.default_rng(0)
    tensors = {}
    for position, kernel in enumerate(KERNELS):
        convolution = f"conv2d_{position}" if position else "conv2d"
        spread = 1 / math.sqrt(np.prod(kernel[:3]))
        tensors[f"{convolution}/kernel"] = rng.normal(0, spread, kernel)
        tensors[f"{convolution}/bias"] = rng.normal(0, 0.1, kernel[3])
        if position < 5:
            tensors[f"{convolution}/kernel"][..., ALIVE[position] :] = 0
    for position, channels in enumerate([1, *(kernel[3] for kernel in KERNELS)]):
        norm = f"batch_normalization_{position}" if position else "batch_normalization"
        tensors |= _random_norm(norm, channels, rng)
    pooled = 2 * sum(kernel[3] for kernel in KERNELS)  # maximum and mean of each channel
    for name, number, widths in (("dense", 9, (pooled, 200)), ("dense_1", 10, (200, 50))):
        tensors[f"{name}/kernel"] = rng.normal(0, 1 / math.sqrt(widths[0]), widths)
        tensors[f"{name}/bias"] = rng.normal(0, 0.1, widths[1])
        tensors |= _random_norm(f"batch_normalization_{number}", widths[0], rng)
    return {name: value.astype(np.float32) for name, value in tensors.items()}


def _random_norm(name: str, channels: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {
        f"{name}/gamma": rng.normal(0, 1, channels),
        f"{name}/beta": rng.normal(0, 1, channels),
        f"{name}/moving_mean": rng.normal(0.5, 0.1, channels),
        f"{name}/moving_variance": rng.uniform(0.001, 1, channels),
    }


def write_wheel(path: Path) -> Path:
    """Writes a wheel laid out like the real one, which pip and uv install."""
    index, data = write_bundle(random_tensors())
    dist = "musicnn-0.1.0.dist-info"
    members = {
        "musicnn/__init__.py": b"",
        "musicnn/MSD_musicnn/.index": index,
        "musicnn/MSD_musicnn/.data-00000-of-00001": data,
        "musicnn/MTT_musicnn/.index": b"of another network",
        f"{dist}/LICENSE.md": b"ISC",
        f"{dist}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{dist}/METADATA": b"Metadata-Version: 2.1\nName: musicnn\nVersion: 0.1.0\n"
        b"Requires-Dist: a-package-that-no-one-has\n",
    }
    members[f"{dist}/RECORD"] = "".join(f"{name},,\n" for name in members).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path
