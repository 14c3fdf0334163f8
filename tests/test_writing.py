"""Files that can't be written: one line with the name, and what stood there stays."""

import fcntl
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from specrec.audio.worker import dismiss
from specrec.catalog.catalog import read_catalog
from specrec.descriptors.files import Measurements
from specrec.errors import StorageError
from specrec.index.repair import verify_library
from specrec.model.model import load_model, save_model
from specrec.model.probe import save_probe
from specrec.recommend.collection import Collection
from specrec.training.cache import AudioCache
from specrec.writing import new_file, remove_abandoned, write_array, write_file
from tests.conftest import make_encoder
from tests.index.test_build import Build
from tests.libraries import write_planted
from tests.sounds import make_music


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """To the process, a file that grows longer is what a full disk is."""
    before, no_bytecode = resource.getrlimit(resource.RLIMIT_FSIZE), sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # it would be cut short, and stay so
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        sys.dont_write_bytecode = no_bytecode


def test_a_file_that_is_too_long_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_file(path, "before")
    with files_of_at_most(100), pytest.raises(StorageError, match=rf"{path}: .*too large.*free"):
        write_file(path, bytes(101))
    with files_of_at_most(1000), pytest.raises(StorageError, match=str(path)):
        write_array(path, np.zeros(1000))
    assert path.read_text() == "before"
    assert [item.name for item in tmp_path.iterdir()] == ["file"]
    with suppress(ZeroDivisionError), new_file(path) as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert path.read_text() == "before"
    assert len(list(tmp_path.iterdir())) == 1


def test_what_a_killed_process_left_is_removed_and_what_another_writes_is_not(
    tmp_path: Path, build: Build
) -> None:
    music, library, out = make_music(tmp_path / "music", 2), tmp_path / "library", tmp_path / "out"
    build(music, library)
    places = [library / "CURRENT", next(library.glob("segments/*")) / "x", out / "page.html"]
    script = """
import os, signal, sys
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO
from specrec.writing import new_file
with ExitStack() as files:
    for path in sys.argv[1:]:
        files.enter_context(new_file(Path(path))).write(b"half")
    print("ready", flush=True)
    input()
"""
    command = [sys.executable, "-c", script, *map(str, places)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (own,) = out.iterdir()  # of a process that lives
        remove_abandoned(out)
        assert own.exists()
        process.kill()
    left = list(tmp_path.rglob(".specrec-*.tmp"))
    assert len(left) == 3
    build(music, library)  # has nothing to write
    write_file(out / "other.html", "whole")
    assert list(tmp_path.rglob(".specrec-*.tmp")) == []
    assert [path.name for path in out.iterdir()] == ["other.html"]


def test_a_file_that_is_swept_before_it_is_locked_is_opened_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, lock = tmp_path / "file", fcntl.flock
    sweeps: list[Path] = []

    def late(file: BinaryIO, how: int) -> None:
        if not sweeps:
            sweeps.append(path)
            remove_abandoned(tmp_path)  # as another process would, just before
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    write_file(path, "whole")
    assert path.read_text() == "whole"
    assert sweeps


def test_a_device_a_link_and_a_file_in_the_way(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"/dev/full: .*No space left.*free some space"):
        write_file(Path("/dev/full"), bytes(100_000))
    assert Path("/dev/full").is_char_device()
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("before")
    link.symlink_to(target)
    write_file(link, "after")
    assert link.is_symlink()
    assert target.read_text() == "after"
    with pytest.raises(StorageError, match=r"target/file: can't be written \(File exists\)"):
        write_file(target / "file", "x")


def test_models_probes_and_caches_say_which_file(tmp_path: Path) -> None:
    described = {"name": "random", "license": "MIT"}
    model = tmp_path / "model"
    save_model(make_encoder(), model, **described)
    with files_of_at_most(1000), pytest.raises(StorageError, match=r"model\.safetensors: can't"):
        save_model(make_encoder(seed=1), model, **described)
    load_model(model)  # the one before
    probe = Collection.open(write_planted(tmp_path / "library")).probe
    assert probe is not None
    with files_of_at_most(1000), pytest.raises(StorageError, match=r"probe\.safetensors: can't"):
        save_probe(probe, tmp_path / "probe.safetensors")
    cache = AudioCache(tmp_path / "cache", 22_050)
    music = make_music(tmp_path / "music", 1)
    dismiss()  # a worker that waits has the limits of before
    with files_of_at_most(1000), pytest.raises(StorageError, match=r"cache/.*\.npy: can't"):
        cache.fill(read_catalog(music))
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


@pytest.mark.parametrize("size", [16, 8000])
def test_whatever_file_of_a_library_does_not_fit_the_one_before_stays(
    tmp_path: Path, build: Build, size: int
) -> None:
    music, library = make_music(tmp_path / "music", 3), tmp_path / "library"
    build(music, library)
    (music / "track 1.wav").rename(music / "moved.wav")
    with files_of_at_most(size), pytest.raises(StorageError) as raised:
        build(music, library)
    assert "\n" not in str(raised.value)
    assert Path(str(raised.value).partition(": ")[0]).parent.parent.name == "generations"
    assert "track 1.wav" in set(Collection.open(library).tracks["path"])
    assert verify_library(library).damage == []
    assert build(music, library).changed
    assert "moved.wav" in set(Collection.open(library).tracks["path"])
    assert not [path for path in library.rglob("*") if path.name.endswith((".tmp", ".gone"))]


def test_a_disk_too_full_to_name_a_generation_is_noticed_before_it_is_the_current_one(
    tmp_path: Path, build: Build
) -> None:
    music, library = make_music(tmp_path / "music", 3), tmp_path / "library"
    build(music, library)
    before = sorted(library.rglob("*"))
    (music / "track 1.wav").rename(music / "moved.wav")
    with files_of_at_most(3), pytest.raises(StorageError, match=r"library/CURRENT: .*too large"):
        build(music, library)
    assert sorted(library.rglob("*")) == before
    assert "track 1.wav" in set(Collection.open(library).tracks["path"])


def test_a_journal_that_is_damaged_or_does_not_fit_costs_no_more_than_its_lines(
    tmp_path: Path,
) -> None:
    journal = tmp_path / "journal.jsonl"
    made = Measurements(journal)
    made.add("a", {"tempo": 120.0})
    journal.write_bytes(
        journal.read_bytes() + b'\xff\xfe\n7\n["b", 7]\n["c", {"tempo": [1]}]\n["d"'
    )
    known = Measurements(journal)
    assert known.content_ids == ["a"]
    with files_of_at_most(10), pytest.raises(StorageError, match=rf"{journal}: .*free some space"):
        known.add("e", {"tempo": 100.0})
