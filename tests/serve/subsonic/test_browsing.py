import csv
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from specrec.recommend.library import Library
from specrec.synthesis.library import TRUTH_FILE
from tests.serve.subsonic.conftest import Ask


@pytest.fixture(scope="session")
def truth(heard: Library) -> dict[tuple[str, str], dict[str, str]]:
    """What was written into the tags of the first library, by artist and title."""
    with (heard.collection.audio_root / TRUTH_FILE).open() as file:
        return {(row["artist"], row["title"]): row for row in csv.DictReader(file)}


def songs_by_artists(ask: Ask, **parameters: Any) -> Iterator[dict[str, Any]]:
    """All songs, as a player finds them that goes from artist to artist and album to album."""
    seen = set()
    for index in ask("getArtists", **parameters)["artists"]["index"]:
        for artist in index["artist"]:
            for album in ask("getArtist", id=artist["id"])["artist"]["album"]:
                if album["id"] not in seen:
                    seen.add(album["id"])
                    yield from ask("getAlbum", id=album["id"])["album"]["song"]


def test_all_music_is_reached_by_artists(
    ask: Ask, truth: dict[tuple[str, str], dict[str, str]]
) -> None:
    songs = {
        (song["artist"], song["title"]): song for song in songs_by_artists(ask, musicFolderId=0)
    }
    assert set(songs) == set(truth)
    for key, row in truth.items():
        song = songs[key]
        assert (song["album"], song["genre"], song["path"]) == (
            row["album"],
            row["style"],
            row["path"],
        )
        assert song["year"] == int(row["year"])
        assert song["duration"] == 11
        assert song["contentType"] == "audio/flac"


def test_all_music_is_reached_by_folders(ask: Ask, heard: Library) -> None:
    found = []
    for index in ask("getIndexes", musicFolderId=0)["indexes"]["index"]:
        for artist in index["artist"]:
            for album in ask("getMusicDirectory", id=artist["id"])["directory"]["child"]:
                assert album["isDir"]
                found += ask("getMusicDirectory", id=album["id"])["directory"]["child"]
    assert {song["id"] for song in found} == set(heard.tracks["track_id"])


def test_an_index_that_did_not_change_is_not_sent_again(ask: Ask) -> None:
    changed = ask("getIndexes")["indexes"]["lastModified"]
    assert ask("getIndexes", ifModifiedSince=changed)["indexes"]["index"] == []
    assert ask("getIndexes", ifModifiedSince=changed - 1)["indexes"]["index"]


def test_libraries_are_music_folders(ask: Ask, heard: Library) -> None:
    folders = ask("getMusicFolders")["musicFolders"]["musicFolder"]
    assert [(folder["id"], folder["name"]) for folder in folders] == [(0, "heard"), (1, "named")]
    songs = [
        ask("search3", query="", songCount=1000, **which)["searchResult3"]["song"]
        for which in ({}, {"musicFolderId": 0}, {"musicFolderId": 1})
    ]
    assert [len(found) for found in songs] == [252, 12, 240]


def test_what_files_are_is_told(ask: Ask, heard: Library) -> None:
    row = heard.tracks.iloc[4]
    file = heard.collection.audio_root / row["path"]
    song = ask("getSong", id=row["track_id"])["song"]
    assert song["size"] == file.stat().st_size
    assert song["bpm"] == round(heard.collection.features["tempo_bpm"].iloc[4])
    assert song["bitRate"] == pytest.approx(file.stat().st_size * 8 / 11000, abs=1)


def test_genres_count_songs_and_albums(
    ask: Ask, truth: dict[tuple[str, str], dict[str, str]]
) -> None:
    genres = {one["value"]: one for one in ask("getGenres")["genres"]["genre"]}
    for genre in {row["style"] for row in truth.values()}:
        rows = [row for row in truth.values() if row["style"] == genre]
        assert genres[genre]["songCount"] == len(rows)
        assert genres[genre]["albumCount"] == len({(r["artist"], r["album"]) for r in rows})
        songs = ask("getSongsByGenre", genre=genre.upper(), count=500)["songsByGenre"]["song"]
        assert {song["title"] for song in songs} == {row["title"] for row in rows}


def test_pages_of_a_search_for_nothing_hold_all_songs_once(ask: Ask) -> None:
    pages = [
        ask("search3", query=query, songCount=100, songOffset=start, artistCount=0, albumCount=0)
        for query, start in (("", 0), ('""', 100), ("", 200), ("", 300))
    ]
    songs = [[song["id"] for song in page["searchResult3"]["song"]] for page in pages]
    assert [len(page) for page in songs] == [100, 100, 52, 0]
    assert len({one for page in songs for one in page}) == 252


def test_words_are_found_whatever_their_case(ask: Ask) -> None:
    found = ask("search3", query="PIECE 17 artist", songCount=50)["searchResult3"]
    assert {song["title"] for song in found["song"]} >= {"Piece 17", "Piece 170"}
    assert all("17" in song["title"] + song["artist"] for song in found["song"])
    named = ask("search3", query="artist 59")["searchResult3"]
    assert [artist["name"] for artist in named["artist"]] == ["Artist 59"]
    assert [album["artist"] for album in named["album"]] == ["Artist 59"]


def test_albums_by_a_rule(ask: Ask, truth: dict[tuple[str, str], dict[str, str]]) -> None:
    def albums(kind: str, **more: Any) -> list[dict[str, Any]]:
        return ask("getAlbumList2", type=kind, size=500, **more)["albumList2"]["album"]

    names = [
        album["name"].casefold().removeprefix("the ") for album in albums("alphabeticalByName")
    ]
    assert names == sorted(names)
    artists = [album["artist"] for album in albums("alphabeticalByArtist")]
    assert artists == sorted(artists)
    years = [album["year"] for album in albums("byYear", fromYear=2010, toYear=1990)]
    told = {(row["artist"], row["album"]): int(row["year"]) for row in truth.values()}
    assert years == sorted((y for y in told.values() if 1990 <= y <= 2010), reverse=True)
    genre = next(iter(truth.values()))["style"]
    expected = {row["album"] for row in truth.values() if row["style"] == genre}
    assert {album["name"] for album in albums("byGenre", genre=genre)} == expected
    whole = {album["id"] for album in albums("alphabeticalByName")}
    assert {album["id"] for album in albums("random")} == whole
    assert {album["id"] for album in albums("newest")} == whole
    assert albums("starred") == albums("frequent") == []


def test_lists_come_in_pages(ask: Ask) -> None:
    whole = ask("getAlbumList2", type="alphabeticalByName", size=500)["albumList2"]["album"]
    page = ask("getAlbumList2", type="alphabeticalByName", size=7, offset=5)["albumList2"]["album"]
    assert page == whole[5:12]


def test_random_songs_fit_what_was_asked_for(ask: Ask) -> None:
    songs = ask("getRandomSongs", size=500, fromYear=1995, toYear=2005)["randomSongs"]["song"]
    assert {1995 <= song["year"] <= 2005 for song in songs} <= {True}
    several = {ask("getRandomSongs", size=1)["randomSongs"]["song"][0]["id"] for _ in range(20)}
    assert len(several) > 1


def test_what_is_unknown_is_refused(refused: Callable[..., tuple[int, str]]) -> None:
    for method in ("getSong", "getAlbum", "getArtist", "getMusicDirectory", "getSimilarSongs"):
        assert refused(method, id="../etc/passwd") == (70, refused(method, id="../etc/passwd")[1])
        assert refused(method)[0] == 10
    assert refused("getAlbumList2", type="loudest")[0] == 0
    assert refused("getAlbumList2", type="newest", size="many")[0] == 0
    assert refused("search3", query="", musicFolderId=9)[0] == 70
    for method in ("star", "scrobble", "setRating", "getPodcasts"):
        code, message = refused(method, id="t1")
        assert code == 0
        assert "specrec" in message


def test_a_method_has_two_names_and_takes_forms(client: TestClient) -> None:
    given = {"f": "json", "id": "t5"}
    answers = [
        client.get("/rest/getSong", params=given),
        client.get("/rest/getSong.view", params=given),
        client.post("/rest/getSong", data=given),
        client.post("/rest/getSong.view", params={"f": "json"}, data={"id": "t5"}),
    ]
    assert {answer.json()["subsonic-response"]["song"]["title"] for answer in answers} == {
        "Piece 5"
    }
