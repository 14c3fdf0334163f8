from collections.abc import Iterator
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile as sf
import torch
from sklearn.preprocessing import StandardScaler
from torchvision.models import resnet18

from specrec.audio.waveform import Waveform
from specrec.evaluation.baselines import (
    baseline_extractors,
    imagenet_encoder,
    random_embeddings,
    untrained_encoder,
)
from specrec.evaluation.extraction import Extractor, extract
from tests.conftest import make_encoder
from tests.sounds import make_music, tone


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return sorted(make_music(tmp_path_factory.mktemp("music"), 3).iterdir())


@pytest.fixture(scope="module")
def embeddings(paths: list[Path]) -> dict[str, np.ndarray]:
    return extract(paths, baseline_extractors(make_encoder()))


def decibels(paths: list[Path]) -> Iterator[np.ndarray]:
    """librosa's spectrograms, 80 dB deep."""
    for path in paths:
        samples, rate = sf.read(path, dtype="float32")
        mel = librosa.feature.melspectrogram(y=samples, sr=rate, pad_mode="reflect")
        yield librosa.power_to_db(mel, top_db=80)


def mean_and_std(bands: np.ndarray) -> np.ndarray:
    return np.concatenate([bands.mean(axis=1), bands.std(axis=1, ddof=1)])


def test_the_mel_baseline_is_librosas(paths: list[Path], embeddings: dict[str, np.ndarray]) -> None:
    expected = np.stack([mean_and_std(image) for image in decibels(paths)])
    np.testing.assert_allclose(embeddings["mel"], expected, atol=0.1)


def test_the_mfcc_baseline_is_librosas(
    paths: list[Path], embeddings: dict[str, np.ndarray]
) -> None:
    expected = np.stack(
        [mean_and_std(librosa.feature.mfcc(S=image, n_mfcc=20)) for image in decibels(paths)]
    )
    np.testing.assert_allclose(embeddings["mfcc"], expected, rtol=1e-2, atol=0.05)
    scaled = StandardScaler().fit_transform(embeddings["mfcc"])
    np.testing.assert_allclose(embeddings["mfcc_standardized"], scaled, atol=1e-4)


def test_pixels_are_the_areas_of_librosas_picture() -> None:
    # 256 frames and 128 bands shrink by two each way: every pixel is the mean of four cells.
    rng = np.random.default_rng(0)
    samples = tone(255 * 512 / 22_050, 440, 22_050)
    samples += 0.01 * rng.normal(size=len(samples)).astype(np.float32)
    pixels = baseline_extractors(make_encoder())["pixels"].embed(Waveform(samples, 22_050))
    mel = librosa.feature.melspectrogram(y=samples, sr=22_050, pad_mode="reflect")
    image = librosa.power_to_db(mel, ref=np.max, top_db=80) / 80 + 1
    assert image.shape == (128, 256)
    expected = image.reshape(64, 2, 128, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(pixels.reshape(64, 128), expected, atol=2e-3)
    assert 0 <= pixels.min() < pixels.max() <= 1


def test_random_embeddings_are_normal_and_always_the_same() -> None:
    drawn = random_embeddings(500)
    assert drawn.shape == (500, 64)
    assert abs(drawn.mean()) < 0.02
    assert drawn.std() == pytest.approx(1, abs=0.02)
    np.testing.assert_array_equal(drawn, random_embeddings(500))


def test_an_untrained_encoder_has_other_weights_but_the_same_input_scale(
    embeddings: dict[str, np.ndarray],
) -> None:
    encoder = make_encoder(seed=3)
    torch.nn.init.normal_(encoder.normalize.running_mean)
    untrained = untrained_encoder(encoder)
    assert torch.equal(untrained.normalize.running_mean, encoder.normalize.running_mean)
    assert not torch.equal(untrained.head.weight, encoder.head.weight)
    again = untrained_encoder(encoder)
    assert torch.equal(untrained.head.weight, again.head.weight)
    np.testing.assert_allclose(embeddings["untrained"].mean(axis=0), 0, atol=1e-6)


def test_a_file_is_decoded_once_for_each_sample_rate(paths: list[Path]) -> None:
    heard: list[tuple[str, int, float]] = []

    def listen(name: str, rate: int) -> Extractor:
        def embed(waveform: Waveform) -> np.ndarray:
            heard.append((name, waveform.sample_rate, waveform.seconds))
            return waveform.samples[:2]

        return Extractor(rate, embed)

    done: list[tuple[int, int]] = []
    extractors = {"a": listen("a", 8000), "b": listen("b", 16_000), "c": listen("c", 8000)}
    found = extract(paths, extractors, lambda *progress: done.append(progress))
    assert list(found) == ["a", "b", "c"]
    assert found["a"].shape == (3, 2)
    np.testing.assert_array_equal(found["a"], found["c"])
    assert done == [(number, 6) for number in range(1, 7)]
    assert [(name, rate) for name, rate, _ in heard[:4]] == [("a", 8000), ("c", 8000)] * 2
    assert {seconds for name, _, seconds in heard if name == "b"} == {1.5, 2.0, 2.5}


def test_an_image_networks_embedding_is_its_mean_feature(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = resnet18(weights=None).eval()
    torch.nn.init.normal_(network.bn1.running_mean, std=0.1)
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    like = make_encoder()
    torch.nn.init.constant_(like.normalize.running_mean, -3.0)
    torch.nn.init.constant_(like.normalize.running_var, 4.0)
    torch.nn.init.constant_(like.normalize.weight, 7.0)  # learned, for another network
    encoder = imagenet_encoder(like, "resnet18", str(tmp_path / "weights.pth"))
    assert encoder.front_end == like.front_end
    windows = 0.1 * torch.randn(2, 44_100, generator=torch.Generator().manual_seed(1))
    picture = (like.log_mel(windows) + 3) / 2
    network.fc = torch.nn.Identity()
    with torch.inference_mode():
        expected = network(picture[:, None].repeat(1, 3, 1, 1))
    torch.testing.assert_close(encoder.embed(windows), expected, rtol=1e-3, atol=1e-4)
