"""The synthesised library: tags, truth and reruns."""

import hashlib

import numpy as np
import pandas as pd
import pytest
import soundfile
from mutagen.flac import FLAC

from specrec.errors import CatalogError, StorageError
from specrec.synthesis import STYLES, write_library

TRACKS, SECONDS = 24, 1.5


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("music")
    progress = []
    truth = write_library(
        folder, TRACKS, SECONDS, seed=5, on_progress=lambda *step: progress.append(step)
    )
    assert truth == folder / "truth.csv"
    assert progress == [(done, TRACKS) for done in range(1, TRACKS + 1)]
    return folder


def digests(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_truth_agrees_with_files_and_tags(folder):
    truth = pd.read_csv(folder / "truth.csv")
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*.flac")}
    assert set(truth.path) == files
    assert len(truth) == TRACKS
    for row in truth.itertuples():
        tags = FLAC(folder / row.path)
        assert tags["title"] == [row.title]
        assert tags["artist"] == [row.artist]
        assert tags["album"] == [row.album]
        assert tags["genre"] == [row.style]
        assert tags["date"] == [str(row.year)]
        assert row.path == f"{row.artist}/{row.artist} - {row.title}.flac"


def test_audio_has_the_planted_length_and_level(folder):
    for row in pd.read_csv(folder / "truth.csv").itertuples():
        wave, sample_rate = soundfile.read(folder / row.path)
        assert sample_rate == row.sample_rate == 22050
        assert wave.shape == (round(SECONDS * sample_rate),)
        assert np.abs(wave).max() < 1.0
        assert 10 * np.log10(np.mean(wave**2)) == pytest.approx(row.loudness_db, abs=0.05)


def test_titles_are_unique_and_artists_keep_to_one_family(folder):
    truth = pd.read_csv(folder / "truth.csv")
    assert truth.title.is_unique
    assert set(truth["style"]) == set(STYLES)
    assert (truth.groupby("artist")["style"].nunique() == 1).all()
    assert (truth.groupby("album")["artist"].nunique() == 1).all()
    for row in truth.itertuples():
        low, high = STYLES[row.style].tempo_bpm
        assert low - 0.1 <= row.tempo_bpm <= high + 0.1


def test_a_rerun_does_no_work_and_mends_what_is_missing(folder):
    before = digests(folder)
    times = {name: (folder / name).stat().st_mtime_ns for name in before}
    progress = []
    write_library(folder, TRACKS, SECONDS, 5, on_progress=lambda *step: progress.append(step))
    assert progress == []
    assert {name: (folder / name).stat().st_mtime_ns for name in before} == times
    lost = next(folder.rglob("*.flac"))
    lost.unlink()
    write_library(folder, TRACKS, SECONDS, 5, on_progress=lambda *step: progress.append(step))
    assert progress == [(1, 1)]
    assert digests(folder) == before


def test_a_shorter_library_is_the_beginning_of_a_longer_one(folder, tmp_path):
    write_library(tmp_path, 3, SECONDS, seed=5)
    longer = digests(folder)
    audio = {name: d for name, d in digests(tmp_path).items() if name.endswith(".flac")}
    assert len(audio) == 3
    assert all(longer[name] == digest for name, digest in audio.items())


def test_another_library_is_not_overwritten(folder):
    before = digests(folder)
    with pytest.raises(CatalogError, match="another library"):
        write_library(folder, TRACKS, SECONDS, seed=6)
    assert digests(folder) == before


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"file/music: can't be written \(Not a directory\)"):
        write_library(tmp_path / "file/music", tracks=1, seconds=1)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"tracks": 0}, "tracks 0"),
        ({"seed": -1}, "seed -1"),
        ({"seconds": 0.0}, "seconds 0"),
        ({"sample_rate": 4000}, "sample_rate 4000"),
    ],
)
def test_bad_arguments_are_named(tmp_path, arguments, named):
    with pytest.raises(ValueError, match=named):
        write_library(tmp_path, **arguments)
    assert list(tmp_path.iterdir()) == []
