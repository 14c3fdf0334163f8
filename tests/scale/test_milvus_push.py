"""Pushing a library to Milvus sends what changed, and leaves nothing half-written."""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from specrec.cli import main
from specrec.errors import LibraryError, QueryError
from specrec.recommend.library import Library
from specrec.scale.milvus.address import parse_address
from specrec.scale.milvus.database import Database
from specrec.scale.milvus.push import Pushed
from tests.libraries import TRACKS, write_named
from tests.scale.milvus import COLUMNS, close, nearest, push

pytest.importorskip("pymilvus", reason="pymilvus is not installed")
pytest.importorskip("milvus_lite", reason="milvus-lite is not installed")


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
    question = {"queries": "Piece 3", "where": "genre == 'jazz' and not year > 1995"}
    found = Library.open(server).neighbors(**question, in_full=False)
    expected = local.neighbors(**question, in_full=False)
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
