"""Answers against the protocol's published OpenAPI schemas, where those lie beside the project."""

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from specrec.recommend.library import Library
from specrec.serve.subsonic.router import METHODS, NOT_KEPT
from tests.serve.subsonic.conftest import KEY

FOLDER = Path(__file__).parents[4] / "shared/opensubsonic/openapi"
pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the protocol's schemas are not there")

BINARY = {"stream", "download", "getCoverArt"}
CALLS: dict[str, dict[str, Any]] = {
    "getOpenSubsonicExtensions": {},
    "getAlbumList": {"type": "newest"},
    "getAlbumList2": {"type": "newest"},
    "search2": {"query": "piece 1"},
    "search3": {"query": ""},
    "findSonicPath": {"startSongId": "SONG", "endSongId": "OTHER"},
    "getSongsByGenre": {"genre": "GENRE"},
    "getUser": {"username": "ada"},
    "getMusicDirectory": {"id": "ALBUM"},
    "getAlbum": {"id": "ALBUM"},
    "getArtist": {"id": "ARTIST"},
    "getArtistInfo": {"id": "ARTIST"},
    "getArtistInfo2": {"id": "ARTIST"},
    "getSong": {"id": "SONG"},
    "getSimilarSongs": {"id": "SONG"},
    "getSimilarSongs2": {"id": "SONG"},
    "getSonicSimilarTracks": {"id": "SONG"},
    # In this order: each is about the playlist that the first one makes.
    "createPlaylist": {"name": "by schema", "songId": ["SONG", "OTHER"]},
    "getPlaylist": {"id": "PLAYLIST"},
    "updatePlaylist": {"playlistId": "PLAYLIST", "comment": "changed"},
    "getPlaylists": {},
    "deletePlaylist": {"id": "PLAYLIST"},
}


def _read(uri: str) -> Resource[Any]:
    return Resource(json.loads(Path(uri.removeprefix("file://")).read_text()), DRAFT202012)


def check(method: str, answer: Any) -> None:
    """Checks an answer against the schema of the method."""
    endpoint = json.loads((FOLDER / "endpoints" / f"{method}.json").read_text())
    content = endpoint["get"]["responses"]["200"]
    if "content" not in content:  # an answer without content, which several methods share
        uri = (FOLDER / "endpoints" / content["$ref"]).resolve()
        content, folder = json.loads(uri.read_text()), uri.parent
    else:
        folder = FOLDER / "endpoints"
    place = content["content"]["application/json"]["schema"]["$ref"]
    schema = {"$ref": (folder / place).resolve().as_uri()}
    Draft202012Validator(schema, registry=Registry(retrieve=_read)).validate(answer)


def test_each_answer_is_as_its_schema_says(stranger: TestClient, heard: Library) -> None:
    ids = heard.tracks["track_id"].tolist()
    names = {"SONG": ids[0], "OTHER": ids[7], "GENRE": heard.tracks["genre"].iloc[0]}

    def ask(method: str) -> Any:
        filled = {
            name: [names.get(one, one) for one in (value if isinstance(value, list) else [value])]
            for name, value in CALLS.get(method, {}).items()
        }
        given = {"f": "json", "apiKey": KEY, **filled}
        return stranger.get(f"/rest/{method}", params=given).json()

    song = ask("getSong")["subsonic-response"]["song"]
    names |= {"ALBUM": song["albumId"], "ARTIST": song["artistId"]}
    for method in [*(one for one in METHODS if one not in CALLS and one not in BINARY), *CALLS]:
        answer = ask(method)
        assert answer["subsonic-response"]["status"] == "ok", answer
        if method == "createPlaylist":
            names["PLAYLIST"] = answer["subsonic-response"]["playlist"]["id"]
        check(method, answer)
    for method in NOT_KEPT:
        answer = ask(method)
        assert answer["subsonic-response"]["status"] == "failed"
        check(method, answer)


def test_the_schemas_refuse_what_is_wrong(stranger: TestClient) -> None:
    answer = stranger.get("/rest/getSong", params={"f": "json", "apiKey": KEY, "id": "t1"}).json()
    check("getSong", answer)
    del answer["subsonic-response"]["song"]["title"]
    with pytest.raises(ValidationError):
        check("getSong", answer)
