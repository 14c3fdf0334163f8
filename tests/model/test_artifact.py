import json
import shutil
from pathlib import Path

import pytest
import torch

from specrec.errors import ModelError
from specrec.model.artifact import ModelCard, load_model, save_model
from specrec.model.resolve import find_model
from tests.conftest import make_encoder


@pytest.fixture
def copy(model_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model_folder, tmp_path / "copy"))


def edit(folder: Path, **changes: object) -> None:
    path = folder / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_saved_model_embeds_the_same(model_folder: Path) -> None:
    loaded, card = load_model(model_folder)
    windows = torch.randn(2, 44_100, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(loaded.embed(windows), make_encoder().embed(windows), rtol=0, atol=0)
    assert card.name == "random"
    assert loaded.front_end == make_encoder().front_end


def test_the_fingerprint_changes_with_weights_and_with_settings(tmp_path: Path) -> None:
    card = ModelCard("x", "2026-01-01", "MIT")
    encoders = [make_encoder(), make_encoder(), make_encoder(seed=1), make_encoder(log_floor=1e-3)]
    prints = [
        save_model(encoder, card, tmp_path / str(i)).fingerprint
        for i, encoder in enumerate(encoders)
    ]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3


def test_damage_is_one_line_that_names_the_model(copy: Path) -> None:
    weights = copy / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(data)
    with pytest.raises(ModelError, match=r"fingerprint differs") as caught:
        load_model(copy)
    assert str(copy) in str(caught.value)
    assert "\n" not in str(caught.value)
    weights.unlink()
    with pytest.raises(ModelError, match=r"model\.safetensors"):
        load_model(copy)


def test_an_edited_setting_is_damage(copy: Path) -> None:
    document = json.loads((copy / "model.json").read_text())
    edit(copy, front_end=document["front_end"] | {"hop_length": 256})
    with pytest.raises(ModelError, match="fingerprint differs"):
        load_model(copy)


def test_another_format_says_what_to_do(copy: Path) -> None:
    edit(copy, format_version=99)
    with pytest.raises(ModelError, match=r"format 99.*upgrade specrec"):
        load_model(copy)
    edit(copy, format_version=1)
    with pytest.raises(ModelError, match=r"format 1.*train it again"):
        load_model(copy)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format_version": "x"}', "{}"])
def test_a_broken_card_is_damage(copy: Path, text: str) -> None:
    (copy / "model.json").write_text(text)
    with pytest.raises(ModelError, match="damaged"):
        load_model(copy)


def test_an_unknown_name_lists_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no-such-model"):
        find_model("no-such-model")
    with pytest.raises(ModelError, match="no model there"):
        load_model(tmp_path)


def test_a_recipe_with_the_settings_of_an_earlier_release_is_kept_as_it_is(copy: Path) -> None:
    recipe = {"recipe": {"training": {"batch_tracks": 16, "monitor": "agreement"}}}
    edit(copy, training=recipe)
    assert load_model(copy)[1].training == recipe
