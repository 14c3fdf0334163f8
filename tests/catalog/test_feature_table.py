from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from specrec.catalog.feature_table import read_feature_table
from specrec.errors import CatalogError

SPOTIFY = (
    ",track_id,artists,album_name,track_name,popularity,duration_ms,explicit,energy,tempo,"
    "track_genre\n"
    '0,aa,Ana;Eva,First,"Hello, you",73,200500,False,0.5,120.0,pop\n'
    "1,bb,NA,None,1979,,180000,True,0.25,0.0,rock\n"
    "7,aa,Ana;Eva,Other,Hello again,70,1,False,0.9,90.0,acoustic\n"
    "8,cc,,,,0,0,False,0.1,100.5,rock\n"
    "9,aa,Ana;Eva,First,Hello,1,1,False,0.9,90.0,pop\n"
)


def write(folder: Path, text: str) -> Path:
    path = folder / "dataset.csv"
    path.write_text(text)
    return path


def test_a_published_table_has_our_names_its_types_and_one_row_a_track(tmp_path: Path) -> None:
    table = read_feature_table(write(tmp_path, SPOTIFY))
    tracks = table.tracks
    assert (len(table), table.row_count, table.empty_cells) == (3, 5, 4)
    assert tracks["track_id"].tolist() == ["aa", "bb", "cc"]
    assert tracks["rows"].tolist() == [[0, 7, 9], [1], [8]]
    assert tracks["genre"].tolist() == [["acoustic", "pop"], ["rock"], ["rock"]]
    assert tracks["title"].fillna("-").tolist() == ["Hello, you", "1979", "-"]
    assert tracks["artist"].fillna("-").tolist() == ["Ana; Eva", "NA", "-"]
    assert tracks["album"].fillna("-").tolist() == ["First", "None", "-"]
    assert tracks["duration_seconds"].tolist() == [200.5, 180, 0]
    assert tracks["energy"].tolist() == [0.5, 0.25, 0.1]
    assert tracks["tempo"].fillna(-1).tolist() == [120, -1, 100.5]  # 0: none was found
    assert tracks["popularity"].fillna(-1).tolist() == [73, -1, 0]
    types = {name: str(dtype) for name, dtype in tracks.dtypes.items()}
    assert types["popularity"] == "Int64"
    assert types["energy"] == types["duration_seconds"] == "Float64"
    assert types["explicit"] == "boolean"
    assert types["title"] == types["track_id"] == "string"


def test_every_row_leads_to_its_track(tmp_path: Path) -> None:
    places = read_feature_table(write(tmp_path, SPOTIFY)).place_of_row()
    assert places.to_dict() == {0: 0, 7: 0, 9: 0, 1: 1, 8: 2}


def test_a_bare_table_is_numbered_by_place(tmp_path: Path) -> None:
    table = read_feature_table(write(tmp_path, "energy,valence\n0.5,NA\n0.25,0.5\n"))
    assert table.tracks["track_id"].tolist() == ["0", "1"]
    assert table.tracks["rows"].tolist() == [[0], [1]]
    assert table.tracks["valence"].isna().tolist() == [True, False]
    frame = read_feature_table(pd.DataFrame({"energy": [0.5]}, index=[5]))
    assert frame.tracks["rows"].tolist() == [[0]]


def test_rows_without_an_id_are_tracks_of_their_own(tmp_path: Path) -> None:
    table = read_feature_table(write(tmp_path, "track_id,loudness\nx,1\n,2\nx,3\n,4\n"))
    assert table.tracks["track_id"].tolist() == ["x", "1", "3"]
    assert table.tracks["loudness"].tolist() == [1, 2, 4]


def test_a_file_comes_back_from_parquet_as_from_csv(tmp_path: Path) -> None:
    table = read_feature_table(write(tmp_path, SPOTIFY))
    pd.read_csv(tmp_path / "dataset.csv", keep_default_na=False, na_values=[""]).to_parquet(
        tmp_path / "dataset.parquet"
    )
    again = read_feature_table(tmp_path / "dataset.parquet")
    pd.testing.assert_frame_equal(again.tracks, table.tracks)


def test_a_table_without_rows_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"dataset\.csv: has no rows"):
        read_feature_table(write(tmp_path, "track_id,energy\n"))


@pytest.mark.parametrize("separator", [";", "\t"])
def test_cells_may_be_separated_otherwise(tmp_path: Path, separator: str) -> None:
    cells = pd.read_csv(write(tmp_path, SPOTIFY), keep_default_na=False, na_values=[""])
    table = read_feature_table(tmp_path / "dataset.csv")
    cells.to_csv(tmp_path / "other.csv", sep=separator, index=False, encoding="utf-8-sig")
    again = read_feature_table(tmp_path / "other.csv")
    pd.testing.assert_frame_equal(again.tracks, table.tracks)


def test_what_is_no_table_is_refused_in_a_line(tmp_path: Path) -> None:
    latin = tmp_path / "latin.csv"
    latin.write_bytes("track_id,title\na,Café\n".encode("latin-1"))
    with pytest.raises(CatalogError, match=r"latin\.csv: not text in UTF-8; save it as CSV in"):
        read_feature_table(latin)
    with pytest.raises(CatalogError, match=r"none\.csv: no such file$"):
        read_feature_table(tmp_path / "none.csv")


@pytest.mark.parametrize("value", ["97", "-0.2"])
def test_a_share_beyond_its_range_is_refused(tmp_path: Path, value: str) -> None:
    table = write(tmp_path, f"track_id,energy\na,0.5\nb,{value}\n")
    with pytest.raises(CatalogError, match=rf"dataset\.csv: energy is {value} in one row; bring"):
        read_feature_table(table)


def test_a_share_may_be_in_percent_where_its_name_says_so(tmp_path: Path) -> None:
    tracks = read_feature_table(write(tmp_path, "track_name,energy_%\na,83\nb,0\n")).tracks
    assert tracks["energy"].tolist() == [0.83, 0]
    with pytest.raises(CatalogError, match=r"energy_% is 101 in one row; bring it to 0 to 100"):
        read_feature_table(write(tmp_path, "track_name,energy_%\na,101\n"))
    with pytest.raises(CatalogError, match=r"dataset\.csv: Energy is 55 in one row; bring it"):
        read_feature_table(write(tmp_path, "Track.Name,Energy\na,55\n"))


def test_an_infinite_number_is_a_missing_one_and_rows_no_column(tmp_path: Path) -> None:
    table = read_feature_table(write(tmp_path, "track_id,loudness\na,-inf\nb,-7\n"))
    assert table.tracks["loudness"].isna().tolist() == [True, False]
    with pytest.raises(CatalogError, match="may not be named rows"):
        read_feature_table(write(tmp_path, "rows,energy\n1,0.5\n"))


def test_a_parquet_table_may_have_an_index_and_no_artists(tmp_path: Path) -> None:
    frame = pd.DataFrame({"track_id": ["a", "b"], "artists": np.nan, "energy": [0.1, 0.2]})
    frame.set_index("track_id").to_parquet(tmp_path / "table.parquet")
    tracks = read_feature_table(tmp_path / "table.parquet").tracks
    assert tracks["track_id"].tolist() == ["a", "b"]
    assert tracks["artist"].isna().all()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("sep=,\ntrack_id,title,energy\n1,Café,0.5\n2,Two,0.25\n", "utf-8"),
        ('"sep=;"\r\ntrack_id;title;energy\r\n1;Café;0,5\r\n2;Two;0,25\r\n', "utf-8-sig"),
        ("track_id;title;energy\n1;Café;0,5\n2;Two;2,5e-1\n", "utf-8"),
        ("track_id\ttitle\tenergy\n1\tCafé\t0.5\n2\tTwo\t0,25\n", "utf-16"),
        ("track_id|title|energy\n1|Café|0.5\n2|Two|0.25\n", "utf-8-sig"),
    ],
)
def test_what_excel_writes_anywhere_is_read(tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode(encoding))
    tracks = read_feature_table(path).tracks
    assert tracks["track_id"].tolist() == ["1", "2"]
    assert tracks["title"].tolist() == ["Café", "Two"]
    assert tracks["energy"].tolist() == [0.5, 0.25]


def test_tabs_part_the_cells_of_a_tsv_file_whatever_its_header_holds(tmp_path: Path) -> None:
    path = tmp_path / "table.tsv"
    path.write_text("title\tmood (glad, sad, or neither)\tenergy\nOne\tsad\t0.5\n")
    tracks = read_feature_table(path).tracks
    assert (tracks["title"].tolist(), tracks["energy"].tolist()) == (["One"], [0.5])


def test_a_text_with_commas_stays_a_text(tmp_path: Path) -> None:
    table = read_feature_table(write(tmp_path, "track_id;title;mood;energy\na;1,5;x,y;\n"))
    assert table.tracks[["title", "mood"]].to_numpy().tolist() == [["1,5", "x,y"]]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("id,name,artists,album,release_date,duration_ms,energy",
         "{id},1979,{list},LP,{date},{ms}"),
        ("track,artist,uri,album_name,year,duration_ms,energy", "1979,{list},{id},LP,{year},{ms}"),
        ("Track URI,Track Name,Artist Name(s),Album Name,Release Date,Duration (ms),Energy",
         "{id},1979,Ana;D'Eva,LP,{date},{ms}"),
        ("track_id,track_name,track_artist,track_album_name,track_album_release_date,duration_ms,"
         "energy", "{id},1979,Ana; D'Eva,LP,{date},{ms}"),
    ],
)  # fmt: skip
def test_published_tables_are_recognized(tmp_path: Path, header: str, row: str) -> None:
    cells = {"list": '"[\'Ana\', ""D\'Eva""]"', "date": "1979-05-01", "year": "1979"}
    lines = [row.format(id=name, ms=200500, **cells) + ",0.5" for name in ("x", "y", "x")]
    tracks = read_feature_table(write(tmp_path, "\n".join([header, *lines]) + "\n")).tracks
    assert tracks["track_id"].tolist() == ["x", "y"]
    first = tracks.iloc[0]
    assert (first["title"], first["artist"], first["album"]) == ("1979", "Ana; D'Eva", "LP")
    assert (first["year"], first["duration_seconds"], first["energy"]) == (1979, 200.5, 0.5)


def test_lists_of_names_come_from_parquet_too(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"id": ["a", "b"], "artists": [["x", "y"], []], "genres": [["q", "p"], []]}
    )
    frame.to_parquet(tmp_path / "table.parquet")
    tracks = read_feature_table(tmp_path / "table.parquet").tracks
    assert tracks["artist"].fillna("-").tolist() == ["x; y", "-"]
    assert tracks["genre"].tolist() == [["p", "q"], []]


def test_a_column_of_another_meaning_keeps_its_name(tmp_path: Path) -> None:
    table = write(tmp_path, "track_id,title,name,id,Energy,energy\na,T,N,7,1,0.5\n")
    assert list(read_feature_table(table).tracks) == [
        "track_id", "rows", "title", "name", "id", "Energy", "energy",
    ]  # fmt: skip


def test_a_feature_that_is_text_is_refused_and_numbers_as_text_are_numbers(tmp_path: Path) -> None:
    with pytest.raises(
        CatalogError, match=r"dataset\.csv: energy is 'high' in one row, which is no"
    ):
        read_feature_table(write(tmp_path, "track_id,energy\na,0.5\nb,high\n"))
    table = read_feature_table(pd.DataFrame({"tempo": ["120", None], "energy": ["0.5", "1"]}))
    assert table.tracks["tempo"].fillna(-1).tolist() == [120, -1]


@pytest.mark.parametrize("name", ["table.xlsx", "song.mp3"])
def test_a_file_that_is_no_table_is_called_so(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK\3\4")
    with pytest.raises(CatalogError, match=r"neither a folder nor a table in CSV, TSV or Parquet"):
        read_feature_table(tmp_path / name)
