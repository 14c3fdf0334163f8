"""The same recording in two files: another format, bitrate, name.

Their embeddings agree, passage by passage, and change from passage to passage in the same way; so
do their durations. Pieces of one style agree as a whole, but each changes in its own way.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float, Float32, Float64, Int64, Shaped
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from specrec.audio.windows import window_spans
from specrec.index.search import SearchIndex

VERSION = 2
"""Raised whenever other pairs would be found; libraries then look for all of theirs again."""

ALIKE, SHORT_ALIKE = 0.94, 0.99
"""Least mean cosine of the passages of one recording; the second below four passages, which change
too little to tell."""

_SECONDS_SHARE, _SECONDS_RANGE = 0.01, (0.1, 2.0)  # encoders pad, rippers trim
_COPIES = 20  # of one recording, that are looked for among a track's nearest
_BLOCK = 1024
COLUMNS = {"first": "string", "second": "string", "similarity": "float64"}

Windows = Callable[[int], Shaped[np.ndarray, "windows dim"]]


def find_duplicates(
    index: SearchIndex,
    embeddings: Float32[np.ndarray, "tracks dim"],
    seconds: Float64[np.ndarray, " tracks"],
    windows: Windows,
    window_seconds: float,
    rows: Int64[np.ndarray, " new"],
) -> list[tuple[int, int, float]]:
    """Looks for other files of the same recording.

    Args:
        index: Of all tracks.
        embeddings: Of all tracks.
        seconds: Their durations.
        windows: Gives the window embeddings of a row.
        window_seconds: Length of a window.
        rows: The tracks to look for, among all.

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
class Match:
    """Two tracks compared passage by passage, each of about a window's length.

    Attributes:
        passages: Their number.
        similarity: Mean cosine of passages at the same time.
        changes: Correlation of how they differ from their tracks' means; 0 if there is one only.
    """

    passages: int
    similarity: float
    changes: float

    @property
    def same(self) -> bool:
        """Whether it is one recording.

        The fewer passages, the more alike two pieces of one form may change by chance: the least
        correlation is 0.9 for four, 0.77 for a minute, 0.72 for three. It was chosen on re-encoded
        files beside the most similar pairs of game music, with its variants of one piece, and of
        synthesized pieces; `benchmarks/duplicates.py` measures precision and recall.
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
) -> Match:
    """Compares two tracks passage by passage.

    What one is longer by may lie before the music or after it: both are tried, and the better one
    counts. The embedding of a passage is the mean over the windows that overlap it, weighted by
    how far: the windows of two tracks with different durations do not lie at the same times.
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
) -> Match:
    cosines = (one * other).sum(axis=1) / np.maximum(
        np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1), 1e-12
    )
    change, other_change = one - one.mean(axis=0), other - other.mean(axis=0)
    size = np.linalg.norm(change) * np.linalg.norm(other_change)
    changes = float((change * other_change).sum() / size) if size > 1e-9 else 0.0
    return Match(len(one), float(cosines.mean()), changes)


def _overlaps(
    count: int, seconds: float, window_seconds: float, edges: Float64[np.ndarray, " bounds"]
) -> Float64[np.ndarray, "passages windows"]:
    starts, ends = window_spans(count, seconds, window_seconds).T
    begin = np.maximum(starts, edges[:-1, None])
    overlap = np.maximum(np.minimum(ends, edges[1:, None]) - begin, 1e-9)
    weights: Float64[np.ndarray, "passages windows"] = overlap / overlap.sum(axis=1, keepdims=True)
    return weights


def duplicate_groups(
    content_ids: "pd.Series[str]", pairs: pd.DataFrame
) -> Int64[np.ndarray, " tracks"]:
    """For each track the first row of the same recording: its own, if there is no other."""
    row_of = pd.Series(np.arange(len(content_ids)), content_ids.to_numpy())
    first, second = row_of[pairs["first"]].to_numpy(), row_of[pairs["second"]].to_numpy()
    links = coo_array((np.ones(len(pairs)), (first, second)), shape=(len(row_of), len(row_of)))
    _, group = connected_components(links, directed=False)
    lowest = np.full(len(row_of), len(row_of), dtype=np.int64)
    np.minimum.at(lowest, group, np.arange(len(row_of)))
    groups: Int64[np.ndarray, " tracks"] = lowest[group]
    return groups
