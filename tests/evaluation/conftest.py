"""A small library whose tracks have artists, albums and a label, and a second of the same."""

from pathlib import Path

import pytest

from specrec.config import IndexConfig
from specrec.index.build import build_library
from specrec.model.model import save_model
from specrec.recommend.collection import Collection
from tests.conftest import make_encoder
from tests.sounds import make_music

TABLE = """path,artist,album,family,half
track 0.wav,Ana,One,x,1
track 1.wav,ana ,One,x,1
track 2.wav,Eva,One,x,1
track 3.wav,,One,y,2
track 4.wav,,Two,y,2
track 5.wav,,,,2
"""


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Collection:
    folder = tmp_path_factory.mktemp("evaluation")
    music = make_music(folder / "music", 6)
    (music / "manifest.csv").write_text(TABLE)
    build_library(
        IndexConfig(
            str(music),
            str(folder / "library"),
            str(model_folder),
            workers=1,
            measure_features=False,
        )
    )
    return Collection.open(folder / "library")


@pytest.fixture(scope="session")
def other_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of another name and another sample rate."""
    folder = tmp_path_factory.mktemp("other") / "model"
    encoder = make_encoder(seed=1, sample_rate=16_000, f_max=8000.0)
    save_model(encoder, folder, name="other", license="MIT")
    return folder
