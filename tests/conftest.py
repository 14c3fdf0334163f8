from pathlib import Path

import pytest
import torch

from specrec.config import Architecture, FrontEnd
from specrec.model.artifact import ModelCard, save_model
from specrec.model.encoder import Encoder


def make_encoder(seed: int = 0, **front_end: float) -> Encoder:
    """A small encoder with random weights, whose embeddings still tell sounds apart."""
    torch.manual_seed(seed)
    encoder = Encoder(
        FrontEnd(window_seconds=2.0, **front_end),
        Architecture(widths=(8, 16, 16, 32), embedding_dim=24),
    )  # type: ignore[arg-type]
    torch.nn.init.normal_(encoder.center, std=0.01)
    return encoder.eval()


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved model with random weights."""
    folder = tmp_path_factory.mktemp("model") / "random"
    save_model(make_encoder(), ModelCard("random", "2026-01-01", "MIT"), folder)
    return folder
