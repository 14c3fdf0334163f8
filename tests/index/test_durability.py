"""Killed, interrupted, out of disk: a library is always a complete one."""

import gc
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from specrec.errors import LibraryError, StorageError
from specrec.index.generations import read_generation
from specrec.index.maintenance import remove_tracks
from specrec.index.segment_store import SegmentStore
from specrec.model.embedding import Embedded
from specrec.recommend.collection import Collection
from specrec.recommend.library import Library
from tests.index.test_build import Build
from tests.sounds import make_music
from tests.test_writing import files_of_at_most

ROOT = Path(__file__).parents[2]


def test_a_process_killed_at_any_step_leaves_a_complete_library(
    tmp_path: Path, build: Build, model_folder: Path
) -> None:
    music, library = make_music(tmp_path / "music", 5), tmp_path / "library"
    (music / "track 0.wav").rename(music / "moving 0.wav")
    build(music, library)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.index.kill_points",
            *map(str, (music, model_folder, library, tmp_path / "store", 3)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    steps = [int(count) for count in done.stdout.split()]
    assert min(steps) > 10  # or the hook saw nothing
    build(music, library, prune=True)
    fresh = tmp_path / "fresh"
    build(music, fresh)
    one, other = Collection.open(library), Collection.open(fresh)
    assert one.tracks["path"].tolist() == other.tracks["path"].tolist()
    np.testing.assert_array_equal(one.embeddings, other.embeddings)


def test_a_reader_keeps_its_state_while_others_write(tmp_path: Path, build: Build) -> None:
    music, library = make_music(tmp_path / "music", 4), tmp_path / "library"
    build(music, library)
    reader = Collection.open(library)  # nothing but the manifest is read yet
    for round_ in range(4):
        make_music(music, 1, first=10 + round_)
        build(music, library)
    assert len(reader.tracks) == len(reader) == len(reader.embeddings) == 4
    windows = [reader.generation.windows(row) for row in range(4)]
    assert all(len(rows) for rows in windows)
    assert len(Collection.open(library)) == 8
    assert len(list((library / "generations").iterdir())) == 3  # its own, the last, the one before
    del reader, windows
    gc.collect()
    make_music(music, 1, first=20)
    build(music, library)
    assert len(list((library / "generations").iterdir())) == 2


def test_a_read_only_library_answers_and_is_not_written(tmp_path: Path, build: Build) -> None:
    music, library = make_music(tmp_path / "music", 3), tmp_path / "library"
    build(music, library)
    before = Library.open(library).neighbors("track 0")
    script = (
        f"mount --bind {library} {library} && mount -o remount,ro,bind {library} &&"
        f" {sys.executable} -m specrec.cli query {library} 'track 0' --no-why &&"
        f" {sys.executable} -m specrec.cli remove {library} 'track 0'"
    )
    done = _in_namespace(script)
    assert done.returncode == 2, done.stderr
    assert before[0].track.title in done.stdout
    assert "Read-only file system" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_full_disk_costs_no_finished_track(
    tmp_path: Path, build: Build, model_folder: Path
) -> None:
    music, disk = make_music(tmp_path / "music", 8), tmp_path / "disk"
    disk.mkdir()
    # The library as it was fits, and the new one beside it does not.
    build(make_music(tmp_path / "first", 2), tmp_path / "small")
    for name in ("track 0.wav", "track 1.wav"):
        shutil.copy(tmp_path / "first" / name, music / name)
    size = sum(path.stat().st_size for path in (tmp_path / "small").rglob("*")) // 1024 + 60
    index = (
        f"{sys.executable} {ROOT}/index.py audio={music} library={disk}/library"
        f" model={model_folder} workers=1 measure_features=false"
    )
    query = f"{sys.executable} -m specrec.cli query {disk}/library 'track 0' --no-why"
    script = (
        f"mount -t tmpfs -o size={size}k tmpfs {disk} && cp -r {tmp_path}/small {disk}/library &&"
        f" {{ {index}; echo exit $?; {query}; echo exit $?; cp -r {disk}/library {tmp_path}; }}"
    )
    done = _in_namespace(script)
    assert done.returncode == 0, done.stderr
    _, second, third = done.stdout.split("exit ")
    assert second.startswith("2"), done.stdout
    assert "No space left on device" in done.stderr
    assert "track 1" in second  # the library before still answers
    assert third.startswith("0")
    report = build(music, tmp_path / "library")  # as on a larger disk
    assert (report.tracks, report.embedded) == (8, 0)  # before the disk was full


def _in_namespace(script: str) -> subprocess.CompletedProcess[str]:
    """Runs a script that mounts file systems where nobody else sees them."""
    unshare = ["unshare", "--mount", "--map-root-user", "sh", "-c"]
    if (
        shutil.which("unshare") is None
        or subprocess.run(
            [*unshare, "mount -t tmpfs tmpfs /mnt"], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("file systems can't be mounted here")
    return subprocess.run([*unshare, script], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("left", ["segment.json", None])
def test_what_an_older_version_half_removed_is_left_out_and_said(
    tmp_path: Path, build: Build, left: str | None
) -> None:
    music, library = make_music(tmp_path / "music", 2), tmp_path / "library"
    build(music, library)
    whole = next(library.glob("segments/*/*"))
    half = Path(shutil.copytree(whole, whole.with_name("000007")))
    for file in half.iterdir():
        if file.name != left:
            file.unlink()
    make_music(music, 1, first=2)
    report = build(music, library)
    assert (report.tracks, report.embedded, report.incomplete) == (3, 1, [str(half)])
    assert not half.exists()
    assert build(music, library).incomplete == []


def test_a_damaged_generation_is_named(tmp_path: Path, build: Build) -> None:
    library = tmp_path / "library"
    build(make_music(tmp_path / "music", 2), library)
    (library / "CURRENT").write_text("000009\n")
    with pytest.raises(LibraryError, match=r"000009.*missing or damaged.*specrec verify"):
        read_generation(library)


def test_what_does_not_fit_leaves_nothing_half_done(tmp_path: Path, build: Build) -> None:
    music, library = make_music(tmp_path / "music", 3), tmp_path / "library"
    build(music, library)
    before = sorted(library.rglob("*"))
    gone = str(Collection.open(library).tracks["track_id"].iloc[0])
    for _ in range(2):  # a second try must not find less room than the first
        with files_of_at_most(2000), pytest.raises(StorageError, match=r"tracks\.arrow"):
            remove_tracks(library, [gone])
        assert sorted(library.rglob("*")) == before
    store = SegmentStore(library, "other")
    windows = np.zeros((300, 8), dtype=np.float16)
    store.add("c", Embedded(windows[0].astype(np.float32), windows, 1.0))
    with files_of_at_most(2000), pytest.raises(StorageError, match=r"windows\.npy"):
        store.flush()
    assert list(store.folder.iterdir()) == []
    assert build(music, library).tracks == 2  # what was decided stands
