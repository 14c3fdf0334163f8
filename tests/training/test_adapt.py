"""Adapting a model to a library, from end to end, with a tiny tagger."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from specrec.bootstrap import Estimate
from specrec.cli import main
from specrec.config import IndexConfig
from specrec.descriptors.features import CONCEPTS
from specrec.errors import LibraryError, ModelError
from specrec.index.build import build_library
from specrec.model.model import load_model, save_model
from specrec.model.probe import PROBE_FILE, Probe, ProbedFeature, save_probe
from specrec.recommend.collection import Collection
from specrec.training import adapt, adapt_network
from specrec.training.concept_map import load_concept_map
from specrec.training.gain import Gain
from specrec.training.refit import Lesson
from specrec.training.views import Shard
from specrec.vectors import unit
from tests.conftest import make_encoder
from tests.sounds import MUSIC_RATE, tone, write

TRACKS = 24


def sound(row: int, seconds: float) -> np.ndarray:
    """Two tones over noise."""
    rng = np.random.default_rng(row)
    low, high = (tone(seconds, hertz, MUSIC_RATE) for hertz in (120 * 1.12**row, 4000 - 120 * row))
    noise = 0.01 * (1 + row % 6) * rng.normal(size=len(low))
    return (0.5 * (low + high) + noise).astype(np.float32)


def random_probe(fingerprint: str) -> Probe:
    """Calls the 24 coordinates of `make_encoder` concepts, and reads each by itself."""
    names = load_concept_map().names[:24]
    known = Estimate(0.9, 0.8, 1.0)
    items = tuple(
        ProbedFeature(CONCEPTS[name], known, known, known, 1.0, 100, 100, 0.0, 0.9, 1.0)
        for name in names
    )
    none, one = np.zeros(24, np.float32), np.ones(24, np.float32)
    return Probe(fingerprint, items, 10 * np.eye(24, dtype=np.float32), none, one, {}, names)


def named_model(folder: Path) -> Path:
    """A model with random weights, whose coordinates are called concepts."""
    encoder = make_encoder()
    norms = [
        part for part in encoder.modules() if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d)
    ]
    for norm in norms:
        norm.momentum = 1.0  # as in a trained network, its means are those of music
    sounds = torch.from_numpy(np.stack([sound(row, 2.0) for row in range(TRACKS)]))
    with torch.no_grad():
        encoder.train()(encoder.log_mel(sounds))
    for norm in norms:
        norm.momentum = 0.1
    card = save_model(encoder.eval(), folder, name="named", license="MIT")
    save_probe(random_probe(card.fingerprint), folder / PROBE_FILE)
    return folder


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Short tracks by twelve artists, whose pitch and noise differ."""
    folder = tmp_path_factory.mktemp("music")
    for row in range(TRACKS):
        write(folder / f"{row:02d}.wav", sound(row, 1.5), MUSIC_RATE)
    table = {
        "path": [f"{row:02d}.wav" for row in range(TRACKS)],
        "artist": [f"artist {row // 2}" for row in range(TRACKS)],
        "side": ["first" if row % 2 else "second" for row in range(TRACKS)],
    }
    pd.DataFrame(table).to_csv(folder / "manifest.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return named_model(tmp_path_factory.mktemp("models") / "named")


@pytest.fixture(scope="module")
def settings(music: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> IndexConfig:
    library = tmp_path_factory.mktemp("library") / "one"
    config = IndexConfig(str(music), str(library), str(model), workers=1, measure_features=False)
    build_library(config)
    return config


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapt, "FEWEST_TRACKS", 20)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of so few tracks, whether a model is better is chance."""
    monkeypatch.setattr(adapt, "_is_better", lambda gains: True)


@pytest.mark.usefixtures("few", "taken")
def test_a_library_is_adapted_kept_so_and_brought_back(
    settings: IndexConfig,
    model: Path,
    teachers: tuple[Path, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    library = Path(settings.library)
    before = np.array(Collection.open(library).embeddings)
    arguments = ["adapt", str(library), "--file", str(teachers[1]), "--workers", "1"]
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--label", "side"])
    said = capsys.readouterr()
    assert not ended.value.code, said.err
    assert "24 tracks heard" in said.out
    assert "agreement with musicnn" in said.out
    assert "--undo" in said.out
    assert not (library / "adapting").exists()

    adapted = load_model(library / "adapted", device="cpu")
    opened = Collection.open(library)
    assert opened.model.fingerprint == adapted.fingerprint
    assert adapted.card.training["adapted_from"]["name"] == "named"
    assert adapted.card.training["tracks"] == TRACKS
    (name,) = [name for name in adapted.card.figures if name.startswith("agreement")]
    assert adapted.card.figures[name]["gain"] > 0
    assert opened.probe is not None
    assert opened.probe.coordinates == load_concept_map().names[:24]
    path = opened.audio_root / str(opened.tracks["path"][0])
    np.testing.assert_allclose(adapted.embed(path), opened.embeddings[0], atol=1e-4)
    assert not np.allclose(before, opened.embeddings, atol=1e-3)

    # The same index run as ever keeps it, and so does one after the library was moved.
    assert build_library(settings).model_before is None
    moved = tmp_path / "moved"
    shutil.copytree(library, moved)
    elsewhere = Collection.open(moved)
    assert elsewhere.model.fingerprint == adapted.fingerprint

    # Adapted again, it is the model before that is adapted.
    again = adapt.adapt_library(library, musicnn=teachers[1], workers=1)
    assert load_model(again.model, device="cpu").fingerprint == adapted.fingerprint
    assert again.report is not None
    assert not again.report.changed

    with pytest.raises(SystemExit) as ended:
        main(["adapt", str(library), "--undo"])
    assert not ended.value.code
    assert "0 embedded now" in capsys.readouterr().out
    restored = Collection.open(library)
    np.testing.assert_array_equal(restored.embeddings, before)
    assert restored.model_folder == model
    assert not (library / "adapted").exists()
    with pytest.raises(LibraryError, match="nothing to undo"):
        adapt.undo_adaptation(library)


def gain(low: float, high: float) -> Gain:
    return Gain("figure", 0.5, 0.5, Estimate((low + high) / 2, low, high), 10)


def test_the_first_way_that_agrees_more_and_harms_nothing_is_taken() -> None:
    agrees, harms, neutral = gain(0.1, 0.2), gain(-0.2, -0.1), gain(-0.1, 0.1)
    tried = [("all", [agrees, harms]), ("half", [agrees, neutral]), ("less", [agrees])]
    assert adapt._first_better(iter(tried)) == tried[1]
    with pytest.raises(ModelError, match=r"figure 0.500 to 0.500 \(-0.100 to \+0.100\)"):
        adapt._first_better([("all", [neutral, agrees])])


@pytest.mark.usefixtures("few")
def test_what_is_not_better_changes_nothing(
    settings: IndexConfig, teachers: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tagger that knows nothing of any concept teaches nothing."""
    library = Path(settings.library)
    shipped = load_concept_map()
    deaf = dataclasses.replace(shipped, r2=np.zeros_like(shipped.r2))
    monkeypatch.setattr(adapt, "load_concept_map", lambda: deaf)
    held = sorted(path.relative_to(library) for path in library.rglob("*"))
    with pytest.raises(ModelError, match=r"not better, so nothing was changed: agreement"):
        adapt.adapt_library(library, musicnn=teachers[1], workers=1)
    assert sorted(path.relative_to(library) for path in library.rglob("*")) == held


@pytest.mark.usefixtures("few", "taken")
def test_a_stopped_run_goes_on_without_files_that_are_gone(
    settings: IndexConfig,
    teachers: tuple[Path, Path],
    music: Path,
    tmp_path: Path,
) -> None:
    audio, library = tmp_path / "audio", tmp_path / "library"
    shutil.copytree(music, audio)
    build_library(dataclasses.replace(settings, audio=str(audio), library=str(library)))
    (audio / "00.wav").unlink()
    (audio / "01.wav").write_bytes(b"no longer music")

    def stop(done: int, total: int) -> None:
        if done == total:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("specrec.training.hearing._PART_TRACKS", 10)
        shown = adapt.Shown(on_hear=stop)
        with pytest.raises(KeyboardInterrupt):
            adapt.adapt_library(
                library, (), 0, teachers[1], tmp_path / "made", shown=shown, workers=1
            )
    heard: list[tuple[int, int]] = []
    shown = adapt.Shown(on_hear=lambda *counts: heard.append(counts))
    done = adapt.adapt_library(
        library, (), 0, teachers[1], tmp_path / "made", shown=shown, workers=1
    )
    assert heard[0][0] > 20
    assert (done.tracks, done.gone, done.unreadable) == (22, 1, 1)
    assert done.report is None
    assert not (library / "adapted").exists()
    assert load_model(tmp_path / "made", device="cpu").name == "named, adapted"


def test_few_tracks_columns_that_are_absent_and_models_without_names_are_refused(
    settings: IndexConfig,
    model_folder: Path,
    teachers: tuple[Path, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["adapt", settings.library, "--file", str(teachers[1])]
    for more, said in (
        ([], "24 tracks whose audio can be read, and 50 are needed"),
        (["--label", "mood"], "no column mood"),
    ):
        with pytest.raises(SystemExit) as ended:
            main([*arguments, *more])
        assert ended.value.code == 2
        assert said in capsys.readouterr().err
    other = dataclasses.replace(settings, library=str(tmp_path / "l"), model=str(model_folder))
    build_library(other)
    with pytest.raises(ModelError, match="the coordinates of random have no names"):
        adapt.adapt_library(tmp_path / "l", musicnn=teachers[1])


@pytest.mark.usefixtures("few", "taken")
def test_the_whole_network_is_trained_on_and_keeps_what_it_knew(
    settings: IndexConfig,
    model: Path,
    teachers: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (("_SHARD", 40), ("_FEWEST_SHARDS", 2), ("_BATCH", 20)):
        monkeypatch.setattr(adapt_network, name, value)
    monkeypatch.setattr(adapt_network, "VIEWS_PER_TRACK", 1)
    stored: list[tuple[int, int]] = []
    shown = adapt.Shown(on_store=lambda *counts: stored.append(counts))
    library = Path(settings.library)
    done = adapt.adapt_library(
        library, (), 1, teachers[1], tmp_path / "made", "cpu", workers=1, shown=shown
    )
    assert stored == 2 * [(1, 2), (2, 2)]  # on trial and for good
    trained, base = (load_model(folder, device="cpu") for folder in (done.model, model))
    assert trained.card.training["changed"] == "network, 1 pass"
    assert done.gains[0].tracks < TRACKS / 3  # of one fifth
    first, second = (m.encoder.backbone.state_dict() for m in (base, trained))
    assert any(not torch.equal(first[name], second[name]) for name in first)
    audio = [Path(settings.audio) / f"{row:02d}.wav" for row in range(TRACKS)]
    before, after = (m.embed(audio) for m in (base, trained))
    # It moves toward the tagger, and not as far away as a network that knows nothing is.
    cosine = (unit(before) * unit(after)).sum(axis=1).mean()
    assert 0.3 < cosine < 0.9999
    assert not (library / "adapting").exists()


def test_targets_are_the_models_own_embeddings_where_the_tagger_is_not_trusted() -> None:
    rng = np.random.default_rng(0)
    encoder = make_encoder()
    probe = random_probe("f")
    shipped = load_concept_map()
    hidden = rng.normal(size=(60, 200))
    own = rng.normal(size=(60, 32))
    shards = [Shard(np.zeros((60, 1, 1), np.uint8), np.hstack([own, hidden]).astype(np.float16))]
    deaf = dataclasses.replace(shipped, r2=np.zeros_like(shipped.r2))
    targets = adapt_network._targets(encoder, Lesson.of(probe, deaf), shards)
    with torch.no_grad():
        forward = encoder.head(torch.from_numpy(shards[0].hidden[:, :32].astype(np.float32)))
    np.testing.assert_allclose(targets.of(shards[0].hidden), forward, atol=1e-3)

    trusted = dataclasses.replace(shipped, r2=np.ones_like(shipped.r2))
    lesson = Lesson.of(probe, trusted)
    said = lesson.said(adapt_network._targets(encoder, lesson, shards).of(shards[0].hidden))
    taught = lesson.taught(shards[0].hidden[:, 32:])
    np.testing.assert_allclose(said - said.mean(axis=0), taught - taught.mean(axis=0), atol=1e-2)
