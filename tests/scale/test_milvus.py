"""A library in Milvus answers as one on disk does, and a push leaves nothing half-written."""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from sklearn.metrics.pairwise import cosine_similarity

from specrec.cli import main
from specrec.errors import LibraryError, QueryError
from specrec.recommend.library import Library
from specrec.scale.milvus.address import parse_address
from specrec.scale.milvus.database import Database
from specrec.scale.milvus.push import Pushed, push_library
from tests.libraries import TRACKS, write_named
from tests.recommend.test_filters import TABLE, conditions

pytest.importorskip("pymilvus", reason="pymilvus is not installed")
pytest.importorskip("milvus_lite", reason="milvus-lite is not installed")


def texts(values: Iterable[str | None]) -> "pd.Series[str]":
    return pd.Series(list(values), dtype="string")


HOSTILE = [
    'it\'s "so"',
    "100% {x} a_b",
    "back\\slash",
    "line\nbreak",
    'x" or key >= 0 or "',
    "ÄÖ ß",
]
_REPEATED = pd.concat([TABLE] * (TRACKS // len(TABLE)), ignore_index=True)
ALBUMS = [f"Album {row // 8}" for row in range(TRACKS)]
COLUMNS: dict[str, Any] = {
    "artist": texts(
        f"Artist {row % 40}" + "; ARTIST 11" * (row % 10 == 0) if row % 9 else None
        for row in range(TRACKS)
    ),
    "album": texts(ALBUMS),
    "note": texts(HOSTILE[row % len(HOSTILE)] if row % 4 else None for row in range(TRACKS)),
    **{str(name): _REPEATED[name] for name in _REPEATED},
}
"""The columns of the tests of conditions, and some whose texts could break out of one."""

QUESTIONS: dict[str, dict[str, Any]] = {
    "one": {"queries": "Piece 3", "k": 5},
    "a list": {"queries": ["Piece 3", "Piece 9", "t20"], "k": 7},
    "negatives": {"queries": ["Piece 3"], "against": ["Piece 50", "Piece 51"]},
    "words": {"like": "calm piano, no drums"},
    "words beside a track": {"queries": "Piece 30", "like": "singing"},
    "more and less": {"queries": "Piece 7", "steer": {"singing": 2.0, "drums": -1.0}},
    "a filter": {"queries": "Piece 3", "where": "genre == 'jazz' and not year > 1995"},
    "a concept": {"queries": "Piece 3", "where": "0.2 < singing <= 0.7 and piano > 0.5"},
    "a measured feature": {"queries": "Piece 4", "where": "centroid_hz > 1500"},
    "nothing left": {"queries": "Piece 3", "where": "year == 1 or year is None and year == 2"},
    "other artists": {"queries": "Piece 8", "other_artists": True, "other_albums": True},
    "no artist": {"queries": "Piece 9", "other_artists": True},
    "any of several artists": {"queries": "Piece 10", "other_artists": True, "k": 200},
    "few by each": {"queries": "Piece 8", "per_artist": 1, "k": 20},
    "diverse": {"queries": "Piece 8", "diversity": 0.4, "fewer_hubs": True},
    "duplicates": {"queries": ["Piece 30"], "duplicates": True},
    "many": {"queries": "Piece 1", "k": 40},
    "without reasons": {"queries": "Piece 1", "explain": False},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_named(tmp_path_factory.mktemp("named"), **COLUMNS)


def with_duplicates(folder: Path) -> Library:
    """Opens a library in which every fifth track is a file of the recording before it."""
    library = Library.open(folder)
    rows = np.arange(len(library))
    library.collection.generation.duplicate_groups = rows - (rows % 5 == 4)
    return library


@pytest.fixture(scope="module")
def local(folder: Path) -> Library:
    return with_duplicates(folder)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, local: Library) -> str:
    place = f"milvus-lite:{tmp_path_factory.mktemp('lite')}/music.db/songs"
    assert push(local, place) == Pushed(place, TRACKS, TRACKS, 0, True)
    return place


@pytest.fixture(scope="module", params=["on disk", "in Milvus"])
def library(request: pytest.FixtureRequest, local: Library, address: str) -> Library:
    return local if request.param == "on disk" else Library.open(address)


@pytest.fixture(scope="module")
def pushed(address: str) -> Library:
    return Library.open(address)


def push(library: Library, place: str, windows: bool = True) -> Pushed:
    return push_library(library.collection, parse_address(place), windows)


def ids(found: Any) -> list[str]:
    return [neighbor.track.track_id for neighbor in found]


def nearest(library: Library, k: int = 200) -> list[str]:
    return ids(library.neighbors("t200", k, explain=False))


def close(one: Any, other: Any) -> bool:
    """Whether two answers are equal, numbers to 1e-5."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(close(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(close, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return one == pytest.approx(other, abs=1e-5)
    return bool(one == other)


def test_the_nearest_are_those_of_brute_force(library: Library, local: Library) -> None:
    cosines = cosine_similarity(np.asarray(local.collection.embeddings))
    genres = local.tracks["genre"].str.casefold().fillna("")
    groups = local.collection.generation.duplicate_groups
    for row in range(0, TRACKS, 17):
        found = library.neighbors(f"t{row}", 6, where="genre == 'jazz'", explain=False)
        expected: list[int] = []
        for other in np.argsort(-cosines[row]).tolist():
            mine = groups[[row, *expected]]
            if genres[other] == "jazz" and groups[other] not in mine and len(expected) < 6:
                expected.append(other)
        assert ids(found) == [f"t{other}" for other in expected]
        scores = [neighbor.similarity for neighbor in found]
        np.testing.assert_allclose(scores, cosines[row, expected], atol=1e-5)


@pytest.mark.parametrize("question", QUESTIONS)
def test_it_answers_as_on_disk(pushed: Library, local: Library, question: str) -> None:
    found, expected = (
        one.neighbors(**QUESTIONS[question], in_full=False) for one in (pushed, local)
    )
    assert ids(found) == ids(expected)
    assert close(found.to_dict(), expected.to_dict())  # tracks, scores, reasons, passages, notes


def test_a_pair_is_explained_as_on_disk(pushed: Library, local: Library) -> None:
    found, expected = (one.explain("Piece 5", "Piece 77") for one in (pushed, local))
    assert found.windows is not None
    assert expected.windows is not None
    np.testing.assert_allclose(found.windows.values, expected.windows.values, atol=1e-5)
    assert close(found.explanation.to_dict()["reasons"], expected.explanation.to_dict()["reasons"])
    assert found.explanation.sentence == expected.explanation.sentence
    assert close(vars(found.windows.passage), vars(expected.windows.passage))
    parts = [
        [(item.feature, item.value, item.drop, item.control) for item in one.contributions]
        for one in (found.explanation, expected.explanation)
    ]
    assert close(*parts)


def test_a_track_over_time_and_a_path_are_as_on_disk(pushed: Library, local: Library) -> None:
    found, expected = (one.timeline("Piece 5").to_dict() for one in (pushed, local))
    assert close(found, expected)
    paths = [one.interpolate("Piece 5", "Piece 80", 4, explain=False) for one in (pushed, local)]
    assert close(*(path.to_dict() for path in paths))


def matching(library: Library, where: str) -> set[str]:
    return set(ids(library.neighbors("t0", TRACKS, where=where, duplicates=True, explain=False)))


WHERES = [
    *(f"note == {text!r}" for text in HOSTILE),
    *(f"{text[2:7]!r} in note" for text in HOSTILE),
    "'%' in note or '_' in note",
    "note != 'ÄÖ ß'",
    "note < 'c'",
    "not ('a' in note)",
    "both == 'soul'",
    "both == 'Soul;Funk'",
    "both in ['jazz', 'x']",
    "both not in ['jazz', 'x']",
    "styles == 'cool' or 'bop' in styles",
    "nothing > 1 or nothing is None",
    "nothing == 'x' or not nothing == 'x'",
    "'x' in nothing",
    "`beats per bar` == 4 and live",
    "not live",
    "year > `beats per bar`",
    "genre != both",
    "title < artist",
    "path == 'track 7.wav' or track_id == 't8'",
    "year > 1e299 or energy > -1e-7",
    "singing > 0.5",
    "not singing <= 0.5 or drums == 0.4",
    "calm is None or calm >= 0.99",
    "centroid_hz is None",
    "tempo_bpm is None and not tempo_bpm > 3",
]


@pytest.mark.parametrize("where", WHERES)
def test_conditions_mean_the_same(pushed: Library, local: Library, where: str) -> None:
    assert matching(pushed, where) == matching(local, where)


@settings(max_examples=25)
@given(condition=conditions)
def test_any_condition_means_the_same(
    local: Library, pushed: Library, condition: tuple[str, str]
) -> None:
    where, _ = condition
    found = pushed.collection.matching(where)
    assert found.sum() == local.collection.matching(where).sum()
    assert (~found).sum() <= TRACKS - found.sum()


def test_values_are_bound_and_stand_in_no_text(pushed: Library) -> None:
    written = set()
    for text in HOSTILE:
        found = pushed.collection.matching(f"note == {text!r} or {text!r} in note")
        expression, values = found.true.bound()
        written.add(expression)
        assert values["v0"] == text.casefold()
    assert len(written) == 1


@pytest.mark.parametrize("name", ["Piece 7", "t7", "track 7.wav", "artist 7 piece 7", "PIECE  7"])
def test_names_are_resolved_as_on_disk(pushed: Library, local: Library, name: str) -> None:
    assert pushed.resolve(name).track == local.resolve(name).track


REFUSED: list[Callable[[Library], Any]] = [
    lambda library: library.neighbors("no such thing at all"),
    lambda library: library.neighbors(""),
    lambda library: library.neighbors("Piece 3", where="mood > 3"),
    lambda library: library.neighbors("Piece 3", where="note > 3"),
    lambda library: library.neighbors("Piece 3", where="year > 'x'"),
    lambda library: library.neighbors("Piece 3", where="genre"),
    lambda library: library.neighbors("Piece 3", where="year > genre"),
    lambda library: library.neighbors("Piece 3", k=0),
    lambda library: library.neighbors(like="xyzzy"),
    lambda library: library.explain("Piece 3", "t3"),
]


@pytest.mark.parametrize("ask", REFUSED)
def test_what_is_no_question_is_refused_alike(
    pushed: Library, local: Library, ask: Callable[[Library], Any]
) -> None:
    with pytest.raises(QueryError) as expected:
        ask(local)
    with pytest.raises(QueryError) as caught:
        ask(pushed)
    assert (
        str(caught.value).partition("; did you mean")[0]
        == (str(expected.value).partition("; did you mean")[0])
    )


def test_several_that_fit_are_listed(library: Library) -> None:
    with pytest.raises(QueryError, match="fits 240 tracks"):
        library.resolve("piece")


@pytest.mark.parametrize(
    "ask",
    [
        lambda library: library.tracks,
        lambda library: library.collection.embeddings,
        lambda library: library.remove("t3"),
        lambda library: library.status(),
        lambda library: library.verify(),
        lambda library: library.update(),
    ],
)
def test_what_needs_the_folder_says_so(
    address: str, folder: Path, ask: Callable[[Library], Any]
) -> None:
    with pytest.raises(LibraryError, match=r"in Milvus .* give the library's folder, .*"):
        ask(Library.open(address))


def test_by_features_needs_the_folder(address: str) -> None:
    with pytest.raises(QueryError, match="by sound alone, not by both"):
        Library.open(address).neighbors("t3", by="both")


# --- pushing ----------------------------------------------------------------------------------


@pytest.fixture
def place(tmp_path: Path) -> str:
    return f"milvus-lite:{tmp_path}/music.db/songs"


def test_only_what_changed_is_sent(folder: Path, place: str, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    library = Library.open(copy)
    push(library, place)
    assert push(library, place) == Pushed(place, TRACKS, 0, 0, False)
    library.remove("t3", "t4")
    assert push(library, place) == Pushed(place, TRACKS - 2, 0, 2, False)
    other = Library.open(place)
    assert len(other) == TRACKS - 2
    assert not {"t3", "t4"} & set(nearest(other, TRACKS))
    assert push(Library.open(folder), place) == Pushed(place, TRACKS, 2, 0, False)
    tagged = [
        f"New {row}" if row in (7, 8, 9) else name for row, name in enumerate(COLUMNS["album"])
    ]
    new = Library.open(write_named(tmp_path / "tagged", **COLUMNS | {"album": tagged}))
    assert push(new, place) == Pushed(place, TRACKS, 3, 3, False)
    assert Library.open(place).resolve("t8").track.album == "New 8"
    old = Library.open(place)
    assert push(new, place, windows=False).anew
    with pytest.raises(LibraryError, match="changed since it was opened; open it again"):
        old.neighbors("t8")
    assert Library.open(place).resolve("t8").windows is None
    assert Library.open(place).neighbors("t8", 3)[0].explanation is not None
    assert len(collections(place)) == 2


def test_a_handful_of_tracks_is_explained_as_on_disk(
    folder: Path, place: str, tmp_path: Path
) -> None:
    few = Library.open(shutil.copytree(folder, tmp_path / "few"))
    few.remove(*(f"t{row}" for row in range(12, TRACKS)))
    push(few, place)
    found, expected = (
        one.neighbors("t3", 5, where="singing >= 0.3", in_full=False)
        for one in (Library.open(place), few)
    )
    assert len(expected) == 5
    assert close(found.to_dict(), expected.to_dict())


def collections(place: str) -> list[str]:
    from specrec.scale.milvus.database import connect

    return connect(parse_address(place)).call("list_collections")


class _KilledError(Exception):
    """Stands for the end of the process."""


def test_a_push_that_is_killed_anywhere_leaves_the_state_before_or_after(
    folder: Path, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Library.open(folder)
    after = Library.open(write_named(tmp_path / "after", **COLUMNS, extra=[1.0] * TRACKS))
    small = Library.open(shutil.copytree(folder, tmp_path / "small"))
    small.remove(*(f"t{row}" for row in range(100)))
    real, left = Database.call, [0]

    def dying(self: Database, name: str, *arguments: Any, **named: Any) -> Any:
        if left[0] == 0 and name not in ("query", "list_aliases", "describe_alias"):
            raise _KilledError
        left[0] -= name not in ("query", "list_aliases", "describe_alias")
        return real(self, name, *arguments, **named)

    for old, new, step in ((None, before, 6), (before, small, 2), (small, after, 6)):
        earlier, expected = [] if old is None else nearest(old), nearest(new)
        calls = 0
        while True:
            if old is None and calls == 0:
                with pytest.raises(LibraryError, match="no library there"):
                    Library.open(place)
            with monkeypatch.context() as patch:
                patch.setattr(Database, "call", dying)
                left[0] = calls
                try:
                    push(new, place)
                    killed = False
                except _KilledError:
                    killed = True
            if old is not None or not killed:
                found = Library.open(place)
                assert len(found) in (len(old or new), len(new))
                assert nearest(found) == (expected if len(found) == len(new) else earlier)
            if not killed:
                break
            calls += step
        assert nearest(Library.open(place)) == expected
        assert len(collections(place)) == 2


def test_another_programs_collection_is_left_alone(local: Library, place: str) -> None:
    from specrec.scale.milvus.database import connect

    connect(parse_address(place)).call("create_collection", "songs", dimension=4)
    with pytest.raises(LibraryError, match="which specrec did not write"):
        push(local, place)
    assert collections(place) == ["songs"]


# --- addresses and a server -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "uri", "database", "name"),
    [
        ("milvus://host/songs", "http://host:19530", "", "songs"),
        ("milvus:/host:1/songs", "http://host:1", "", "songs"),
        ("milvus+tls://host:443/music/songs", "https://host:443", "music", "songs"),
        ("milvus-lite:a b/c.db/songs", "a b/c.db", "", "songs"),
    ],
)
def test_addresses(text: str, uri: str, database: str, name: str) -> None:
    found = parse_address(text)
    assert (found.uri, found.database, found.name) == (uri, database, name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("milvus://host", "no address"),
        ("milvus://me:secret@host/songs", "no place for a password"),
        ("milvus://host/so-ngs", "named by letters"),
        ("milvus-lite:file/songs", r"ends in \.db"),
    ],
)
def test_what_is_no_address_is_one_line(text: str, message: str) -> None:
    with pytest.raises(QueryError, match=message) as caught:
        parse_address(text)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that speaks Milvus' protocol over TCP: milvus-lite's own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = tmp_path_factory.mktemp("server")
    command = [sys.executable, "-m", "milvus_lite", "server", "--data-dir", str(data)]
    with subprocess.Popen([*command, "--port", str(port)], stderr=subprocess.DEVNULL) as process:
        for _ in range(600):
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"milvus://127.0.0.1:{port}/songs"
        process.terminate()


def test_a_server_answers_as_a_file_does(server: str, local: Library) -> None:
    push(local, server)
    found = Library.open(server).neighbors(**QUESTIONS["a filter"], in_full=False)
    expected = local.neighbors(**QUESTIONS["a filter"], in_full=False)
    assert close(found.to_dict(), expected.to_dict())


def test_a_server_that_is_away_is_one_line(local: Library) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"milvus://127.0.0.1:{free.getsockname()[1]}/songs"
    for ask in (lambda: Library.open(place), lambda: push(local, place)):
        with pytest.raises(LibraryError, match=r"no answer; is Milvus running there\?$") as caught:
            ask()
        assert "\n" not in str(caught.value)


def printed_by(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    shown = capsys.readouterr()
    return int(exit_.value.code or 0), shown.out, shown.err


def test_the_commands_take_an_address(
    folder: Path, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said, _ = printed_by(["push", str(folder), place], capsys)
    assert (code, said) == (0, f"{place}: 240 tracks; 240 sent, 0 deleted\n")
    questions = (["query", "Piece 3", "-k", "2", "--json"], ["explain", "Piece 3", "Piece 7"])
    for command, *rest in questions:
        code, here, _ = printed_by([command, str(folder), *rest], capsys)
        _, there, error = printed_by([command, place, *rest], capsys)
        assert (code, error) == (0, "")
        if command == "query":
            found, expected = (
                [one["track"]["title"] for one in json.loads(text)["neighbors"]]
                for text in (there, here)
            )
            assert found == expected
        else:
            assert there.splitlines()[:2] == here.splitlines()[:2]
    code, _, error = printed_by(["status", place], capsys)
    assert (code, error.count("\n")) == (2, 1)


def test_without_pymilvus_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    code, _, error = printed_by(["query", "milvus://host/songs", "x"], capsys)
    assert (code, error.count("\n")) == (2, 1)
    assert "milvus://host:19530/songs: needs pymilvus" in error
    assert "--extra milvus" in error
