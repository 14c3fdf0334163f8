import os
import shutil
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
from mutagen.easyid3 import EasyID3
from mutagen.flac import FLAC
from mutagen.id3 import TIT2, TPE1
from mutagen.wave import WAVE

from specrec.catalog import scan
from specrec.catalog.catalog import read_catalog
from specrec.catalog.identity import content_id
from specrec.catalog.scan import scan_folder
from specrec.catalog.tables import read_table
from specrec.catalog.tags import read_tags
from specrec.errors import CatalogError, SkipReason
from tests.sounds import RATE, tone, write


def paths_of(folder: Path) -> list[str]:
    return [found.path for found in scan_folder(folder).files]


def test_a_folder_is_searched_deep_and_in_one_order(tmp_path: Path) -> None:
    for name in ["b/c/2.WAV", "a.mp3", "b/1.flac", "b/cover.jpg", "notes.txt", ".hidden.wav"]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    scan = scan_folder(tmp_path)
    assert [found.path for found in scan.files] == ["a.mp3", "b/1.flac", "b/c/2.WAV"]
    assert scan.ignored == 3
    assert scan.skipped == []


def test_audio_is_found_by_its_first_bytes_where_the_name_says_nothing(tmp_path: Path) -> None:
    write(tmp_path / "x.flac", tone(1)).rename(tmp_path / "no_suffix")
    (tmp_path / "picture.bin").write_bytes(b"\xff\xd8\xff\xe0" + bytes(100))
    assert paths_of(tmp_path) == ["no_suffix"]


def test_links_are_followed_but_loops_and_dead_ends_are_not(tmp_path: Path) -> None:
    music, outside = tmp_path / "music", tmp_path / "outside"
    write(music / "a.wav", tone(1))
    write(outside / "b.wav", tone(1))
    (music / "there").symlink_to(outside)
    (outside / "back").symlink_to(music)
    (music / "dead.wav").symlink_to(tmp_path / "nowhere.wav")
    scan = scan_folder(music)
    assert [found.path for found in scan.files] == ["a.wav", "there/b.wav"]
    assert [(item.path, item.reason) for item in scan.skipped] == [("dead.wav", SkipReason.MISSING)]


def test_a_folder_that_goes_while_it_is_searched_costs_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a/1.wav", "b/2.wav", "c/3.wav"):
        (tmp_path / name).parent.mkdir()
        write(tmp_path / name, tone(1))
    add = scan._add

    def remove_and_add(*given: Any) -> None:
        shutil.rmtree(tmp_path / "b", ignore_errors=True)  # after it was listed
        add(*given)

    monkeypatch.setattr(scan, "_add", remove_and_add)
    found = scan_folder(tmp_path)
    assert found.files.paths == ["a/1.wav", "c/3.wav"]
    assert [(item.path, item.reason) for item in found.skipped] == [("b", SkipReason.UNREADABLE)]


def test_odd_names(tmp_path: Path) -> None:
    (tmp_path / "caf\udce9.wav").write_bytes(b"x")
    emoji = "🎸 \"quoted\" 'name' [bold] {x}.wav"
    (tmp_path / emoji).write_bytes(b"x")
    (tmp_path / "folder.wav").mkdir()
    os.mkfifo(tmp_path / "pipe.wav")
    scan = scan_folder(tmp_path)
    assert [found.path for found in scan.files] == [emoji]
    reasons = {item.path: item.reason for item in scan.skipped}
    assert reasons == {"caf\\xe9.wav": SkipReason.BAD_NAME, "pipe.wav": SkipReason.NOT_A_FILE}


def test_a_missing_or_empty_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no such folder"):
        read_catalog(tmp_path / "absent")
    with pytest.raises(CatalogError, match="no audio files"):
        read_catalog(tmp_path, workers=1)
    with pytest.raises(CatalogError, match="neither a folder nor a table"):
        read_catalog(write(tmp_path / "song.wav", tone(1)))


def test_tags_of_every_kind(tmp_path: Path) -> None:
    flac = FLAC(write(tmp_path / "a.flac", tone(2)))
    flac.update(title="Ünïcode", artist=["One", "Two"], album="LP", genre="Jazz", date="1959-08-17")
    flac.save()
    mp3 = EasyID3()
    mp3.update(title="T", artist="A")
    mp3.save(write(tmp_path / "b.mp3", tone(2)))
    wav = WAVE(write(tmp_path / "c.wav", tone(2)))
    wav.add_tags()
    wav.tags.add(TIT2(text="Wave"))
    wav.tags.add(TPE1(text="Surfer"))
    wav.save()
    (tmp_path / "d.mp3").write_text("not audio")
    tags = read_tags(tmp_path / "a.flac")
    assert (tags.title, tags.artist, tags.album) == ("Ünïcode", "One; Two", "LP")
    assert (tags.genre, tags.year) == ("Jazz", 1959)
    assert tags.duration_seconds == pytest.approx(2)
    assert (read_tags(tmp_path / "b.mp3").title, read_tags(tmp_path / "b.mp3").artist) == ("T", "A")
    assert read_tags(tmp_path / "c.wav").artist == "Surfer"
    assert read_tags(tmp_path / "d.mp3").title is None


def test_a_track_keeps_its_id_when_it_moves_and_changes_it_with_its_content(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", tone(1))
    before = read_catalog(tmp_path, workers=1).tracks["track_id"].item()
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.wav").rename(tmp_path / "deep" / "z.wav")
    assert read_catalog(tmp_path, workers=1).tracks["track_id"].item() == before
    write(tmp_path / "deep" / "z.wav", tone(1, 500))
    assert read_catalog(tmp_path, workers=1).tracks["track_id"].item() != before


def test_copies_and_empty_files_are_listed(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", tone(1))
    (tmp_path / "b.wav").write_bytes((tmp_path / "a.wav").read_bytes())
    (tmp_path / "c.wav").touch()
    (tmp_path / "d.wav").touch()
    catalog = read_catalog(tmp_path, workers=1)
    assert catalog.tracks["path"].tolist() == ["a.wav"]
    assert [(item.path, item.reason) for item in catalog.skipped] == [
        ("b.wav", SkipReason.DUPLICATE),
        ("c.wav", SkipReason.EMPTY),
        ("d.wav", SkipReason.EMPTY),
    ]
    assert "a.wav" in catalog.skipped[0].detail


def test_a_second_reading_opens_only_what_changed(tmp_path: Path) -> None:
    for name in "abc":
        write(tmp_path / f"{name}.wav", tone(1, 200 + ord(name)))
    first = read_catalog(tmp_path, workers=1)
    write(tmp_path / "b.wav", tone(1, 999))
    opened: list[tuple[int, int]] = []
    second = read_catalog(tmp_path, first.files, lambda done, total: opened.append((done, total)))
    assert opened == [(1, 1)]
    fresh = read_catalog(tmp_path, workers=1)
    pd.testing.assert_frame_equal(second.tracks, fresh.tracks)


def test_a_table_names_the_tracks_and_goes_before_tags(tmp_path: Path) -> None:
    for name in ["x/1.flac", "x/2.flac"]:
        flac = FLAC(write(tmp_path / name, tone(1, 300 + len(name) * ord(name[2]))))
        flac.update(title=f"tag {name}", artist="tag artist")
        flac.save()
    pd.DataFrame(
        {
            "file": ["x/2.flac", "x/1.flac", "x/gone.flac"],
            "track_id": ["007", "008", "009"],
            "title": ["table title", None, "gone"],
            "mood": ["calm", "wild", "none"],
        }
    ).to_csv(tmp_path / "songs.csv", index=False)
    catalog = read_catalog(tmp_path / "songs.csv")
    tracks = catalog.tracks.set_index("path")
    assert tracks.loc["x/2.flac", ["track_id", "title", "artist", "mood"]].tolist() == [
        "007", "table title", "tag artist", "calm",
    ]  # fmt: skip
    assert tracks.loc["x/1.flac", "title"] == "tag x/1.flac"
    assert [(item.path, item.reason) for item in catalog.skipped] == [
        ("x/gone.flac", SkipReason.MISSING)
    ]


@pytest.mark.parametrize("place", ["music", "."])
def test_a_manifest_in_or_beside_the_folder_is_joined(tmp_path: Path, place: str) -> None:
    write(tmp_path / "music" / "a.wav", tone(1))
    write(tmp_path / "music" / "b.wav", tone(1, 600))
    name = "a.wav" if place == "music" else "music/a.wav"
    table = pd.DataFrame({"path": [name], "title": ["From the table"], "mood": ["calm"]})
    table.to_parquet(tmp_path / place / "manifest.parquet")
    catalog = read_catalog(tmp_path / "music")
    assert catalog.table == (tmp_path / "music" / ".." / place / "manifest.parquet").resolve() or (
        catalog.table is not None and catalog.table.name == "manifest.parquet"
    )
    assert catalog.tracks["title"].tolist() == ["From the table", "b"]
    assert catalog.tracks["mood"].tolist()[0] == "calm"
    assert pd.isna(catalog.tracks["mood"].tolist()[1])


def test_a_manifest_that_is_of_no_use_is_said_and_ignored(tmp_path: Path) -> None:
    write(tmp_path / "music" / "a.wav", tone(1))
    write(tmp_path / "music" / "b.wav", tone(1, 600))
    bare = read_catalog(tmp_path / "music", workers=1)
    assert bare.remark is None
    for text, why in [
        ("name,version\nfoo,1\n", "no column names the files"),
        ("path,version\nfoo,1\nfoo,2\n", "stands in two rows"),
        ("path,x\nother.wav,1\n", "names none of the tracks"),
        ("path,year\nmusic/a.wav,long ago\n", "column year"),
        ("path,track_id\nmusic/a.wav,1\nmusic/b.wav,1\n", "track_id 1 stands in two rows"),
        ("\0\1\2", "manifest.csv"),
    ]:
        (tmp_path / "manifest.csv").write_text(text)
        catalog = read_catalog(tmp_path / "music", bare.files)
        assert catalog.table is None
        assert (catalog.remark or "").startswith("not used: ")
        assert why in (catalog.remark or "")
        pd.testing.assert_frame_equal(catalog.tracks, bare.tracks)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_manifest_finds_files_in_any_spelling(tmp_path: Path, form: str) -> None:
    path = unicodedata.normalize(form, "Ünder/É.wav")
    write(tmp_path / "music" / path, tone(1))
    write(tmp_path / "music" / "b.wav", tone(1, 600))
    files = read_catalog(tmp_path / "music", workers=1).files
    manifest = tmp_path / "manifest.csv"
    for name in (
        "music/Ünder/É.wav",
        "music\\Ünder\\É.wav",
        "Ünder/É.wav",  # below the music's folder, not the table's
        "Ünder\\É.wav",
        unicodedata.normalize("NFD", "music/Ünder/É.wav"),
    ):
        table = {"path": [name, "gone.wav"], "title": ["One", "No"]}
        pd.DataFrame(table).to_csv(manifest, index=False)
        catalog = read_catalog(tmp_path / "music", files)
        titles = dict(zip(catalog.tracks["path"], catalog.tracks["title"], strict=True))
        assert titles == {path: "One", "b.wav": "b"}
        assert catalog.remark == f"tags and columns from {manifest}, for 1 of 2 tracks"


def test_bad_tables_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("title,artist\nx,y\n")
    with pytest.raises(CatalogError, match="no column names the files"):
        read_table(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text("path\nx.wav\nx.wav\n")
    with pytest.raises(CatalogError, match=r"x\.wav stands in two rows"):
        read_table(tmp_path / "b.csv")
    (tmp_path / "c.parquet").write_text("not parquet")
    with pytest.raises(CatalogError, match="not a table"):
        read_table(tmp_path / "c.parquet")
    with pytest.raises(CatalogError, match=r"absent\.csv: no such file"):
        read_table(tmp_path / "absent.csv")
    write(tmp_path / "1.wav", tone(1))
    write(tmp_path / "2.wav", tone(1, 700))
    (tmp_path / "d.csv").write_text("path,track_id\n1.wav,same\n2.wav,same\n")
    with pytest.raises(CatalogError, match="track_id same stands in two rows"):
        read_catalog(tmp_path / "d.csv")
    (tmp_path / "e.csv").write_text("path,year\n1.wav,long ago\n")
    with pytest.raises(CatalogError, match="year"):
        read_catalog(tmp_path / "e.csv")


def test_a_table_may_name_files_elsewhere(tmp_path: Path) -> None:
    for folder in ("music", "lists"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "a.wav", tone(1, 220 if folder == "music" else 330))
    table = tmp_path / "lists" / "tracks.csv"
    table.write_text(f"path,title\na.wav,Near\n{tmp_path / 'music' / 'a.wav'},Far\n")
    catalog = read_catalog(table)
    assert sorted(catalog.tracks["title"]) == ["Far", "Near"]
    assert "for 2 of 2 tracks" in str(catalog.remark)


def test_rows_of_some_files_are_found_by_links_too(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        write(tmp_path / name, tone(1))
    (tmp_path / "1.wav").symlink_to("a.wav")
    table = tmp_path / "tracks.csv"
    table.write_text("path,title\n1.wav,One\nb.wav,Two\n")
    found = read_table(table, among=[str(tmp_path / "a.wav")])
    assert found["title"].to_dict() == {str((tmp_path / "a.wav").resolve()): "One"}
    assert read_table(table, among=[]).empty
    table.write_text("path,title\n")
    assert read_table(table, among=[]).empty


def test_content_id_is_sha256(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")  # the test vector of FIPS 180-2
    assert content_id(tmp_path / "abc") == "ba7816bf8f01cfea"


def test_a_float_wav_with_nan_is_left_to_the_decoder(tmp_path: Path) -> None:
    sf.write(tmp_path / "nan.wav", np.full(RATE, np.nan, np.float32), RATE, subtype="FLOAT")
    assert read_catalog(tmp_path, workers=1).tracks["path"].tolist() == ["nan.wav"]
