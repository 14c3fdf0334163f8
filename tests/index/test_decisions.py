"""What was decided: which files it is about, whatever happens to their names, tags and twins."""

import json
import os
import shutil
from pathlib import Path

import mutagen
import numpy as np
import pandas as pd
import pytest
from mutagen.id3 import TIT2

from specrec.catalog.catalog import Catalog
from specrec.catalog.identity import audio_id
from specrec.catalog.scan import Skipped
from specrec.config import IndexConfig
from specrec.errors import LibraryError, SkipReason
from specrec.index.build import build_library
from specrec.index.decision_files import read_decisions
from specrec.index.decisions import Decisions, Kept, Removed, kept_tracks, known_tracks
from specrec.index.inventory import keep_vanished
from specrec.index.maintenance import remove_tracks, restore_tracks
from specrec.index.plan import check_plan, make_plan
from specrec.recommend.collection import Collection
from tests.index.test_build import Build
from tests.sounds import make_music

ONE, TWIN = Removed("one.mp3", "1", "sound"), Removed("twin.mp3", "2", "sound")


def files(*rows: tuple[str, str, str | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["path", "content_id", "audio_id"]).astype("string")


def out(decisions: Decisions, here: pd.DataFrame, known: pd.DataFrame | None = None) -> list[str]:
    known = files() if known is None else known
    return decisions.removed_among(here, known)["path"].tolist()


def retag(path: Path) -> None:
    tagged = mutagen.File(path)
    tagged.add_tags()
    tagged.tags.add(TIT2(encoding=3, text=["a new title"]))
    tagged.save()


def test_of_two_removed_that_sound_the_same_one_may_be_away() -> None:
    both = Decisions((ONE, TWIN))
    for row in (("one.mp3", "1", "sound"), ("new.mp3", "3", "sound")):
        here = files(row)
        seen = both.seen(both.removed_among(here, files()))
        assert seen.removed == (Removed(*row), TWIN)
        back = pd.concat([here, files(("twin.mp3", "2", "sound"))], ignore_index=True)
        assert out(seen, back) == [row[0], "twin.mp3"]
    retagged = both.seen(both.removed_among(files(("twin.mp3", "3", "sound")), files()))
    assert retagged.removed == (ONE, Removed("twin.mp3", "3", "sound"))


def test_a_track_stays_when_it_is_newly_tagged_though_its_twin_was_removed() -> None:
    decisions = Decisions((ONE,))
    for sound in ("sound", None):  # before format 4, none was noted
        known = files(("twin.mp3", "2", sound))
        assert out(decisions, files(("twin.mp3", "3", "sound")), known) == []
    # A run killed between the decision and the generation leaves the track in the latter.
    assert out(decisions, files(("one.mp3", "3", "sound")), files(("one.mp3", "1", "sound")))


def test_what_is_restored_comes_back_though_its_twin_stays_out() -> None:
    left = Decisions((ONE, TWIN)).restored(["one.mp3"])
    assert [item.path for item in left.removed] == ["twin.mp3"]
    assert out(left, files(("one.mp3", "1", "sound"))) == []
    assert out(left, files(("twin.mp3", "2", "sound"))) == ["twin.mp3"]


def test_what_sounds_in_a_file_that_is_gone_is_not_forgotten(tmp_path: Path, build: Build) -> None:
    music, library = make_music(tmp_path / "music", 4), tmp_path / "library"
    build(music, library)
    away = tmp_path / "away.wav"
    sound = audio_id(music / "track 2.wav")
    (music / "track 2.wav").rename(away)
    for _ in range(3):
        build(music, library)
        assert [item.audio_id for item in read_decisions(library, None).kept] == [sound]
    retag(away)
    away.rename(music / "elsewhere.wav")
    report = build(music, library)
    assert (report.tracks, report.plan.moved) == (4, [("track 2.wav", "elsewhere.wav")])


def test_what_an_older_version_removed_stays_out_when_it_is_newly_tagged(tmp_path: Path) -> None:
    data = Path(__file__).parent / "data"  # of four tracks: 3 was removed, 2 is gone
    library = Path(shutil.copytree(data / "format3" / "library", tmp_path / "library"))
    stamps = Collection.open(library).generation.files.set_index("path")
    music = make_music(tmp_path / "music", 4)
    for path, stamp in stamps["mtime_ns"].items():  # so that none is read anew
        os.utime(music / str(path), ns=(stamp, stamp))
    (music / "track 2.wav").unlink()
    model = str(data / "format2" / "model")
    config = IndexConfig(str(music), str(library), model, workers=1, measure_features=False)
    build_library(config)
    assert "audio_id" not in stamps
    (found,) = read_decisions(library, None).removed
    assert found.audio_id == audio_id(music / "track 3.wav")
    retag(music / "track 3.wav")
    assert build_library(config).tracks == 3


def _catalog(root: Path, tracks: pd.DataFrame) -> Catalog:
    return Catalog(root, tracks, files(), [], 0, None, None, {})


def test_kept_tracks_fit_columns_of_other_types(tmp_path: Path) -> None:
    row = {"track_id": "9", "path": "gone.mp3", "content_id": "9", "bpm": 120.5, "mood": 2.5}
    known = known_tracks(None, None, Decisions(kept=(Kept(row, {}, 1),)))
    tracks = pd.DataFrame({
        "track_id": ["1"], "path": ["a.mp3"], "content_id": ["1"], "bpm": [99.0], "mood": ["sad"]
    })  # fmt: skip
    joined, _ = keep_vanished(_catalog(tmp_path, tracks), known, ["gone.mp3"])
    joined.tracks.to_parquet(tmp_path / "tracks.parquet")
    again = pd.read_parquet(tmp_path / "tracks.parquet").set_index("track_id")
    assert again["bpm"].to_dict() == {"1": 99.0, "9": 120.5}
    assert again["mood"].to_dict() == {"1": "sad", "9": "2.5"}
    wrong = known.assign(bpm="fast")
    joined, _ = keep_vanished(_catalog(tmp_path, tracks), wrong, ["gone.mp3"])
    joined.tracks.to_parquet(tmp_path / "tracks.parquet")
    assert np.isnan(joined.tracks.set_index("track_id").loc["9", "bpm"])


def test_a_file_that_was_too_slow_is_not_gone(tmp_path: Path) -> None:
    known = files(("a.mp3", "1", None), ("b.mp3", "2", None))
    for reason in (SkipReason.TIMED_OUT, SkipReason.UNREADABLE):
        slow = [Skipped("b.mp3", reason, "slow")]
        here = known[:1].assign(track_id=["1"])
        catalog = Catalog(tmp_path, here, known[:1], slow, 0, None, None, {})
        plan = make_plan(known, catalog, files(), known["path"])
        assert (plan.hidden, plan.vanished) == (["b.mp3"], [])


def test_music_may_move_though_many_tracks_were_gone_before(tmp_path: Path) -> None:
    known = files(*((f"{i}.mp3", str(i), None) for i in range(10)))
    here = known[:4].assign(track_id=known["content_id"][:4])
    catalog = Catalog(tmp_path, here, known[:4], [], 0, None, None, {})
    plan = make_plan(known, catalog, files(), known["path"])
    gone = {f"{i}.mp3" for i in range(4, 10)}
    assert set(plan.vanished) == gone
    check_plan(plan, catalog, 10, gone, "/elsewhere", prune=False)
    with pytest.raises(LibraryError, match="give that folder"):
        check_plan(plan, catalog, 10, set(), "/elsewhere", prune=False)
    with pytest.raises(LibraryError, match="prune=all"):
        check_plan(plan, catalog, 10, gone, "/elsewhere", prune=True)


@pytest.mark.parametrize("gone_first", [True, False])
def test_what_was_removed_and_restored_is_there_though_its_file_is_gone(
    tmp_path: Path, build: Build, gone_first: bool
) -> None:
    music, library = make_music(tmp_path / "music", 3), tmp_path / "library"
    build(music, library)
    before = Collection.open(library)
    row = before.query("track 1").row
    track_id = str(before.tracks["track_id"][row])
    if gone_first:
        (music / "track 1.wav").unlink()
        build(music, library)
    kept = read_decisions(library, None).kept
    remove_tracks(library, [track_id])
    (music / "track 1.wav").unlink(missing_ok=True)
    for _ in range(2):
        report = build(music, library)
        assert (report.tracks, report.plan.vanished) == (2, [])
    assert restore_tracks(library) == ["track 1.wav"]
    report = build(music, library)
    assert (report.tracks, report.plan.vanished) == (3, ["track 1.wav"])
    assert not gone_first or read_decisions(library, None).kept == kept
    after = Collection.open(library)
    pd.testing.assert_frame_equal(after.tracks, before.tracks)
    np.testing.assert_array_equal(after.embeddings[row], before.embeddings[row])
    # Pruning forgets it for good.
    remove_tracks(library, [track_id])
    assert build(music, library, prune=True).tracks == 2
    assert read_decisions(library, None).kept == ()
    restore_tracks(library)
    assert build(music, library).tracks == 2


def test_whatever_a_table_holds_is_noted_as_json_has_it() -> None:
    tracks = pd.DataFrame({
        "track_id": pd.array(["1", None], "string"), "year": pd.array([1999, None], "Int64"),
        "bpm": [99.5, np.nan], "count": [3, 4], "live": [True, False],
        "day": pd.to_datetime(["2026-01-02", None]), "any": [np.int64(7), "x"],
        "audio_id": pd.array([None, "sound"], "string"),
    })  # fmt: skip
    noted = kept_tracks(tracks, pd.DataFrame({"tempo_bpm": [120.0, np.nan]}), 3)
    first = {
        "track_id": "1", "year": 1999, "bpm": 99.5, "count": 3, "live": True,
        "day": "2026-01-02 00:00:00", "any": 7,
    }  # fmt: skip
    second = dict.fromkeys(first) | {"count": 4, "live": False, "any": "x"}
    assert noted == (Kept(first, {"tempo_bpm": 120.0}, 3), Kept(second, {}, 3, "sound"))
    for item in noted:
        assert json.loads(json.dumps(vars(item))) == vars(item)
