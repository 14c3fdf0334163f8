import numpy as np
import pandas as pd
import pytest
import torch

from specrec.config import Architecture, EncoderConfig, FrontEnd, TrainingConfig
from specrec.model.probe_fit import fit_probe
from specrec.training.contrastive import ContrastiveModule
from specrec.training.losses import regression
from specrec.training.probing import probe_of, probe_targets
from tests.conftest import make_encoder

NAMES = ("tempo_bpm", "centroid_hz", "key")


@pytest.fixture
def features() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "tempo_bpm": rng.uniform(60, 180, 80),
            "centroid_hz": rng.uniform(400, 4000, 80),
            "key": rng.integers(12, size=80).astype(float),
            "mode": np.ones(80),  # says nothing
        }
    )
    table.loc[3, "tempo_bpm"] = np.nan
    return table


def test_unknown_numbers_do_not_count_in_the_regression() -> None:
    predicted = torch.tensor([[1.0, 2.0], [3.0, 5.0]])
    targets = torch.tensor([[0.0, torch.nan], [torch.nan, 2.0]])
    assert regression(predicted, targets) == pytest.approx((1 + 9) / 2)
    assert regression(predicted, torch.full((2, 2), torch.nan)) == 0


def test_targets_are_standardized_and_unknown_beyond_the_table(features: pd.DataFrame) -> None:
    targets = probe_targets(features, 90)
    assert targets.shape == (90, 4)  # a key has two numbers
    known = targets[:80].numpy()
    np.testing.assert_allclose(np.nanmean(known, axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(np.nanstd(known, axis=0), 1, atol=1e-5)
    assert torch.isnan(targets[3, 0])
    assert not torch.isnan(targets[3, 1:]).any()
    assert torch.isnan(targets[80:]).all()


def joint_loss(
    features: pd.DataFrame, mix_probability: float
) -> tuple[ContrastiveModule, torch.Tensor]:
    encoder = EncoderConfig(
        FrontEnd(window_seconds=1.0), Architecture(widths=(8, 8, 8), embedding_dim=6)
    )
    settings = TrainingConfig(contrast_weight=0.0, probe_weight=1.0)
    settings.augment.mix_probability = mix_probability
    torch.manual_seed(0)
    module = ContrastiveModule(encoder, settings, 0, probe_targets(features, 80))
    module.log = lambda *_, **__: None  # type: ignore[method-assign]  # there is no trainer
    windows = torch.randn(4, 2, 22_050) * 0.1
    rows = torch.tensor([0, 1, 2, 5])
    return module, module.training_step((windows, rows, rows), 0)


def test_a_probe_that_is_trained_along_moves_the_encoder(features: pd.DataFrame) -> None:
    module, loss = joint_loss(features, mix_probability=0.0)
    loss.backward()
    assert loss > 0
    assert module.probe is not None
    assert module.probe.weight.grad is not None
    assert module.probe.weight.grad.abs().sum() > 0
    assert module.encoder.head.weight.grad is not None
    assert module.encoder.head.weight.grad.abs().sum() > 0


def test_mixed_views_have_no_features_of_their_own(features: pd.DataFrame) -> None:
    _, loss = joint_loss(features, mix_probability=1.0)
    assert loss == 0


def test_the_probe_of_a_model_reads_its_embeddings(features: pd.DataFrame) -> None:
    encoder = make_encoder()
    pooled = torch.randn(80, encoder.head.in_features, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        embeddings = (encoder.head(pooled) - encoder.center).numpy()
    features["energy"] = 1 / (1 + np.exp(-embeddings[:, 0] / embeddings[:, 0].std()))
    tracks = pd.DataFrame({"artist": np.arange(80) // 4, "title": "x"})
    probe = probe_of(encoder, pooled, tracks, features, ("artist", "album"), "f")
    expected = fit_probe(embeddings, features, np.arange(80) // 4, "f")
    np.testing.assert_allclose(probe.weight, expected.weight, rtol=1e-4, atol=1e-6)
    energy = next(item for item in probe.features if item.feature.name == "energy")
    assert energy.r2.value > 0.95
    assert probe.source["grouped_by"] == ["artist"]
