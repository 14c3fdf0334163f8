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
from specrec.recommend.tagging import (
    TagChange,
    concept_values,
    parse_fields,
    plan_tags,
    write_tags,
)
from tests.libraries import NAMED, write_named
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


def test_concepts_become_the_grouping_unless_there_is_another(tmp_path: Path) -> None:
    """The tags of two of the library's files are its own; the third file has another grouping."""
    folder = write_named(tmp_path / "library")
    library = Collection.open(folder)
    for row in range(3):
        write(library.audio_root / f"track {row}.wav", tone(1), 22_050)
    TaggedFile(library.audio_root / "track 2.wav").write({"concepts": "Symphony no. 5"})
    stats = [(library.audio_root / f"track {row}.wav").stat() for row in range(3)]
    files = library.generation.files.head(3).assign(
        size=[item.st_size for item in stats], mtime_ns=[item.st_mtime_ns for item in stats]
    )
    library.generation.__dict__["files"] = files
    embeddings = np.asarray(library.embeddings)
    plan = plan_tags(library, ["concepts"])
    names = ("singing", "female voice", "piano", "drums", "distorted guitar", "calm")
    for row, (value, _) in enumerate(concept_values(library)):
        there = {
            name for name in names if embeddings[row, NAMED.index(name.replace(" ", "_"))] >= 1
        }
        there -= set() if "singing" in there else {"female voice"}
        assert set((value or "").split("; ")) - {""} == there
    assert plan.unknown["concepts", "its grouping says something else, which is kept"] == 1
    done = write_tags(library.audio_root, plan)
    assert done.failed == {}
    for change in plan.changes:
        assert change.tag == "TIT1"
        assert TaggedFile(library.audio_root / change.path).value("concepts") == change.new
    assert "track 2.wav" not in done.files


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
    assert (
        error == "error: 'tempo': no tag that can be written; known are bpm, key, mood, concepts\n"
    )


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
        with pytest.raises(QueryError, match="known are bpm, key, mood, concepts"):
            parse_fields(wrong)
