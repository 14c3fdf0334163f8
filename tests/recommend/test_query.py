"""What a person types, and the track that is meant."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from mutagen.id3 import ID3, TIT2

from specrec.catalog import tags
from specrec.errors import QueryError
from specrec.recommend.query import find_row, track_of_file
from tests.sounds import tone, write

TITLES = [
    ("Café del Mar", "Energy 52"),
    ("Résumé", "Zoë"),
    ("Resume", "Zoe"),
    ("!!!", "!!!"),
    ("÷", "Ed"),
    ("🖤", "Mø"),
    ("Ænima", "Tool"),
    ("がくせい", "Band"),
    ("かくせい", "Band"),
    ("नमस्ते दुनिया", "Ravi"),
    ("Λόγος", "Σοφία"),
    ("Heart of Gold", "Sigur Rós"),
]


@pytest.fixture(scope="module")
def tracks() -> pd.DataFrame:
    frame = pd.DataFrame(TITLES, columns=["title", "artist"]).astype("string")
    names = [f"{row}.wav" for row in range(len(frame))]
    return pa.Table.from_pandas(frame.assign(album=pd.NA, path=names, track_id=names))


@pytest.mark.parametrize(
    ("query", "row"),
    [
        ("cafe del mar", 0),
        ("CAFÉ del mar", 0),
        ("cafe\u0301 mar energy", 0),
        ("Résumé", 1),  # accents count where they tell two apart
        ("resume", 2),
        ("résumé zoë", 1),
        ("!!!", 3),
        ("÷", 4),
        ("🖤", 5),
        ("mo", 5),
        ("aenima", 6),
        ("がくせい", 7),
        ("かくせい", 8),
        ("नमस्ते", 9),
        ("λογος σοφια", 10),
        ("gold sigur ros", 11),
    ],
)
def test_a_track_is_found_without_its_accents_and_by_signs(
    tracks: pd.DataFrame, query: str, row: int
) -> None:
    assert find_row(tracks, query) == row


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("sigur rosss", "did you mean 'Sigur Rós'"),
        ("cafe del mare!", "did you mean 'Café del Mar'"),
        ("enimas", "did you mean 'Ænima'"),
        ("???", r"fits no title or artist$"),
        ("\u0301", r"fits no title or artist$"),
    ],
)
def test_what_fits_nothing_gets_titles_and_artists_proposed(
    tracks: pd.DataFrame, query: str, hint: str
) -> None:
    with pytest.raises(QueryError, match=hint):
        find_row(tracks, query)


def test_several_that_fit_are_candidates(tracks: pd.DataFrame) -> None:
    with pytest.raises(QueryError, match="fits 2 tracks") as caught:
        find_row(tracks, "band")
    assert [line.split()[0] for line in caught.value.candidates] == ["7.wav", "8.wav"]


def test_a_servers_thread_leaves_tags_to_a_worker_that_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unbounded(path: Path) -> None:
        raise AssertionError(f"{path}: read where nothing bounds it")

    path = write(tmp_path / "a.mp3", tone(1))
    id3 = ID3()
    id3.add(TIT2(text="Here"))
    id3.save(path)
    assert track_of_file(path).title == "Here"
    unbounded.__module__, unbounded.__qualname__ = tags.__name__, "read_tags"
    monkeypatch.setattr(tags, "read_tags", unbounded)  # not in the worker
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(track_of_file, path).result().title == "Here"
