"""Damage: what is found, what is saved, and that no decision is forgotten."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import specrec.cli
from specrec.catalog.identity import content_id
from specrec.config import IndexConfig
from specrec.errors import LibraryError
from specrec.index.build import build_library
from specrec.index.decision_files import NAMES, read_decisions
from specrec.index.generations import read_generation
from specrec.index.maintenance import remove_tracks, restore_tracks
from specrec.index.repair import Repair, repair_library, verify_library
from specrec.index.segment import Segment, write_segment
from specrec.index.segment_store import SegmentStore
from specrec.model.embedding import Embedded
from specrec.model.model import save_model
from specrec.recommend.collection import Collection
from specrec.recommend.library import Library
from tests.conftest import make_encoder
from tests.index.test_build import Build, assert_equal
from tests.sounds import make_music

Damage = Callable[[Path], None]


def flip(path: Path, place: int = -3) -> None:
    """One bit; the size stays as it was."""
    content = bytearray(path.read_bytes())
    content[place] ^= 0x10
    path.write_bytes(content)


def test_damage_is_found_and_repaired_without_embedding_the_rest(
    tmp_path: Path, build: Build
) -> None:
    music, library = make_music(tmp_path / "music", 4), tmp_path / "library"
    build(music, library)
    for first in (10, 11, 12, 13, 14, 15, 16, 17, 18, 19):  # two segments: 4 and the rest
        make_music(music, 1, first=first)
    build(music, library)
    assert verify_library(library).damage == []
    segments = sorted(library.glob("segments/*/*"))
    assert len(segments) == 2
    windows = segments[0] / "windows.npy"
    data = bytearray(windows.read_bytes())
    data[-3] ^= 1  # its size is as it was
    windows.write_bytes(data)
    found = verify_library(library)
    assert [str(windows) in line and "checksum" in line for line in found.damage] == [True]
    assert (found.segments, found.generation) == ([segments[0]], False)
    assert repair_library(library, found) == Repair(tracks=14, again=1, lost=0)
    assert len(Collection.open(library)) == 14  # one half of each track is whole
    report = build(music, library)
    assert (report.tracks, report.embedded) == (14, 1)
    assert verify_library(library).damage == []
    build(music, tmp_path / "fresh")
    assert_equal(Library.open(library), Library.open(tmp_path / "fresh"))


@pytest.mark.parametrize("name", ["tracks.arrow", "embeddings.npy", "index.faiss"])
def test_a_damaged_generation_gives_way_to_the_one_before(
    tmp_path: Path, build: Build, name: str
) -> None:
    music, library = make_music(tmp_path / "music", 2), tmp_path / "library"
    build(music, library)
    make_music(music, 1, first=5)
    build(music, library)
    file = library / "generations" / "000002" / name
    file.write_bytes(file.read_bytes()[:-1] + b"\x7f")
    found = verify_library(library)
    assert found.generation
    assert name in found.damage[0]
    assert repair_library(library, found).tracks == 2
    assert len(Collection.open(library)) == 2
    assert build(music, library).embedded == 0
    assert len(Collection.open(library)) == 3


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Path:
    """Music and a library of which tracks 1 and 3 were removed, and track 2's file is gone."""
    folder = tmp_path_factory.mktemp("decided")
    music, library = make_music(folder / "music", 6), folder / "library"
    config = IndexConfig(
        str(music), str(library), str(model_folder), workers=1, measure_features=False
    )
    build_library(config)
    tracks = Collection.open(library).tracks.set_index("path")["track_id"]
    (music / "track 2.wav").unlink()
    build_library(config)
    remove_tracks(library, [tracks["track 1.wav"]])
    remove_tracks(library, [tracks["track 3.wav"]])
    return folder


def test_the_command_mends_and_says_what_it_saved(
    tmp_path: Path, decided: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = Path(shutil.copytree(decided / "library", tmp_path / "l"))
    flip(_last(library) / "tracks.arrow", 200)
    specrec.cli.app(["verify", str(library), "--repair"], standalone_mode=False)
    assert f"repaired: {len(STAYING)} tracks; what" in capsys.readouterr().out
    assert verify_library(library).damage == []


def test_json_is_all_that_is_printed_also_of_a_repair(
    tmp_path: Path, decided: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = Path(shutil.copytree(decided / "library", tmp_path / "l"))
    flip(_last(library) / "tracks.arrow", 200)
    command = ["verify", str(library), "--json"]
    with pytest.raises(LibraryError, match="damaged in 1 place; repair"):
        specrec.cli.app(command, standalone_mode=False)
    found = json.loads(capsys.readouterr().out)
    specrec.cli.app([*command, "--repair"], standalone_mode=False)
    repair = {"tracks": len(STAYING), "again": 0, "lost": 0}
    assert json.loads(capsys.readouterr().out) == found | {"repair": repair}
    specrec.cli.app(command, standalone_mode=False)
    whole = json.loads(capsys.readouterr().out)
    assert (found["repair"], whole["damage"], whole["repair"]) == (None, [], None)


STAYING = ["track 0.wav", "track 2.wav", "track 4.wav", "track 5.wav"]


def _last(library: Path) -> Path:
    return sorted((library / "generations").iterdir())[-1]


def _segment(library: Path) -> Path:
    return next(library.glob("segments/*/*"))


DAMAGES: dict[str, Damage] = {
    "windows of the lost track": lambda library: flip(_segment(library) / "windows.npy", 300),
    "windows, missing": lambda library: (_segment(library) / "windows.npy").unlink(),
    "embeddings of a segment": lambda library: flip(_segment(library) / "embeddings.npy", 400),
    "contents of a segment": lambda library: flip(_segment(library) / "contents.parquet", 100),
    "sums of a segment": lambda library: flip(_segment(library) / "segment.json", 50),
    "tracks": lambda library: flip(_last(library) / "tracks.arrow", 200),
    "manifest": lambda library: flip(_last(library) / "library.json", 90),
    "all generations, missing": lambda library: shutil.rmtree(library / "generations"),
    "CURRENT, missing": lambda library: (library / "CURRENT").unlink(),
    "CURRENT, nulls": lambda library: _write(library / "CURRENT", bytes(7)),
    "decisions": lambda library: flip(library / NAMES[0], 100),
}


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


@pytest.mark.parametrize("name", DAMAGES)
def test_no_damage_makes_a_library_forget_what_was_decided(
    tmp_path: Path, decided: Path, build: Build, name: str
) -> None:
    music, library = decided / "music", Path(shutil.copytree(decided / "library", tmp_path / "l"))
    before = Collection.open(library)
    expected = {path: before.embeddings[row] for row, path in enumerate(before.tracks["path"])}
    DAMAGES[name](library)
    found = verify_library(library)
    assert found.damage
    repair_library(library, found)
    build(music, library)
    after = Collection.open(library)
    assert after.tracks["path"].tolist() == STAYING
    for row, path in enumerate(STAYING):
        np.testing.assert_allclose(after.embeddings[row], expected[path], atol=2e-4)
        assert len(after.generation.windows(row))
    assert verify_library(library).damage == []
    removed = read_decisions(library, after.generation).removed
    assert [item.path for item in removed] == ["track 1.wav", "track 3.wav"]


def test_decisions_survive_absence_new_tags_and_another_model(
    tmp_path: Path, decided: Path, build: Build
) -> None:
    music = Path(shutil.copytree(decided / "music", tmp_path / "music"))
    library = Path(shutil.copytree(decided / "library", tmp_path / "library"))
    away = tmp_path / "away"
    (music / "track 1.wav").rename(away)
    build(music, library)  # its file is away for one run
    away.rename(music / "track 1.wav")
    build(music, library)
    assert Collection.open(library).tracks["path"].tolist() == STAYING
    other = tmp_path / "other"
    save_model(make_encoder(seed=5), other, name="other", license="MIT")
    config = IndexConfig(str(music), str(library), str(other), workers=1, measure_features=False)
    report = build_library(config)
    assert [item.reason for item in report.skipped] == ["removed", "missing", "removed"]
    build(music, library)  # back to the first model, which has heard the track that is gone
    assert Collection.open(library).tracks["path"].tolist() == STAYING
    import mutagen
    from mutagen.id3 import TIT2

    for path in ("track 1.wav", "track 3.wav"):
        before = content_id(music / path)
        tagged = mutagen.File(music / path)
        tagged.add_tags()
        tagged.tags.add(TIT2(encoding=3, text=["a new title"]))
        tagged.save()
        assert content_id(music / path) != before
        (music / path).rename(music / f"renamed {path}")
    assert build(music, library).embedded == 0
    assert Collection.open(library).tracks["path"].tolist() == STAYING
    assert restore_tracks(library) == ["renamed track 1.wav", "renamed track 3.wav"]
    assert build(music, library).tracks == 6


def test_one_of_two_files_that_sound_the_same_may_go(tmp_path: Path, build: Build) -> None:
    music, library = make_music(tmp_path / "music", 3), tmp_path / "library"
    import mutagen

    shutil.copy(music / "track 1.wav", music / "twin.wav")
    tagged = mutagen.File(music / "twin.wav")
    tagged.add_tags()
    tagged.save()
    build(music, library)
    twin = Collection.open(library).tracks.set_index("path")["track_id"]["twin.wav"]
    remove_tracks(library, [twin])
    assert build(music, library).tracks == 3
    (music / "twin.wav").unlink()
    build(music, library)
    kept = ["track 0.wav", "track 1.wav", "track 2.wav"]
    assert Collection.open(library).tracks["path"].tolist() == kept


def test_a_library_of_format_3_keeps_its_decisions(tmp_path: Path) -> None:
    data = Path(__file__).parent / "data"  # of four tracks: 3 was removed, 2 is gone
    library = Path(shutil.copytree(data / "format3" / "library", tmp_path / "library"))
    before = Collection.open(library).embeddings[2].copy()
    model = str(data / "format2" / "model")
    music = make_music(tmp_path / "music", 4)
    (music / "track 2.wav").unlink()
    flip(_segment(library) / "windows.npy", 130)  # it has no checksums of tracks
    found = verify_library(library)
    assert repair_library(library, found) == Repair(tracks=3, again=4, lost=0)
    report = build_library(
        IndexConfig(str(music), str(library), model, workers=1, measure_features=False)
    )
    assert (report.tracks, report.embedded) == (3, 2)
    opened = Collection.open(library)
    assert opened.tracks["path"].tolist() == ["track 0.wav", "track 1.wav", "track 2.wav"]
    np.testing.assert_array_equal(opened.embeddings[2], before)
    assert verify_library(library).damage == []


def _track(value: float) -> Embedded:
    windows = np.full((3, 4), value, dtype=np.float16)
    return Embedded(windows[0].astype(np.float32), windows, 1.0)


@pytest.mark.parametrize("file", ["windows.npy", "embeddings.npy"])
def test_no_damage_is_copied(tmp_path: Path, file: str) -> None:
    for place in range(2):
        store = SegmentStore(tmp_path, "key")
        store.add(f"c{place}", _track(place))
        store.flush()
    flip(tmp_path / "segments" / "key" / "000001" / file)
    store = SegmentStore(tmp_path, "key")
    with pytest.raises(LibraryError, match=rf"000001/{file}: damaged .*specrec verify"):
        store.merge()
    if file == "embeddings.npy":
        with pytest.raises(LibraryError, match="specrec verify"):
            store.embeddings(["c0"])
    np.testing.assert_array_equal(store.windows("c1"), _track(1).windows)


def test_what_is_no_number_is_a_failure_and_not_stored(tmp_path: Path) -> None:
    store = SegmentStore(tmp_path, "key")
    for place, value in enumerate((np.nan, np.inf, 0.5)):
        store.add(f"c{place}", _track(value))
    store.flush()
    assert store.table["reason"].fillna("").tolist() == ["", "not_finite", "not_finite"]
    assert np.isfinite(store.embeddings(["c2"])).all()


def test_what_an_older_version_wrote_though_it_was_no_number_is_found(
    tmp_path: Path, decided: Path, build: Build
) -> None:
    library = Path(shutil.copytree(decided / "library", tmp_path / "library"))
    old = Segment(_segment(library))
    bad = np.array(old.embeddings)
    bad[0, 0] = np.nan
    table = old.contents
    rows = [
        (bad[row.row], old.windows[row.first_window : row.first_window + row.window_count])
        for row in table.itertuples()
    ]
    folder = old.folder
    shutil.rmtree(folder)
    write_segment(folder, table, rows)
    found = verify_library(library)
    assert any("NaN or infinite" in line for line in found.damage)
    repair_library(library, found)
    build(decided / "music", library)
    assert verify_library(library).damage == []
    assert np.isfinite(Collection.open(library).embeddings).all()
    assert pd.Series(Collection.open(library).tracks["path"]).tolist() == STAYING


def test_a_first_run_that_was_stopped_leaves_what_can_be_repaired(tmp_path: Path) -> None:
    for place in range(2):
        store = SegmentStore(tmp_path, "key")
        store.add(f"c{place}", _track(place))
        store.flush()
    assert verify_library(tmp_path).damage == []
    flip(tmp_path / "segments" / "key" / "000001" / "contents.parquet", 100)
    with pytest.raises(LibraryError, match="specrec verify"):
        SegmentStore(tmp_path, "key")
    found = verify_library(tmp_path)
    assert [path.name for path in found.segments] == ["000001"]
    repair_library(tmp_path, found)
    assert SegmentStore(tmp_path, "key").table.index.tolist() == ["c1"]
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".json"] == [*NAMES]
    for name in NAMES:
        flip(tmp_path / name, 10)
    with pytest.raises(LibraryError, match="specrec verify"):
        read_decisions(tmp_path, None)
    repair_library(tmp_path, verify_library(tmp_path))
    assert verify_library(tmp_path).damage == []


@pytest.mark.parametrize(
    ("was", "now"),
    [(b'"bytes"', b'"BYTES"'), (b'"windows.npy"', b'"WINDOWS.npy"'), (b'"bytes": ', b'"bytes": 1')],
)
def test_a_list_of_checksums_without_one_of_its_own_may_be_damaged(
    tmp_path: Path, was: bytes, now: bytes
) -> None:
    data = Path(__file__).parent / "data" / "format3" / "library"
    library = Path(shutil.copytree(data, tmp_path / "library"))
    sums = _segment(library) / "segment.json"
    sums.write_bytes(sums.read_bytes().replace(was, now, 1))
    with pytest.raises(LibraryError, match=r"damaged.*specrec verify"):
        read_generation(library)
    assert verify_library(library).segments == [sums.parent]
