"""What the plugins of Navidrome, Jellyfin and Lyrion send, and what they read of the answers."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from specrec.progress import Progress
from specrec.recommend.library import Library
from specrec.serve.app import make_app
from specrec.serve.links import Links
from specrec.serve.settings import ServeSettings
from specrec.serve.shelf import Shelf
from specrec.vectors import unit
from tests.libraries import TRACKS
from tests.serve.conftest import ADDRESS

UNLINKED = 7  # every seventh track is not on the media server


@pytest.fixture(scope="module")
def library(named: Path, tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A linked library: track `t3` is `1003`, and `Artist 2` is `ar2`."""
    folder = tmp_path_factory.mktemp("linked") / "library"
    shutil.copytree(named, folder)
    items = {f"{1000 + row}": f"t{row}" for row in range(TRACKS) if row % UNLINKED}
    artists = {f"ar{number}": f"Artist {number}" for number in range(TRACKS // 4)}
    Links("http://music.local", items, artists).save(folder)
    return Library.open(folder)


@pytest.fixture(scope="module")
def plugin(library: Library) -> Iterator[TestClient]:
    app = make_app(Shelf([library.collection.folder]), ServeSettings())
    with TestClient(app, ADDRESS, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def cosines(library: Library) -> np.ndarray:
    units = unit(library.collection.embeddings)
    return units @ units.T


def get(plugin: TestClient, path: str, **asked: object) -> Any:
    answer = plugin.get(f"/api/{path}", params=asked, headers={"Authorization": "Bearer x"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def rows_of(items: list[dict[str, Any]]) -> list[int]:
    return [int(item["item_id"]) - 1000 for item in items]


def nearest(similarities: np.ndarray, n: int, per_artist: int | None = None) -> list[int]:
    """The best rows that are on the server, by going through all."""
    found: list[int] = []
    for row in np.argsort(-similarities):
        same = sum(other // 4 == row // 4 for other in found)
        if row % UNLINKED and (per_artist is None or same < per_artist):
            found.append(int(row))
    return found[:n]


def test_navidrome_gets_similar_songs_with_ids_of_its_own(
    plugin: TestClient, cosines: np.ndarray
) -> None:
    asked = {"item_id": "1005", "n": 20, "eliminate_duplicates": "true"}
    songs = get(plugin, "similar_tracks", **asked, radius_similarity="true")
    others = np.where(np.arange(TRACKS) == 5, -2, cosines[5])
    assert rows_of(songs) == nearest(others, 20, per_artist=3)
    for song, row in zip(songs, rows_of(songs), strict=True):
        assert (song["title"], song["author"]) == (f"Piece {row}", f"Artist {row // 4}")
        assert song["album"] == "unknown"
        assert max(0, 1 - song["distance"]) == pytest.approx(max(0, cosines[5, row]))
        assert song["reason"].endswith(".")
    reasons = [reason for song in songs for reason in song["reasons"]]
    assert {*map(frozenset, reasons)} == {frozenset(("feature", "side", "verdict", "contribution"))}


def test_without_that_option_an_artist_is_not_limited(
    plugin: TestClient, cosines: np.ndarray
) -> None:
    songs = get(plugin, "similar_tracks", item_id="1005", n=150, eliminate_duplicates="false")
    others = np.where(np.arange(TRACKS) == 5, -2, cosines[5])
    assert rows_of(songs) == nearest(others, 150)


def test_jellyfin_may_ask_by_title_and_artist(plugin: TestClient) -> None:
    by_id = get(plugin, "similar_tracks", n=3, item_id="1005")
    assert get(plugin, "similar_tracks", n=3, title="piece 5", artist="ARTIST 1") == by_id


def test_a_path_holds_both_ends(plugin: TestClient, cosines: np.ndarray) -> None:
    asked = {"count": 8, "max_steps": 8, "path_fix_size": "false", "mood_pct": 100}
    found = get(plugin, "find_path", start_song_id="1001", end_song_id="1100", **asked)
    rows = rows_of(found["path"])
    assert (rows[0], rows[-1]) == (1, 100)
    assert len(set(rows)) == len(rows) <= 8
    assert all(row % UNLINKED for row in rows)
    assert found["total_distance"] > 0
    if not found["notes"]:
        steps = zip(rows, rows[1:], found["path"][1:], strict=False)
        assert all(1 - item["distance"] == pytest.approx(cosines[a, b]) for a, b, item in steps)


def test_similar_artists_are_those_with_the_nearest_mean_sound(
    plugin: TestClient, library: Library
) -> None:
    found = get(plugin, "similar_artists", artist="ar2", n=5, include_component_matches="true")
    means = unit(unit(library.collection.embeddings).reshape(TRACKS // 4, 4, -1).mean(axis=1))
    expected = means @ means[2]
    order = [int(place) for place in np.argsort(-expected) if place != 2][:5]
    assert [item["artist"] for item in found] == [f"Artist {place}" for place in order]
    assert [item["artist_id"] for item in found] == [f"ar{place}" for place in order]
    assert [item["divergence"] for item in found] == pytest.approx(1 - expected[order])
    (match,) = found[0]["component_matches"]
    own, theirs = (
        {int(song["item_id"]) - 1000 for song in match[f"artist{side}_representative_songs"]}
        for side in (1, 2)
    )
    assert own == {row for row in range(8, 12) if row % UNLINKED}
    assert theirs == {row for row in range(4 * order[0], 4 * order[0] + 4) if row % UNLINKED}


def test_jellyfin_gives_an_id_of_an_artist_its_own_name(plugin: TestClient) -> None:
    by_name = get(plugin, "similar_artists", artist="Artist 2", n=3)
    assert get(plugin, "similar_artists", artist_id="ar2", n=3, ef_search=50) == by_name
    assert "component_matches" not in by_name[0]


def test_tracks_are_searched_by_names(plugin: TestClient) -> None:
    found = get(plugin, "search_tracks", artist="Artist 59")
    assert sorted(rows_of(found)) == [row for row in range(236, 240) if row % UNLINKED]
    assert 59 in rows_of(get(plugin, "search_tracks", search_query="Artist 59"))  # Piece 59
    assert get(plugin, "search_tracks", title="Piece 237", artist="artist 59") == [
        {
            "item_id": "1237",
            "title": "Piece 237",
            "author": "Artist 59",
            "album": "unknown",
            "album_artist": "Artist 59",
        }
    ]
    assert (
        get(plugin, "search_tracks", search_query="piece", start=2, end=5)
        == (get(plugin, "search_tracks", search_query="piece")[2:5])
    )
    assert get(plugin, "search_tracks") == []


def test_lyrion_searches_by_words(plugin: TestClient, library: Library) -> None:
    asked = {"query": "piano, no singing", "limit": 5}
    found = plugin.post("/api/clap/search", json=asked).json()
    axes = unit(library.collection.embeddings)
    assert rows_of(found["results"]) == nearest(axes[:, 2] - axes[:, 0], 5)
    assert (found["query"], found["count"]) == ("piano, no singing", 5)
    earlier = {"query": "piano, no singing", "n": 5}
    assert plugin.post("/api/clap/search", json=earlier).json() == found


def test_words_that_are_not_known_are_left_out_and_noted(plugin: TestClient) -> None:
    asked = {"query": "rainy piano", "limit": 2}
    found = plugin.post("/api/clap/search", json=asked).json()
    assert "rainy: left out, since it is no word that specrec knows" in found["notes"]
    plain = plugin.post("/api/clap/search", json=asked | {"query": "piano"}).json()
    assert found["results"] == plain["results"]
    answer = plugin.post("/api/clap/search", json={"query": "rainy"})
    assert answer.status_code == 400
    assert "rainy" in answer.json()["error"]


def test_both_bodies_of_alchemy_mean_the_same(plugin: TestClient, library: Library) -> None:
    items = [
        {"id": "1001", "op": "ADD", "type": "song"},
        {"id": "1002", "op": "ADD", "type": "song"},
        {"id": "1003", "op": "SUBTRACT", "type": "song"},
    ]
    found = plugin.post("/api/alchemy", json={"items": items, "n": 10}).json()
    earlier = {"add": ["1001", 1002], "sub": [1003], "n": 10}
    assert plugin.post("/api/alchemy", json=earlier).json() == found
    expected = [item.track.track_id for item in library.neighbors([1, 2], 40, against=3)]
    there = [name for name in expected if name and int(name[1:]) % UNLINKED]
    assert [f"t{row}" for row in rows_of(found["results"])] == there[:10]


def test_alchemy_takes_artists_and_names_what_it_lacks(
    plugin: TestClient, library: Library
) -> None:
    items = [{"id": "ar2", "op": "ADD", "type": "artist"}, {"id": "9", "op": "ADD"}]
    found = plugin.post("/api/alchemy", json={"items": items, "n": 4}).json()
    expected = [item.track.track_id for item in library.neighbors([8, 9, 10, 11], 20)]
    there = [name for name in expected if name and int(name[1:]) % UNLINKED]
    assert [f"t{row}" for row in rows_of(found["results"])] == there[:4]
    assert found["missing"] == ["9"]


@pytest.mark.parametrize(
    ("status", "method", "path", "sent"),
    [
        (404, "GET", "similar_tracks", {"item_id": "9"}),
        (404, "GET", "similar_tracks", {"item_id": "../../etc/passwd"}),
        (404, "GET", "similar_tracks", {"title": "Piece 5", "artist": "Artist 9"}),
        (400, "GET", "similar_tracks", {"title": "Piece 5"}),
        (400, "GET", "similar_tracks", {"item_id": "1001", "n": "many"}),
        (404, "GET", "find_path", {"start_song_id": "1001", "end_song_id": "9"}),
        (400, "GET", "find_path", {"start_song_id": "1001", "end_song_id": "1001"}),
        (400, "GET", "find_path", {"start_song_id": "1001"}),
        (404, "GET", "similar_artists", {"artist": "Nobody"}),
        (400, "GET", "similar_artists", {}),
        (400, "POST", "clap/search", {}),
        (400, "POST", "alchemy", {"items": [{"id": "1001", "op": "SUBTRACT"}]}),
        (404, "POST", "alchemy", {"add": ["9"]}),
        (400, "POST", "alchemy", {"add": ["1001"] * 201}),
        (501, "POST", "analysis/start", {}),
        (501, "POST", "sem_grove/search", {"item_id": "1001"}),
        (501, "GET", "sonic_fingerprint/generate", {"n": 10}),
    ],
)
def test_errors_are_objects_with_an_error(
    plugin: TestClient, status: int, method: str, path: str, sent: dict[str, Any]
) -> None:
    how = {"params": sent} if method == "GET" else {"json": sent}
    answer = plugin.request(method, f"/api/{path}", **how)
    assert answer.status_code == status
    assert isinstance(answer.json()["error"], str)


def test_the_song_that_is_missing_is_named(plugin: TestClient) -> None:
    ends = {"start_song_id": "1001", "end_song_id": "9"}
    error = plugin.get("/api/find_path", params=ends).json()["error"]
    assert error.startswith("no library has '9';")


def test_any_number_of_songs_may_be_asked_for(plugin: TestClient) -> None:
    assert len(get(plugin, "similar_tracks", item_id="1001", n=0)) == 1
    assert len(get(plugin, "similar_tracks", item_id="1001", n=10**9)) > 100


def test_plugins_find_the_server_alive_and_idle(plugin: TestClient) -> None:
    assert get(plugin, "health") == {"status": "ok"}
    assert get(plugin, "active_tasks") == {}
    assert get(plugin, "last_task")["task_id"] is None


def test_plugins_see_what_is_being_computed(library: Library) -> None:
    app = make_app(Shelf([library.collection.folder]), ServeSettings())
    begun, ended = threading.Event(), threading.Event()

    def compute(on_progress: Progress) -> bytes:
        on_progress(1, 4)
        begun.set()
        ended.wait(10)
        return b""

    with TestClient(app, ADDRESS) as client:
        study = app.state.studies.study(library.collection, "slow", compute)
        assert begun.wait(10)
        task = get(client, "active_tasks")
        ended.set()
        study.wait(10)
    assert (task["status"], task["task_type"], task["progress"]) == ("PROGRESS", "study", 25)


def test_without_links_an_item_is_a_track(client: TestClient, heard: Library) -> None:
    own = heard.tracks["track_id"].iloc[0]
    found = get(client, "similar_tracks", item_id=own, n=3, server="heard")
    assert [item["item_id"] for item in found] == [
        neighbor.track.track_id for neighbor in heard.neighbors(0, 3)
    ]


def test_damaged_links_are_said(named: Path, tmp_path: Path) -> None:
    folder = tmp_path / "library"
    shutil.copytree(named, folder)
    (folder / "links.json").write_text('{"format_version": 1, "items": []}')
    with TestClient(make_app(Shelf([folder]), ServeSettings()), ADDRESS) as client:
        answer = client.get("/api/similar_tracks", params={"item_id": "t1"})
    assert answer.status_code == 503
    assert answer.json()["error"] == "links.json: damaged; write it anew with specrec link"
