"""The whole account of one match: reasons, passages, what each part of the spectrogram adds."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float32, Float64

from specrec.catalog.identity import content_id
from specrec.errors import LibraryError, QueryError
from specrec.explain.decompose import Passage, best_passage, by_feature, by_window, versus
from specrec.explain.explanation import Explanation
from specrec.explain.readings import Reading
from specrec.recommend.library import Library
from specrec.recommend.track import Sound, Track

if TYPE_CHECKING:
    from specrec.explain.cells import CellMap


@dataclass(frozen=True, eq=False)
class Account:
    """All that is known of a match.

    Attributes:
        query: The query.
        neighbor: The neighbor.
        explanation: The score by features, and its reasons.
        readings: Where the two stand in each feature that is known of both, by name.
        matrix: The score by pairs of windows, the query's by the neighbor's: its mean is the
            similarity.
        passage: The pair of windows that are most alike.
        k: Length of the list that the needed changes speak of.
    """

    query: Track
    neighbor: Track
    explanation: Explanation
    readings: dict[str, tuple[Reading, Reading]]
    matrix: Float64[np.ndarray, "query_windows neighbor_windows"]
    passage: Passage
    k: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, the matrix left out."""
        return {
            **self.explanation.to_dict(),
            "query": asdict(self.query),
            "neighbor": asdict(self.neighbor),
            "passage": asdict(self.passage),
            "readings": {
                name: {"query": asdict(first), "neighbor": asdict(second)}
                for name, (first, second) in self.readings.items()
            },
        }


@dataclass(frozen=True, eq=False)
class Difference:
    """Why one track is nearer to a query than another.

    Attributes:
        neighbor: The one.
        other: The other.
        similarities: Of the two.
        contributions: What each group of features adds to the difference, by name.
        residual: What none does; all add up to the difference of the similarities.
    """

    neighbor: Track
    other: Track
    similarities: tuple[float, float]
    contributions: dict[str, float]
    residual: float

    def to_dict(self) -> dict[str, Any]:
        """All but the neighbor as plain values for JSON."""
        return {
            "track": asdict(self.other),
            "similarity": self.similarities[1],
            "contributions": self.contributions,
            "residual": self.residual,
        }


@dataclass(frozen=True, eq=False)
class Heard:
    """A track as the model hears it, and what each cell adds to the match.

    Attributes:
        seconds: Length of the audio.
        log_mels: Spectrograms of its windows.
        centers_hz: Of the mel bands.
        cells: The map.
    """

    seconds: float
    log_mels: Float32[np.ndarray, "windows n_mels frames"]
    centers_hz: Float64[np.ndarray, " n_mels"]
    cells: "CellMap"


def account_for(library: Library, query: str, neighbor: str, k: int = 10) -> Account:
    """Accounts for the match of two tracks; needs neither audio nor model for tracks inside.

    Raises:
        QueryError: If either fits no track or several, or both are the same.
        AudioError: If a query from outside can't be used.
    """
    explanation = library.explain(query, neighbor, k)
    first, second = library.sound(query), library.sound(neighbor)
    window_seconds = library.window_seconds
    return Account(
        library.find(query),
        library.find(neighbor),
        explanation,
        _readings(library, first, second),
        by_window(first.windows, second.windows, first.embedding, second.embedding),
        best_passage(first.windows, second.windows, first.seconds, second.seconds, window_seconds),
        k,
    )


def _readings(library: Library, first: Sound, second: Sound) -> dict[str, tuple[Reading, Reading]]:
    query, neighbor = library.subject(first), library.subject(second)
    found = {}
    for feature in library.readings.features:
        here = library.readings.read(feature.name, query)
        there = library.readings.read(feature.name, neighbor)
        if here is not None and there is not None:
            found[feature.name] = here, there
    return found


def difference(library: Library, query: str, neighbor: str, other: str) -> Difference:
    """Why `neighbor` is nearer to the query than `other`, or less near.

    Raises:
        QueryError: If one of them fits no track or several, or two are the same.
        AudioError: If a query from outside can't be used.
    """
    sounds = {name: library.sound(name) for name in (query, neighbor, other)}
    for name in (query, neighbor):
        if sounds[name].path == sounds[other].path:
            raise QueryError(f"{name} and {other} are the same track; give another")
    vector = sounds[query].embedding
    pair = sounds[neighbor].embedding, sounds[other].embedding
    _, contributions, residual = versus(vector, *pair, library.directions)
    first, second = by_feature(vector, np.stack(pair), library.directions).similarity.tolist()
    return Difference(
        library.find(neighbor),
        library.find(other),
        (first, second),
        dict(zip(library.directions.names, contributions.tolist(), strict=True)),
        residual,
    )


def hear(library: Library, query: str, neighbor: str) -> tuple[Heard, Heard]:
    """Both tracks as the model hears them, each with the map of its match with the other.

    Raises:
        AudioError: If a file can't be decoded any more.
        LibraryError: If a file is another than was indexed.
        ModelError: If the library's model is gone, or another stands in its place.
    """
    first, second = library.sound(query), library.sound(neighbor)
    return _heard(library, first, second), _heard(library, second, first)


def _heard(library: Library, sound: Sound, other: Sound) -> Heard:
    # Here, not above: only pictures need audio and torch.
    from specrec.audio.pool import load_apart
    from specrec.explain.cells import band_centers, log_mels, map_cells

    encoder = library.encoder
    waveform = load_apart(sound.path, encoder.front_end.sample_rate)
    if sound.row is not None and content_id(sound.path) != library.tracks["content_id"][sound.row]:
        raise LibraryError(f"{sound.path}: changed since it was indexed; run specrec index again")
    cells = map_cells(encoder, waveform, other.embedding, own=sound.embedding)
    return Heard(waveform.seconds, log_mels(encoder, waveform), band_centers(encoder), cells)
