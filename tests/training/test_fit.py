"""A whole run in closed form; runs that train are in end_to_end."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch
from torchvision import models

from specrec.catalog.catalog import read_catalog
from specrec.config import (
    Architecture,
    DataConfig,
    EncoderConfig,
    FrontEnd,
    TrainConfig,
    TrainingConfig,
)
from specrec.errors import CatalogError, ConfigError
from specrec.model.encoder import Encoder
from specrec.model.imagenet import pretrained_backbone
from specrec.model.model import load_model
from specrec.training.cache import AudioCache
from specrec.training.dataset import WindowDataset
from specrec.training.fit import fit
from specrec.training.tracks import labeled_tracks, unlabeled_tracks
from tests.sounds import make_music

NETWORK = "mobilenet_v3_small"


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    make_music(tmp_path / "music", 8)
    table = {"path": [f"track {i}.wav" for i in range(8)], "split": 6 * ["train"] + 2 * ["valid"]}
    pd.DataFrame(table).to_csv(tmp_path / "music" / "manifest.csv", index=False)
    torch.manual_seed(0)
    torch.save(models.get_model(NETWORK, weights=None).state_dict(), tmp_path / "weights.pth")
    return TrainConfig(
        name="image",
        output=str(tmp_path / "out"),
        license="MIT",
        seed=0,
        resume=True,
        encoder=EncoderConfig(
            FrontEnd(window_seconds=1.0),
            Architecture(NETWORK, embedding_dim=4),
            str(tmp_path / "weights.pth"),
        ),
        data=DataConfig(str(tmp_path / "music"), str(tmp_path / "cache"), "split"),
        training=TrainingConfig(epochs=0, whiten=1.0, accelerator="cpu"),
    )


def training_embeddings(encoder: Encoder, config: TrainConfig) -> torch.Tensor:
    cache = AudioCache(Path(config.data.cache), encoder.front_end.sample_rate)
    tracks, _ = cache.fill(read_catalog(Path(config.data.audio)))
    train = tracks[tracks["split"] == "train"].reset_index(drop=True)
    windows = WindowDataset(cache, train, None, encoder.front_end, 6)
    return torch.stack([encoder.embed(windows[row][0]).mean(dim=0) for row in range(len(train))])


def test_without_epochs_nothing_is_trained_but_the_embedding_is_fitted(config: TrainConfig) -> None:
    model = load_model(fit(config), device="cpu")
    encoder, card = model.encoder, model.card
    start = pretrained_backbone(NETWORK, str(config.encoder.pretrained)).state_dict()
    trained = encoder.backbone.state_dict()
    assert all(torch.equal(trained[key], start[key]) for key in start)
    assert card.training["recipe"]["pretrained"] == "weights.pth"
    assert card.training["train_tracks"] == 6
    assert 0 <= card.figures["valid/window_p1"] <= 1
    white = training_embeddings(encoder, config)
    torch.testing.assert_close(torch.cov(white.T), torch.eye(4), rtol=0, atol=0.02)
    torch.testing.assert_close(white.mean(dim=0), torch.zeros(4), rtol=0, atol=0.02)


def test_fine_tuning_starts_from_weights(config: TrainConfig) -> None:
    training = TrainingConfig(
        epochs=1, batch_size=4, learning_rate=1e-6, accelerator="cpu", probe=False
    )
    encoder = load_model(fit(replace(config, training=training)), device="cpu").encoder
    key = "features.features.1.block.0.0.weight"
    start = pretrained_backbone(NETWORK, str(config.encoder.pretrained)).state_dict()
    tuned = encoder.backbone.state_dict()[key]
    assert not torch.equal(tuned, start[key])
    torch.testing.assert_close(tuned, start[key], rtol=0, atol=1e-4)


def test_a_trained_encoder_is_not_replaced_by_one_without_training(config: TrainConfig) -> None:
    checkpoint = Path(config.output) / "checkpoints" / "last.ckpt"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.touch()
    with pytest.raises(ConfigError, match=r"holds a trained encoder.*resume=false"):
        fit(config)


def test_more_processes_than_pairs_of_tracks_are_refused(config: TrainConfig) -> None:
    training = TrainingConfig(accelerator="cpu", devices="4", strategy="ddp", probe=False)
    with pytest.raises(CatalogError, match=r"6 tracks to train on are too few for 4 processes"):
        fit(replace(config, training=training))


def test_too_few_tracks_are_refused(tmp_path: Path) -> None:
    make_music(tmp_path / "music", 3)
    data = DataConfig(str(tmp_path / "music"), str(tmp_path / "cache"), valid_fraction=0.4)
    with pytest.raises(CatalogError, match="at least 4 and 2 are needed"):
        labeled_tracks(data, 0, AudioCache(tmp_path / "cache", 22_050))


def test_of_an_unlabeled_folder_that_is_divided_only_a_part_is_trained_on(tmp_path: Path) -> None:
    names = [f"track {number}.wav" for number in range(8)]
    folders = {
        "labeled": 6 * ["train"] + 2 * ["valid"],
        "divided": 5 * ["train"] + 3 * ["test"],
        "made": 8 * ["train"],
        "plain": None,
        "whole": 3 * ["train"] + ["valid"] + 4 * ["test"],
    }
    for folder, split in folders.items():
        make_music(tmp_path / folder, 8)
        table = pd.DataFrame({"path": names, "artist": ["a", "a", *range(6)]})
        if split is not None:
            table["split"] = split
        table.to_csv(tmp_path / folder / "manifest.csv", index=False)
    data = DataConfig(
        str(tmp_path / "labeled"),
        str(tmp_path / "cache"),
        "split",
        valid_fraction=0.4,
        unlabeled_audio=tuple(str(tmp_path / name) for name in [*folders][1:]),
    )
    cache = AudioCache(tmp_path / "cache", 22_050)
    labeled = labeled_tracks(data, 0, cache)
    assert (len(labeled.train), len(labeled.valid)) == (6, 2)
    divided, made, plain, whole = unlabeled_tracks(data, 0, cache)
    paths = [*divided.train["path"], *divided.valid["path"]]
    assert sorted(paths) == names[:5]
    assert (len(divided.train), len(divided.valid)) == (3, 2)
    assert not set(divided.train["artist"]) & set(divided.valid["artist"])
    assert [(len(part.train), len(part.valid)) for part in (made, plain)] == [(8, 0), (8, 0)]
    assert [*whole.valid["path"]] == ["track 3.wav"]
    (tmp_path / "made" / "manifest.csv").write_text("path,split\ntrack 0.wav,test\n")
    made_alone = replace(data, unlabeled_audio=(str(tmp_path / "made"),))
    with pytest.raises(CatalogError, match=r"made: no track has train as its split"):
        unlabeled_tracks(made_alone, 0, cache)
