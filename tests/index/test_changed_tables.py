"""Of a changed table a run looks at the changed rows; tracks are as after a fresh build."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from specrec.index.maintenance import restore_tracks
from specrec.recommend.collection import Collection
from specrec.recommend.library import Library
from tests.index.test_build import Build
from tests.index.test_layers import assert_alike
from tests.sounds import make_music, tone, write


def test_a_table_of_which_little_changed_writes_no_table_anew(
    tmp_path: Path, build: Build, layered: None
) -> None:
    music, library = make_music(tmp_path / "music", 6), tmp_path / "library"
    features = tmp_path / "features.csv"
    features.write_text("path,energy\n" + "".join(f"music/track {n}.wav,.{n}\n" for n in range(6)))
    cells = {f"track {n}.wav": ["calm", str(n / 4)] for n in range(5)}

    def run(folder: Path = library) -> bool:
        rows = [",".join([path, *row]) for path, row in cells.items()]
        (music / "manifest.csv").write_text("\n".join(["path,mood,score", *rows]) + "\n")
        return build(music, folder, feature_table=str(features)).changed

    def layers() -> list[int]:
        return Collection.open(library).generation.layers.rows.tolist()

    assert run()
    assert not run()
    cells["track 1.wav"] = ["wild", "7.5"]
    assert run()
    assert layers() == [1]
    make_music(music, 1, first=7)
    cells |= {"track 7.wav": ["sad", "1"], "track 5.wav": ["new", "2"]}
    (music / "track 0.wav").rename(music / "renamed.wav")  # which the table does not name
    assert run()
    assert layers() == [0, 1, 5, 6]
    assert run(tmp_path / "fresh")
    assert_alike(Library.open(library), Library.open(tmp_path / "fresh"))
    assert not run()
    cells["track 2.wav"] = ["loud", "low"]  # the scores are texts from now on
    assert run()
    assert layers() == []


def test_of_a_table_of_which_little_changed_that_is_looked_at(
    tmp_path: Path, build: Build, layered: None
) -> None:
    music, library = make_music(tmp_path / "music", 8), tmp_path / "library"
    cells = {f"track {n}.wav": "calm" for n in range(7)}

    def run(audio: Path = music) -> str:
        rows = [f"{path},{mood}\n" for path, mood in cells.items()]
        (music / "manifest.csv").write_text("path,mood\n" + "".join(rows))
        return str(build(audio, library).table)

    def layers() -> list[int]:
        return Library.open(library).collection.generation.layers.rows.tolist()

    assert "for 7 of 8 tracks" in run()
    cells |= {"track 1.wav": "wild", "track 7.wav": "new", "not/here.wav": "lost"}
    del cells["track 2.wav"]
    assert "of which 4 rows changed" in run()
    assert layers() == [1, 2, 7]
    assert "which has not changed" in run()
    build(music, tmp_path / "fresh")
    assert_alike(Library.open(library), Library.open(tmp_path / "fresh"))
    (music / "link.wav").symlink_to(write(tmp_path / "there.wav", tone(3, 500, 22_050), 22_050))
    cells["../there.wav"] = "linked"  # which track is that?
    assert "for 8 of 9 tracks" in run()
    moods = Library.open(library).tracks.set_index("path")["mood"]
    assert moods["link.wav"] == "linked"
    (tmp_path / "there.wav").replace(music / "link.wav")
    assert "for 7 of 9 tracks" in run()
    assert pd.isna(Library.open(library).tracks.set_index("path")["mood"]["link.wav"])
    (music / "link.wav").unlink()
    (music / "manifest.csv").unlink()
    build(music, library, prune=True)
    assert "mood" not in Library.open(library).tracks


def test_what_a_row_that_changed_says_of_a_whole_table_is_told(
    tmp_path: Path, build: Build, layered: None
) -> None:
    music, library = make_music(tmp_path / "music", 6), tmp_path / "library"
    shutil.copy(music / "track 5.wav", music / "zz copy.wav")
    write(music / "short.wav", np.zeros(10, np.float32), 22_050)  # which is no track
    (tmp_path / "alias").symlink_to(music)
    cells = {f"track {n}.wav": f"id{n},Ana,{n}" for n in range(5)} | {"short.wav": "short,,"}
    cells["../alias/track 1.wav"] = cells.pop("track 1.wav")

    def run(dry_run: bool = False, **changed: str) -> str:
        names = {"absent": "./absent.wav", "copy": "./zz copy.wav", "alias": "../alias/track 1.wav"}
        now = cells | {names.get(key, f"{key[:-1]} {key[-1]}.wav"): changed[key] for key in changed}
        rows = [f"{path},{row}\n" for path, row in now.items() if row]
        (music / "manifest.csv").write_text("path,track_id,artist,score\n" + "".join(rows))
        return str(build(music, library, dry_run=dry_run).table)

    def column(name: str) -> pd.Series:
        return Library.open(library).tracks.set_index("path")[name]

    assert "for 6 of 7 tracks" in run()
    assert column("score").dtype == float
    assert "of which 1 row changed" in run(track0="id0,,0")
    assert pd.isna(column("artist")["track 0.wav"])
    assert "of which 1 row changed" in run(track0="id0,nan,0")
    assert column("artist")["track 0.wav"] == "nan"
    cells |= {"absent.wav": "a,,", "zz copy.wav": "b,,"}
    assert "of which" in run()
    assert "absent.wav stands in two rows" in run(True, absent="c,,")
    assert "copy.wav stands in two rows" in run(True, copy="c,,")
    assert "track_id short stands in two rows" in run(True, track2="short,Ana,2")
    (tmp_path / "alias").unlink()
    run(alias="")
    assert pd.isna(column("artist")["track 1.wav"])
    for path in ("short.wav", "absent.wav", "zz copy.wav", "../alias/track 1.wav"):
        del cells[path]
    (music / "short.wav").unlink()
    run()
    cells["track 1.wav"] = "id1,Ana,1"
    run()
    assert column("score").dtype == float
    cells["track 5.wav"] = "id5,Ana,5"
    run()
    assert column("score").dtype == int
    cells = {"track 0.wav": "id0,Ana,0", "absent.wav": "a,,"}
    assert "for 1 of 6 tracks" in run()
    (music / "track 0.wav").unlink()
    assert "names none of the tracks" in run()


def test_a_row_of_a_table_with_numbers_as_ids_or_lists_changes(
    tmp_path: Path, build: Build, layered: None
) -> None:
    music, library = make_music(tmp_path / "music", 6), tmp_path / "library"

    def run(ids: list[int], **columns: list[object]) -> set[str]:
        names = [f"track {n}.wav" for n in range(5)]
        table = pd.DataFrame({"path": names, "track_id": ids, **columns})
        table.to_parquet(music / "manifest.parquet")
        build(music, library)
        return {*Library.open(library).tracks.set_index("path")["track_id"][names]}

    assert run([0, 1, 2, 3, 4]) == {"0", "1", "2", "3", "4"}
    assert run([0, 1, 2, 3, 9]) == {"0", "1", "2", "3", "9"}
    for last in ("x", "y"):
        moods = [["calm", "sad"]] * 4 + [["calm", last]]
        assert run([0, 1, 2, 3, 9], moods=moods) == {"0", "1", "2", "3", "9"}
        found = Library.open(library).tracks.set_index("path")["moods"]
        assert [*found["track 4.wav"]] == ["calm", last]


def test_a_row_more_of_the_table_that_is_the_music_is_a_track_more(
    tmp_path: Path, build: Build, layered: None
) -> None:
    music, table, library = make_music(tmp_path / "music", 8), tmp_path / "some.csv", tmp_path / "l"
    rows = [f"music/track {n}.wav,{n}\n" for n in range(8)]

    def run(*names: int) -> tuple[int, str]:
        table.write_text("path,score\n" + "".join(rows[n] for n in names))
        report = build(table, library, prune=True)
        return report.tracks, str(report.table)

    assert run(0, 1, 2, 3, 4, 5)[0] == 6
    tracks, remark = run(0, 1, 2, 3, 4, 5, 7)
    assert (tracks, remark.split(", ")[-1]) == (7, "of which 1 row changed")
    tracks, remark = run(0, 2, 3, 4, 5, 7)
    assert (tracks, remark.split(", ")[-1]) == (6, "of which 1 row changed")
    found = Library.open(library).tracks.set_index("path")["score"]
    assert found.to_dict() == {f"music/track {n}.wav": n for n in (0, 2, 3, 4, 5, 7)}
    assert len([*music.iterdir()]) == 8


def test_a_table_that_comes_to_name_two_tracks_alike_is_not_used(
    tmp_path: Path, build: Build, layered: None
) -> None:
    music, library = make_music(tmp_path / "music", 3), tmp_path / "library"
    rows = [f"track {number}.wav,id{number % 9},T{number}\n" for number in (0, 1, 2, 9)]
    (music / "manifest.csv").write_text("path,track_id,title\n" + "".join(rows))
    build(music, library)
    make_music(music, 1, first=9)
    assert "id0 stands in two rows" in str(build(music, library).table)
    assert Collection.open(library).tracks["track_id"].is_unique


def test_files_are_added_to_a_table_that_stays(tmp_path: Path, build: Build, layered: None) -> None:
    music, library = make_music(tmp_path / "music", 6), tmp_path / "library"
    cells = {f"track {n}.wav": str(n) for n in [*range(6), 9]} | {"other/deep.wav": "8"}

    def write_manifest() -> None:
        rows = [f"{path.replace('/', chr(92))},{score}\n" for path, score in cells.items()]
        (music / "manifest.csv").write_text("path,score\n" + "".join(rows))

    write_manifest()
    assert "for 6 of 6 tracks" in str(build(music, library).table)
    assert not build(music, library).changed
    make_music(music, 1, first=9)
    (music / "other").mkdir()
    (music / "track 3.wav").rename(music / "other" / "deep.wav")
    report = build(music, library)
    assert "which has not changed" in str(report.table)
    opened = Library.open(library)
    assert opened.collection.generation.layers.rows.tolist() == [3, 6]
    assert opened.tracks["score"].tolist() == [0, 1, 2, 8, 4, 5, 9]
    opened.remove("track 1")
    make_music(music, 1, first=7)  # the table does not name it, and scores are no longer integers
    assert "for 7 of 8 tracks" in str(build(music, library).table)
    cells["track 0.wav"] = "7.5"
    write_manifest()
    assert "for 7 of 8 tracks" in str(build(music, library).table)
    (music / "track 5.wav").unlink()
    assert "which has not changed" in str(build(music, library, prune=True).table)
    (music / "track 1.wav").unlink()
    restore_tracks(library)
    build(music, library, prune=True)
    build(music, tmp_path / "fresh")
    assert_alike(Library.open(library), Library.open(tmp_path / "fresh"))
