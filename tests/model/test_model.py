import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch

import specrec
from specrec.audio.decoding import decode
from specrec.config import IndexConfig
from specrec.errors import AudioError, ConfigError, ModelError, SkipReason
from specrec.index.build import build_library
from specrec.model.card import read_card
from specrec.model.embedding import Embedded
from specrec.model.model import Model, load_model, save_model
from specrec.recommend.collection import Collection
from tests.conftest import make_encoder
from tests.sounds import MUSIC_RATE, RATE, make_music, tone

NOISE = 1e-5
"""What the size of a batch may change in an embedding."""


@pytest.fixture
def copy(model_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model_folder, tmp_path / "copy"))


@pytest.fixture(scope="module")
def model(model_folder: Path) -> Model:
    return load_model(model_folder, device="cpu")


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """From 1.5 s, less than a window, on; the last is stereo, at another sample rate."""
    folder = make_music(tmp_path_factory.mktemp("music"), 3)
    rng = np.random.default_rng(0)
    left, right = tone(4.0, 330), tone(4.0, 2500, level=0.2)
    stereo = np.stack([left, right], axis=1) + 0.05 * rng.normal(size=(len(left), 2))
    sf.write(folder / "track 9.wav", stereo, RATE, subtype="FLOAT")
    return sorted(folder.iterdir())


def edit(folder: Path, **changes: object) -> None:
    path = folder / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_file_its_samples_and_its_windows_are_embedded_alike(
    model: Model, music: list[Path]
) -> None:
    path = music[-1]
    of_file = model.embed(path)
    assert of_file.shape == (model.dim,)
    assert of_file.dtype == np.float32
    samples, rate = sf.read(path, dtype="float32")
    others = {
        "a str": model.embed(str(path)),
        "windows": model.embed_windows(path).mean(axis=0),
        "channels": model.embed(samples.T, rate),
        "mono": model.embed(decode(path).samples, sample_rate=rate),
        "double": model.embed(samples.T.astype(float), rate),
        "tensor": model.embed(torch.from_numpy(samples.T.copy()), rate),
    }
    for name, embedding in others.items():
        np.testing.assert_allclose(embedding, of_file, atol=NOISE, err_msg=name)
    assert np.abs(of_file).max() > 100 * NOISE


def test_channels_that_cancel_each_other_are_heard(model: Model) -> None:
    left = tone(2.0)
    both = model.embed(np.stack([left, -left]), RATE)
    np.testing.assert_allclose(both, model.embed(left, RATE), atol=NOISE)


def test_a_list_is_embedded_as_one_by_one(model: Model, music: list[Path]) -> None:
    arrays = [sf.read(path, dtype="float32")[0] for path in music[:2]]
    together = model.embed([music[2], *arrays, *music], sample_rate=MUSIC_RATE)
    alone = [model.embed(array, MUSIC_RATE) for array in arrays]
    alone += [model.embed(path) for path in music]
    np.testing.assert_allclose(together, np.stack([alone[4], *alone]), atol=NOISE)
    assert np.linalg.norm(together[1] - together[2]) > 100 * NOISE
    np.testing.assert_array_equal(model.embed([]), np.zeros((0, model.dim)))


def test_a_library_and_its_model_embed_alike(
    model_folder: Path, music: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "library"
    audio = music[0].parent
    build_library(
        IndexConfig(str(audio), str(folder), str(model_folder), workers=1, measure_features=False)
    )
    library = Collection.open(folder)
    embeddings = library.model.embed([library.audio_root / path for path in library.tracks["path"]])
    np.testing.assert_allclose(embeddings, library.embeddings, atol=NOISE)


def test_a_stream_goes_on_after_a_bad_file(model: Model, music: list[Path], tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("text")
    files = [music[0], tmp_path / "text.wav", str(music[1]), tmp_path / "absent.wav"]
    progress: list[tuple[int, int]] = []
    found = dict(
        model.stream(
            files, workers=1, on_progress=lambda done, total: progress.append((done, total))
        )
    )
    errors = {place: item.reason for place, item in found.items() if isinstance(item, AudioError)}
    assert errors == {1: SkipReason.NOT_AUDIO, 3: SkipReason.MISSING}
    assert progress == [(1, 4), (2, 4), (3, 4), (4, 4)]
    for place in (0, 2):
        item = found[place]
        assert isinstance(item, Embedded)
        np.testing.assert_allclose(item.embedding, model.embed(files[place]), atol=NOISE)
        assert item.seconds == pytest.approx(1.5 + place / 4)
    with pytest.raises(AudioError, match=r"text\.wav: .*\(not_audio\)"):
        model.embed(files)


SECOND = np.zeros(RATE, dtype=np.float32)


@pytest.mark.parametrize(
    ("audio", "problem"),
    [
        (np.zeros((RATE, 2), np.float32), r"audio\[0\]: has the shape \(44100, 2\); give"),
        (np.zeros((1, 2, RATE), np.float32), r"has the shape \(1, 2, 44100\)"),
        (np.zeros(0, np.float32), r"has the shape \(0,\)"),
        (np.array(0.5), r"has the shape \(\)"),
        (np.zeros(RATE, np.int16), "holds int16; give floating-point"),
        (torch.zeros(RATE, requires_grad=True), r"no array \(Can't call numpy"),
        (SECOND, "silent"),
        (SECOND + 0.5, "constant"),
        (tone(0.5), "too_short"),
        (np.append(tone(1.0), np.float32(np.nan)), "not_finite"),
        (np.append(tone(1.0).astype(float), 1e300), "not_finite"),
    ],
)
def test_an_array_that_is_no_music_is_refused(
    model: Model, audio: np.ndarray | torch.Tensor, problem: str
) -> None:
    with pytest.raises(AudioError, match=problem) as caught:
        model.embed(audio, RATE)
    assert "\n" not in str(caught.value)


def test_one_unfit_array_in_a_list_is_named_by_its_place(model: Model) -> None:
    with pytest.raises(AudioError, match=r"audio\[1\]: .*silent"):
        model.embed([tone(1.0), SECOND], RATE)


@pytest.mark.parametrize("rate", [44.1, 0, -44_100, 44_100.5])
def test_an_array_needs_a_sample_rate(model: Model, rate: float) -> None:
    with pytest.raises(ConfigError, match=rf"sample_rate must be .*, not {rate}"):
        model.embed(tone(1.0), rate)
    with pytest.raises(ConfigError, match="give its sample_rate, such as 44100"):
        model.embed(tone(1.0))


def test_a_model_is_found_by_name_and_by_folder(
    model_folder: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = [specrec.load_model(name) for name in ("specrec-base", Path("specrec-base"))]
    assert {model.fingerprint for model in shipped} == {shipped[0].card.fingerprint}
    assert isinstance(shipped[0], specrec.Model)
    assert shipped[0].probe is not None
    assert shipped[0].probe.fingerprint == shipped[0].fingerprint
    monkeypatch.chdir(copy.parent)
    for place in (copy, str(copy), "copy", Path("copy")):
        model = specrec.load_model(place)
        assert (model.name, model.dim) == ("random", 24)
        assert model.front_end == make_encoder().front_end
        assert model.probe is None


def test_an_unknown_model_is_one_line_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"specrec-bse: .* did you mean specrec-base\?$"):
        load_model("specrec-bse")
    with pytest.raises(ModelError, match="zzz: neither an installed") as caught:
        load_model("zzz")
    assert "mean" not in str(caught.value)
    with pytest.raises(ModelError, match="no model there"):
        load_model(tmp_path)


@pytest.mark.parametrize("device", ["gpu", "", "mps", "cuda:-1"])
def test_an_unknown_device_is_refused(model_folder: Path, device: str) -> None:
    with pytest.raises(ConfigError, match=f"device must be auto, cpu or cuda, not {device}"):
        load_model(model_folder, device)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_refused(model_folder: Path) -> None:
    with pytest.raises(ConfigError, match="device cuda: PyTorch finds no such GPU here"):
        load_model(model_folder, "cuda")
    assert load_model(model_folder).encoder.center.device.type == "cpu"


def test_names_and_cards_need_no_torch() -> None:
    program = (
        "import sys; sys.modules['torch'] = None\n"
        "import specrec.model.embedding\n"
        "from specrec.model.card import read_card\n"
        "from specrec.model.registry import find_model\n"
        "print(read_card(find_model('specrec-base')).architecture.embedding_dim)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "82"


def test_a_saved_model_embeds_the_same(model_folder: Path) -> None:
    loaded = load_model(model_folder, device="cpu")
    windows = torch.randn(2, 44_100, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(
        loaded.encoder.embed(windows), make_encoder().embed(windows), rtol=0, atol=0
    )
    assert loaded.card == read_card(model_folder)
    assert loaded.card.architecture == make_encoder().architecture


def test_the_fingerprint_changes_with_weights_and_with_settings(tmp_path: Path) -> None:
    encoders = [make_encoder(), make_encoder(), make_encoder(seed=1), make_encoder(log_floor=1e-3)]
    prints = [
        save_model(encoder, tmp_path / str(i), name="x", license="MIT").fingerprint
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


def test_a_recipe_with_the_settings_of_an_earlier_release_is_kept_as_it_is(copy: Path) -> None:
    recipe = {"recipe": {"training": {"batch_tracks": 16, "monitor": "agreement"}}}
    edit(copy, training=recipe)
    assert load_model(copy, device="cpu").card.training == recipe
