"""One match in full: reasons, passages, and what each part of the spectrogram adds."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from specrec.audio.windows import window_spans
from specrec.catalog.identity import content_id
from specrec.errors import LibraryError, QueryError
from specrec.explain.contributions import Passage, best_passage, by_feature, by_window, versus
from specrec.explain.directions import Directions
from specrec.explain.explanation import Explanation
from specrec.explain.readings import Reading
from specrec.recommend.query import Query
from specrec.recommend.results import Track
from specrec.recommend.space import Space
from specrec.shapes import Float32, Float64

if TYPE_CHECKING:
    from specrec.model.attribution import CellMap
    from specrec.model.encoder import Encoder


@dataclass(frozen=True, eq=False)
class WindowMatrix:
    """A similarity by pairs of windows: rows are the query's windows, columns the neighbor's.

    Attributes:
        values: What each pair adds; the mean over the matrix is the similarity.
        query_spans: Start and end of each of the query's windows, in seconds.
        neighbor_spans: Start and end of each of the neighbor's windows, in seconds.
        passage: The pair of windows with the highest cosine.
    """

    values: Float64[np.ndarray, "query_windows neighbor_windows"]
    query_spans: Float64[np.ndarray, "query_windows two"]
    neighbor_spans: Float64[np.ndarray, "neighbor_windows two"]
    passage: Passage


@dataclass(frozen=True, eq=False)
class Match:
    """The full explanation of one match; `Library.explain` makes it.

    >>> match = library.explain("track 0", "track 1")
    >>> names = [item.feature for item in match.explanation.contributions]
    >>> total = sum(item.value for item in match.explanation.contributions)
    >>> abs(total + match.explanation.residual - match.similarity) < 1e-9
    True
    >>> bool(abs(match.windows.values.mean() - match.similarity) < 1e-6)
    True

    Attributes:
        query: The query.
        neighbor: The neighbor.
        explanation: The score as a sum over features, and the reasons.
        windows: The score by pairs of windows; None unless tracks are compared by sound alone, and
            for words, which have none.
        k: Length of the list of neighbors to which the needed changes refer.
    """

    query: Track
    neighbor: Track
    explanation: Explanation
    windows: WindowMatrix | None
    k: int

    @property
    def similarity(self) -> float:
        """The score, from -1 to 1."""
        return self.explanation.similarity

    @property
    def readings(self) -> dict[str, tuple[Reading, Reading]]:
        """Readings of query and neighbor in each feature that is known for both, by name."""
        here, there = self.explanation.query, self.explanation.neighbor
        return {name: (here[name], there[name]) for name in here if name in there}

    def to_dict(self) -> dict[str, Any]:
        """Returns plain values for JSON, without the matrix of windows."""
        return {
            **self.explanation.to_dict(),
            "query": self.query.to_dict(),
            "neighbor": self.neighbor.to_dict(),
            "passage": None if self.windows is None else asdict(self.windows.passage),
            "readings": {
                name: {"query": asdict(first), "neighbor": asdict(second)}
                for name, (first, second) in self.readings.items()
            },
        }


@dataclass(frozen=True, eq=False)
class Difference:
    """The difference between two tracks' similarities to a query, split by features.

    Attributes:
        neighbor: The one track.
        other: The other track.
        similarities: Similarity of the one and of the other to the query, from -1 to 1.
        contributions: What each group of features adds to the difference, by name.
        residual: The rest; with the contributions it adds up to the difference.
    """

    neighbor: Track
    other: Track
    similarities: tuple[float, float]
    contributions: dict[str, float]
    residual: float

    def to_dict(self) -> dict[str, Any]:
        """Returns all but the neighbor as plain values for JSON."""
        return {
            "track": self.other.to_dict(),
            "similarity": self.similarities[1],
            "contributions": self.contributions,
            "residual": self.residual,
        }


@dataclass(frozen=True, eq=False)
class SpectrogramMap:
    """A track's spectrograms, and what each of their cells adds to its match with another.

    Attributes:
        seconds: Duration of the audio.
        log_mels: Log-mel spectrograms of its windows; for a long track, not every frame.
        centers_hz: Center frequencies of the mel bands, in Hz.
        cells: What each cell adds to the similarity.
    """

    seconds: float
    log_mels: Float32[np.ndarray, "windows n_mels frames"]
    centers_hz: Float64[np.ndarray, " n_mels"]
    cells: "CellMap"


def match_tracks(
    space: Space, query: Query, neighbor: Query, k: int, window_seconds: float | None
) -> Match:
    """Explains why a track of the library is similar to a query.

    Args:
        space: The space in which tracks are compared.
        query: The query.
        neighbor: The track.
        k: Length of the list of neighbors to which the needed changes refer.
        window_seconds: Length of the windows by whose pairs the similarity is split; None if it
            is not that of the embeddings.

    Raises:
        QueryError: If both are the same track, or the neighbor is not in the library.
    """
    row = neighbor.library_row
    if query.row == row:
        raise QueryError(
            f"{query.track.title} and {neighbor.track.title} are the same track; give another"
        )
    (explanation,) = space.explanations(query, np.array([row]), k)
    windows = None
    if window_seconds is not None and query.windows is not None:
        windows = match_windows(query, neighbor, window_seconds)
    return Match(query.track, neighbor.track, explanation, windows, k)


def match_windows(first: Query, second: Query, window_seconds: float) -> WindowMatrix:
    """Splits the similarity of two tracks by pairs of their windows.

    Args:
        first: The query.
        second: The neighbor.
        window_seconds: Length of the windows that were embedded.
    """
    assert first.windows is not None
    assert second.windows is not None
    here, there = (query.track.duration_seconds or 0.0 for query in (first, second))
    spans = (
        window_spans(len(first.windows), here, window_seconds),
        window_spans(len(second.windows), there, window_seconds),
    )
    return WindowMatrix(
        by_window(first.windows, second.windows, first.sound, second.sound),
        *spans,
        best_passage(first.windows, second.windows, *spans),
    )


def compare_neighbors(
    query: Query, neighbor: Query, other: Query, directions: Directions
) -> Difference:
    """Explains why `neighbor` is more similar to the query than `other`, or less.

    Args:
        query: The query.
        neighbor: The one track.
        other: The other track.
        directions: The directions of the embeddings that stand for features.

    Raises:
        QueryError: If two of them are the same track.
    """
    for one in (query, neighbor):
        if (one.row, one.path) == (other.row, other.path):
            raise QueryError(f"{one.track.title} and {other.track.title} are the same track")
    pair = neighbor.sound, other.sound
    _, contributions, residual = versus(query.sound, *pair, directions)
    first, second = by_feature(query.sound, np.stack(pair), directions).similarity.tolist()
    return Difference(
        neighbor.track,
        other.track,
        (first, second),
        dict(zip(directions.names, contributions.tolist(), strict=True)),
        residual,
    )


def map_spectrograms(
    encoder: "Encoder", first: Query, second: Query
) -> tuple[SpectrogramMap, SpectrogramMap]:
    """Computes the spectrograms of two tracks, with what each cell adds to their match.

    Raises:
        QueryError: If one is not a track but words, or turned by words.
        AudioError: If a file can't be decoded any more.
        LibraryError: If a file changed since it was indexed.
    """
    return map_spectrogram(encoder, first, second), map_spectrogram(encoder, second, first)


def map_spectrogram(encoder: "Encoder", query: Query, other: Query) -> SpectrogramMap:
    """Computes the spectrogram of one of two tracks, with what each cell adds to their match.

    Raises:
        QueryError: If the track is words, or turned by words.
        AudioError: If its file can't be decoded any more.
        LibraryError: If its file changed since it was indexed.
    """
    # Here, not above: only pictures need audio and torch.
    from specrec.model.attribution import band_centers, map_file

    if query.path is None or query.windows is None:
        raise QueryError(f"{query.track.title}: words have no spectrogram; give a track")
    path = query.path
    cells, log_mels = map_file(encoder, path, other.sound, own=query.sound)
    if query.row is not None and content_id(path) != query.content_id:
        raise LibraryError(f"{path}: changed since it was indexed; run specrec index again")
    return SpectrogramMap(float(cells.spans[-1, 1]), log_mels, band_centers(encoder), cells)
