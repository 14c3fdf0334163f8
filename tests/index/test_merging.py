"""Parts of a library, built in shares of the music and joined, equal a library built at once."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from specrec.cli import main
from specrec.config import IndexConfig, Shard
from specrec.errors import ConfigError, LibraryError, SkipReason
from specrec.index.build import BuildReport, build_library
from specrec.index.coverage import find_coverage
from specrec.index.decision_files import read_decisions
from specrec.index.generations import read_generation
from specrec.index.maintenance import remove_tracks
from specrec.index.merging import merge_libraries
from specrec.model.model import save_model
from specrec.recommend.library import Library
from tests.conftest import make_encoder
from tests.index.test_build import Build, assert_equal
from tests.sounds import make_music, tone, write

TABLES = ("tracks", "files", "skipped", "descriptors", "duplicates")


def name_in(shard: str, stem: str) -> str:
    """A file name that belongs to a share."""
    names = (f"{stem} {number}.wav" for number in range(1000))
    return next(name for name in names if Shard.parse(shard).holds(name))


def assert_same(merged: Path, single: Path) -> None:
    """The same tables, decisions, embeddings, windows and answers."""
    one, other = read_generation(merged), read_generation(single)
    assert one is not None
    assert other is not None
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(one, table), getattr(other, table), obj=table)
    for name in ("audio_root", "model", "counts", "settings", "search", "index"):
        assert one.manifest[name] == other.manifest[name]
    decided = [
        replace(read_decisions(folder, generation), revision=0)
        for folder, generation in ((merged, one), (single, other))
    ]
    assert decided[0] == decided[1]
    assert_equal(Library.open(merged), Library.open(single))


def write_table(music: Path) -> None:
    """A table with a column of whole numbers, and one that only half of the tracks have."""
    names = sorted(path.name for path in music.glob("*.wav"))
    rows = [f"{name},{place},{'x' if place % 2 else ''}" for place, name in enumerate(names)]
    (music / "manifest.csv").write_text("\n".join(["path,place,half", *rows]) + "\n")


@pytest.mark.parametrize("bad", ["0/3", "4/3", "3", "a/b", "1/0", "-1/3"])
def test_a_share_that_is_none_is_refused(bad: str) -> None:
    with pytest.raises(ConfigError, match="shard must be a share such as 3/8"):
        IndexConfig("music", "library", "model", shard=bad)


def test_shares_are_equal_and_stay_when_files_come_and_go() -> None:
    paths = [f"artist {n % 50}/album/{n:05}.flac" for n in range(1600)]
    sizes = [sum(Shard(number, 8).holds(path) for path in paths) for number in range(1, 9)]
    assert sum(sizes) == len(paths)
    # Each is binomial: five standard deviations from 200 at most.
    assert max(abs(size - 200) for size in sizes) < 5 * np.sqrt(1600 * 1 / 8 * 7 / 8)
    for path in paths[:100]:  # a share is divided in two, so that parts can be divided further
        assert (Shard.of(path, 16).number - 1) % 8 == Shard.of(path, 8).number - 1


def test_joined_parts_equal_a_library_built_at_once(tmp_path: Path, model_folder: Path) -> None:
    music, single, merged = (tmp_path / name for name in ("music", "single", "merged"))
    make_music(music, 8)
    removed, vanished = name_in("1/2", "removed"), name_in("2/2", "vanished")
    moved, there = name_in("1/2", "moved"), name_in("2/2", "moved here")
    for place, name in enumerate((removed, vanished, moved)):
        write(music / name, tone(2.5 + place, 300 + 70 * place, 22_050), 22_050)
    shutil.copy(music / moved, music / name_in("2/2", "copy"))  # the same bytes in both shares
    (music / name_in("1/2", "text")).write_text("text")
    (music / name_in("2/2", "nothing")).touch()
    (music / "notes.txt").touch()
    write_table(music)
    folders = {shard: tmp_path / shard.replace("/", " of ") for shard in ("1/2", "2/2")}

    def run(library: Path, shard: str | None = None) -> BuildReport:
        return build_library(
            IndexConfig(str(music), str(library), str(model_folder), workers=1, shard=shard)
        )

    def run_all() -> None:
        run(single)
        for shard, folder in folders.items():
            run(folder, shard)

    def take_out(library: Path) -> None:
        tracks = Library.open(library).tracks
        remove_tracks(library, tracks.loc[tracks["path"] == removed, "track_id"].tolist())

    run_all()
    merge_libraries(merged, [folders["2/2"], folders["1/2"]])
    assert_same(merged, single)
    report = run(merged)
    assert (report.changed, report.embedded) == (False, 0)
    # Whatever then happens, the parts bring the library up to date as a run of its own would.
    take_out(single)
    take_out(folders["1/2"])
    (music / vanished).unlink()
    (music / moved).rename(music / there)
    make_music(music, 2, first=20)
    run_all()
    done = merge_libraries(merged, [*folders.values()])
    assert_same(merged, single)
    assert {str(item.reason) for item in done.skipped} == {
        *map(str, (SkipReason.NOT_AUDIO, SkipReason.EMPTY, SkipReason.DUPLICATE)),
        str(SkipReason.REMOVED),
    }
    assert vanished in Library.open(merged).tracks["path"].tolist()
    report = run(merged)
    assert (report.changed, report.embedded) == (False, 0)
    (music / "manifest.csv").unlink()
    run(single)
    run(merged)
    assert_same(merged, single)
    assert Library.open(merged).tracks["place"].count() == 1  # of the track whose file is gone


def test_shares_without_tracks_are_parts_too(tmp_path: Path, build: Build) -> None:
    music = tmp_path / "music"
    write(music / name_in("1/3", "song"), tone(2, 300, 22_050), 22_050)
    (music / name_in("2/3", "text")).write_text("text")  # and none in the third share
    folders = [tmp_path / f"part{number}" for number in (1, 2, 3)]
    reports = [build(music, part, shard=f"{i}/3") for i, part in enumerate(folders, 1)]
    assert [(report.tracks, len(report.skipped)) for report in reports] == [(1, 0), (0, 1), (0, 0)]
    merge_libraries(tmp_path / "merged", folders)
    build(music, tmp_path / "single")
    assert_same(tmp_path / "merged", tmp_path / "single")
    for number in (2, 3):
        assert len(Library.open(folders[number - 1])) == 0
        assert not build(music, folders[number - 1], shard=f"{number}/3").changed
        # It has none of the embeddings by which another coverage is told, but notes it.
        for changed in (True, False):
            report = build(music, folders[number - 1], shard=f"{number}/3", windows_per_track=1)
            assert report.changed == changed
    (music / name_in("1/3", "song")).unlink()
    with pytest.raises(LibraryError, match="nothing that can be used"):
        build(music, tmp_path / "other")


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Path:
    """A folder of music, and parts of it: 1 to 3 of three, and what does not fit to them."""
    folder = tmp_path_factory.mktemp("parts")
    music = make_music(folder / "music", 6)
    other_music, other_model = folder / "other music", folder / "other model"
    for name in ("1/3", "2/3", "3/3"):
        write(other_music / name_in(name, "song"), tone(2, 300, 22_050), 22_050)
    save_model(make_encoder(seed=5), other_model, name="other", license="MIT")

    def run(name: str, **settings: str | int | None) -> None:
        given = {"audio": str(music), "model": str(model_folder), "measure_features": False}
        config = given | {"workers": 1} | settings
        build_library(IndexConfig(library=str(folder / name), **config))  # type: ignore[arg-type]

    for number in (1, 2, 3):
        run(f"part{number}", shard=f"{number}/3")
    run("again", shard="2/3")
    run("fourth", shard="3/4")
    run("few windows", shard="3/3", windows_per_track=1)
    run("whole")
    run("other-model", shard="3/3", audio=str(music), model=str(other_model))
    run("elsewhere", shard="3/3", audio=str(other_music))
    (folder / "nothing").mkdir()
    return folder


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("part1 part3", r"^shard 2 of 3 is missing; give all parts, or merge with --partial$"),
        ("part3", r"^shards 1 and 2 of 3 are missing; "),
        ("part1 part2 part3 again", r"(again|part2): holds shard 2/3, as .*(again|part2) does"),
        ("part1 part2 fourth", r"(fourth|part1): holds shard \d/\d, but .* one division"),
        ("part1 part2 whole", "whole: no part, but a library of all its music"),
        ("part1 part2 nothing", "nothing: no library there; build it with .*shard=NUMBER/COUNT"),
        ("part1 part2 absent", "absent: no library there"),
        (
            "part1 part2 other-model",
            r"other-model: its model is other \(\w+\), but that of .*part1 is random \(\w+\)",
        ),
        ("part1 part2 elsewhere", "elsewhere: its folder of music is .*other music, but"),
        ("part1 part2 few_windows", "few windows: its windows_per_track is 1, but .* is None"),
    ],
)
def test_parts_that_do_not_fit_are_named_in_one_line(
    parts: Path, tmp_path: Path, names: str, said: str
) -> None:
    folders = [parts / name.replace("_", " ") for name in names.split()]
    with pytest.raises(LibraryError, match=said) as caught:
        merge_libraries(tmp_path / "library", folders)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "library").exists()


def test_a_library_keeps_to_its_share_and_its_music(parts: Path, tmp_path: Path) -> None:
    folders = [parts / f"part{number}" for number in (1, 2, 3)]
    with pytest.raises(LibraryError, match="part2: holds only shard 2/3; name another library"):
        merge_libraries(folders[1], folders)
    generation = read_generation(folders[0])
    assert generation is not None
    assert find_coverage(generation).pending == ()
    settings = generation.manifest["settings"] | {"model": generation.manifest["model"]["folder"]}
    for shard in (None, "2/3", "1/6"):
        config = IndexConfig(library=str(folders[0]), **settings | {"shard": shard})
        with pytest.raises(LibraryError, match="holds shard 1/3; give shard=1/3, or name another"):
            build_library(config)
    config = IndexConfig(library=str(parts / "whole"), **settings)
    with pytest.raises(LibraryError, match="holds all the music; leave shard= out, or name"):
        build_library(config)
    updated = Library.open(folders[0]).update()  # with the settings of its last run
    assert (updated.changed, updated.plan.vanished) == (False, [])


def test_damage_in_a_part_is_named_and_not_copied(parts: Path, tmp_path: Path) -> None:
    folders = [Path(shutil.copytree(parts / f"part{n}", tmp_path / f"part{n}")) for n in (1, 2, 3)]
    file = next(tmp_path.glob("part?/segments/*/*/windows.npy"))
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(LibraryError, match=r"part\d/.*windows\.npy: damaged.* specrec verify"):
        merge_libraries(tmp_path / "library", folders)


def test_what_there_is_can_be_joined_and_the_rest_made_later(
    tmp_path: Path, model_folder: Path, build: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    music, library = tmp_path / "music", tmp_path / "library"
    for place in range(6):  # two in each share
        name = name_in(f"{place % 3 + 1}/3", f"song {place}")
        write(music / name, tone(2 + place / 2, 200 + 90 * place, 22_050), 22_050)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    build(music, whole, shard="1/3")

    def interrupt(done: int, total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    config = IndexConfig(str(music), str(cut), str(model_folder), workers=1, batch_size=1)
    with pytest.raises(KeyboardInterrupt):
        build_library(replace(config, shard="2/3"), on_embed=interrupt)
    folders = [str(whole), str(cut)]
    with pytest.raises(SystemExit) as exit_:
        main(["merge", str(library), *folders])
    said = capsys.readouterr().err
    assert exit_.value.code == 2
    assert said.startswith(f"error: {cut}: its index run has not finished; run the same command")
    with pytest.raises(LibraryError, match="no part has finished"):
        merge_libraries(library, [cut], partial=True)
    with pytest.raises(SystemExit):
        main(["merge", str(library), *folders, "--partial"])
    said = " ".join(capsys.readouterr().out.split())
    assert "shards 2 and 3 of 3 are missing: specrec index makes the rest" in said
    assert f"not finished: {cut}" in said
    assert len(Library.open(library)) == 2
    assert build(music, library).embedded == 3  # the part that was cut short had one of its two
    build(music, tmp_path / "single")
    assert_equal(Library.open(library), Library.open(tmp_path / "single"))
    # A part that is ready later brings the library up to date; of the others nothing is lost.
    build(music, cut, shard="2/3")
    merge_libraries(library, [cut], partial=True)
    assert_equal(Library.open(library), Library.open(tmp_path / "single"))


def test_parts_on_another_disk_are_copied(
    parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(link: Path, target: Path) -> None:
        raise OSError(18, "Invalid cross-device link")

    folders = [parts / f"part{number}" for number in (1, 2, 3)]
    assert merge_libraries(tmp_path / "linked", folders).changed
    files = sorted((tmp_path / "linked").rglob("*"))
    assert not merge_libraries(tmp_path / "linked", folders).changed  # the parts are the same
    assert sorted((tmp_path / "linked").rglob("*")) == files
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    merge_libraries(tmp_path / "copied", folders)
    assert_equal(Library.open(tmp_path / "linked"), Library.open(tmp_path / "copied"))
    for folder in folders:
        assert Library.open(folder).verify().damage == []
