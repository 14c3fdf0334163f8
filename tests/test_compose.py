"""The settings of `specrec index` and `specrec train`: names of folders, and of settings."""

from dataclasses import is_dataclass
from pathlib import Path
from typing import get_type_hints

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import OmegaConf

from specrec.compose import _quoted, _text_keys
from specrec.config import IndexConfig, TrainConfig, TrainingConfig
from specrec.config.old_names import GONE, NEW_NAMES
from specrec.errors import ConfigError
from tests.commands import run

NAMES = [
    "Música",
    "音楽 #1 = !x",
    "Rock, Pop",
    "Don't",
    "a=b",
    "Music (old), it's {live}",
    "1e5",
    "${oc.env:HOME}",
    'q\\"uo"te\\',
]


@pytest.mark.parametrize("schema", [TrainConfig, IndexConfig])
def test_every_text_is_read_back_character_by_character(schema: type) -> None:
    keys = _text_keys(schema)
    texts = [key for key, is_list in keys.items() if not is_list]
    expected = {IndexConfig: {"audio", "feature_table"}, TrainConfig: {"data.audio", "data.cache"}}
    assert expected[schema] <= set(texts)
    for name in NAMES:
        for key in (texts[-1], "+" + texts[0]):
            override = _override(_quoted(f"{key}={name}", keys))
            assert override.key_or_group == key.lstrip("+")
            assert _as_omegaconf(override.value()) == name


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Rock, Pop", ["Rock, Pop"]),
        ("[Música, Don't]", ["Música", "Don't"]),
        ("['Rock, Pop', \"b\"]", ["Rock, Pop", "b"]),
        ("[]", []),
    ],
)
def test_a_list_of_folders_may_have_any_names(typed: str, read: list[str]) -> None:
    override = _override(_quoted(f"data.unlabeled_audio={typed}", _text_keys(TrainConfig)))
    assert [str(value) for value in override.value()] == read


def test_the_home_folder_may_be_a_tilde_in_any_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/Ana, née b")
    read = _override(_quoted("data.audio=~/Music", _text_keys(TrainConfig))).value()
    assert _as_omegaconf(read) == "/home/Ana, née b/Music"
    several = _override(_quoted("data.unlabeled_audio=[~/a,b~/c]", _text_keys(TrainConfig)))
    assert [str(value) for value in several.value()] == ["/home/Ana, née b/a", "b~/c"]


def test_what_is_no_text_is_left_to_hydra() -> None:
    keys = _text_keys(TrainConfig)
    for argument in (
        "encoder.architecture.widths=[8,8]",
        "encoder=resnet18",
        "training.epochs=5",
        "--cfg",
        "x=y=z",
    ):
        assert _quoted(argument, keys) == argument


def _override(argument: str) -> Override:
    return OverridesParser.create().parse_override(argument)


def _as_omegaconf(value: object) -> object:
    return OmegaConf.create({"key": value})["key"]


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    name = "Música, it's (old) = ${oc.env:HOME}"  # that of `train` in end_to_end
    printed = _refused("index", f"audio={tmp_path / name}", f"library={tmp_path / 'library'}")
    assert printed == f"error: {tmp_path / name}: no such folder; name one that holds music\n"


def test_no_name_at_all_is_refused(tmp_path: Path) -> None:
    printed = _refused("index", "audio=", f"library={tmp_path}")
    assert printed == "error: audio must be the path of a folder, not nothing\n"


def _keys(schema: type, prefix: str = "") -> set[str]:
    kinds = get_type_hints(schema)
    parts = [_keys(kind, f"{prefix}{name}.") for name, kind in kinds.items() if is_dataclass(kind)]
    return {prefix + name for name in kinds}.union(*parts)


def test_help_says_of_each_setting_of_index_what_it_means() -> None:
    lines = [line.strip() for line in run("index", "--help").stdout.splitlines()]
    for key in _keys(IndexConfig):
        (line,) = [line for line in lines if line.startswith(f"{key.rpartition('.')[2]}:")]
        assert len(line.partition(" # ")[2]) > 5, line


def test_old_names_are_gone_and_new_ones_are_there() -> None:
    keys = _keys(IndexConfig) | _keys(TrainConfig)
    assert not keys & {*NEW_NAMES, *GONE}
    assert {name.partition("=")[0] for name in NEW_NAMES.values()} <= keys


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("index search=exact", "search is called index_type now"),
        ("index ++features=a,b(c", "features is called feature_table now"),
        (
            "train -m +training.augment.mix_share=0,1",
            "training.augment.mix_share is called training.augment.mix_probability now",
        ),
        (
            "train data.audio=x training.augment={speed:2}",
            "training.augment.speed is called training.augment.max_speed_factor now",
        ),
        (
            "train data.audio=x training.monitor=agreement",
            "training.monitor=agreement is gone: the group distill says who teaches now"
            " (as in conf/experiment/base.yaml)",
        ),
        (
            "train data.audio=x data.teachers=[{path:a}]",
            "data.teachers is gone: the group distill says who teaches now"
            " (as in conf/experiment/base.yaml)",
        ),
        (
            "train +experiment=base data.audio=x distill.view.mix_probability=2",
            "distill.view.mix_probability must be from 0 to 1, not 2.0",
        ),
        (
            "train data.audio=x distill.mn04=y distill.views=3000",
            "distill.views must be a multiple of distill.shard_views (2000), not 3000",
        ),
        (
            "train data.audio=x distill.unsaid=[jazz]",
            "distill.unsaid is for a distillation; give distill.mn04 too, or leave it out",
        ),
        (
            "train data.audio=x distill.mn04=y training.label_weight=1",
            "training.label_weight must be 0 with distill.mn04, not 1.0",
        ),
        (
            "index ++serch=exact audio=x library=y",
            "serch is not a setting (--cfg job shows all keys)",
        ),
        (
            "index bogus=1 audio=x library=y",  # which is not ray.gpus
            "bogus is not a setting (--cfg job shows all keys)",
        ),
        (
            "index workrs=1 audio=x library=y",
            "workrs is not a setting; did you mean workers? (--cfg job shows all keys)",
        ),
        (
            "train +training.epoch=1 data.audio=x",
            "training.epoch is not a setting; did you mean training.epochs? (--cfg job shows all"
            " keys)",
        ),
        (
            "train encodr=resnet18 data.audio=x",
            "encodr is not a setting; did you mean encoder? (--cfg job shows all keys)",
        ),
        (
            "train +data.bogus=1 data.audio=x",
            "data.bogus is not a setting (--cfg job shows all keys)",
        ),
    ],
)
def test_a_key_that_is_old_or_unknown_is_refused(command: str, said: str, tmp_path: Path) -> None:
    assert _refused(*command.split(), cwd=tmp_path) == f"error: {said}\n"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            "index Music library=y",
            "'Music' is no setting; give KEY=VALUE (--help lists the settings)",
        ),
        (
            "index workers=( audio=x library=y",
            "workers=(: the value can't be read; put it in quotes: KEY='\"VALUE\"'",
        ),
        (
            "index workers=a audio=x library=y",
            "workers must be a whole number, not a (--cfg job shows all keys)",
        ),
        (
            "index ray=3 audio=x library=y",
            "ray must be a group of settings, such as ray.address=VALUE, not 3 (--cfg job shows all"
            " keys)",
        ),
        (
            "train encoder.architecture.widths=[a] data.audio=x",
            "encoder.architecture.widths must be a list (each a whole number), not a (--cfg job"
            " shows all keys)",
        ),
        (
            "train training=3 data.audio=x",
            "In 'train': Could not find 'training/3' Available options in 'training': contrastive"
            " distillation (--cfg job shows all keys)",
        ),
        (
            "train training=null data.audio=x",  # an error that is not one of Hydra's
            "Config group override must be a string or a list. Got NoneType (--cfg job shows all"
            " keys)",
        ),
        (
            "index hydra.job.num=a audio=x library=y",
            "Error merging override hydra.job.num=a Value 'a' of type 'str' could not be converted"
            " to Integer (--cfg job shows all keys)",
        ),
        ("train seed=-1 data.audio=x", "seed must be from 0 to 4294967295, not -1"),
    ],
)
def test_a_value_that_none_could_be_is_refused(command: str, said: str, tmp_path: Path) -> None:
    assert _refused(*command.split(), cwd=tmp_path) == f"error: {said}\n"


@pytest.mark.parametrize(
    ("setting", "value", "rule"),
    [
        ("devices", "0", "auto, or 1 or more"),
        ("devices", "all", "auto, or 1 or more"),
        ("strategy", "pdd", "one of auto, ddp"),
        ("accelerator", "gpu:1", "one of auto, cpu, gpu, cuda"),
    ],
)
def test_what_lightning_would_refuse_after_the_decoding_is_refused_before(
    setting: str, value: str, rule: str
) -> None:
    with pytest.raises(ConfigError, match=f"^training.{setting} must be {rule}, not {value}$"):
        TrainingConfig(**{setting: value})  # type: ignore[arg-type]


def test_an_old_key_in_a_file_is_refused(tmp_path: Path) -> None:
    experiment = tmp_path / "experiment" / "mine.yaml"
    experiment.parent.mkdir()
    experiment.write_text("# @package _global_\ntraining: {visits_per_epoch: 3}\n")
    arguments = ["--config-dir", str(tmp_path), "data.audio=x", "+experiment=mine"]
    printed = _refused("train", *arguments, cwd=tmp_path)
    said = "training.visits_per_epoch is called training.samples_per_track now"
    assert printed == f"error: {said}\n"


def _refused(*arguments: str, cwd: Path | None = None) -> str:
    done = run(*arguments, cwd=cwd)
    assert done.returncode == 2
    return done.stderr
