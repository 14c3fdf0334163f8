import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from specrec.audio.loading import load
from specrec.audio.windows import cut_windows
from specrec.config import IndexConfig
from specrec.errors import AudioError, CatalogError, LibraryError, ModelError, SkipReason
from specrec.index.build import BuildReport, build_library
from specrec.index.files import read_sealed, write_sealed
from specrec.index.locks import writer_lock
from specrec.index.maintenance import library_status, remove_tracks
from specrec.index.segment_store import SegmentStore
from specrec.model.model import load_model, save_model
from specrec.recommend.collection import Collection
from specrec.recommend.library import Library
from tests.conftest import make_encoder
from tests.model.misled import read_and_raise
from tests.sounds import make_music, tone, write

Build = Callable[..., BuildReport]


def assert_equal(one: Library, other: Library) -> None:
    pd.testing.assert_frame_equal(one.tracks, other.tracks)
    np.testing.assert_allclose(one.collection.embeddings, other.collection.embeddings, atol=1e-6)
    for row in range(len(one)):
        windows = (library.collection.generation.windows(row) for library in (one, other))
        np.testing.assert_allclose(*windows, atol=2e-3)
        track_id = one.tracks["track_id"][row]
        # The random model takes short tones for one recording.
        for mine, theirs in zip(
            one.neighbors(track_id, 20, duplicates=True),
            other.neighbors(track_id, 20, duplicates=True),
            strict=True,
        ):
            assert mine.track == theirs.track
            assert mine.similarity == pytest.approx(theirs.similarity, abs=1e-5)


def test_a_track_is_the_mean_of_its_windows(
    tmp_path: Path, build: Build, model_folder: Path
) -> None:
    music = make_music(tmp_path / "music")
    report = build(music, tmp_path / "library")
    assert (report.tracks, report.embedded, report.skipped) == (8, 8, [])
    library = Collection.open(tmp_path / "library")
    encoder = load_model(model_folder, device="cpu").encoder
    import torch

    for row, track in library.tracks.iterrows():
        cuts = cut_windows(load(music / track["path"], 22_050), 2.0)
        windows = encoder.embed(torch.from_numpy(cuts)).numpy()
        np.testing.assert_allclose(library.embeddings[row], windows.mean(axis=0), atol=1e-5)
        np.testing.assert_allclose(library.generation.windows(row), windows, atol=2e-3)


def test_a_rerun_with_nothing_new_writes_nothing(tmp_path: Path, build: Build) -> None:
    music = make_music(tmp_path / "music", 3)
    (music / "bad.wav").write_text("text")
    first = build(music, tmp_path / "library")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "library").rglob("*.*")}
    second = build(music, tmp_path / "library")
    assert (first.changed, second.changed) == (True, False)
    assert (
        Collection.open(tmp_path / "library").generation.manifest["search"] == "auto"
    )  # the setting index_type
    assert (first.embedded, second.embedded) == (3, 0)
    assert second.skipped == first.skipped
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "library").rglob("*.*")}
    assert {k: v for k, v in after.items() if k.name != ".lock"} == {
        k: v for k, v in before.items() if k.name != ".lock"
    }


def test_after_any_changes_the_library_equals_a_fresh_one(tmp_path: Path, build: Build) -> None:
    music = make_music(tmp_path / "music", 6)
    build(music, tmp_path / "library")
    (music / "track 1.wav").unlink()
    (music / "sub").mkdir()
    (music / "track 2.wav").rename(music / "sub" / "renamed.wav")
    make_music(music, 2, first=6)
    write(music / "track 0.wav", tone(3, 777, 22_050), 22_050)
    report = build(music, tmp_path / "library", prune=True)
    assert report.embedded == 3  # two new, one changed; the renamed one is known
    build(music, tmp_path / "fresh")
    assert_equal(Library.open(tmp_path / "library"), Library.open(tmp_path / "fresh"))


def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path, model_folder: Path) -> None:
    music = make_music(tmp_path / "music", 8)
    config = IndexConfig(
        str(music),
        str(tmp_path / "library"),
        str(model_folder),
        workers=1,
        batch_size=1,
        measure_features=False,
    )

    def interrupt(done: int, total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_library(config, on_embed=interrupt)
    with pytest.raises(LibraryError, match="no library there"):
        Library.open(tmp_path / "library")
    totals: set[int] = set()
    report = build_library(config, on_embed=lambda done, total: totals.add(total))
    assert totals == {3}
    assert report.embedded == 3
    assert report.tracks == 8
    assert not (tmp_path / "library" / "journal").exists()
    fresh = tmp_path / "fresh"
    build_library(
        IndexConfig(str(music), str(fresh), str(model_folder), workers=1, measure_features=False)
    )
    assert_equal(Library.open(tmp_path / "library"), Library.open(fresh))


def test_bad_files_are_listed_and_cost_nothing_else(tmp_path: Path, build: Build) -> None:
    music = make_music(tmp_path / "music", 2)
    write(music / "click.wav", tone(0.2))
    write(music / "silent.flac", np.zeros(44_100, np.float32))
    write(music / '🎸 "it\'s" [b].wav', tone(2, 600))
    (music / "text.wav").write_text("text")
    (music / "zero.mp3").touch()
    (music / "notes.txt").write_text("text")
    report = build(music, tmp_path / "library")
    assert (report.tracks, report.embedded, report.ignored) == (3, 3, 1)
    assert {item.path: item.reason for item in report.skipped} == {
        "click.wav": SkipReason.TOO_SHORT,
        "silent.flac": SkipReason.SILENT,
        "text.wav": SkipReason.NOT_AUDIO,
        "zero.mp3": SkipReason.EMPTY,
    }
    library = Collection.open(tmp_path / "library")
    assert library.generation.skipped["path"].tolist() == [item.path for item in report.skipped]
    assert library.generation.manifest["counts"] == {"tracks": 3, "skipped": 4, "ignored": 1}


def test_a_repaired_file_is_tried_again(tmp_path: Path, build: Build) -> None:
    music = make_music(tmp_path / "music", 2)
    (music / "late.wav").write_text("text")
    build(music, tmp_path / "library")
    write(music / "late.wav", tone(2, 500))
    report = build(music, tmp_path / "library")
    assert (report.tracks, report.embedded, report.skipped) == (3, 1, [])


def test_another_model_embeds_anew(tmp_path: Path, build: Build) -> None:
    music = make_music(tmp_path / "music", 3)
    assert build(music, tmp_path / "library").model_before is None
    assert build(music, tmp_path / "library").model_before is None
    other = tmp_path / "other"
    save_model(make_encoder(seed=5), other, name="other", license="MIT")
    report = build_library(
        IndexConfig(str(music), str(tmp_path / "library"), str(other), measure_features=False)
    )
    assert report.embedded == 3
    assert report.model_before is not None
    assert report.model_before.startswith("random (")
    assert Collection.open(tmp_path / "library").generation.manifest["model"]["name"] == "other"


def test_a_library_survives_its_model_being_gone_unless_a_file_is_asked_for(
    tmp_path: Path, model_folder: Path
) -> None:
    music = make_music(tmp_path / "music", 3)
    model = Path(shutil.copytree(model_folder, tmp_path / "model"))
    build_library(
        IndexConfig(str(music), str(tmp_path / "library"), str(model), measure_features=False)
    )
    library = Library.open(tmp_path / "library")
    outside = write(tmp_path / "outside.wav", tone(2, 333))
    save_model(make_encoder(seed=5), model, name="random", license="MIT")
    with pytest.raises(ModelError, match="fingerprint"):
        library.neighbors(outside)
    assert len(library.neighbors("track 1", duplicates=True)) == 2


def test_nothing_usable_is_one_line(tmp_path: Path, build: Build) -> None:
    (tmp_path / "music").mkdir()
    library = tmp_path / "new" / "library"
    with pytest.raises(CatalogError, match="no audio files"):
        build(tmp_path / "music", library)
    (tmp_path / "table.csv").write_text("title\na\n")
    with pytest.raises(CatalogError, match=r"table\.csv"):
        build(tmp_path / "table.csv", library)
    assert not (tmp_path / "new").exists()
    (tmp_path / "music" / "a.mp3").write_text("text")
    with pytest.raises(LibraryError, match=r"nothing that can be used in 1 file; .*not_audio"):
        build(tmp_path / "music", tmp_path / "library")


def test_one_writer_at_a_time(tmp_path: Path, build: Build) -> None:
    music = make_music(tmp_path / "music", 2)
    with writer_lock(tmp_path / "library"), pytest.raises(LibraryError, match="another run"):
        build(music, tmp_path / "library")
    build(music, tmp_path / "library")


def test_damage_and_newer_formats_are_one_line(tmp_path: Path, build: Build) -> None:
    library = tmp_path / "library"
    build(make_music(tmp_path / "music", 2), library)
    generation = library / "generations" / "000001"
    manifest = generation / "library.json"
    document = read_sealed(manifest)
    write_sealed(manifest, document | {"format_version": 99})
    with pytest.raises(LibraryError, match=r"format 99.*upgrade"):
        Library.open(library)
    write_sealed(manifest, document)
    data = (generation / "embeddings.npy").read_bytes()
    (generation / "embeddings.npy").write_bytes(data[:-4])
    with pytest.raises(LibraryError, match=r"embeddings\.npy.*size differs"):
        Library.open(library)
    (generation / "embeddings.npy").unlink()
    with pytest.raises(LibraryError, match="missing;"):
        Library.open(library)
    manifest.unlink()
    with pytest.raises(LibraryError, match=r"library\.json"):
        Library.open(library)


def test_a_moved_library_and_a_moved_folder_still_work(tmp_path: Path, build: Build) -> None:
    build(make_music(tmp_path / "music", 3), tmp_path / "library")
    before = Library.open(tmp_path / "library").neighbors("track 0", duplicates=True)
    (tmp_path / "library").rename(tmp_path / "elsewhere")
    (tmp_path / "music").rename(tmp_path / "songs")
    assert Library.open(tmp_path / "elsewhere").neighbors("track 0", duplicates=True) == before
    report = build(tmp_path / "songs", tmp_path / "elsewhere")
    assert report.embedded == 0
    assert Collection.open(tmp_path / "elsewhere").audio_root == tmp_path / "songs"


def test_a_file_that_could_not_be_reached_is_tried_again(tmp_path: Path) -> None:
    store = SegmentStore(tmp_path / "library", "x")
    lost = store.add("lost", AudioError("a.wav", SkipReason.UNREADABLE, "Input/output error"))
    crashed = store.add("crashed", AudioError("b.wav", SkipReason.CRASHED, "killed"))
    assert store.add("text", AudioError("c.wav", SkipReason.NOT_AUDIO, "text")) is None
    store.flush()
    assert (lost is None, crashed is None) == (False, False)
    assert set(SegmentStore(tmp_path / "library", "x").table.index) == {"text"}


def test_a_library_of_format_2_is_read_and_brought_up_to_date(tmp_path: Path) -> None:
    stored = Path(__file__).parent / "data" / "format2"  # as version 2 wrote it, of three tracks
    library = Path(shutil.copytree(stored / "library", tmp_path / "library"))
    old = Library.open(library)
    before = old.neighbors("track 1", duplicates=True)
    windows = [old.collection.generation.windows(row) for row in range(3)]
    music = make_music(tmp_path / "music", 3)
    (music / "bad.wav").write_text("text")
    with pytest.raises(LibraryError, match="format is older; run specrec index"):
        remove_tracks(library, [str(before[0].track.track_id)])
    config = IndexConfig(
        str(music), str(library), str(stored / "model"), workers=1, measure_features=False
    )
    report = build_library(config)
    assert (report.tracks, report.embedded, report.changed) == (3, 0, True)
    new = Library.open(library)
    assert new.collection.generation.manifest["format_version"] == 5
    assert new.neighbors("track 1", duplicates=True) == before
    for row in range(3):
        np.testing.assert_array_equal(new.collection.generation.windows(row), windows[row])


def test_what_is_not_measured_is_counted_and_tried_again(
    tmp_path: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    music, library = make_music(tmp_path / "music", 3), tmp_path / "library"
    config = IndexConfig(str(music), str(library), str(model_folder), workers=1)
    with monkeypatch.context() as patch:
        patch.setattr("specrec.model.embedding.read_track", read_and_raise)
        first = build_library(config)
    assert (first.tracks, first.embedded, first.unmeasured) == (3, 3, 3)
    assert library_status(library).measured == 0
    second = build_library(config)
    assert (second.tracks, second.embedded, second.unmeasured) == (3, 0, 0)
    assert library_status(library).measured == 3
