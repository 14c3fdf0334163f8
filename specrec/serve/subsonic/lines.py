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
        text, starts, start = self._text, self._starts, 0
        while True:
            places = [text.find(word, start) for word in words]
            if min(places) < 0:
                return
            line = bisect_right(starts, max(places)) - 1  # no earlier one holds the last of them
            start = starts[line]
            if min(places) >= start:
                yield line
                start = starts[line + 1]
