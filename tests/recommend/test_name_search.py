import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from specrec.recommend.name_search import NameSearch

WORDS = ["so", "song", "songs", "what", "Été", "été", "b-side", "Björk", "o'neil", "2", ""]
names = st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join)
tracks = st.lists(st.tuples(names, st.none() | names, st.none() | names), min_size=1, max_size=12)


def plain(text: str | None) -> str:
    """Lower case without accents and signs, by hand for the words above."""
    accents = str.maketrans({"é": "e", "ö": "o", "-": " ", "'": " "})
    return " ".join((text or "").lower().translate(accents).split())


@given(tracks, st.sampled_from(["s", "so", "song so", "ete", "E", "bjö side", "what  2", "neil"]))
def test_it_finds_what_a_look_at_each_track_finds(
    rows: list[tuple[str, str | None, str | None]], typed: str
) -> None:
    frame = pd.DataFrame(rows, columns=["title", "artist", "album"])
    found = NameSearch(frame).find(typed).tolist()
    terms = plain(typed).split()

    def fits(texts: list[str | None]) -> bool:
        words = " ".join(map(plain, texts)).split()
        return all(any(word.startswith(term) for word in words) for term in terms)

    assert sorted(found) == [row for row, texts in enumerate(rows) if fits(list(texts))]

    def rank(row: int) -> int:
        if plain(rows[row][0]).startswith(plain(typed)):
            return 0
        return 1 if fits([rows[row][0]]) else 2

    assert [rank(row) for row in found] == sorted(rank(row) for row in found)


def test_the_exact_title_comes_first_and_no_words_find_nothing() -> None:
    frame = pd.DataFrame({"title": ["So What Now", "So What"], "artist": "A", "album": None})
    search = NameSearch(frame)
    assert search.find("so what").tolist() == [1, 0]
    assert search.find(" ?! ").tolist() == []


@given(tracks, st.sampled_from(["s", "so", "ete", "2"]), st.sampled_from(["", "b", "what"]))
def test_words_of_one_name_are_found_in_it_alone(
    rows: list[tuple[str, str | None, str | None]], title: str, artist: str
) -> None:
    frame = pd.DataFrame(rows, columns=["title", "artist", "album"])
    found = NameSearch(frame).find(f"{artist} {title}", title=title, artist=artist).tolist()

    def begins(term: str, text: str | None) -> bool:
        return any(word.startswith(term) for word in plain(text).split())

    expected = [
        row
        for row, (its_title, its_artist, _) in enumerate(rows)
        if begins(title, its_title) and (not artist or begins(artist, its_artist))
    ]
    assert sorted(found) == expected


@given(tracks, st.sampled_from(["So", "ÉTÉ", "so what", "b side", "nothing"]))
def test_a_whole_title_is_found(rows: list[tuple[str, str | None, str | None]], title: str) -> None:
    frame = pd.DataFrame(rows, columns=["title", "artist", "album"])
    found = sorted(NameSearch(frame).titled(title).tolist())
    assert found == [row for row, texts in enumerate(rows) if plain(texts[0]) == plain(title)]
