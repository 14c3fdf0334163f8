import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from specrec.catalog.catalog import read_catalog
from specrec.model.encoder import Encoder
from specrec.training.cache import AudioCache
from specrec.training.dataset import WindowDataset
from specrec.training.postprocess import fit_head, fit_normalize, pool_tracks, principal_map
from tests.conftest import make_encoder
from tests.sounds import tone, write

RATE = 22_050


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> WindowDataset:
    rng, folder = np.random.default_rng(0), tmp_path_factory.mktemp("windows")
    for i in range(5):
        samples = tone(4, 200 * 1.5**i, RATE) * np.linspace(0.1, 1, 4 * RATE)
        write(folder / f"{i}.wav", samples + 0.01 * i * rng.normal(size=4 * RATE), RATE)
    cache = AudioCache(folder / "cache", RATE)
    tracks, _ = cache.fill(read_catalog(folder))
    return WindowDataset(cache, tracks, None, make_encoder().front_end, 3)


def features(tracks: int = 200, channels: int = 32) -> torch.Tensor:
    """Feature vectors as a network's: positive, correlated, of very different variances."""
    generator = torch.Generator().manual_seed(0)
    mixing = torch.randn(channels, channels, generator=generator)
    scales = torch.logspace(0, -2, channels)
    return (torch.randn(tracks, channels, generator=generator) * scales) @ mixing.T + 5


def embeddings(encoder: Encoder, pooled: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return encoder.head(pooled) - encoder.center


def test_normalized_training_music_has_zero_mean_and_unit_variance(windows: WindowDataset) -> None:
    encoder = make_encoder()
    fit_normalize(encoder, windows)
    batch = torch.cat([encoder.log_mel(windows[row][0]) for row in range(len(windows))])
    with torch.no_grad():
        image = encoder.normalize(batch)
    bands = image.transpose(0, 1).flatten(1)
    torch.testing.assert_close(bands.mean(dim=1), torch.zeros(128), rtol=0, atol=1e-4)
    torch.testing.assert_close(
        bands.std(dim=1, correction=0), torch.ones(128), rtol=1e-3, atol=1e-3
    )


def test_an_untrained_head_becomes_the_principal_axes() -> None:
    encoder, pooled = make_encoder(), features()
    fit_head(encoder, pooled, trained=False, whiten=0)
    expected = PCA(24).fit_transform(pooled.double().numpy())
    found = embeddings(encoder, pooled).numpy()
    signs = np.sign((found * expected).sum(axis=0))
    np.testing.assert_allclose(found * signs, expected, atol=1e-4)


def test_whitening_equals_scikit_learns() -> None:
    pooled = features()
    model = PCA(10, whiten=True).fit(pooled.double().numpy())
    matrix = principal_map(pooled, 10, whiten=1)
    found = (pooled.double() - pooled.double().mean(dim=0)) @ matrix.T
    expected = model.transform(pooled.double().numpy())
    signs = np.sign((found.numpy() * expected).sum(axis=0))
    np.testing.assert_allclose(found.numpy() * signs, expected, atol=1e-8)


@pytest.mark.parametrize("trained", [False, True])
def test_whitened_training_tracks_have_identity_covariance(trained: bool) -> None:
    encoder, pooled = make_encoder(), features()
    fit_head(encoder, pooled, trained, whiten=1)
    whitened = embeddings(encoder, pooled)
    torch.testing.assert_close(torch.cov(whitened.T), torch.eye(24), rtol=0, atol=1e-3)
    torch.testing.assert_close(whitened.mean(dim=0), torch.zeros(24), rtol=0, atol=1e-3)


def test_the_folded_encoder_equals_the_map_applied_after(windows: WindowDataset) -> None:
    torch.manual_seed(0)
    before, folded = make_encoder(), make_encoder()
    torch.nn.init.normal_(folded.head.bias)
    before.load_state_dict(folded.state_dict())
    before.center.zero_()
    pooled = pool_tracks(folded, windows)
    audio = windows[1][0]
    torch.testing.assert_close(folded.pool(audio).mean(dim=0), pooled[1])
    tracks = torch.stack([before.embed(windows[row][0]).mean(dim=0) for row in range(5)])
    matrix = principal_map(tracks, 24, whiten=0.4)
    expected = (before.embed(audio) - tracks.mean(dim=0)).double() @ matrix.T
    fit_head(folded, pooled, trained=True, whiten=0.4)
    torch.testing.assert_close(folded.embed(audio).double(), expected, rtol=1e-3, atol=1e-3)
    with torch.no_grad():  # and psi is still linear in phi, cell by cell
        phi = folded.feature_map(folded.log_mel(audio))
        psi = torch.einsum("dc,bcft->bdft", folded.head.weight, phi)
        cells = psi + (folded.head.bias - folded.center)[:, None, None]
    torch.testing.assert_close(cells.mean(dim=(2, 3)).double(), expected, rtol=1e-3, atol=1e-3)


def test_without_whitening_a_trained_head_is_only_centered(windows: WindowDataset) -> None:
    encoder = make_encoder()
    weight = encoder.head.weight.clone()
    fit_head(encoder, pool_tracks(encoder, windows), trained=True, whiten=0)
    assert torch.equal(encoder.head.weight, weight)
    tracks = torch.stack([encoder.embed(windows[row][0]).mean(dim=0) for row in range(5)])
    torch.testing.assert_close(tracks.mean(dim=0), torch.zeros(24), rtol=0, atol=1e-5)


@pytest.mark.parametrize("whiten", [0.0, 0.5, 1.0])
def test_each_axis_is_divided_as_documented(whiten: float) -> None:
    vectors = features(50, 6)
    pca = PCA(4).fit(vectors.double().numpy())
    centered = vectors.double() - vectors.double().mean(dim=0)
    found = (centered @ principal_map(vectors, 4, whiten).T).numpy()
    expected = pca.transform(vectors.double().numpy()) / pca.explained_variance_ ** (whiten / 2)
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-8)


def test_fewer_tracks_than_dimensions_leave_zeros() -> None:
    vectors = features(5, 32)
    matrix = principal_map(vectors, 24, whiten=1)
    assert matrix.shape == (24, 32)
    assert matrix[:4].norm(dim=1).min() > 0
    assert not matrix[4:].any()
