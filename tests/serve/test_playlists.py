import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from specrec.recommend.library import Library
from specrec.serve.playlists import Playlist, Playlists
from specrec.serve.problems import NotFoundError

ADDRESS = "/api/v1/playlists"


def test_a_playlist_is_saved_changed_written_and_deleted(
    client: TestClient, heard: Library
) -> None:
    ids = heard.tracks["track_id"].iloc[[4, 1, 4]].tolist()
    made = client.post(ADDRESS, json={"name": "Ä\n/B", "track_ids": ids, "comment": "c"})
    assert made.status_code == 201
    id = made.json()["playlist"]["id"]
    assert client.get(f"{ADDRESS}/{id}").json() == made.json()
    assert [track["track_id"] for track in made.json()["tracks"]] == ids
    (listed,) = client.get(ADDRESS).json()["playlists"]
    assert listed == made.json()["playlist"]

    lines = client.get(f"{ADDRESS}/{id}/playlist.m3u8").text.split("\n")
    addresses = [line for line in lines if not line.startswith("#")]
    assert lines[0] == "#EXTM3U"
    files = [heard.collection.audio_root / heard.tracks["path"].iloc[row] for row in (4, 1, 4)]
    for line, file in zip(addresses, files, strict=True):
        assert client.get(urlsplit(line).path).content == file.read_bytes()
    paths = client.get(f"{ADDRESS}/{id}/playlist.m3u8", params={"locations": "paths"}).text
    assert [line for line in paths.split("\n") if not line.startswith("#")] == (
        heard.tracks["path"].iloc[[4, 1, 4]].tolist()
    )
    written = client.get(f"{ADDRESS}/{id}/playlist.jspf").json()["playlist"]
    assert [track["location"] for track in written["track"]] == [[line] for line in addresses]
    assert [track["title"] for track in written["track"]] == (
        heard.tracks["title"].iloc[[4, 1, 4]].tolist()
    )

    changed = client.put(f"{ADDRESS}/{id}", json={"name": "B", "track_ids": ids[:1]})
    assert changed.json()["playlist"]["created"] == listed["created"]
    assert client.delete(f"{ADDRESS}/{id}").status_code == 204
    assert client.get(f"{ADDRESS}/{id}").status_code == 404
    assert client.delete(f"{ADDRESS}/{id}").status_code == 404


def test_what_somebody_else_changed_is_not_overwritten(client: TestClient, heard: Library) -> None:
    body = {"name": "A", "track_ids": heard.tracks["track_id"].iloc[:2].tolist()}
    made = client.post(ADDRESS, json=body)
    place, tag = f"{ADDRESS}/{made.json()['playlist']['id']}", made.headers["ETag"]
    assert tag == f'"{made.json()["playlist"]["version"]}"' == client.get(place).headers["ETag"]
    theirs = client.put(place, json=body | {"name": "B"}, headers={"If-Match": tag})
    assert theirs.status_code == 200
    for refused in (
        client.put(place, json=body | {"name": "C"}, headers={"If-Match": tag}),
        client.delete(place, headers={"If-Match": tag}),
    ):
        assert refused.status_code == 412
        assert "was changed by somebody else" in refused.json()["detail"]
    assert client.get(place).json() == theirs.json()
    assert client.delete(place, headers={"If-Match": theirs.headers["ETag"]}).status_code == 204


@pytest.mark.parametrize(
    "body",
    [
        {"name": "A", "track_ids": ["none"]},
        {"name": " ", "track_ids": []},
        {"name": "A" * 501, "track_ids": []},
        {"name": "A"},
        {"name": "A", "track_ids": [], "id": "0123456789abcdef"},
        [],
    ],
)
def test_what_is_no_playlist_is_refused(client: TestClient, body: object) -> None:
    answer = client.post(ADDRESS, json=body)
    assert answer.status_code == 400
    assert client.get(ADDRESS).json()["playlists"] == []


def test_a_track_that_is_gone_keeps_its_place(client: TestClient, heard: Library) -> None:
    there = heard.tracks["track_id"].iloc[0]
    kept = Playlists(heard.collection.folder).save(Playlist("", "Old", ("gone", there)))
    try:
        answer = client.get(f"{ADDRESS}/{kept.id}").json()
        assert [track and track["track_id"] for track in answer["tracks"]] == [None, there]
        assert client.get(f"{ADDRESS}/{kept.id}/playlist.m3u8").text.count("#EXTINF") == 1
        body = {"name": "New", "track_ids": ["gone", there]}
        assert client.put(f"{ADDRESS}/{kept.id}", json=body).status_code == 200
    finally:
        Playlists(heard.collection.folder).delete(kept.id)


def test_a_damaged_file_costs_no_other_playlist(tmp_path: Path) -> None:
    playlists = Playlists(tmp_path)
    assert playlists.all() == []
    kept = playlists.save(Playlist("", "A", ("x",)))
    (tmp_path / "playlists" / "0123456789abcdef.json").write_text("{")
    newer = {"format_version": 2, "name": "B"}
    (tmp_path / "playlists" / "0123456789abcde0.json").write_text(json.dumps(newer))
    assert playlists.all() == [kept]
    for id in ("../library", "", "0123456789ABCDEF", "\n"):
        with pytest.raises(NotFoundError):
            playlists.get(id)
