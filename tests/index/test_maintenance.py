import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from specrec.catalog.catalog import read_catalog
from specrec.catalog.scan import Skipped
from specrec.config import IndexConfig
from specrec.errors import ConfigError, LibraryError, QueryError, SkipReason
from specrec.index.build import build_library
from specrec.index.decisions import Decisions, known_tracks
from specrec.index.maintenance import (
    library_status,
    open_generation,
    remove_tracks,
    restore_tracks,
)
from specrec.index.plan import make_plan
from specrec.index.repair import verify_library
from specrec.model.model import save_model
from specrec.recommend.collection import Collection
from specrec.recommend.library import Library
from specrec.recommend.results import track_of_row
from tests.conftest import make_encoder
from tests.index.test_build import Build, assert_equal
from tests.sounds import make_music, tone, write


def test_vanished_files_stay_unless_pruned(tmp_path: Path, build: Build) -> None:
    music, library = make_music(tmp_path / "music", 4), tmp_path / "library"
    build(music, library)
    (music / "track 1.wav").unlink()
    make_music(music, 1, first=7)
    rehearsal = build(music, library, dry_run=True, prune=True)
    assert (rehearsal.plan.vanished, rehearsal.plan.added) == (["track 1.wav"], ["track 7.wav"])
    assert (rehearsal.embedded, rehearsal.tracks, rehearsal.changed) == (1, 4, False)
    assert len(Collection.open(library)) == 4  # nothing was written
    report = build(music, library)
    assert (report.tracks, report.plan.vanished) == (5, ["track 1.wav"])
    opened = Library.open(library)
    assert "track 1.wav" in set(opened.tracks["path"])
    assert len(opened.neighbors("track 1", 2)) == 2  # its embedding is still there
    assert build(music, library).changed is False
    assert build(music, library, prune=True).tracks == 4
    build(music, tmp_path / "fresh")
    assert_equal(Library.open(library), Library.open(tmp_path / "fresh"))


def test_a_changed_file_takes_the_place_of_the_old_one(tmp_path: Path, build: Build) -> None:
    music, library = make_music(tmp_path / "music", 3), tmp_path / "library"
    build(music, library)
    write(music / "track 1.wav", tone(3, 777, 22_050), 22_050)
    (music / "track 2.wav").rename(music / "other.wav")
    report = build(music, library)
    assert report.plan.changed == ["track 1.wav"]
    assert report.plan.moved == [("track 2.wav", "other.wav")]
    assert (report.plan.added, report.plan.vanished, report.embedded) == ([], [], 1)
    assert report.tracks == 3


def test_another_folder_is_not_mistaken_for_the_librarys(tmp_path: Path, build: Build) -> None:
    library = tmp_path / "library"
    build(make_music(tmp_path / "music", 2), library)
    with pytest.raises(LibraryError, match=r"2 of the library's 2 tracks;.*music.*another library"):
        build(make_music(tmp_path / "elsewhere", 2, first=5), library)


def test_removed_tracks_stay_out_until_restored(tmp_path: Path, build: Build) -> None:
    music, library = make_music(tmp_path / "music", 5), tmp_path / "library"
    build(music, library)
    opened = Library.open(library)
    out = [str(opened.resolve(name).track.track_id) for name in ("track 1", "track 3")]
    assert remove_tracks(library, out) == 3
    (music / "track 1.wav").rename(music / "again.wav")  # by its content, not its name
    report = build(music, library)
    assert (report.tracks, report.embedded) == (3, 0)
    assert {item.path: str(item.reason) for item in report.skipped} == {
        "again.wav": "removed",
        "track 3.wav": "removed",
    }
    kept = tmp_path / "kept"
    kept.mkdir()
    for name in ("track 0", "track 2", "track 4"):
        (kept / f"{name}.wav").symlink_to(music / f"{name}.wav")
    build(kept, tmp_path / "fresh")
    assert_equal(Library.open(library), Library.open(tmp_path / "fresh"))
    with pytest.raises(QueryError, match=r"track 0.wav was not removed.*again.wav"):
        restore_tracks(library, ["track 0.wav"])
    assert restore_tracks(library, ["track 3.wav"]) == ["track 3.wav"]
    assert restore_tracks(library) == ["again.wav"]
    report = build(music, library)
    assert (report.tracks, report.embedded, report.skipped) == (5, 0, [])
    everything = Collection.open(library).tracks["track_id"]
    with pytest.raises(LibraryError, match="no track would be left"):
        remove_tracks(library, list(everything))


def test_models_are_switched_without_embedding_again(tmp_path: Path, build: Build) -> None:
    music, library, other = make_music(tmp_path / "music", 3), tmp_path / "library", tmp_path / "m"
    build(music, library)
    before = Collection.open(library)
    save_model(make_encoder(seed=5), other, name="other", license="MIT")
    config = IndexConfig(str(music), str(library), str(other), workers=1, measure_features=False)
    seen: list[str] = []

    def look(done: int, total: int) -> None:  # while the other model embeds, the old one answers
        seen.append(Collection.open(library).generation.manifest["model"]["name"])

    assert build_library(config, on_embed=look).embedded == 3
    assert set(seen) == {"random"}
    assert Collection.open(library).generation.manifest["model"]["name"] == "other"
    make_music(music, 1, first=5)
    assert build(music, library).embedded == 1  # only what the first model has not seen
    back = Collection.open(library)
    np.testing.assert_array_equal(back.embeddings[:3], before.embeddings)
    assert build_library(config).embedded == 1


def test_a_new_version_does_anew_only_what_its_change_touches(
    tmp_path: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    music, library = make_music(tmp_path / "music", 2), tmp_path / "library"
    config = IndexConfig(str(music), str(library), str(model_folder), workers=1)
    measured: list[int] = []

    def run() -> int:
        measured.clear()
        report = build_library(config, on_measure=lambda done, total: measured.append(done))
        return report.embedded

    assert (run(), len(measured)) == (2, 0)  # measured while they were embedded
    assert Collection.open(library).generation.descriptors["loudness_lufs"].notna().all()
    assert (run(), len(measured)) == (0, 0)
    monkeypatch.setattr("specrec.index.segment_store.ANALYSIS_VERSION", 99)
    assert (run(), len(measured)) == (2, 0)
    monkeypatch.setattr("specrec.index.build.MEASURE_VERSION", 99)
    monkeypatch.setattr("specrec.index.assemble.MEASURE_VERSION", 99)
    monkeypatch.setattr("specrec.index.embedding.MEASURE_VERSION", 99)
    assert (run(), len(measured)) == (0, 2)
    assert (run(), len(measured)) == (0, 0)
    monkeypatch.setattr("specrec.index.build.DUPLICATES_VERSION", 99)
    monkeypatch.setattr("specrec.index.assemble.DUPLICATES_VERSION", 99)
    build_library(config)
    assert Collection.open(library).generation.manifest["duplicates_version"] == 99
    assert not build_library(config).changed


def test_damage_is_not_written_on(tmp_path: Path, build: Build) -> None:
    music, library = make_music(tmp_path / "music", 4), tmp_path / "library"
    build(music, library)
    generation = open_generation(library)
    path = generation.folder / "embeddings.npy"
    content = bytearray(path.read_bytes())
    content[-8] ^= 0x15
    path.write_bytes(content)
    with pytest.raises(LibraryError, match=r"embeddings\.npy"):
        remove_tracks(library, [str(generation.tracks["track_id"].iloc[0])])
    assert verify_library(library).damage


def test_what_can_not_be_read_for_now_is_not_gone(tmp_path: Path, build: Build) -> None:
    music, library = make_music(tmp_path / "music", 4), tmp_path / "library"
    build(music, library)
    before = open_generation(library)
    catalog = read_catalog(music)
    first, second = catalog.tracks["path"].iloc[:2]
    closed = replace(
        catalog,
        tracks=catalog.tracks.iloc[2:].reset_index(drop=True),
        files=catalog.files[~catalog.files["path"].isin([first, second])],
        skipped=[*catalog.skipped, Skipped(first, SkipReason.UNREADABLE, "permission denied")],
    )
    plan = make_plan(
        known_tracks(before.tracks, before.files, Decisions()), closed, catalog.files[:0], []
    )
    assert (plan.hidden, plan.vanished) == ([first], [second])


def test_restoring_makes_no_library(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no library there"):
        restore_tracks(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_the_status_counts_what_is_there(tmp_path: Path, build: Build) -> None:
    music, library = make_music(tmp_path / "music", 3), tmp_path / "library"
    (music / "bad.wav").write_text("text")
    (music / "note.txt").write_text("text")
    build(music, library)
    status = library_status(library)
    opened = Collection.open(library)
    assert (status.tracks, status.skipped, status.ignored) == (3, {"not_audio": 1}, 1)
    assert status.hours == pytest.approx(opened.tracks["duration_seconds"].sum() / 3600)
    on_disk = sum(path.stat().st_size for path in library.rglob("*") if path.is_file())
    assert status.bytes_generation + status.bytes_segments + status.bytes_other == on_disk
    assert status.index["measured_recall"] == 1.0
    assert json.loads(json.dumps(status.to_dict()))["model"]["name"] == "random"
    with pytest.raises(LibraryError, match="no library there"):
        library_status(tmp_path / "nowhere")


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["add", "delete", "move", "change", "run", "remove"]), st.integers(0, 9)
    ),
    min_size=2,
    max_size=8,
)


@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(changes=CHANGES)
def test_any_sequence_of_changes_ends_as_a_fresh_build(
    changes: list[tuple[str, int]], tmp_path_factory: pytest.TempPathFactory, build: Build
) -> None:
    folder = tmp_path_factory.mktemp("changes")
    music, library = make_music(folder / "music", 3), folder / "library"
    build(music, library)
    for place, (change, number) in enumerate(changes):
        files = sorted(music.glob("*.wav"))
        file = files[number % len(files)]
        if change == "add":
            make_music(music, 1, first=20 + place)
        elif change == "delete" and len(files) > 2:
            file.unlink()
        elif change == "move":
            file.rename(music / f"moved {place}.wav")
        elif change == "change":
            write(file, tone(2 + place, 300 + 50 * place, 22_050), 22_050)
        elif change == "remove" and min(len(files), len(Collection.open(library))) > 2:
            opened = Collection.open(library)
            track = track_of_row(opened.tracks.iloc[number % len(opened)])
            remove_tracks(library, [str(track.track_id)])
            (music / track.path).unlink(missing_ok=True)
        elif change == "run":
            build(music, library, prune="all")
    build(music, library, prune="all")
    # What was removed and is there again under another name stays out.
    out = set(Collection.open(library).generation.skipped["path"])
    for path in out:
        (music / path).unlink(missing_ok=True)
    build(music, folder / "fresh")
    assert_equal(Library.open(library), Library.open(folder / "fresh"))
    assert verify_library(library).damage == []


def test_another_folder_that_shares_a_file_is_not_mixed_in(tmp_path: Path, build: Build) -> None:
    music, library = make_music(tmp_path / "music", 5), tmp_path / "library"
    build(music, library)
    other = make_music(tmp_path / "other", 2, first=4)  # track 4 is in both
    with pytest.raises(
        LibraryError, match=r"4 of the library's 5 tracks; .*music: give that .*prune=all"
    ):
        build(other, library)
    assert Collection.open(library).audio_root == music
    assert len(Collection.open(library)) == 5
    assert build(other, library, prune="all").tracks == 2
    assert Collection.open(library).audio_root == other


def test_a_folder_with_copies_of_most_tracks_is_another_folder(
    tmp_path: Path, build: Build
) -> None:
    music, library = make_music(tmp_path / "music", 5), tmp_path / "library"
    build(music, library)
    other = make_music(tmp_path / "other", 4, first=1)  # 1 to 4 are copies, 0 is not there
    make_music(music / "more", 3, first=7)
    for folder in (other, music / "more"):
        with pytest.raises(LibraryError, match=rf"{folder}: lacks .* built from {music}: "):
            build(folder, library)
    shutil.copy(music / "track 0.wav", other / "renamed.wav")  # now it has all of them
    make_music(other, 1, first=6)
    report = build(other, library)
    assert (report.tracks, report.embedded, report.moved_from) == (6, 1, str(music))
    with pytest.raises(LibraryError, match=r"lacks 1 of the library's 6 tracks;"):
        build(music, library)


def test_music_may_be_moved_linked_mounted_elsewhere_or_asked_for_with_what_is_above(
    tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    music, library = make_music(tmp_path / "disk" / "music", 5), tmp_path / "library"
    build(music, library)
    (tmp_path / "link").symlink_to(music)
    monkeypatch.chdir(tmp_path)
    for same in (tmp_path / "link", Path("disk/music"), tmp_path / "disk" / ".." / "disk/music"):
        assert not build(same, library).changed
    moved = tmp_path / "moved"
    music.rename(moved)
    music.mkdir()  # where the disk was mounted
    (moved / "track 0.wav").unlink()
    report = build(moved, library)
    assert (report.tracks, report.embedded, report.plan.vanished) == (5, 0, ["track 0.wav"])
    (moved / "sub").mkdir()
    for path in moved.glob("*.wav"):
        path.rename(moved / "sub" / path.name)
    assert build(moved, library).tracks == 5
    # All that has a file is below: neither the folder above it nor that itself lacks any.
    for folder in (moved / "sub", tmp_path):
        report = build(folder, library)
        assert (report.tracks, report.embedded) == (5, 0)
    assert Collection.open(library).audio_root == tmp_path


def test_most_of_a_library_is_not_dropped_unasked(tmp_path: Path, build: Build) -> None:
    music, library = make_music(tmp_path / "music", 4), tmp_path / "library"
    build(music, library)
    for place in range(4):
        (music / f"track {place}.wav").unlink()
    make_music(music, 1, first=9)  # a stray file where a disk should be
    for asked in ({"prune": True}, {"prune": "true", "dry_run": True}):
        with pytest.raises(LibraryError, match=r"4 of the library's 4 .*prune=all"):
            build(music, library, **asked)
    assert build(music, library).tracks == 5
    assert build(music, library, prune="all").tracks == 1
    with pytest.raises(ConfigError, match=r"prune must be true, false or all, not some"):
        build(music, library, prune="some")
