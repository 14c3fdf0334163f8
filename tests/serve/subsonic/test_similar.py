from collections.abc import Callable

import numpy as np
import pytest

from specrec.recommend.library import Library
from tests.serve.subsonic.conftest import Ask


def cosines(library: Library, row: int) -> np.ndarray:
    """The cosine of a track with every other, by brute force."""
    vectors = np.asarray(library.collection.embeddings, dtype=np.float64)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors @ vectors[row]


def test_matches_are_the_highest_cosines_from_0_to_1(ask: Ask, heard: Library) -> None:
    ids, expected = heard.tracks["track_id"].tolist(), cosines(heard, 2)
    matches = ask("getSonicSimilarTracks", id=ids[2], count=11)["sonicMatch"]
    order = [row for row in np.argsort(-expected, kind="stable") if row != 2]
    assert [match["entry"]["id"] for match in matches] == [ids[row] for row in order]
    told = [match["similarity"] for match in matches]
    np.testing.assert_allclose(told, (1 + expected[order]) / 2, atol=1e-6)
    assert all(match["reason"] for match in matches)


def test_as_many_matches_as_asked_for(ask: Ask, heard: Library) -> None:
    asked = heard.tracks["track_id"].iloc[0]
    counts = [len(ask("getSonicSimilarTracks", id=asked, count=n)["sonicMatch"]) for n in (0, 1, 4)]
    assert counts == [0, 1, 4]
    assert len(ask("getSonicSimilarTracks", id=asked)["sonicMatch"]) == 10


def test_a_path_holds_both_ends_and_tells_how_near_the_start_is(ask: Ask) -> None:
    path = ask("findSonicPath", startSongId="t3", endSongId="t70", count=6)["sonicMatch"]
    ids = [match["entry"]["id"] for match in path]
    assert ids[0] == "t3"
    assert ids[-1] == "t70"
    assert 2 <= len(ids) <= 6
    assert len(set(ids)) == len(ids)


def test_similarities_on_a_path_are_to_its_start(ask: Ask, heard: Library) -> None:
    ids, expected = heard.tracks["track_id"].tolist(), cosines(heard, 1)
    path = ask("findSonicPath", startSongId=ids[1], endSongId=ids[7])["sonicMatch"]
    rows = [ids.index(match["entry"]["id"]) for match in path]
    told = [match["similarity"] for match in path]
    assert rows[0] == 1
    assert rows[-1] == 7
    np.testing.assert_allclose(told, (1 + expected[rows]) / 2, atol=1e-6)


def test_the_path_from_a_song_to_itself_is_the_song(ask: Ask) -> None:
    (only,) = ask("findSonicPath", startSongId="t3", endSongId="t3")["sonicMatch"]
    assert (only["entry"]["id"], only["similarity"]) == ("t3", 1.0)


def test_no_path_of_one_song_or_between_libraries(
    refused: Callable[..., tuple[int, str]], heard: Library
) -> None:
    assert refused("findSonicPath", startSongId="t3", endSongId="t4", count=1)[0] == 0
    other = heard.tracks["track_id"].iloc[0]
    assert refused("findSonicPath", startSongId="t3", endSongId=other)[0] == 70


@pytest.mark.parametrize("method", ["getSimilarSongs", "getSimilarSongs2"])
def test_similar_songs_of_a_song_album_and_artist(method: str, ask: Ask, heard: Library) -> None:
    name = method.replace("getS", "s")
    track_id = heard.tracks["track_id"].iloc[5]
    song = ask("getSong", id=track_id)["song"]
    near = [one["id"] for one in ask(method, id=track_id, count=3)[name]["song"]]
    assert near == heard.neighbors(5, 3).to_frame()["track_id"].tolist()
    for kind in ("album", "artist"):
        found = ask(method, id=song[f"{kind}Id"], count=20)[name]["song"]
        others = heard.tracks[heard.tracks[kind] != song[kind]]
        assert {one["id"] for one in found} == set(others["track_id"])


def test_similar_artists_are_others(ask: Ask, heard: Library) -> None:
    artist = ask("getSong", id=heard.tracks["track_id"].iloc[5])["song"]["artistId"]
    found = ask("getArtistInfo2", id=artist, count=3)["artistInfo2"]["similarArtist"]
    assert len(found) == 3
    assert artist not in {one["id"] for one in found}
