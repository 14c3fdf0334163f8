from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from specrec.config import IndexConfig
from specrec.errors import LibraryError, QueryError
from specrec.index.build import build_library
from specrec.index.changes import last_changes
from specrec.index.coverage import find_coverage
from specrec.index.decision_files import read_decisions, write_decisions
from specrec.index.maintenance import open_generation, remove_tracks
from specrec.index.repair import verify_library
from specrec.index.returning import put_back, removed_tracks
from tests.index.test_build import Build
from tests.sounds import make_music, write


def _tables(library: Path) -> dict[str, pd.DataFrame]:
    now = open_generation(library)
    names = ("tracks", "placement", "descriptors", "files", "skipped", "duplicates")
    return {name: getattr(now, name) for name in names} | {
        "embeddings": pd.DataFrame(np.asarray(now.embeddings))
    }


def test_what_is_put_back_is_as_if_it_had_not_been_removed(
    tmp_path: Path, model_folder: Path
) -> None:
    music, library = make_music(tmp_path / "music", 5), tmp_path / "library"
    write(music / "copy of 1.flac", *soundfile.read(music / "track 1.wav", dtype="float32"))
    config = IndexConfig(str(music), str(library), str(model_folder), workers=1)
    build_library(config)
    before = _tables(library)
    assert len(before["duplicates"]) == 1
    ids = before["tracks"].set_index("path")["track_id"]
    out = [ids["track 1.wav"], ids["track 3.wav"]]
    assert remove_tracks(library, out) == 4
    assert remove_tracks(library, [ids["track 0.wav"]]) == 3
    assert [item.track["path"] for item in removed_tracks(library)] == [
        "track 1.wav", "track 3.wav", "track 0.wav",
    ]  # fmt: skip
    with pytest.raises(QueryError, match="no track with the id 'x' was removed"):
        put_back(library, [out[0], "x"])
    assert put_back(library, out) == 5
    assert put_back(library, [ids["track 0.wav"]]) == 6
    after = _tables(library)
    for name, table in before.items():
        pd.testing.assert_frame_equal(after[name], table, check_dtype=name != "descriptors")
    assert verify_library(library).damage == []
    assert removed_tracks(library) == []
    assert build_library(config).changed is False


def test_what_is_known_no_more_is_left_to_an_index_run(tmp_path: Path, build: Build) -> None:
    music, library = make_music(tmp_path / "music", 3), tmp_path / "library"
    build(music, library)
    gone = str(open_generation(library).tracks["track_id"].iloc[1])
    remove_tracks(library, [gone])
    decisions = read_decisions(library, None)
    (item,) = removed_tracks(library)
    strange = replace(item, track=item.track | {"content_id": "0" * 16})
    removed = tuple(replace(one, content_id="0" * 16) for one in decisions.removed)
    write_decisions(library, replace(decisions, removed=removed, kept=(strange,)))
    with pytest.raises(LibraryError, match=r"track 1.wav: its embedding is gone; specrec restore"):
        put_back(library, [gone])
    assert len(open_generation(library)) == 2


def test_changes_are_those_of_the_last_run(tmp_path: Path, build: Build) -> None:
    music, library = make_music(tmp_path / "music", 3), tmp_path / "library"
    build(music, library)
    first = open_generation(library)
    assert last_changes(library, first) is None
    make_music(music, 1, first=7)
    (music / "bad.wav").write_bytes(b"no sound")
    (music / "empty.wav").touch()
    (music / "track 1.wav").unlink()
    build(music, library, prune=True)
    found = last_changes(library, open_generation(library))
    assert found is not None
    assert found.since == first.manifest["created"]
    assert found.added["path"].tolist() == ["track 7.wav"]
    assert found.gone["path"].tolist() == ["track 1.wav"]
    assert found.refused["path"].tolist() == ["bad.wav", "empty.wav"]
    assert found.renewed.empty
    coverage = find_coverage(open_generation(library))
    assert (coverage.indexed, coverage.pending, coverage.gone) == (3, (), ())
    assert [item.path for item in coverage.skipped] == ["bad.wav", "empty.wav"]
    assert coverage.unmeasured == tuple(open_generation(library).tracks["path"])
    (music / "empty.wav").write_bytes(b"not empty")
    assert find_coverage(open_generation(library)).pending == ("empty.wav",)
