"""Playlists that are sent to the media server to which a library is linked."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from specrec.recommend.collection import Collection
from specrec.recommend.library import Library
from specrec.serve.app import make_app
from specrec.serve.linking.run import link_library
from specrec.serve.linking.servers import MediaServerError, Subsonic, subsonic_songs
from specrec.serve.links import Links
from specrec.serve.settings import ServeSettings
from specrec.serve.shelf import Shelf
from tests.serve.conftest import ADDRESS
from tests.serve.test_link import answering, supysonic

PASSWORD = "se cret\N{EURO SIGN}"
ROUTE = "/api/v1/link/playlists"


@pytest.fixture
def library(heard: Library, tmp_path: Path) -> Library:
    """A library of its own, which may be linked."""
    folder = tmp_path / "library"
    shutil.copytree(heard.collection.folder, folder)
    return Library.open(folder)


@pytest.fixture
def client(library: Library) -> Iterator[TestClient]:
    app = make_app(Shelf([library.collection.folder]), ServeSettings())
    with TestClient(app, ADDRESS, raise_server_exceptions=False) as client:
        yield client


@contextmanager
def linked(library: Library, state: Path) -> Iterator[Subsonic]:
    """A supysonic server with the library's music, to which the library is linked."""
    collection = library.collection
    with supysonic(collection.audio_root, state) as url:
        link_library(
            Collection.open(collection.folder),
            Links(url, protocol="subsonic", user="ada", plain_password=True),
            lambda on_progress: subsonic_songs(url, "ada", PASSWORD, True, on_progress),
            lambda done, of: None,
        )
        yield Subsonic(url, "ada", PASSWORD, plain=True)


def songs_of(server: Subsonic, playlist_id: str) -> list[str]:
    answer = server.ask("getPlaylist", id=playlist_id)
    return [song["id"] for song in answer["playlist"].get("entry", [])]


def test_a_playlist_is_sent_in_order_and_replaced_only_if_asked(
    library: Library, client: TestClient, tmp_path: Path
) -> None:
    ids = library.tracks["track_id"].iloc[[5, 2, 5, 8]].tolist()
    body: dict[str, Any] = {"name": "Ä & B", "track_ids": ids, "user": "ada", "password": PASSWORD}
    with linked(library, tmp_path) as server:
        links = Links.of(library.collection.folder)
        about = client.get("/api/v1/link").json()
        assert (about["takes_playlists"], about["user"], about["tracks"]) == (True, "ada", 12)
        sent = client.post(ROUTE, json=body)
        assert sent.status_code == 201, sent.text
        answer = sent.json()
        assert (answer["songs"], answer["replaced"], answer["unlinked"]) == (4, False, [])
        expected = [links.item_id(one) for one in ids]
        assert songs_of(server, answer["playlist_id"]) == expected

        again = client.post(ROUTE, json=body | {"track_ids": ids[:1]})
        assert again.status_code == 409
        assert songs_of(server, answer["playlist_id"]) == expected
        replaced = client.post(ROUTE, json=body | {"track_ids": ids[:1], "replace": True}).json()
        assert (replaced["playlist_id"], replaced["replaced"]) == (answer["playlist_id"], True)
        assert songs_of(server, answer["playlist_id"]) == expected[:1]

        many = (ids * 63)[:250]  # more than one address can name
        long = client.post(ROUTE, json=body | {"name": "Long", "track_ids": many}).json()
        assert songs_of(server, long["playlist_id"]) == [links.item_id(one) for one in many]

        wrong = client.post(ROUTE, json=body | {"name": "C", "password": "hunter2"})
        assert wrong.status_code == 502
        assert "Wrong username or password" in wrong.json()["detail"]
        assert "hunter2" not in wrong.text
        assert PASSWORD not in (library.collection.folder / "links.json").read_text()


def test_tracks_that_are_no_songs_there_are_left_out_and_named(
    library: Library, client: TestClient, tmp_path: Path
) -> None:
    with linked(library, tmp_path) as server:
        folder, ids = library.collection.folder, library.tracks["track_id"].tolist()
        links = Links.of(folder)
        few = {item: track for item, track in links.items.items() if track != ids[0]}
        Links(links.server, few, plain_password=True).save(folder)  # as an earlier release did
        body = {"name": "A", "track_ids": ids[:3], "user": "ada", "password": PASSWORD}
        sent = client.post(ROUTE, json=body).json()
        assert [track["track_id"] for track in sent["unlinked"]] == ids[:1]
        assert len(songs_of(server, sent["playlist_id"])) == 2
        none = client.post(ROUTE, json=body | {"track_ids": ids[:1]})
        assert none.status_code == 400
        assert "none of these tracks is a song of" in none.json()["detail"]


def test_links_of_an_earlier_release_are_read(tmp_path: Path) -> None:
    document = {"format_version": 1, "server": "http://a", "items": {"i": "t"}, "artists": {}}
    (tmp_path / "links.json").write_text(json.dumps(document))
    assert Links.of(tmp_path).items == {"i": "t"}
    assert (Links.of(tmp_path).protocol, Links.of(tmp_path).plain_password) == ("", False)


def test_a_password_goes_nowhere_else(library: Library, client: TestClient) -> None:
    folder = library.collection.folder
    ids = library.tracks["track_id"].tolist()[:1]
    body = {"name": "A", "track_ids": ids, "user": "ada", "password": PASSWORD}
    assert client.post(ROUTE, json=body).status_code == 400  # linked to nothing
    Links("http://jellyfin", {"i": ids[0]}, protocol="jellyfin").save(folder)
    refused = client.post(ROUTE, json=body)
    assert (refused.status_code, "Subsonic API" in refused.text) == (400, True)
    Links("http://127.0.0.1:1", {"i": ids[0]}, protocol="subsonic").save(folder)
    for strange in (
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Host": "evil.example"},
    ):
        assert client.post(ROUTE, json=body, headers=strange).status_code == 403
    extra = client.post(ROUTE, json=body | {"server": "http://evil.example"})
    assert extra.status_code == 400
    gone = client.post(ROUTE, json=body)
    assert (gone.status_code, "can't be reached" in gone.text) == (502, True)


def test_a_server_that_sends_on_to_another_host_is_not_followed() -> None:
    asked: list[str] = []

    def note(path: str, query: dict[str, str], more: Any) -> Any:
        asked.append(path)
        return {}

    with answering(note) as elsewhere:
        target = elsewhere.replace("127.0.0.1", "localhost")
        with answering(lambda path, query, more: {}, moved_to=target) as url:
            server = Subsonic(url, "ada", PASSWORD, plain=True)
            with pytest.raises(MediaServerError, match="it sends on to http://localhost"):
                server.ask("ping")
    assert asked == []
