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
