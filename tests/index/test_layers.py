"""A few changed tracks lie over a base that stays as it is; answers are those of a fresh build."""

import gc
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from specrec.config import IndexConfig
from specrec.errors import SpecrecError
from specrec.index.build import build_library
from specrec.index.layered_search import LayeredIndex
from specrec.index.layers import Layers, take_step
from specrec.index.maintenance import remove_tracks, restore_tracks
from specrec.index.merging import merge_libraries
from specrec.index.repair import verify_library
from specrec.index.search import unit
from specrec.index.search_building import build_index
from specrec.recommend.collection import Collection
from specrec.recommend.library import Library
from tests.index.test_build import Build
from tests.index.test_maintenance import CHANGES
from tests.index.test_merging import name_in
from tests.sounds import make_music, tone, write


def assert_alike(one: Library, other: Library) -> None:
    """Compares two libraries whose tracks are in other orders."""
    mine, theirs = (library.tracks.set_index("track_id").sort_index() for library in (one, other))
    pd.testing.assert_frame_equal(mine, theirs)
    rows = [library.collection.row_of for library in (one, other)]
    for track_id in mine.index:
        first, second = (find(track_id) for find in rows)
        assert first is not None
        assert second is not None
        np.testing.assert_allclose(
            one.collection.embeddings[first], other.collection.embeddings[second], atol=1e-6
        )
        windows = (
            library.collection.generation.windows(row)
            for library, row in ((one, first), (other, second))
        )
        np.testing.assert_allclose(*windows, atol=2e-3)
        found = [
            {
                n.track.track_id: n.similarity
                for n in library.neighbors(track_id, 20, duplicates=True)
            }
            for library in (one, other)
        ]
        assert found[0] == pytest.approx(found[1], abs=1e-5)
    generations = [library.collection.generation for library in (one, other)]
    for name in ("files", "duplicates", "skipped"):
        tables = [
            getattr(generation, name).astype(object).fillna("").to_numpy().tolist()
            for generation in generations
        ]
        assert sorted(tables[0]) == sorted(tables[1]), name


@settings(max_examples=4, suppress_health_check=list(HealthCheck))
@given(changes=CHANGES, with_table=st.booleans())
def test_any_sequence_of_changes_answers_as_a_fresh_build(
    changes: list[tuple[str, int]],
    with_table: bool,
    tmp_path_factory: pytest.TempPathFactory,
    build: Build,
    layered: None,
) -> None:
    folder = tmp_path_factory.mktemp("changes")
    music, library = make_music(folder / "music", 6), folder / "library"
    names = [f"{word} {place}.wav" for word in ("track", "moved") for place in range(25)]
    moods = dict.fromkeys(names, "calm")  # of most files that there will be

    def write_manifest() -> None:
        rows = [f"{name},{names.index(name) / 4},{mood}\n" for name, mood in moods.items()]
        (music / "manifest.csv").write_text("path,score,mood\n" + "".join(rows))

    if with_table:
        write_manifest()
    build(music, library)
    for place, (change, number) in enumerate(changes):
        files = sorted(music.glob("*.wav"))
        file = files[number % len(files)]
        if change == "add":
            make_music(music, 1, first=20 + place)
        elif change == "delete" and len(files) > 3:
            file.unlink()
        elif change == "move":
            file.rename(music / f"moved {place}.wav")
        elif change == "change":
            write(file, tone(2 + place, 300 + 50 * place, 22_050), 22_050)
        elif change == "remove" and min(len(files), len(Collection.open(library))) > 3:
            opened = Collection.open(library)
            track = opened.tracks.iloc[number % len(opened)]
            remove_tracks(library, [str(track["track_id"])])
            (music / track["path"]).unlink(missing_ok=True)
        elif change == "run":
            if with_table:
                moods[names[number % 6]] = f"mood {place}"
                moods.pop(names[(number + 1) % 6], None)
                write_manifest()
            build(music, library, prune="all")
    build(music, library, prune="all")
    assert not build(music, library, prune="all").changed
    assert verify_library(library).damage == []
    if any(change == "remove" for change, _ in changes):
        for path in Collection.open(library).generation.skipped["path"]:
            (music / path).unlink(missing_ok=True)
        restore_tracks(library)
        build(music, library, prune="all")
    build(music, folder / "fresh")
    assert_alike(Library.open(library), Library.open(folder / "fresh"))


def test_a_file_more_writes_no_table_anew(tmp_path: Path, build: Build, layered: None) -> None:
    music, library = make_music(tmp_path / "music", 6), tmp_path / "library"
    build(music, library)
    before = Collection.open(library).generation
    make_music(music, 1, first=7)
    shutil.copy(music / "track 2.wav", music / "zz copy.wav")
    (music / "track 3.wav").rename(music / "renamed.wav")
    report = build(music, library)
    assert (report.tracks, report.embedded, report.changed) == (7, 1, True)
    after = Collection.open(library).generation
    for name in ("tracks.arrow", "files.parquet", "embeddings.npy", "index.faiss"):
        assert (before.folder / name).samefile(after.folder / name), name
    assert after.layers.rows.tolist() == [3, 6]  # the renamed track, in its place, and the new one
    assert [item.path for item in report.skipped] == ["zz copy.wav"]
    del before, after
    gc.collect()
    make_music(music, 6, first=10)  # more than may lie over the base
    assert build(music, library).tracks == 13
    assert Collection.open(library).generation.layers.changes == 0
    build(music, tmp_path / "fresh")
    assert_alike(Library.open(library), Library.open(tmp_path / "fresh"))


def test_parts_of_which_little_was_written_anew_are_joined(
    tmp_path: Path, build: Build, layered: None
) -> None:
    music, merged = make_music(tmp_path / "music", 6), tmp_path / "merged"
    folders = {shard: tmp_path / shard.replace("/", " of ") for shard in ("1/2", "2/2")}
    for place in range(4):  # so that neither share is empty
        name = name_in(f"{place % 2 + 1}/2", f"song {place}")
        write(music / name, tone(2 + place / 2, 200 + 90 * place, 22_050), 22_050)

    def run_all() -> list[int]:
        for shard, folder in folders.items():
            build(music, folder, shard=shard)
        merge_libraries(merged, [*folders.values()])
        parts = [Library.open(folder).collection.generation for folder in folders.values()]
        return [part.layers.changes for part in parts]

    assert run_all() == [0, 0]
    (music / name_in("1/2", "song 0")).unlink()
    write(music / name_in("2/2", "new"), tone(5, 700, 22_050), 22_050)
    assert run_all() == [0, 1]  # the track whose file is gone stays as it was
    assert not build(music, merged).changed
    write(music / name_in("1/2", "newer"), tone(5.5, 900, 22_050), 22_050)
    assert build(music, merged).embedded == 1
    generation = Library.open(merged).collection.generation
    assert generation.layers.changes == 1
    assert "parts" not in generation.manifest
    assert run_all() == [1, 1]
    assert not build(music, merged).changed
    for folder in (*folders.values(), merged):
        assert Library.open(folder).verify().damage == []
    build(music, merged, prune=True)
    build(music, tmp_path / "fresh")
    assert_alike(Library.open(merged), Library.open(tmp_path / "fresh"))


def test_damage_of_what_is_shared_or_newer_is_told(
    tmp_path: Path, build: Build, layered: None
) -> None:
    music, library = make_music(tmp_path / "music", 6), tmp_path / "library"
    build(music, library)
    make_music(music, 1, first=7)
    build(music, library)
    folder = Collection.open(library).generation.folder
    names = sorted(path.name for path in folder.iterdir() if path.name != "library.json")
    assert sum(".newer." in name for name in names) == 5
    for name in names:
        content = (folder / name).read_bytes()
        place = len(content) // 2
        flipped = bytes([content[place] ^ 1])
        (folder / name).unlink()  # not the other generation's
        (folder / name).write_bytes(content[:place] + flipped + content[place + 1 :])
        assert any(name in line for line in verify_library(library).damage)
        if not name.startswith(("skipped", "duplicates", "files", "descriptors")):
            with pytest.raises(SpecrecError, match="specrec verify"):
                _use(library)
        (folder / name).write_bytes(content)
    _use(library)


def _use(library: Path) -> None:
    opened = Library.open(library)
    assert len(opened.neighbors("track 7", 3)) == 3
    opened.collection.generation.windows(6)


@settings(max_examples=60)
@given(st.data())
def test_steps_keep_every_row_that_is_not_gone(data: st.DataObject) -> None:
    names = list(range(data.draw(st.integers(1, 12))))  # of the base, then of what was added
    base = np.array(names)
    layers = Layers(len(base), len(base), np.zeros(0, np.int64))
    newer, here, fresh = np.zeros(0, np.int64), base.copy(), 100
    for _ in range(data.draw(st.integers(1, 5))):
        gone = data.draw(arrays(bool, len(here)))
        added = data.draw(st.integers(0, 4))
        step = take_step(layers, np.flatnonzero(gone), added)
        new = np.arange(fresh, fresh + added)
        newer = np.concatenate([newer[step.kept], here[step.moved], new])[step.order]
        layers = step.after
        after = np.concatenate([base, newer])[layers.order]
        assert sorted(after) == sorted([*here[~gone], *new])
        np.testing.assert_array_equal(after[step.added], new)
        same = ~layers.stale
        np.testing.assert_array_equal(after[: len(base)][same[: len(after)]], base[same])
        here, fresh = after, fresh + added


@pytest.mark.parametrize("kind", ["exact", "ivf_sq", "ivf_pq"])
def test_neighbors_in_layers_are_those_of_all_rows(kind: str) -> None:
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(30, 24))
    vectors = (centers[rng.integers(30, size=3300)] + 0.5 * rng.normal(size=(3300, 24))).astype(
        np.float32
    )
    base = build_index(vectors[:3000], kind)
    gone = rng.choice(3000, size=40, replace=False)
    step = take_step(Layers(3000, 3000, np.zeros(0, np.int64)), gone, 300)
    now = np.concatenate([vectors[:3000], vectors[:260]])
    now[step.added] = vectors[3000:]
    index = LayeredIndex(base, step.after, now)
    queries = np.concatenate([vectors[gone][:20], vectors[3000:3020], vectors[:200]])
    allowed = rng.uniform(size=len(now)) < 0.5
    for chosen in (None, allowed):
        similarities, rows = index.search(queries, 10, chosen)
        truth = unit(queries) @ unit(now).T
        if chosen is not None:
            truth[:, ~chosen] = -np.inf
        best = np.sort(truth, axis=1)[:, ::-1][:, :10]
        np.testing.assert_allclose(similarities, np.take_along_axis(truth, rows, axis=1), atol=1e-5)
        hits = np.mean(similarities >= best[:, -1:] - 1e-6)
        assert hits >= (1.0 if kind == "exact" else 0.98)
        assert all(len(set(row)) == 10 for row in rows)


def test_a_library_of_format_4_is_read_and_brought_up_to_date(
    tmp_path: Path, layered: None
) -> None:
    data = Path(__file__).parent / "data"  # of four tracks: 3 was removed, 2 is gone
    library = Path(shutil.copytree(data / "format4" / "library", tmp_path / "library"))
    old = Library.open(library)
    before = old.neighbors("track 1", duplicates=True)
    stamps = old.collection.generation.files.set_index("path")["mtime_ns"]
    music = make_music(tmp_path / "music", 5)
    for path, stamp in stamps.items():  # so that none of them is read anew
        os.utime(music / str(path), ns=(stamp, stamp))
    (music / "track 2.wav").unlink()
    model = str(data / "format2" / "model")
    config = IndexConfig(str(music), str(library), model, workers=1, measure_features=False)
    report = build_library(config)
    assert (report.tracks, report.embedded) == (4, 1)
    assert [item.path for item in report.skipped] == ["track 3.wav"]
    (music / "track 4.wav").rename(music / "other.wav")
    assert build_library(config).tracks == 4
    new = Library.open(library)
    assert new.collection.generation.layers.rows.tolist() == [3]  # in the place that it had
    found = new.neighbors("track 1", 3, duplicates=True)
    similarities = {near.track.title: near.similarity for near in found}
    assert {near.track.title: near.similarity for near in before}.items() < similarities.items()
    assert remove_tracks(library, [str(new.resolve("other").track.track_id)]) == 3
