"""What is exported is the library, in tables that other programs read."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

from specrec.cli import main
from specrec.errors import StorageError
from specrec.index.export import export_library
from specrec.recommend.collection import Collection
from tests.libraries import DIM, FINGERPRINT, TRACKS, WINDOWS, write_planted


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    return Collection.open(write_planted(tmp_path_factory.mktemp("planted") / "library"))


def test_every_number_is_the_librarys(library: Collection, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    out = tmp_path / "out"
    export_library(library.generation, out, True, on_progress=lambda *step: steps.append(step))
    assert steps[-1] == (TRACKS, TRACKS)
    tracks = pd.read_parquet(out / "tracks.parquet")
    pd.testing.assert_frame_equal(tracks, library.tracks)
    vectors = pd.read_parquet(out / "embeddings.parquet")
    assert vectors["track_id"].tolist() == tracks["track_id"].tolist()
    np.testing.assert_array_equal(np.stack(vectors["embedding"]), library.embeddings)
    features = pd.read_parquet(out / "features.parquet")
    pd.testing.assert_frame_equal(features.drop(columns="track_id"), library.features)
    windows = pd.read_parquet(out / "windows.parquet")
    assert len(windows) == TRACKS * WINDOWS
    mine = windows[windows["track_id"] == "t7"]
    assert mine["start_seconds"].tolist() == [0, 5, 10, 15]  # 20 s in windows of 5 s
    assert mine["end_seconds"].tolist() == [5, 10, 15, 20]
    expected = library.generation.windows(7).astype(np.float32)
    np.testing.assert_array_equal(np.stack(mine["embedding"]), expected)


def test_databases_find_vectors_of_one_length(library: Collection, tmp_path: Path) -> None:
    export_library(library.generation, tmp_path / "out")
    schema = pq.read_schema(tmp_path / "out" / "embeddings.parquet")
    assert schema.field("embedding").type == pa.list_(pa.float32(), DIM)
    found = pyarrow.dataset.dataset(tmp_path / "out" / "embeddings.parquet")
    assert found.count_rows() == TRACKS
    metadata = json.loads((tmp_path / "out" / "metadata.json").read_text())
    assert metadata["model"]["fingerprint"] == FINGERPRINT
    assert (metadata["model"]["dim"], metadata["tracks"]) == (DIM, TRACKS)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        [*metadata["files"], "metadata.json", "README.txt"]
    )
    readme = (tmp_path / "out" / "README.txt").read_text()
    assert "planted" in readme
    assert "windows.parquet  " not in readme


def test_the_license_is_that_of_the_model(
    tmp_path: Path, model_folder: Path, build: object
) -> None:
    from tests.sounds import make_music

    build(make_music(tmp_path / "music", 2), tmp_path / "library")  # type: ignore[operator]
    generation = Collection.open(tmp_path / "library").generation
    metadata = export_library(generation, tmp_path / "out", True)
    assert metadata["model"]["license"] == "MIT"
    assert metadata["model"]["sample_rate"] == 22_050
    windows = pd.read_parquet(tmp_path / "out" / "windows.parquet")
    ends = windows.groupby("track_id", sort=False)["end_seconds"].last()
    lengths = generation.tracks.set_index("track_id")["duration_seconds"]
    np.testing.assert_allclose(ends, lengths.loc[ends.index], atol=0.04)


def test_nothing_is_replaced_unasked(library: Collection, tmp_path: Path) -> None:
    music = tmp_path / "music"
    music.mkdir()
    (music / "song.wav").write_bytes(b"precious")
    for overwrite in (False, True):
        with pytest.raises(StorageError, match="no export"):
            export_library(library.generation, music, overwrite=overwrite)
    assert [path.name for path in music.iterdir()] == ["song.wav"]
    out = tmp_path / "out"
    out.mkdir()
    export_library(library.generation, out, True)
    with pytest.raises(StorageError, match="--overwrite"):
        export_library(library.generation, out)
    assert (out / "windows.parquet").exists()
    export_library(library.generation, out, overwrite=True)
    assert not (out / "windows.parquet").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["music", "out"]


def test_what_fails_leaves_what_was_there(library: Collection, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    out = tmp_path / "out"
    export_library(library.generation, out)
    before = (out / "metadata.json").read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(StorageError, match="can't be written"):
            export_library(library.generation, out, overwrite=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (out / "metadata.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_command(
    library: Collection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["export", str(library.folder), "-o", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert not end.value.code
    assert "240 tracks in tracks.parquet" in capsys.readouterr().out
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
