import numpy as np
import pandas as pd
import pytest

from specrec.serve.linking.matching import Matching, Song, match_songs

TRACKS = pd.DataFrame(
    [
        ("Nina/Blue/01 Feeling.flac", "Feeling Good", "Nina Simone", "Blue", 174.4),
        ("Nina/Best/07 Feeling.flac", "Feeling Good", "Nina Simone", "Best Of", 174.4),
        ("Nina/Live/03 Feeling.flac", "Feeling Good", "Nina Simone", "Live", 251.0),
        ("Björk/Post/02.mp3", "Hyperballad", "Björk", "Post", 321.9),
        ("demo.wav", "demo", None, None, 30.0),
        ("Duo/A/01.mp3", "Same", "Duo", "A", 100.0),
        ("Duo/B/01.mp3", "Same", "Duo", "B", 101.0),
    ],
    columns=["path", "title", "artist", "album", "duration_seconds"],
)


def match(*songs: Song, groups: list[int] | None = None) -> Matching:
    return match_songs(songs, TRACKS, np.array(groups or range(len(TRACKS))))


@pytest.mark.parametrize(
    ("path", "row"),
    [
        ("Nina/Best/07 Feeling.flac", 1),
        ("/music/all/Nina/Best/07 Feeling.flac", 1),  # the server's folder is above ours
        ("Best/07 Feeling.flac", 1),  # and below
        ("D:\\Music\\Nina\\Best\\07 Feeling.flac", 1),
        ("BJO\N{COMBINING DIAERESIS}RK/Post/02.mp3", 3),  # as a Mac spells it
        ("/x/demo.wav", 4),
    ],
)
def test_a_path_tells_the_track(path: str, row: int) -> None:
    assert match(Song("i", path)).by_path == {"i": row}


@pytest.mark.parametrize("path", ["01.mp3", "", "/", "Nina/Best/08 Other.flac"])
def test_a_path_that_fits_several_tracks_or_none_tells_nothing(path: str) -> None:
    found = match(Song("i", path))
    assert not found.rows
    assert [song.item_id for song in found.unknown] == ["i"]


def test_a_path_is_not_believed_against_both_title_and_duration() -> None:
    path = "Nina/Blue/01 Feeling.flac"
    assert match(Song("i", path, "Feeling Good", seconds=300)).by_path == {"i": 0}
    assert match(Song("i", path, "Sinnerman", seconds=175)).by_path == {"i": 0}
    assert not match(Song("i", path, "Sinnerman", seconds=300)).rows


@pytest.mark.parametrize(
    ("song", "row"),
    [
        (Song("i", "", "Feeling Good", "NINA SIMONE", "Best of", 174), 1),
        (Song("i", "", "Feeling good!", "Nina Simone", "Another", 251), 2),
        (Song("i", "", "Hyperballad", "Bjork", "", 322), 3),
        (Song("i", "fake/Demo", "Demo", "[Unknown Artist]", "[Unknown Album]", 31), 4),
        (Song("i", "", "Same", "Duo", "B", 99.5), 6),
    ],
)
def test_tags_and_duration_tell_the_track(song: Song, row: int) -> None:
    assert match(song).by_tags == {"i": row}


@pytest.mark.parametrize(
    "song",
    [
        Song("i", "", "Feeling Good", "Nina Simone", "Blue", 177),
        Song("i", "", "Feeling Good", "Nina Simone", "Blue"),
        Song("i", "", "Feeling Good", "Muse", "", 174),
        Song("i", "", "", "Nina Simone", "Blue", 174),
    ],
)
def test_tags_of_another_recording_tell_nothing(song: Song) -> None:
    assert match(song).unknown == (song,)


def test_what_may_be_several_tracks_is_ambiguous_unless_they_are_one_recording() -> None:
    song = Song("i", "", "Feeling Good", "Nina Simone", "Hits", 174)
    assert match(song).ambiguous == ((song, (0, 1)),)
    assert match(song, groups=[7, 7, 2, 3, 4, 5, 6]).by_tags == {"i": 0}


def test_a_song_is_not_given_the_track_of_another_while_its_own_is_free() -> None:
    first = Song("a", "Nina/Blue/01 Feeling.flac", "Feeling Good", "Nina Simone", "Blue", 174)
    second = Song("b", "fake/Feeling", "Feeling Good", "Nina Simone", "Unheard", 174)
    assert match(first, second).rows == {"a": 0, "b": 1}
    copy = Song("c", "copy of Blue/Feeling", "Feeling Good", "Nina Simone", "Blue", 174)
    assert match(first, copy).rows == {"a": 0, "c": 0}


def test_an_artist_is_that_of_most_of_its_songs() -> None:
    songs = [
        Song("1", TRACKS["path"][0], artist="Nina", artist_id="n"),
        Song("2", TRACKS["path"][1], artist="Nina", artist_id="n"),
        Song("3", TRACKS["path"][3], artist="Nina & Björk", artist_id="n"),
        Song("4", TRACKS["path"][4], artist_id="unknown"),
    ]
    assert match(*songs).artists == {"n": "Nina Simone"}


def test_every_song_has_exactly_one_fate() -> None:
    rng = np.random.default_rng(0)
    values = TRACKS.fillna("").itertuples(index=False)
    songs = [
        Song(
            f"{place}-{copy}",
            path if rng.random() < 0.5 else f"fake {place}",
            title,
            artist,
            album if rng.random() < 0.5 else "Other",
            seconds + rng.choice([0, 1.5, 9]),
        )
        for place, (path, title, artist, album, seconds) in enumerate(values)
        for copy in range(20)
    ]
    found = match(*songs)
    fates = [*found.by_path, *found.by_tags]
    fates += [song.item_id for song, _ in found.ambiguous]
    fates += [song.item_id for song in found.unknown]
    assert sorted(fates) == sorted(song.item_id for song in songs)
