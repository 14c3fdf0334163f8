"""Finds duplicates: the same recording in two files, of another format, bitrate or name.

Their durations are equal, and their embeddings agree passage by passage and change from passage to
passage in the same way. Different pieces in one style are similar on the whole, but each changes
in its own way.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from specrec.audio.windows import window_spans
from specrec.index.layered_search import Searchable
from specrec.shapes import Float, Float32, Float64, Int64, Shaped

VERSION = 2
"""To be raised when the search finds other pairs: libraries then search for all theirs again."""

ALIKE, SHORT_ALIKE = 0.94, 0.99
"""Least mean cosine of the passages of one recording, and the same for fewer than four passages,
whose changes tell too little."""

_SECONDS_SHARE, _SECONDS_RANGE = 0.01, (0.1, 2.0)  # encoders pad, rippers trim
_COPIES = 20  # of one recording, that are looked for among a track's nearest
_BLOCK = 1024
COLUMNS = {"first": "string", "second": "string", "similarity": "float64"}

Windows = Callable[[int], Shaped[np.ndarray, "windows dim"]]


def find_duplicates(
    index: Searchable,
    embeddings: Float32[np.ndarray, "tracks dim"],
    seconds: Float64[np.ndarray, " tracks"],
    windows: Windows,
    window_seconds: float,
    rows: Int64[np.ndarray, " new"],
) -> list[tuple[int, int, float]]:
    """Searches for other files of the same recording.

    Args:
        index: The search index of all tracks.
        embeddings: Centered embeddings of all tracks.
        seconds: Durations of all tracks.
        windows: Gives the window embeddings of the track in a row.
        window_seconds: Length of a window.
        rows: Rows of the tracks whose duplicates are searched for, among all tracks.

    Returns:
        Pairs of rows, the lower first, with the mean cosine of their passages.
    """
    found: dict[tuple[int, int], float] = {}
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        similarities, others = index.search(np.asarray(embeddings[block]), _COPIES)
        near = (similarities >= ALIKE) & (others != block[:, None])
        allowed = np.clip(_SECONDS_SHARE * seconds[block], *_SECONDS_RANGE)
        near &= np.abs(seconds[others] - seconds[block][:, None]) <= allowed[:, None]
        for place, column in zip(*np.nonzero(near), strict=True):
            first, second = sorted((int(block[place]), int(others[place, column])))
            if (first, second) in found:
                continue
            match = match_passages(
                windows(first), windows(second), seconds[first], seconds[second], window_seconds
            )
            if match.same:
                found[first, second] = match.similarity
    return [(*pair, value) for pair, value in sorted(found.items())]


@dataclass(frozen=True)
class PassageMatch:
    """Two tracks compared passage by passage, each about as long as a window.

    Attributes:
        passages: Number of passages.
        similarity: Mean cosine of the passages at the same times, from -1 to 1.
        changes: Correlation, from -1 to 1, of the passages' differences from their tracks' means;
            0 if there is only one passage.
    """

    passages: int
    similarity: float
    changes: float

    @property
    def same(self) -> bool:
        """Whether the two tracks are one recording.

        The fewer passages there are, the higher two pieces of one form may correlate by chance: the
        least correlation is 0.9 for four passages, 0.77 for a minute of them, 0.72 for three
        minutes. It was chosen on re-encoded files beside the most similar pairs of game music,
        with its variants of one piece, and of synthesized pieces; `benchmarks/duplicates.py`
        measures precision and recall.
        """
        alone = self.passages == 1
        least = ALIKE if self.passages >= 4 else SHORT_ALIKE
        return self.similarity >= least and (alone or self.changes >= 0.7 + 0.8 / self.passages)


def match_passages(
    first: Shaped[np.ndarray, "windows dim"],
    second: Shaped[np.ndarray, "others dim"],
    first_seconds: float,
    second_seconds: float,
    window_seconds: float,
) -> PassageMatch:
    """Compares two tracks passage by passage.

    If one track is longer, the rest may lie before the music or after it: both are tried, and the
    better one counts. The embedding of a passage is the mean over the windows that overlap it,
    weighted by the overlap, since the windows of tracks with different durations do not lie at the
    same times.

    Args:
        first: Window embeddings of one track, in order.
        second: Window embeddings of the other.
        first_seconds: Duration of the one track.
        second_seconds: Duration of the other.
        window_seconds: Length of a window.
    """
    shared = min(first_seconds, second_seconds)
    passages = max(1, round(shared / window_seconds))
    edges = np.linspace(0, shared, passages + 1)
    matches = []
    for before in (0.0, 1.0):
        at_first = edges + before * (first_seconds - shared)
        at_second = edges + before * (second_seconds - shared)
        one = _overlaps(len(first), first_seconds, window_seconds, at_first) @ first
        other = _overlaps(len(second), second_seconds, window_seconds, at_second) @ second
        matches.append(_match(one, other))
    return max(matches, key=lambda match: (match.changes, match.similarity))


def _match(
    one: Float[np.ndarray, "passages dim"], other: Float[np.ndarray, "passages dim"]
) -> PassageMatch:
    cosines = (one * other).sum(axis=1) / np.maximum(
        np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1), 1e-12
    )
    change, other_change = one - one.mean(axis=0), other - other.mean(axis=0)
    size = np.linalg.norm(change) * np.linalg.norm(other_change)
    changes = float((change * other_change).sum() / size) if size > 1e-9 else 0.0
    return PassageMatch(len(one), float(cosines.mean()), changes)


def _overlaps(
    count: int, seconds: float, window_seconds: float, edges: Float64[np.ndarray, " bounds"]
) -> Float64[np.ndarray, "passages windows"]:
    starts, ends = window_spans(count, seconds, window_seconds).T
    begin = np.maximum(starts, edges[:-1, None])
    overlap = np.maximum(np.minimum(ends, edges[1:, None]) - begin, 1e-9)
    weights: Float64[np.ndarray, "passages windows"] = overlap / overlap.sum(axis=1, keepdims=True)
    return weights


def duplicate_groups(
    content_ids: Sequence[str], first: Iterable[str], second: Iterable[str]
) -> Int64[np.ndarray, " tracks"]:
    """Gives each track the first row of the same recording: its own if it has no duplicate.

    >>> duplicate_groups(["a", "b", "c", "d"], first=["d", "b"], second=["c", "d"]).tolist()
    [0, 1, 1, 1]

    Args:
        content_ids: Those of the tracks.
        first: One track of each pair of duplicates.
        second: The other one.
    """
    row_of = {content: row for row, content in enumerate(content_ids)}
    here, there = (np.array([row_of[one] for one in some], np.int64) for some in (first, second))
    lowest = np.arange(len(content_ids))
    while (lowest[here] != lowest[there]).any():  # as often as the longest chain of pairs is long
        both = np.minimum(lowest[here], lowest[there])
        np.minimum.at(lowest, here, both)
        np.minimum.at(lowest, there, both)
    return lowest
