"""Finds tracks as one types: by the beginnings of words in title, artist and album."""

from bisect import bisect_left

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int32, Int64

from specrec.recommend.query import folded

_FIELDS = ("title", "artist", "album")


class NameSearch:
    r"""The words of all tracks' names, sorted: each beginning of a word is one range of them.

    >>> tracks = pd.DataFrame({"title": ["So What", "Blue in Green"], "artist": "Miles Davis"})
    >>> search = NameSearch(tracks.assign(album="Kind of Blue"))
    >>> search.find("mil gre").tolist(), search.find("blu").tolist()
    ([1], [1, 0])
    """

    def __init__(self, tracks: pd.DataFrame) -> None:
        """Reads title, artist and album of each track."""
        self._size = len(tracks)
        words: dict[str, int] = {}
        numbers: list[int] = []
        rows: list[int] = []
        is_title: list[bool] = []
        titles, artists, albums = (
            _folded_once(tracks[name].fillna("").astype(str).tolist()) for name in _FIELDS
        )
        for row, title in enumerate(titles):
            own = set(title.split())
            others = {*artists[row].split(), *albums[row].split()} - own
            numbers += [words.setdefault(word, len(words)) for word in (*own, *others)]
            rows += [row] * (len(own) + len(others))
            is_title += [True] * len(own) + [False] * len(others)
        self._words = sorted(words)
        place = np.empty(len(words), np.int64)
        place[[words[word] for word in self._words]] = np.arange(len(words))
        of_word = place[np.array(numbers, np.int64)]
        order = np.argsort(of_word, kind="stable")
        self._rows: Int32[np.ndarray, " entries"] = np.array(rows, np.int32)[order]
        self._is_title: Bool[np.ndarray, " entries"] = np.array(is_title, bool)[order]
        self._starts: Int64[np.ndarray, " words_and_end"] = np.searchsorted(
            of_word[order], np.arange(len(words) + 1)
        )
        self._by_title = np.array(sorted(range(len(titles)), key=titles.__getitem__), np.int64)
        self._titles = [titles[row] for row in self._by_title]

    def find(self, text: str) -> Int64[np.ndarray, " found"]:
        """Finds the tracks in which each word of a text begins a word of title, artist or album.

        Case, punctuation and accents do not matter. First come titles that begin with the text, in
        the order of the alphabet, then those that have all its words, then the others.

        Args:
            text: The words, of which the last need not be complete; nothing is found without any.
        """
        wanted = folded(text)
        terms = wanted.split()
        if not terms:
            return np.empty(0, np.int64)
        fits, titled = np.ones((2, self._size), dtype=bool)
        for term in terms:
            named, in_title = self._beginning_with(term)
            fits &= named
            titled &= in_title
        order = np.where(titled, self._size, 2 * self._size) + np.arange(self._size)
        first, last = _range(self._titles, wanted)
        order[self._by_title[first:last]] = np.arange(last - first)
        rows = np.flatnonzero(fits)
        return rows[np.argsort(order[rows])]

    def _beginning_with(
        self, term: str
    ) -> tuple[Bool[np.ndarray, " tracks"], Bool[np.ndarray, " tracks"]]:
        """The tracks with a word that begins so, and those that have it in their titles."""
        first, last = _range(self._words, term)
        entries = slice(self._starts[first], self._starts[last])
        named, in_title = np.zeros((2, self._size), dtype=bool)
        named[self._rows[entries]] = True
        in_title[self._rows[entries][self._is_title[entries]]] = True
        return named, in_title


def _range(ordered: list[str], beginning: str) -> tuple[int, int]:
    """First and end of those of some sorted texts that begin so."""
    return bisect_left(ordered, beginning), bisect_left(ordered, beginning + "\U0010ffff")


def _folded_once(values: list[str]) -> list[str]:
    """Folds names of which many are the same."""
    known = {value: folded(value) for value in set(values)}
    return [known[value] for value in values]
