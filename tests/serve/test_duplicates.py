"""Tracks that are removed over HTTP, and put back: only by this server's own clients."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from specrec.index.maintenance import open_generation
from specrec.recommend.library import Library
from specrec.serve.app import make_app
from specrec.serve.settings import ServeSettings
from specrec.serve.shelf import Shelf
from tests.serve.conftest import ADDRESS

ROUTE = "/api/v1/removals"


@pytest.fixture
def folder(heard: Library, tmp_path: Path) -> Path:
    """The folder of a library of its own."""
    shutil.copytree(heard.collection.folder, tmp_path / "library")
    return tmp_path / "library"


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    with TestClient(make_app(Shelf([folder]), ServeSettings()), ADDRESS) as client:
        yield client


def test_a_removal_is_there_at_once_and_can_be_undone(
    client: TestClient, folder: Path, heard: Library
) -> None:
    ids = heard.tracks["track_id"].tolist()
    removed = client.post(ROUTE, json={"track_ids": ids[3:5]})
    assert (removed.status_code, removed.json()["tracks"]) == (201, 10)
    assert {one["track_id"] for one in removed.json()["removals"]} == {*ids[3:5]}
    assert client.get(f"/api/v1/tracks/{ids[3]}").status_code == 404
    changes = client.get("/api/v1/changes").json()
    assert {track["track_id"] for track in changes["gone"]["tracks"]} == {*ids[3:5]}
    state = client.get("/api/v1/libraries").json()["libraries"][0]["generation"]
    assert state == removed.json()["generation"] == open_generation(folder).folder.name
    back = client.delete(f"{ROUTE}/{ids[4]}")
    assert (back.status_code, back.json()["tracks"]) == (200, 11)
    assert client.get(f"/api/v1/tracks/{ids[4]}").status_code == 200
    assert [one["track_id"] for one in client.get(ROUTE).json()["removals"]] == [ids[3]]


def test_what_can_not_be_removed_or_put_back_is_refused(
    client: TestClient, folder: Path, heard: Library
) -> None:
    ids = heard.tracks["track_id"].tolist()
    state = open_generation(folder).folder.name
    cross = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    for answer, status in (
        (client.post(ROUTE, json={"track_ids": [ids[0], "none"]}), 404),
        (client.post(ROUTE, json={"track_ids": "none"}), 400),
        (client.post(ROUTE, json={"track_ids": ids}), 503),  # no track would be left
        (client.delete(f"{ROUTE}/{ids[0]}"), 404),
        (client.post(ROUTE, json={"track_ids": ids[:1]}, headers=cross), 403),
        (client.delete(f"{ROUTE}/{ids[0]}", headers=cross), 403),
    ):
        assert answer.status_code == status, answer.text
        assert str(folder) not in answer.text
    assert open_generation(folder).folder.name == state
