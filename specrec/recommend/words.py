"""Queries in words: what is asked for becomes a vector in an embedding's named coordinates.

"calm piano, no vocals" is the sum of the axes of calm and piano, less that of singing; the tracks
nearest to it are found and explained like those of any query. "More singing" moves a query along
that axis.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from specrec.concepts.phrases import listed
from specrec.concepts.vocabulary import load_vocabulary
from specrec.concepts.words import parse, parse_known
from specrec.errors import QueryError
from specrec.model.probe import Probe
from specrec.recommend.query import Query, is_text
from specrec.recommend.results import Track
from specrec.shapes import Float, Float64, Int64
from specrec.vectors import unit

STEP = 3.0
"""How far one "more" moves a query, in standard deviations of the library along the axis. It
exchanges about a third of ten answers, which then have more of it by a standard deviation or a half
(on normally distributed embeddings of 80 coordinates)."""

_SAMPLE = 2000  # tracks by which lengths and deviations are measured


def sampled(count: int) -> Int64[np.ndarray, " sample"]:
    """The rows of the tracks, of so many, by which a `WordSpace` is measured; ascending."""
    return np.sort(np.random.default_rng(0).permutation(count)[:_SAMPLE])


def steps_of(more: Iterable[str], less: Iterable[str]) -> dict[str, float]:
    """Counts how often words were given, as `WordSpace.turn` takes them.

    >>> steps_of(["singing", "singing", "drums"], ["drums", "piano"])
    {'singing': 2.0, 'piano': -1.0}
    """
    steps = Counter(more)
    steps.subtract(less)
    return {words: float(times) for words, times in steps.items() if times}


class WordSpace:
    """The named coordinates of a library's embeddings, in which words are vectors."""

    def __init__(self, probe: Probe | None, embeddings: Float[np.ndarray, "tracks dim"]) -> None:
        """Measures the embeddings on a sample of the tracks.

        Args:
            probe: Names the coordinates, and knows which of them are told well.
            embeddings: Centered embeddings of the tracks.

        Raises:
            QueryError: If the coordinates have no names.
        """
        if probe is None or not probe.coordinates:
            raise QueryError(
                "the model of this library knows no words; specrec index with model=specrec-base"
                " embeds it anew with one that does"
            )
        self._coordinates = probe.coordinates
        self._told = {item.feature.name for item in probe.usable()}
        sample = np.asarray(embeddings[sampled(len(embeddings))], dtype=np.float64)
        self._length = float(np.median(np.linalg.norm(sample, axis=1)))
        self._deviations: Float64[np.ndarray, " dim"] = unit(sample).std(axis=0)

    def query(self, text: str, lenient: bool = False) -> Query:
        """Makes a query of words, whose vector is as long as a typical embedding.

        Args:
            text: The words.
            lenient: Whether words that are not known are left out, with a note.

        Raises:
            QueryError: If a word is not known, or the model tells nothing of what is asked for.
        """
        request = self._understand(text, lenient)
        weights = self._vector(request.weights)
        vector = (self._length * unit(weights)).astype(np.float32)
        title = " ".join(text.split())
        return Query(
            Track(None, "", title),
            None,
            None,
            {},
            vector,
            asked=frozenset(request.weights),
            notes=request.notes,
        )

    def turn(self, query: Query, steer: Mapping[str, float]) -> Query:
        """Turns a query towards more or less of something.

        Args:
            query: Any query that has an embedding.
            steer: By words, how many steps of `STEP` more there should be; less if negative.

        Raises:
            QueryError: If a word is not known, the model tells nothing of it, or a number is not
                finite.
        """
        moved, notes = unit(query.sound), list(query.notes)
        wanted: dict[str, float] = {}
        for phrase, amount in steer.items():
            if not math.isfinite(amount):
                raise QueryError(f"{phrase}: more or less by a finite number, not by {amount}")
            request = self._understand(phrase)
            moved += amount * STEP * self._deviations * self._vector(request.weights)
            notes += request.notes
            for name, weight in request.weights.items():
                wanted[name] = wanted.get(name, 0.0) + amount * weight
        length = float(np.linalg.norm(query.sound))
        return replace(
            query,
            aim=(length * unit(moved)).astype(np.float32),
            windows=None,  # they are those of the track, not of what is searched for now
            asked=query.asked
            | {name for name in wanted if self._reaches(moved, name, wanted[name])},
            notes=tuple(dict.fromkeys(notes)),
        )

    def _reaches(self, aim: Float64[np.ndarray, " dim"], name: str, amount: float) -> bool:
        """Whether an aim is on the side of a coordinate to which it was turned.

        Less of what a query has much of may still be much: then nobody asked for what is found.
        """
        return bool(amount * (aim @ self._vector({name: 1.0})) > 0)

    def _understand(self, text: str, lenient: bool = False) -> "_Request":
        """Finds the coordinates that words mean."""
        if not is_text(text):
            raise QueryError(f"{text!a} is not text in UTF-8")
        weights: dict[str, float] = {}
        missing: list[str] = []
        vague: list[str] = []
        named, unknown = parse_known(text) if lenient else (parse(text), [])
        for name, weight in named.items():
            feature = load_vocabulary()[name].feature
            if feature not in self._coordinates:
                missing.append(name)
                continue
            weights[feature] = weight
            if feature not in self._told:
                vague.append(name)
        if not weights:
            raise QueryError(f"{text}: the model of this library does not hear {listed(missing)}")
        notes = [f"{word}: left out, since it is no word that specrec knows" for word in unknown]
        notes += [f"{name}: left out, since the model does not hear it" for name in missing]
        notes += [f"{name}: heard by the model with little certainty" for name in vague]
        return _Request(weights, tuple(notes))

    def _vector(self, weights: Mapping[str, float]) -> Float64[np.ndarray, " dim"]:
        return np.array([weights.get(name, 0.0) for name in self._coordinates], dtype=np.float64)


@dataclass(frozen=True)
class _Request:
    """What words ask for: a weight for each coordinate, and notes on what can't be had."""

    weights: dict[str, float]
    notes: tuple[str, ...]
