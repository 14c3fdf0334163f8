from pathlib import Path

import pytest

from specrec.recommend.collection import Collection
from specrec.serve.subsonic.music import Music
from specrec.serve.subsonic.names import artist_id
from tests.libraries import TRACKS, write_named

# Folder, artist, album of each of the first tracks; the rest are by one artist without an album.
FILES = [
    ("Best of/01 One.mp3", "Ana", "Best Of"),
    ("Best of/02 Two.mp3", "Ben; Ana", "best  of"),
    ("Best of/03 Three.mp3", "Cleo", "Best Of"),
    ("Ana/Twins/CD1/1-01 Here.flac", "Ana", "Twins"),
    ("Ana/Twins/CD1/1-02 There.flac", "Ana feat. Ben", "Twins"),
    ("Ana/Twins/CD1/1-03 Where.flac", "ANA", "Twins"),
    ("Ana/Twins/CD2/2-01 Then.flac", "Ana", "Twins"),
    ("loose/99 Hits.mp3", "Ana", "Greatest Hits"),
    ("loose/Hits.mp3", "Ben", "Greatest Hits"),
    ("loose/Other.mp3", "Ben", "Rarities"),
]


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Music:
    more = TRACKS - len(FILES)
    folder = write_named(
        tmp_path_factory.mktemp("albums") / "library",
        path=[*(path for path, *_ in FILES), *(f"rest/{row}.mp3" for row in range(more))],
        artist=[*(artist for _, artist, _ in FILES), *[None] * more],
        album=[*(album for *_, album in FILES), *[None] * more],
    )
    return Music([Collection.open(folder)])


def test_a_folder_of_one_album_is_that_album(music: Music) -> None:
    best = music.albums[music.songs[0].album_id]
    assert (best.name, best.artist, len(best.songs)) == ("Best Of", "Various Artists", 3)
    twins = music.albums[music.songs[3].album_id]
    assert (twins.artist, len(twins.songs)) == ("Ana", 4)


def test_one_name_is_two_albums_where_folders_do_not_tell(music: Music) -> None:
    by_ana, by_ben = (music.albums[music.songs[row].album_id] for row in (7, 8))
    assert (by_ana.artist, by_ben.artist) == ("Ana", "Ben")
    assert by_ana.id != by_ben.id


def test_an_artist_has_the_albums_they_play_on(music: Music) -> None:
    ana = music.artists[artist_id("ana")]
    assert {album.name for album in ana.albums} == {"Best Of", "Twins", "Greatest Hits"}
    # With the song on an album of hers that is by her and somebody else.
    assert len(ana.songs) == 2 + 4 + 1
    ben = music.artists[artist_id("Ben")]
    assert {album.name for album in ben.albums} == {"Best Of", "Greatest Hits", "Rarities"}


def test_numbers_are_those_of_file_names_where_all_have_one(music: Music) -> None:
    numbers = [(song.disc, song.number) for song in music.songs[: len(FILES)]]
    assert numbers[:3] == [(None, 1), (None, 2), (None, 3)]
    assert numbers[3:7] == [(1, 1), (1, 2), (1, 3), (2, 1)]
    assert numbers[7:9] == [(None, 99), (None, None)]


def test_music_without_tags_is_reached(music: Music) -> None:
    (unknown,) = (one for one in music.artists.values() if one.name == "[Unknown Artist]")
    assert len(unknown.songs) == TRACKS - len(FILES)
    assert [album.name for album in unknown.albums] == ["[Unknown Album]"]


def test_ids_stay_when_a_library_is_written_anew(music: Music, tmp_path: Path) -> None:
    again = write_named(
        tmp_path / "again",
        path=[f"moved/{row}.mp3" for row in range(TRACKS)],
        artist=["Ben"] * TRACKS,
        album=["Rarities"] * TRACKS,
    )
    other = Music([Collection.open(again)])
    assert set(other.albums) == {music.songs[9].album_id}
    assert set(other.artists) == {artist_id("Ben")}
