import pytest
import torch

from specrec.config import Architecture, FrontEnd
from specrec.errors import ConfigError
from specrec.model.encoder import Encoder
from tests.conftest import make_encoder


@pytest.fixture
def encoder() -> Encoder:
    return make_encoder()


def noise(batch: int, samples: int) -> torch.Tensor:
    return 0.1 * torch.randn(batch, samples, generator=torch.Generator().manual_seed(1))


def test_an_embedding_is_the_mean_of_the_heads_output_over_cells(encoder: Encoder) -> None:
    log_mel = encoder.log_mel(noise(3, 44_100))
    with torch.no_grad():
        phi = encoder.feature_map(log_mel)
        psi = (
            torch.einsum("dc,bcft->bdft", encoder.head.weight, phi)
            + encoder.head.bias[:, None, None]
        )
        expected = psi.mean(dim=(2, 3)) - encoder.center
    torch.testing.assert_close(encoder.embed(noise(3, 44_100)), expected, rtol=1e-4, atol=1e-5)


def test_a_similarity_splits_over_cells_and_windows(encoder: Encoder) -> None:
    query, track = encoder.embed(noise(1, 44_100))[0], noise(4, 44_100) * torch.rand(4, 1)
    embedding = encoder.embed(track).mean(dim=0)
    similarity = torch.cosine_similarity(query, embedding, dim=0)
    with torch.no_grad():
        phi = encoder.feature_map(encoder.log_mel(track))
        psi = (
            torch.einsum("dc,bcft->bdft", encoder.head.weight, phi)
            + encoder.head.bias[:, None, None]
        )
    cells = psi - encoder.center[:, None, None]
    by_cell = torch.einsum("d,bdft->bft", query / query.norm(), cells) / embedding.norm()
    torch.testing.assert_close(by_cell.mean(), similarity, rtol=0, atol=1e-5)


def test_a_window_does_not_depend_on_its_batch(encoder: Encoder) -> None:
    windows = noise(5, 44_100)
    alone = torch.cat([encoder.embed(window[None]) for window in windows])
    torch.testing.assert_close(encoder.embed(windows), alone, rtol=1e-4, atol=1e-5)


def test_short_windows_embed(encoder: Encoder) -> None:
    assert encoder.embed(noise(2, 22_050)).shape == (2, 24)


def test_the_default_is_small_enough_to_ship() -> None:
    encoder = Encoder(FrontEnd(), Architecture())
    size = sum(value.numel() * value.element_size() for value in encoder.state_dict().values())
    assert size < 12e6


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (lambda: FrontEnd(hop_length=0), "front_end.hop_length"),
        (lambda: FrontEnd(f_max=12_000), "front_end.f_max"),
        (lambda: FrontEnd(window_seconds=100), "front_end.window_seconds"),
        (lambda: FrontEnd(log_floor=0), "front_end.log_floor"),
        (lambda: Architecture(widths=(8,)), "architecture.widths"),
        (lambda: Architecture(embedding_dim=1), "architecture.embedding_dim"),
    ],
)
def test_settings_out_of_range_are_named(make, key: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigError, match=key):
        make()
