"""Finds tracks as one types: by the beginnings of words in title, artist and album."""

import itertools
from bisect import bisect_left, bisect_right

import numpy as np
import pandas as pd

from specrec.recommend.query import folded
from specrec.shapes import Bool, Int8, Int32, Int64

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
        counts: list[int] = []  # of words, one for each name
        texts = [_folded_once(tracks[name].fillna("").astype(str).tolist()) for name in _FIELDS]
        for text in itertools.chain.from_iterable(texts):
            own = text.split()
            numbers += [words.setdefault(word, len(words)) for word in own]
            counts.append(len(own))
        field, row = np.divmod(np.repeat(np.arange(len(counts)), counts), max(1, self._size))
        titles = texts[0]
        self._words = sorted(words)
        place = np.empty(len(words), np.int64)
        place[[words[word] for word in self._words]] = np.arange(len(words))
        of_word = place[np.array(numbers, np.int64)]
        order = np.argsort(of_word, kind="stable")
        self._rows: Int32[np.ndarray, " entries"] = row[order].astype(np.int32)
        self._fields: Int8[np.ndarray, " entries"] = field[order].astype(np.int8)
        self._starts: Int64[np.ndarray, " words_and_end"] = np.searchsorted(
            of_word[order], np.arange(len(words) + 1)
        )
        self._by_title = np.array(sorted(range(len(titles)), key=titles.__getitem__), np.int64)
        self._titles = [titles[row] for row in self._by_title]

    def find(self, text: str, **named: str) -> Int64[np.ndarray, " found"]:
        """Finds the tracks in which each word of a text begins a word of title, artist or album.

        Case, punctuation and accents do not matter. First come titles that begin with the text, in
        the order of the alphabet, then those that have all its words, then the others.

        Args:
            text: The words, of which the last need not be complete; nothing is found without any.
            named: Words that must begin words of one name: of `title`, `artist` or `album`.
        """
        wanted = folded(text)
        terms = wanted.split()
        if not terms:
            return np.empty(0, np.int64)
        fits, titled = np.ones((2, self._size), dtype=bool)
        for term in terms:
            fits &= self._with(term)
            titled &= self._with(term, "title")
        for name, words in named.items():
            for term in folded(words).split():
                fits &= self._with(term, name)
        order = np.where(titled, self._size, 2 * self._size) + np.arange(self._size)
        first, last = _range(self._titles, wanted)
        order[self._by_title[first:last]] = np.arange(last - first)
        rows = np.flatnonzero(fits)
        return rows[np.argsort(order[rows])]

    def titled(self, title: str) -> Int64[np.ndarray, " found"]:
        """Finds the tracks of a title; case, punctuation and accents do not matter."""
        wanted = folded(title)
        first, last = bisect_left(self._titles, wanted), bisect_right(self._titles, wanted)
        return self._by_title[first:last]

    def _with(self, term: str, name: str | None = None) -> Bool[np.ndarray, " tracks"]:
        """The tracks with a word that begins so, in one name or in any."""
        first, last = _range(self._words, term)
        entries = slice(self._starts[first], self._starts[last])
        rows = self._rows[entries]
        if name is not None:
            rows = rows[self._fields[entries] == _FIELDS.index(name)]
        found = np.zeros(self._size, dtype=bool)
        found[rows] = True
        return found


def _range(ordered: list[str], beginning: str) -> tuple[int, int]:
    """First and end of those of some sorted texts that begin so."""
    return bisect_left(ordered, beginning), bisect_left(ordered, beginning + "\U0010ffff")


def _folded_once(values: list[str]) -> list[str]:
    """Folds names of which many are the same."""
    known = {value: folded(value) for value in set(values)}
    return [known[value] for value in values]
