"""Texts joined into one, in which words are found fast."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from specrec.serve.subsonic.names import folded


class Lines:
    """Some texts, each a line of one long text without case and accents.

    >>> list(Lines(["So What", "Blue in Green", "Bluesette"]).with_words(["blue"]))
    [1, 2]
    """

    def __init__(self, texts: Iterable[str]) -> None:
        starts, lines = [0], []
        for text in texts:
            line = " ".join(folded(text).split()) + "\n"
            lines.append(line)
            starts.append(starts[-1] + len(line))
        self._text = "".join(lines)
        self._starts = starts

    def with_words(self, words: Sequence[str]) -> Iterator[int]:
        """Yields the numbers of the lines that hold all of some words, in order.

        Args:
            words: One or more, folded, without spaces; parts of words will do.
        """
        text, rarest = self._text, max(words, key=len)
        others = [word for word in words if word != rarest]
        place = text.find(rarest)
        while place >= 0:
            line = bisect_right(self._starts, place) - 1
            start, end = self._starts[line], self._starts[line + 1]
            if all(text.find(word, start, end) >= 0 for word in others):
                yield line
            place = text.find(rarest, end)
