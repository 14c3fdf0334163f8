from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from specrec.audio.encoding import transcode
from specrec.config import IndexConfig
from specrec.index.build import build_library
from specrec.index.duplicates import PassageMatch, duplicate_groups, match_passages
from specrec.model.registry import DEFAULT_MODEL
from specrec.recommend.collection import Collection
from specrec.synthesis.library import write_library


def test_groups_are_connected_components_under_their_first_row() -> None:
    assert duplicate_groups("abcdefg", "bfd", "ddb").tolist() == [0, 1, 2, 1, 4, 1, 6]
    assert duplicate_groups("abcdefg", "", "").tolist() == list(range(7))
    assert duplicate_groups("abcdef", "edcb", "fedc").tolist() == [0, 1, 1, 1, 1, 1]  # a chain


def test_passages_are_compared_at_the_same_time() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(6, 16))
    same = match_passages(rows, rows, 30.0, 30.0, 5.0)
    assert (same.similarity, same.changes) == (pytest.approx(1), pytest.approx(1))
    assert same.same
    # Of one style, which is most of it, and yet another piece.
    style = 10 * rng.normal(size=16)
    other = match_passages(style + rows, style + rows[::-1], 30.0, 30.0, 5.0)
    assert other.similarity > 0.94
    assert not other.same


def test_what_is_longer_may_lie_before_or_after() -> None:
    rng = np.random.default_rng(0)
    path = np.cumsum(rng.normal(size=(601, 16)), axis=0)

    def cut(start: float, seconds: float, count: int) -> np.ndarray:
        starts = start + np.linspace(0, seconds - 5, count)
        return np.stack([path[round(10 * s) : round(10 * s) + 50].mean(axis=0) for s in starts])

    # A second more makes seven windows of six, which overlap; a slow change is still followed.
    piece = cut(1, 30, 6)
    for longer in (cut(1, 31, 7), cut(0, 31, 7)):
        assert match_passages(piece, longer, 30.0, 31.0, 5.0).same
        assert match_passages(longer, piece, 31.0, 30.0, 5.0).same
    late = match_passages(piece, cut(0, 31, 7), 30.0, 31.0, 5.0)
    early = match_passages(piece, cut(1, 31, 7), 30.0, 31.0, 5.0)
    assert min(late.changes, early.changes) > 0.95


def test_few_passages_must_change_more_alike() -> None:
    def of(passages: int, changes: float, similarity: float = 0.95) -> bool:
        return PassageMatch(passages, similarity, changes).same

    assert [of(4, 0.91), of(4, 0.89), of(12, 0.8), of(12, 0.7)] == [True, False, True, False]
    assert not of(12, 1.0, 0.93)
    assert not of(3, 1.0, 0.98)
    assert of(1, 0.0, 0.995)


def test_silence_before_the_music_hides_no_copy(tmp_path: Path) -> None:
    write_library(tmp_path / "pieces", tracks=20)
    pieces = [soundfile.read(path)[0] for path in sorted((tmp_path / "pieces").rglob("*.flac"))]
    audio, rate = tmp_path / "audio", 22_050
    audio.mkdir()
    for place in range(4):  # tracks of a minute that change
        track = np.concatenate(pieces[place::5][:3])
        soundfile.write(audio / f"{place}.flac", track, rate)
        soundfile.write(audio / f"{place} late.flac", np.append(np.zeros(rate // 2), track), rate)
    config = IndexConfig(
        str(audio), str(tmp_path / "library"), DEFAULT_MODEL, measure_features=False
    )
    build_library(config)
    generation = Collection.open(tmp_path / "library").generation
    assert generation.tracks["path"].str[0].tolist() == list("00112233")
    assert generation.duplicate_groups.tolist() == [0, 0, 2, 2, 4, 4, 6, 6]


def test_re_encoded_files_are_found_and_others_are_not(tmp_path: Path) -> None:
    audio = tmp_path / "audio"
    write_library(audio, tracks=20, seed=3)
    originals = sorted(audio.rglob("*.flac"))
    for place, path in enumerate(originals[:6]):
        container, codec, suffix = (("mp3", "libmp3lame", "mp3"), ("ogg", "libopus", "opus"))[
            place % 2
        ]
        (audio / f"copy of {path.stem}.{suffix}").write_bytes(
            transcode(path, container, codec, 96_000)
        )
    config = IndexConfig(
        str(audio), str(tmp_path / "library"), DEFAULT_MODEL, measure_features=False
    )
    build_library(config)
    library = Collection.open(tmp_path / "library")
    stems = library.tracks["path"].map(lambda path: Path(path).stem.removeprefix("copy of "))
    expected = stems.map({stem: row for row, stem in reversed(list(enumerate(stems)))})
    np.testing.assert_array_equal(library.generation.duplicate_groups, expected)
    # One copy gone, another come: pairs are kept up to date.
    (audio / f"copy of {originals[0].stem}.mp3").unlink()
    (audio / f"copy of {originals[7].stem}.mp3").write_bytes(
        transcode(originals[7], "mp3", "libmp3lame", 96_000)
    )
    config.prune = True
    build_library(config)
    fresh = IndexConfig(str(audio), str(tmp_path / "fresh"), DEFAULT_MODEL, measure_features=False)
    build_library(fresh)
    one, other = (Collection.open(tmp_path / name).generation for name in ("library", "fresh"))
    pd.testing.assert_frame_equal(one.duplicates, other.duplicates, atol=1e-3)
    assert len(one.duplicates) == 6
