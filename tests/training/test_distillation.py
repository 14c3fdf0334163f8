"""A distillation from end to end, with tiny teachers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from specrec.catalog.catalog import read_catalog
from specrec.concepts.vocabulary import load_vocabulary
from specrec.config import (
    Architecture,
    AugmentConfig,
    DataConfig,
    DistillConfig,
    EncoderConfig,
    FrontEnd,
    TrainConfig,
    TrainingConfig,
)
from specrec.errors import ConfigError, ModelError
from specrec.model.encoder import Encoder
from specrec.model.model import load_model
from specrec.model.probe import load_probe
from specrec.model.probe_fit import FEWEST
from specrec.training.cache import AudioCache
from specrec.training.distillation import DistillationModule, StoredViews, fit_scale, pool_views
from specrec.training.fit import fit
from specrec.training.named_model import _measured_coordinates
from specrec.training.targets import Targets, fit_targets, read_outputs
from specrec.training.views import Recipe, Shard, from_bytes, read_shards, views_folder
from tests.sounds import make_music

CONCEPTS = [item.column for item in load_vocabulary() if "measured" not in item.sources]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory, teachers: tuple[Path, Path]) -> TrainConfig:
    folder = tmp_path_factory.mktemp("run")
    make_music(folder / "music", 6)
    table = {"path": [f"track {i}.wav" for i in range(6)], "split": 4 * ["train"] + 2 * ["valid"]}
    pd.DataFrame(table).to_csv(folder / "music" / "manifest.csv", index=False)
    return TrainConfig(
        name="tiny",
        output=str(folder / "out"),
        license="MIT",
        seed=0,
        resume=True,
        encoder=EncoderConfig(
            FrontEnd(window_seconds=1.0, n_mels=32), Architecture(widths=(4, 4, 8, 16))
        ),
        data=DataConfig(str(folder / "music"), str(folder / "cache"), "split"),
        training=TrainingConfig(epochs=1, batch_size=20, accelerator="cpu", precision="32-true"),
        distill=DistillConfig(
            str(teachers[0]), str(teachers[1]), views=80, shard_views=40, workers=0, unsaid=["calm"]
        ),
    )


def stored(config: TrainConfig, split: str) -> list[Shard]:
    """The stored views of the tracks of a split."""
    data, distill = config.data, config.distill
    cache = AudioCache(Path(data.cache), 22_050)
    tracks, _ = cache.fill(read_catalog(Path(data.audio)))
    ids = tuple(sorted(tracks["content_id"][tracks["split"] == split]))
    teachers = (Path(str(distill.mn04)), Path(str(distill.musicnn)))
    front_end = config.encoder.front_end
    recipe = Recipe(Path(data.cache), ids, front_end, distill.view, teachers, 0, 40)
    return read_shards(views_folder(recipe))


def test_a_run_stores_views_learns_them_and_names_the_coordinates(
    config: TrainConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[tuple[int, int]] = []
    folder = fit(config, on_store=lambda *counts: shown.append(counts))
    assert shown == [(1, 2), (2, 2), (1, 2), (2, 2)]
    assert "no coordinate centroid_hz: it is not known for 40" in capsys.readouterr().err
    model = load_model(folder, device="cpu")
    assert model.dim == len(CONCEPTS)
    card = model.card
    assert card.training["recipe"]["distill"]["views"] == 80
    assert "mn04" not in card.training["recipe"]["distill"]
    probe = load_probe(folder, model.fingerprint)
    assert probe is not None
    assert probe.coordinates == tuple(CONCEPTS)
    assert [item.feature.name for item in probe.features] == CONCEPTS
    limits = {item.feature.name: (item.present, item.absent) for item in probe.features}
    assert limits["calm"] == (None, None) != limits["energetic"]
    mean = model.encoder.center
    assert torch.isfinite(mean).all()


def test_what_is_not_to_be_said_must_be_a_concept(config: TrainConfig) -> None:
    wrong = replace(config, distill=replace(config.distill, unsaid=["jaz"]))
    with pytest.raises(ConfigError, match=r"distill\.unsaid must be columns of concepts.*not jaz"):
        fit(wrong)


def test_a_run_goes_on_and_reports_the_cosine_of_its_best_epoch(
    config: TrainConfig, teachers: tuple[Path, Path]
) -> None:
    sets = Path(config.data.cache) / "views"
    written = {path: path.stat().st_mtime_ns for path in sets.rglob("*.npy")}
    assert len(written) == 8
    longer = replace(config, training=replace(config.training, epochs=3))
    model = load_model(fit(longer), device="cpu")
    assert {path: path.stat().st_mtime_ns for path in sets.rglob("*.npy")} == written
    checkpoints = Path(config.output) / "checkpoints"
    last = torch.load(checkpoints / "last.ckpt", weights_only=True)
    assert (last["epoch"], last["global_step"]) == (2, 12)

    state = torch.load(checkpoints / "best.ckpt", weights_only=True)["state_dict"]
    architecture = replace(config.encoder.architecture, embedding_dim=len(CONCEPTS))
    student = Encoder(config.encoder.front_end, architecture)
    student.load_state_dict({key.removeprefix("encoder."): state[key] for key in state})
    student.eval()
    hidden = np.concatenate([shard.hidden for shard in stored(config, "train")])
    targets = fit_targets(list(load_vocabulary()), read_outputs(*teachers), hidden, 0.5)
    cosines = []
    for shard in stored(config, "valid"):
        with torch.no_grad():
            said = student(from_bytes(torch.from_numpy(np.array(shard.log_mel))))
        cosines.append(torch.cosine_similarity(said, torch.from_numpy(targets.of(shard.hidden))))
    cosine = model.card.figures["valid/teacher_cosine"]
    assert cosine == pytest.approx(float(torch.cat(cosines).mean()), abs=1e-3)


def test_another_encoder_does_not_go_on(config: TrainConfig) -> None:
    wider = replace(config, encoder=replace(config.encoder, architecture=Architecture()))
    with pytest.raises(ConfigError, match="another encoder"):
        fit(wider)


def test_absent_teachers_are_said_before_any_audio_is_read(
    config: TrainConfig, tmp_path: Path
) -> None:
    for name in ("mn04", "musicnn"):
        distill = replace(config.distill, **{name: str(tmp_path / "absent")})
        data = replace(config.data, audio="nowhere")
        with pytest.raises(ModelError, match="absent"):
            fit(replace(config, distill=distill, data=data))


def test_a_student_learns_what_is_planted_in_views() -> None:
    """Targets that are linear in the level of two bands are learned from 8-bit views."""
    rng = np.random.default_rng(0)
    steps = rng.integers(60, 120, (320, 16, 20), dtype=np.uint8)
    loud = rng.integers(0, 100, (320, 2), dtype=np.uint8)
    steps[:, 2:6] += loud[:, :1, None]
    steps[:, 9:13] += loud[:, 1:, None]
    hidden = ((loud - 50.0) / 29).astype(np.float16)
    targets = Targets(("one", "two"), np.eye(2, dtype=np.float32), np.zeros(2, np.float32))
    shards = [Shard(steps[part], hidden[part]) for part in (slice(0, 120), slice(120, 320))]
    views = StoredViews(shards, targets)
    assert len(views) == 320
    for item in (0, 119, 120, 319):
        assert np.array_equal(views[item][0], steps[item])
        np.testing.assert_array_equal(views[item][1], hidden[item].astype(np.float32))

    torch.manual_seed(0)
    encoder = EncoderConfig(
        FrontEnd(n_mels=16), Architecture(widths=(4, 4, 8, 16), embedding_dim=2)
    )
    settings = TrainingConfig(augment=AugmentConfig(frequency_mask=0, time_mask=2))
    module = DistillationModule(encoder, settings, 0, mixup_probability=0.2)
    fit_scale(module.encoder, shards)
    module.log = lambda *arguments, **options: None  # type: ignore[method-assign]
    optimizer = torch.optim.AdamW(module.parameters(), 1e-2)
    for step in range(60):
        rows = np.arange(320)[step % 5 :: 5]
        batch = (torch.from_numpy(steps[rows]), torch.from_numpy(hidden[rows].astype(np.float32)))
        optimizer.zero_grad()
        module.training_step(batch, step).backward()
        optimizer.step()
    student = module.encoder.eval()
    with torch.no_grad():
        said = student(from_bytes(torch.from_numpy(steps)))
        pooled = torch.from_numpy(pool_views(student, steps))
        torch.testing.assert_close(student.head(pooled), said, rtol=1e-4, atol=1e-4)
    for column in range(2):
        assert np.corrcoef(said[:, column], loud[:, column])[0, 1] > 0.8


def test_the_scale_of_the_input_is_that_of_the_views() -> None:
    rng = np.random.default_rng(0)
    steps = rng.integers(0, 255, (400, 16, 10), dtype=np.uint8)
    encoder = Encoder(FrontEnd(n_mels=16), Architecture(widths=(4, 4, 4, 4), embedding_dim=2))
    fit_scale(encoder, [Shard(steps, np.zeros((400, 1), np.float16))])
    some = steps[::20].astype(float) / 16 - 9.3
    mean, variance = some.mean(axis=(0, 2)), some.transpose(1, 0, 2).reshape(16, -1).var(1, ddof=1)
    np.testing.assert_allclose(encoder.normalize.running_mean, mean, rtol=1e-4)
    np.testing.assert_allclose(encoder.normalize.running_var, variance, rtol=1e-4)


def test_what_too_few_tracks_tell_is_no_coordinate(capsys: pytest.CaptureFixture[str]) -> None:
    table = pd.DataFrame({"centroid_hz": np.arange(100.0), "bass_share": 0.1})
    table.loc[FEWEST - 1 :, "onset_rate_hz"] = 1.0
    table["pulse_clarity"] = np.where(np.arange(100) < FEWEST - 1, np.arange(100) / 100, np.nan)
    assert _measured_coordinates(table) == ["centroid_hz"]
    said = capsys.readouterr().err
    assert all(name in said for name in ("bass_share", "pulse_clarity", "onset_rate_hz"))
