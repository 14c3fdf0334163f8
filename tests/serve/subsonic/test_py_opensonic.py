"""What py-opensonic, a client by others, reads from a running server."""

from collections.abc import Iterator

import numpy as np
import pytest
from libopensonic import Connection
from libopensonic.errors import CredentialError, DataNotFoundError, SonicError
from libopensonic.extensions import Extensions
from libopensonic.media import Child, SonicMatch

from specrec.recommend.library import Library
from tests.serve.subsonic.conftest import KEY, PASSWORD, USER


@pytest.fixture(
    scope="module",
    params=[
        {"username": USER, "password": PASSWORD},
        {"api_key": KEY, "use_get": True, "use_views": False},
    ],
    ids=["by token and POST", "by key and GET"],
)
def player(request: pytest.FixtureRequest, port: int) -> Iterator[Connection]:
    connection = Connection("http://127.0.0.1", port=port, **request.param)
    yield connection
    connection.cleanup()


@pytest.fixture
def ids(heard: Library) -> list[str]:
    return heard.tracks["track_id"].tolist()


def test_who_logs_in(player: Connection, port: int) -> None:
    assert player.ping()
    assert player.get_license()["license"]["valid"]
    assert player.get_user(USER).stream_role
    legacy = Connection("http://127.0.0.1", USER, PASSWORD, port, legacy_auth=True)
    wrong = Connection("http://127.0.0.1", USER, "wrong", port)
    assert legacy.ping()
    with pytest.raises(CredentialError):
        wrong.ping()
    legacy.cleanup()
    wrong.cleanup()


def test_extensions(player: Connection) -> None:
    names = {one.name for one in player.get_open_subsonic_extensions()}
    assert names == {
        Extensions.SONIC_SIMILARITY,
        Extensions.FORM_POST,
        Extensions.API_KEY_AUTHENTICATION,
    }


def test_sonic_similarity(player: Connection, heard: Library, ids: list[str]) -> None:
    matches = player.get_sonic_similar_tracks(ids[4], count=5)
    expected = heard.neighbors(4, 5)
    assert [match.entry.id for match in matches] == [one.track.track_id for one in expected]
    told = [match.similarity for match in matches]
    np.testing.assert_allclose(told, [(1 + one.similarity) / 2 for one in expected], atol=1e-6)


def test_sonic_path(player: Connection, ids: list[str]) -> None:
    path: list[SonicMatch] = player.find_sonic_path(ids[0], ids[9], count=4)
    assert (path[0].entry.id, path[-1].entry.id) == (ids[0], ids[9])
    assert path[0].similarity == 1
    assert len(path) <= 4
    with pytest.raises(DataNotFoundError):
        player.find_sonic_path(ids[0], "no such song")


def test_browsing(player: Connection, ids: list[str]) -> None:
    artists = [artist for index in player.get_artists().index for artist in index.artist]
    albums = [album for artist in artists for album in player.get_artist(artist.id).album or []]
    assert len(albums) == sum(artist.album_count for artist in artists)
    song = player.get_song(ids[3])
    album = player.get_album(song.album_id)
    assert song.id in {one.id for one in album.song}
    assert album.song_count == len(album.song)
    directory = player.get_music_directory(song.parent)
    assert song.id in {one.id for one in directory.child}
    assert player.get_indexes(music_folder_id=0).index
    assert song.genre in {genre.value for genre in player.get_genres()}
    assert song.id in {one.id for one in player.get_songs_by_genre(song.genre, count=500)}
    assert player.get_scan_status().count == 252


def test_lists_and_search(player: Connection, ids: list[str]) -> None:
    assert len(player.get_album_list2("newest", size=3)) == 3
    assert len(player.get_album_list("alphabeticalByName", size=3)) == 3
    assert len(player.get_random_songs(size=7)) == 7
    pages = [player.search3("", song_count=200, song_offset=start).song for start in (0, 200)]
    assert len({song.id for page in pages for song in page}) == 252
    song = player.get_song(ids[2])
    assert song.id in {one.id for one in player.search3(song.title).song}
    assert song.id in {one.id for one in player.search2(song.title).song}
    assert not player.get_starred2().song


def test_similar_songs(player: Connection, ids: list[str]) -> None:
    song = player.get_song(ids[2])
    for asked in (song.id, song.album_id, song.artist_id):
        assert len(player.get_similar_songs(asked, count=4)) == 4
        found: list[Child] = player.get_similar_songs2(asked, count=4)
        assert song.id not in {one.id for one in found}
    assert player.get_artist_info2(song.artist_id).similar_artist


def test_playlists(player: Connection, ids: list[str]) -> None:
    player.create_playlist(name="Évening", song_ids=ids[:3])
    (made,) = (one for one in player.get_playlists() if one.name == "Évening")
    assert player.update_playlist(
        made.id, comment="for walks", song_ids_to_add=ids[5:7], song_indices_to_remove=[1]
    )
    read = player.get_playlist(made.id)
    assert (read.name, read.comment, read.song_count) == ("Évening", "for walks", 4)
    assert [song.id for song in read.entry] == [ids[0], ids[2], ids[5], ids[6]]
    player.create_playlist(playlist_id=made.id, song_ids=[ids[8], ids[8]])
    assert [song.id for song in player.get_playlist(made.id).entry] == [ids[8], ids[8]]
    with pytest.raises(DataNotFoundError):
        player.create_playlist(name="Lost", song_ids=["no such song"])
    assert player.delete_playlist(made.id)
    assert "Lost" not in {one.name for one in player.get_playlists()}
    with pytest.raises(DataNotFoundError):
        player.get_playlist(made.id)


def test_what_is_not_kept_is_refused(player: Connection, ids: list[str]) -> None:
    with pytest.raises(SonicError, match="no plays"):
        player.scrobble(ids[0])
    with pytest.raises(SonicError, match="no stars"):
        player.star([ids[0]])


def test_playing(port: int, heard: Library, ids: list[str]) -> None:
    """By the address alone, as py-opensonic hands it to other programs."""
    import httpx2

    for use_get in (False, True):
        player = Connection("http://127.0.0.1", USER, PASSWORD, port, use_get=use_get)
        address, form = player.get_stream_url(ids[1])
        player.cleanup()
        file = (heard.collection.audio_root / heard.tracks["path"].iloc[1]).read_bytes()
        kind = "GET" if use_get else "POST"
        part = {"Range": "bytes=1000-1999"}
        with httpx2.Client() as client:
            assert client.request(kind, address, data=form or None).content == file
            some = client.request(kind, address, data=form or None, headers=part)
        assert (some.status_code, some.content) == (206, file[1000:2000])
