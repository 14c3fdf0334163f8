from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile as sf
import torch
from sklearn.preprocessing import StandardScaler

from specrec.evaluation.baselines import baseline_embeddings, untrained_encoder
from specrec.evaluation.retrieval import evaluate_retrieval
from tests.conftest import make_encoder
from tests.index.conftest import make_music


def test_planted_clusters_are_found_and_noise_is_not() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(8), 12)
    centers = rng.normal(size=(8, 16))
    clustered = evaluate_retrieval(centers[labels] + 0.1 * rng.normal(size=(96, 16)), labels)
    assert clustered.precision_at_1.value == 1
    assert clustered.precision_at_10.value == 1
    assert clustered.mean_average_precision.value == pytest.approx(1)
    noise = evaluate_retrieval(rng.normal(size=(96, 16)), labels)
    assert noise.precision_at_10.value == pytest.approx(11 / 95, abs=0.05)
    assert noise.precision_at_1.low <= 11 / 95 <= noise.precision_at_1.high


def test_the_interval_is_that_of_a_binomial() -> None:
    rng = np.random.default_rng(1)
    labels = np.repeat(np.arange(2), 100)
    figure = evaluate_retrieval(rng.normal(size=(200, 3)), labels).precision_at_1
    spread = 1.96 * np.sqrt(figure.value * (1 - figure.value) / 200)
    assert figure.high - figure.low == pytest.approx(2 * spread, rel=0.15)


def test_labels_that_nobody_shares_are_refused() -> None:
    with pytest.raises(ValueError, match="share a label"):
        evaluate_retrieval(np.eye(3), np.arange(3))


def test_the_mfcc_baseline_is_librosas(tmp_path: Path) -> None:
    music = make_music(tmp_path / "music", 3)
    paths = sorted(music.iterdir())
    embeddings = baseline_embeddings(paths, make_encoder())
    expected = []
    for path in paths:
        samples, rate = sf.read(path, dtype="float32")
        mel = librosa.feature.melspectrogram(y=samples, sr=rate, pad_mode="reflect")
        mfcc = librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=20)
        expected.append(np.concatenate([mfcc.mean(axis=1), mfcc.std(axis=1, ddof=1)]))
    np.testing.assert_allclose(embeddings["mfcc"], np.stack(expected), rtol=1e-2, atol=0.05)
    scaled = StandardScaler().fit_transform(embeddings["mfcc"])
    np.testing.assert_allclose(embeddings["mfcc_standardized"], scaled, atol=1e-4)


def test_an_untrained_encoder_has_other_weights_but_the_same_input_scale() -> None:
    encoder = make_encoder(seed=3)
    torch.nn.init.normal_(encoder.normalize.running_mean)
    untrained = untrained_encoder(encoder)
    assert torch.equal(untrained.normalize.running_mean, encoder.normalize.running_mean)
    assert not torch.equal(untrained.head.weight, encoder.head.weight)
    again = untrained_encoder(encoder)
    assert torch.equal(untrained.head.weight, again.head.weight)
