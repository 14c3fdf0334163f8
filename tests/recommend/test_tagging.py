"""What is known of tracks is written into their files, which stay the library's tracks."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from specrec.catalog.tag_writing import TaggedFile
from specrec.cli import main
from specrec.config import IndexConfig
from specrec.descriptors.tag_values import key_name, tag_values
from specrec.errors import QueryError
from specrec.index.build import build_library
from specrec.recommend.collection import Collection
from specrec.recommend.library import Library
from specrec.recommend.tagging import TagChange, parse_fields, plan_tags, write_tags
from tests.sounds import make_music, tone, write

FIELDS = ["bpm", "key", "mood"]


@pytest.fixture
def config(tmp_path: Path, model_folder: Path) -> IndexConfig:
    """Four tracks, of which a table knows the first two, and a copy of the first."""
    music = make_music(tmp_path / "music", 3)
    write(music / "track 3.flac", tone(2), 22_050)
    shutil.copy(music / "track 0.wav", music / "twin.wav")
    table = pd.DataFrame(
        {
            "path": ["track 0.wav", "track 1.wav"],
            "tempo": [127.6, 90.0],
            "key": [6, 9],
            "mode": [0, 1],
            "energy": [0.9, 0.2],
            "valence": [0.8, 0.45],
        }
    )
    table.to_csv(music / "manifest.csv", index=False)
    config = IndexConfig(str(music), str(tmp_path / "library"), str(model_folder), workers=1)
    assert build_library(config).embedded == 4
    return config


def test_tagged_files_stay_the_tracks_that_they_are(config: IndexConfig) -> None:
    music, library = Path(config.audio), Collection.open(config.library)
    plan = plan_tags(library, FIELDS)
    names = {"bpm": "TBPM", "key": "TKEY", "mood": "TMOO"}
    assert [change for change in plan.changes if change.path.startswith(("track 0", "twin"))] == [
        TagChange(path, field, names[field], None, new)
        for path in ("track 0.wav", "twin.wav")
        for field, new in (("bpm", "128"), ("key", "F#m"), ("mood", "happy"))
    ]
    assert plan.unknown["mood", "the mood is in between"] == 1
    assert plan.files == 5
    done = write_tags(library.audio_root, plan)
    assert done.failed == {}
    assert {"track 0.wav", "track 1.wav", "twin.wav"} <= set(done.files)
    assert TaggedFile(music / "track 1.wav").value("key") == "A"

    assert plan_tags(library, FIELDS).changes == []
    measured = []
    report = build_library(config, on_measure=lambda done, total: measured.append(done))
    assert (report.embedded, report.tracks, report.plan.added) == (0, 4, [])
    assert measured == []
    after = Library.open(config.library)
    np.testing.assert_array_equal(after.collection.embeddings, library.embeddings)
    pd.testing.assert_frame_equal(after.collection.features, library.features)
    for row in range(4):
        windows = library.generation.windows(row)
        np.testing.assert_array_equal(after.collection.generation.windows(row), windows)
    assert after.verify().damage == []
    assert build_library(config).changed is False


def test_other_sound_under_the_same_name_is_left_alone(config: IndexConfig) -> None:
    music, library = Path(config.audio), Collection.open(config.library)
    write(music / "track 0.wav", tone(2, 1000), 22_050)
    (music / "track 1.wav").unlink()
    content = (music / "track 0.wav").read_bytes()
    plan = plan_tags(library, ["bpm"])
    assert "another file" in plan.untaggable["track 0.wav"]
    assert "No such file" in plan.untaggable["track 1.wav"]
    assert [change.path for change in plan.changes if "0" in change.path] == []
    write_tags(library.audio_root, plan)
    assert (music / "track 0.wav").read_bytes() == content
    assert build_library(config).embedded == 1


def test_the_command_writes_when_told_to(
    config: IndexConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*arguments: str) -> tuple[int | str | None, str, str]:
        with pytest.raises(SystemExit) as end:
            main(["tag", config.library, *arguments])
        return end.value.code, *capsys.readouterr()

    music = Path(config.audio)
    TaggedFile(music / "track 0.wav").write({"bpm": "64"})
    before = {path.name: path.read_bytes() for path in music.iterdir()}
    code, out, _ = run("--write", "bpm")
    assert not code
    assert all(word in out for word in ("track 0.wav", "TBPM", "64", "128", "--yes"))
    code, out, _ = run("--write", "bpm", "--only-missing", "--json")
    document = json.loads(out)
    assert document["written"] is None
    assert "track 0.wav" not in [change["path"] for change in document["changes"]]
    assert {path.name: path.read_bytes() for path in music.iterdir()} == before
    code, out, _ = run("--write", "bpm", "--yes")
    assert not code
    assert TaggedFile(music / "track 0.wav").value("bpm") == "128"
    code, _, error = run("--write", "bpm,tempo")
    assert code == 2
    assert error == "error: 'tempo': no tag that can be written; known are bpm, key, mood\n"


def test_only_what_is_likely_right_is_said() -> None:
    measured = pd.DataFrame(
        {
            "tempo_bpm": [99.6, 99.6, np.nan],
            "tempo_confidence": [0.9, 0.4, 0.0],
            "key": [0.0, 0.0, np.nan],
            "majorness": [-0.3, -0.01, np.nan],
            "tonal_clarity": [0.9, 0.9, 0.1],
        }
    )
    sources = {"measured": measured}
    assert [value for value, _ in tag_values(sources, "bpm")] == ["100", None, None]
    assert [value for value, _ in tag_values(sources, "key")] == ["Cm", None, None]
    assert [value for value, _ in tag_values(sources, "mood")] == [None] * 3
    assert all("valence" in why for _, why in tag_values(sources, "mood"))
    table = pd.DataFrame({"key": [-1.0, 11.0, 3.0], "mode": [1.0, 1.0, 0.0]})
    both = {"table": table, **sources}
    assert [value for value, _ in tag_values(both, "key")] == ["Cm", "B", "Ebm"]
    moods = pd.DataFrame({"valence": [0.9, 0.9, 0.1, 0.1], "energy": [0.9, 0.1, 0.9, 0.1]})
    named = [value for value, _ in tag_values({"predicted": moods}, "mood")]
    assert named == ["happy", "relaxed", "tense", "sad"]


def test_key_names_are_those_of_their_scales() -> None:
    """A key's name and that of its parallel minor share a letter or are enharmonic."""
    pitches = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
    for pitch in range(12):
        for major in (True, False):
            name = key_name(pitch, major)
            root = name.removesuffix("m")
            assert name.endswith("m") is not major
            shift = root.count("#") - root.count("b")
            assert (pitches[root[0]] + shift) % 12 == pitch


def test_fields_are_checked() -> None:
    assert parse_fields(" BPM,key,bpm ") == ["bpm", "key"]
    for wrong in ("", "tempo", "bpm;key"):
        with pytest.raises(QueryError, match="known are bpm, key, mood"):
            parse_fields(wrong)
