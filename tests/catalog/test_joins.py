from pathlib import Path

import pandas as pd
import pytest

from specrec.catalog.joins import Joined, join_features
from specrec.errors import CatalogError


@pytest.fixture
def tracks() -> pd.DataFrame:
    paths = ["clip_2.wav", "in/clip_0.mp3", "other.wav"]
    return pd.DataFrame({"path": paths, "track_id": ["a", "b", "c"], "title": ["A", "B", "C"]})


def write(folder: Path, text: str) -> Path:
    path = folder / "features.csv"
    path.write_text(text)
    return path


def test_clips_are_known_by_the_number_of_their_row(tracks: pd.DataFrame, tmp_path: Path) -> None:
    table = write(tmp_path, ",track_id,title,energy\n0,x,Zero,0.1\n1,y,One,0.2\n2,z,Two,0.3\n")
    joined, report = join_features(tmp_path, tracks, table)
    assert report == Joined(table, rows=3, tracks=3, empty_cells=0, files=3, known=2)
    assert joined["energy"].tolist()[:2] == [0.3, 0.1]
    assert joined["energy"].isna().tolist() == [False, False, True]  # missing, not filled
    assert joined["title"].tolist() == ["A", "B", "C"]  # what is known stays
    assert list(joined) == ["path", "track_id", "title", "energy"]


def test_without_numbers_the_row_is_the_place(tracks: pd.DataFrame, tmp_path: Path) -> None:
    joined, _ = join_features(tmp_path, tracks, write(tmp_path, "energy\n0.5\n0.6\n0.7\n"))
    assert joined["energy"].tolist()[:2] == [0.7, 0.5]


def test_a_clip_may_be_numbered_by_any_row_of_its_track(
    tracks: pd.DataFrame, tmp_path: Path
) -> None:
    text = ",track_id,track_name,artists,energy,track_genre\n0,x,Sun,Ana;Eva,0.1,pop\n"
    table = write(tmp_path, text + "2,x,Sun,Ana;Eva,0.1,folk\n")
    tracks["title"] = ["clip_2", "Zero", "other"]
    tracks["artist"] = pd.Series([pd.NA, "Own", pd.NA], dtype="string")
    joined, report = join_features(tmp_path, tracks, table)
    assert (report.rows, report.tracks, report.known) == (2, 1, 2)
    assert joined["energy"].fillna(-1).tolist() == [0.1, 0.1, -1]
    assert joined["title"].tolist() == ["Sun", "Zero", "other"]  # a file name is no title
    assert joined["artist"].fillna("-").tolist() == ["Ana; Eva", "Own", "-"]
    assert joined["genre"].fillna("-").tolist() == ["folk; pop", "folk; pop", "-"]
    assert list(joined) == ["path", "track_id", "title", "artist", "energy", "genre"]


def test_rows_are_found_by_id_and_the_first_counts(tracks: pd.DataFrame, tmp_path: Path) -> None:
    table = write(tmp_path, "track_id,valence,genre\nc,0.9,pop\nc,0.9,rock\na,0.2,jazz\n")
    joined, report = join_features(tmp_path, tracks, table)
    assert report.known == 2
    assert joined["valence"].fillna(-1).tolist() == [0.2, -1, 0.9]
    assert joined["genre"].fillna("").tolist() == ["jazz", "", "pop; rock"]


def test_rows_are_found_by_path(tracks: pd.DataFrame, tmp_path: Path) -> None:
    table = write(tmp_path, "file,tempo\nin/clip_0.mp3,90\n")
    joined, report = join_features(tmp_path, tracks, table)
    assert report.known == 1
    assert joined["tempo"].fillna(0).tolist() == [0, 90, 0]


def test_a_second_column_that_could_name_files_names_none(
    tracks: pd.DataFrame, tmp_path: Path
) -> None:
    table = write(tmp_path, "path,file,tempo\nin/clip_0.mp3,x,90\n")
    joined, report = join_features(tmp_path, tracks, table)
    assert report.known == 1
    assert joined["tempo"].fillna(0).tolist() == [0, 90, 0]
    table = write(tmp_path, "path,tempo\nin/clip_0.mp3,fast\n")
    with pytest.raises(CatalogError, match=rf"{table.name}: tempo is 'fast' in one row"):
        join_features(tmp_path, tracks, table)


def test_a_table_that_knows_no_track_is_an_error(tracks: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"knows none of the tracks; .*clip_<row>"):
        join_features(tmp_path, tracks[2:], write(tmp_path, "energy\n0.5\n"))
