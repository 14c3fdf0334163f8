"""specrec link, asking real servers: supysonic, and such as answer what others are known to."""

import hashlib
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from supysonic import db
from supysonic.config import DefaultConfig
from supysonic.managers.folder import FolderManager
from supysonic.managers.user import UserManager
from supysonic.scanner import Scanner
from supysonic.web import create_application

from specrec.cli import main
from specrec.recommend.library import Library
from specrec.serve.links import Links

Asked = dict[str, str]
Printed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def library(heard: Library, tmp_path: Path) -> Library:
    """A library of its own, which may be linked."""
    folder = tmp_path / "library"
    shutil.copytree(heard.collection.folder, folder)
    return Library.open(folder)


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Printed:
    """Runs specrec link with a password in the environment; the exit code, and what is printed."""

    def run(*arguments: object, password: str = "se cret\N{EURO SIGN}") -> tuple[int, str, str]:
        for variable in ("SUBSONIC_PASSWORD", "JELLYFIN_API_KEY", "LYRION_PASSWORD"):
            monkeypatch.setenv(f"SPECREC_{variable}", password)
        with pytest.raises(SystemExit) as exit_:
            main(["link", *map(str, arguments)])
        shown = capsys.readouterr()
        return int(exit_.value.code or 0), shown.out, shown.err

    return run


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def running(server: Any) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def supysonic(music: Path, state: Path) -> Iterator[str]:
    """A supysonic server that has just scanned some music: its ids are new each time."""
    config = DefaultConfig()
    config.BASE = {**config.BASE, "database_uri": f"sqlite:///{state / 'supysonic.db'}"}
    config.WEBAPP = {**config.WEBAPP, "cache_dir": str(state), "mount_webui": False}
    app = create_application(config)
    db.open_connection()
    UserManager.add("ada", "se cret\N{EURO SIGN}")
    FolderManager.add("music", str(music))
    scanner = Scanner()
    scanner.queue_folder("music")
    scanner.run()
    db.close_connection()
    server = make_server("127.0.0.1", 0, app, handler_class=_Quiet)
    try:
        with running(server) as url:
            yield url
    finally:
        db.release_database()


def test_supysonic_is_linked_and_linked_again_after_it_gave_new_ids(
    library: Library, printed: Printed, tmp_path: Path
) -> None:
    folder, music = library.collection.folder, library.collection.audio_root
    states = []
    for name in ("first", "rescanned"):
        (tmp_path / name).mkdir()
        with supysonic(music, tmp_path / name) as url:
            asked = (folder, "--subsonic", url, "--user", "ada", "--plain-password")
            assert printed(*asked) == (
                0,
                f"{folder}: 12 songs of 12 linked, 12 by path and 0 by tags and duration\n",
                "",
            )
            states.append(Links.of(folder))
    first, second = states
    assert len(first.items) == len(second.items) == 12
    assert not {*first.items} & {*second.items}
    for row in library.tracks.itertuples():
        item_id = first.item_id(row.track_id)
        assert item_id is not None
        assert first.track_id(item_id) == row.track_id
        assert second.track_id(item_id) is None
        artist_id = second.artist_id(row.artist)
        assert artist_id is not None
        assert second.artist(artist_id) == row.artist


def test_songs_in_other_places_are_found_by_tags_and_duration(
    library: Library, printed: Printed, tmp_path: Path
) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    for number, path in enumerate(library.tracks["path"].iloc[:-1]):
        shutil.copy(library.collection.audio_root / path, moved / f"{number}.flac")
    folder = library.collection.folder
    with supysonic(moved, tmp_path) as url:
        options = ("--user", "ada", "--plain-password", "--json")
        code, out, _ = printed(folder, "--subsonic", url, *options)
    report = json.loads(out)
    assert code == 0
    assert report["linked"] == {"by_path": 0, "by_tags": 11}
    assert [track["path"] for track in report["unlinked"]] == [library.tracks["path"].iloc[-1]]
    assert {*Links.of(folder).items.values()} == {*library.tracks["track_id"].iloc[:-1]}


def test_what_supysonic_refuses_is_one_line_and_changes_nothing(
    library: Library, printed: Printed, tmp_path: Path
) -> None:
    folder = library.collection.folder
    Links("http://before", {"i": "t"}).save(folder)
    with supysonic(library.collection.audio_root, tmp_path) as url:
        asked = (folder, "--subsonic", url, "--user", "ada")
        no_tokens = printed(*asked)
        wrong = printed(*asked, "--plain-password", password="hunter2")
    advice = "takes no salted hash of a password; specrec link --plain-password sends it as it is"
    assert no_tokens == (2, "", f"error: {url}: {advice}\n")
    assert wrong == (2, "", f"error: {url}: Wrong username or password.\n")
    code, out, err = printed(*asked)  # the server is gone
    assert (code, out) == (2, "")
    assert err == f"error: {url}: can't be reached (Connection refused)\n"
    assert Links.of(folder).items == {"i": "t"}


@contextmanager
def answering(
    answer: Callable[[str, Asked, Any], Any], moved_to: str | None = None
) -> Iterator[str]:
    """A server that answers what a function makes of path, query, and body or headers.

    It may send all who ask to another address instead.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(dict(self.headers))

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, more: Any) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            found = answer(unquote(parts.path), query, more)
            body = found if isinstance(found, bytes) else json.dumps(found).encode()
            self.send_response(302 if moved_to else 401 if found is None else 200)
            if moved_to:
                self.send_header("Location", moved_to + self.path)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as url:
        yield url


def page(items: list[Any], query: Asked, offset: str, size: str) -> list[Any]:
    """A page of some items, shorter than was asked for, as servers may have it."""
    start = int(query.get(offset, 0))
    return items[start : start + min(5, int(query[size]))]


def navidrome(songs: list[dict[str, Any]]) -> Callable[[str, Asked, Any], Any]:
    """Answers like Navidrome, whose paths are made of tags, and which wants a salted hash."""

    def answer(path: str, query: Asked, _: Any) -> Any:
        token = hashlib.md5(f"se cret\N{EURO SIGN}{query['s']}".encode()).hexdigest()
        if query.get("t") != token or "p" in query:
            error = {"code": 40, "message": "Wrong username or password"}
            return {"subsonic-response": {"status": "failed", "error": error}}
        found: dict[str, Any] = {}
        if path == "/nd/rest/search3.view":
            assert query.get("query", "") == ""
            found = {"searchResult3": {"song": page(songs, query, "songOffset", "songCount")}}
        return {"subsonic-response": {"status": "ok", "openSubsonic": True, **found}}

    return answer


def test_navidrome_is_linked_by_tags_and_what_is_not_clear_is_listed(
    library: Library, printed: Printed
) -> None:
    songs = [
        {
            "id": f"s{row.Index}",
            "path": f"{row.artist}/{row.album}/01 - {row.title}.flac",
            "title": row.title,
            "artist": row.artist,
            "album": row.album,
            "artistId": f"a{row.Index}",
            "duration": int(row.duration_seconds),
        }
        for row in library.tracks.itertuples()
    ]
    strange = {"id": "x", "title": "Elsewhere", "artist": "Nobody\x1b[2J", "duration": 1}
    folder = library.collection.folder
    with answering(navidrome([*songs, strange])) as url:
        asked = (folder, "--subsonic", f"{url}/nd/", "--user", "ada")
        code, out, err = printed(*asked)
        refused = printed(*asked, password="wrong")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"{folder}: 12 songs of 13 linked, 0 by path and 12 by tags and duration",
        "1 song not in the library:",
        "  Nobody\\x1b[2J - Elsewhere (x)",
    ]
    expected = {f"s{place}": name for place, name in enumerate(library.tracks["track_id"])}
    assert Links.of(folder).items == expected
    assert refused == (2, "", f"error: {url}/nd: Wrong username or password\n")


def test_a_server_that_finds_nothing_without_words_is_asked_for_its_albums(
    library: Library, printed: Printed
) -> None:
    songs = [
        {"id": place, "path": path, "isDir": False}
        for place, path in enumerate(library.tracks["path"])
    ]
    albums = [{"id": f"al{place}"} for place in range(6)]

    def answer(path: str, query: Asked, _: Any) -> Any:
        found: dict[str, Any] = {}
        if path == "/rest/getAlbumList2.view":
            found = {"albumList2": {"album": page(albums, query, "offset", "size")}}
        if path == "/rest/getAlbum.view":
            place = int(query["id"][2:])
            found = {"album": {"song": songs[2 * place : 2 * place + 2]}}
        return {"subsonic-response": {"status": "ok", **found}}

    with answering(answer) as url:
        assert printed(library.collection.folder, "--subsonic", url, "--user", "ada")[0] == 0
    assert len(Links.of(library.collection.folder).items) == 12


def test_jellyfin_is_linked(library: Library, printed: Printed) -> None:
    items = [
        {
            "Id": f"{row.Index:032x}",
            "Name": row.title,
            "Path": f"/data/music/{row.path}",
            "Album": row.album,
            "ArtistItems": [{"Name": row.artist, "Id": f"{100 + row.Index:032x}"}],
            "RunTimeTicks": int(row.duration_seconds * 10_000_000),
        }
        for row in library.tracks.itertuples()
    ]

    def answer(path: str, query: Asked, headers: Any) -> Any:
        assert path == "/Items"
        assert query["IncludeItemTypes"] == "Audio"
        if headers["Authorization"] != 'MediaBrowser Token="key"':
            return None
        return {"Items": page(items, query, "StartIndex", "Limit")}

    folder = library.collection.folder
    with answering(answer) as url:
        assert printed(folder, "--jellyfin", url, password="key")[0] == 0
        refused = printed(folder, "--jellyfin", url, password="wrong")
    links = Links.of(folder)
    assert links.item_id(library.tracks["track_id"].iloc[3]) == f"{3:032x}"
    assert links.artist(f"{103:032x}") == library.tracks["artist"].iloc[3]
    said = f"error: {url}: 401 Unauthorized; wrong user, password or key?\n"
    assert refused == (2, "", said)


def test_lyrion_is_linked(library: Library, printed: Printed) -> None:
    titles = [
        {
            "id": 500 + row.Index,
            "title": row.title,
            "artist": row.artist,
            "album": row.album,
            "artist_id": str(row.Index),
            "duration": str(row.duration_seconds),
            "url": f"file:///srv/music/{row.path}".replace(" ", "%20"),
        }
        for row in library.tracks.itertuples()
    ]

    def answer(path: str, query: Asked, body: Any) -> Any:
        assert path == "/jsonrpc.js"
        player, (command, start, count, tags) = body["params"]
        assert (player, command) == ("", "titles")
        assert {*tags.removeprefix("tags:")} == {*"aldsu"}
        return {"result": {"count": 12, "titles_loop": titles[start : start + min(count, 5)]}}

    folder = library.collection.folder
    with answering(answer) as url:
        code, out, _ = printed(folder, "--lyrion", url)
    assert (code, "12 by path" in out) == (0, True)
    assert Links.of(folder).item_id(library.tracks["track_id"].iloc[3]) == "503"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (b"<html>", "its answer is not JSON; is the address right?"),
        ({}, "does not speak the Subsonic API"),
        ([1], "does not speak the Subsonic API"),
        ({"subsonic-response": {"status": "failed"}}, "refused, without a reason"),
        ({"subsonic-response": {"status": "failed", "error": "no"}}, "refused, without a reason"),
    ],
)
def test_an_answer_that_is_none_is_one_line(
    library: Library, printed: Printed, found: Any, said: str
) -> None:
    with answering(lambda path, query, body: found) as url:
        got = printed(library.collection.folder, "--subsonic", url, "--user", "ada")
    assert got == (2, "", f"error: {url}: {said}\n")


def test_a_server_of_other_music_does_not_unlink_a_library(
    library: Library, printed: Printed
) -> None:
    folder = library.collection.folder
    Links("http://before", {"i": "t"}).save(folder)
    with answering(navidrome([{"id": "1", "title": "x", "duration": 1}])) as url:
        code, _, err = printed(folder, "--subsonic", f"{url}/nd", "--user", "ada")
    assert code == 2
    assert "no track is among the 1 song of" in err
    assert Links.of(folder).items == {"i": "t"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give one server: --subsonic, --jellyfin or --lyrion, with its URL"),
        (("--jellyfin", "a", "--lyrion", "b"), "give one server"),
        (("--subsonic", "http://a"), "give --user"),
        (("--subsonic", "file:///etc/passwd", "--user", "a"), "not the address of a server"),
        (("--subsonic", "http://a:b@c", "--user", "a"), "not the address of a server"),
        (("--subsonic", "http://[", "--user", "a"), "not the address of a server"),
    ],
)
def test_what_is_no_server_is_said(
    library: Library, printed: Printed, arguments: tuple[str, ...], said: str
) -> None:
    code, out, err = printed(library.collection.folder, *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_without_terminal_the_variable_of_the_password_is_named(
    library: Library, printed: Printed
) -> None:
    asked = (library.collection.folder, "--subsonic", "http://a", "--user", "ada")
    code, _, err = printed(*asked, password="")
    assert (code, err) == (
        2,
        "error: set SPECREC_SUBSONIC_PASSWORD; there is no terminal to ask for it\n",
    )
