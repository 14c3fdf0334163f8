import hashlib
from pathlib import Path

import librosa
import numpy as np
import pytest
import torch

from specrec.errors import ModelError
from specrec.model import fetch
from specrec.training.musicnn import MusicnnTagger, load_musicnn
from tests.model.package import random_tensors
from tests.model.test_musicnn import layers
from tests.sounds import tone

RATE = 16_000


@pytest.fixture(scope="module")
def tagger(teachers: tuple[Path, Path]) -> MusicnnTagger:
    return load_musicnn(teachers[1])


def norm(x: np.ndarray, name: str, tensors: dict[str, np.ndarray]) -> np.ndarray:
    gamma, beta, mean, variance = (
        tensors[f"{name}/{kind}"].astype(float)
        for kind in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    return (x - mean) / np.sqrt(variance + 1e-3) * gamma + beta


def test_the_tags_equal_the_layers_written_out_with_all_dead_filters(
    tagger: MusicnnTagger,
) -> None:
    tensors = random_tensors()
    noise = np.random.default_rng(1).normal(size=3200)
    samples = (tone(0.2, 330, RATE) + 0.05 * noise).astype(np.float32)
    power = librosa.feature.melspectrogram(
        y=samples, sr=RATE, n_fft=512, hop_length=256, n_mels=96, pad_mode="reflect"
    )
    maps = layers(np.log10(10_000 * power.T + 1), tensors)
    pooled = np.stack([maps.max(axis=0), maps.mean(axis=0)], axis=1).reshape(-1)
    normal = norm(pooled, "batch_normalization_9", tensors)
    hidden = np.maximum(normal @ tensors["dense/kernel"] + tensors["dense/bias"], 0)
    normal = norm(hidden, "batch_normalization_10", tensors)
    logits = normal @ tensors["dense_1/kernel"] + tensors["dense_1/bias"]
    found = tagger.hear(torch.from_numpy(samples)[None], RATE)
    np.testing.assert_allclose(found[0], hidden, rtol=2e-3, atol=2e-3 * hidden.std())
    said = tagger.classes(found)[0]
    np.testing.assert_allclose(said, logits, rtol=2e-3, atol=2e-3 * logits.std())


def test_longer_audio_is_heard_in_windows_of_three_seconds(tagger: MusicnnTagger) -> None:
    rng = np.random.default_rng(0)
    views = torch.from_numpy(rng.normal(0, 0.1, (2, round(4.5 * RATE))).astype(np.float32))
    first, last = (
        tagger.hear(part, RATE) for part in (views[:, : 3 * RATE], views[:, -3 * RATE :])
    )
    torch.testing.assert_close(tagger.hear(views, RATE), (first + last) / 2, rtol=1e-3, atol=1e-3)


def test_a_folder_with_what_was_in_the_package_will_do(
    teachers: tuple[Path, Path], tagger: MusicnnTagger, tmp_path: Path
) -> None:
    fetch.unpack_package(teachers[1], tmp_path / "package")
    again = load_musicnn(tmp_path / "package")
    assert torch.equal(again.hidden.weight, tagger.hidden.weight)


def test_another_package_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.whl"
    other.write_bytes(b"of something else")
    digest = hashlib.sha256(other.read_bytes()).hexdigest()
    with pytest.raises(ModelError, match=digest):
        load_musicnn(other)
    for name in ("absent.whl", "."):
        with pytest.raises(ModelError, match="is not the package of musicnn"):
            load_musicnn(tmp_path / name)
