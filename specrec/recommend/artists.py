"""Similar artists: by the mean sound of their tracks."""

import weakref
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from specrec.recommend.collection import Collection
from specrec.recommend.query import folded
from specrec.shapes import Float, Float32, Int64
from specrec.vectors import unit


@dataclass(frozen=True)
class SimilarArtist:
    """An artist who sounds like another.

    Attributes:
        artist: The name.
        similarity: Cosine of the mean sounds of both, from -1 to 1.
        own_rows: Rows of the other artist's tracks that are most like this one, the best first.
        rows: Rows of this artist's tracks that are most like the other, the best first.
    """

    artist: str
    similarity: float
    own_rows: tuple[int, ...]
    rows: tuple[int, ...]


class Artists:
    """The artists of a library, each with a mean sound.

    The mean sound is the mean of the embeddings, each of length 1, so that every track counts as
    much.

    >>> tracks = library.tracks.assign(artist=list("aabbcc"))
    >>> artists = Artists(tracks, library.collection.embeddings)
    >>> artists.name("A"), artists.rows("a"), len(artists.similar("a", 5))
    ('a', (0, 1), 2)
    """

    def __init__(self, tracks: pd.DataFrame, embeddings: Float[np.ndarray, "tracks dim"]) -> None:
        """Computes the mean sounds.

        Args:
            tracks: The tracks, of which `artist` is read; those without one are left out.
            embeddings: Their centered embeddings.
        """
        known = tracks["artist"].notna().to_numpy()
        self._rows: Int64[np.ndarray, " known"] = np.flatnonzero(known)
        names = tracks["artist"].iloc[self._rows].astype(str)
        self._codes, _ = pd.factorize(names.map(folded))
        self._names = names.groupby(self._codes).agg(lambda same: same.mode().iat[0]).tolist()
        self._embeddings = embeddings

    @cached_property
    def _place(self) -> dict[str, int]:
        return {folded(name): place for place, name in enumerate(self._names)}

    @cached_property
    def _means(self) -> Float32[np.ndarray, "artists dim"]:
        """The mean sounds, of length 1."""
        sums = np.zeros((len(self._names), self._embeddings.shape[1]))
        for start in range(0, len(self._rows), _BLOCK):
            part = slice(start, start + _BLOCK)
            np.add.at(sums, self._codes[part], unit(self._embeddings[self._rows[part]]))
        return unit(sums).astype(np.float32)

    def name(self, artist: str) -> str | None:
        """An artist's name as the library has it, whatever the case and accents; None if absent."""
        place = self._place.get(folded(artist))
        return None if place is None else self._names[place]

    def rows(self, artist: str) -> tuple[int, ...]:
        """Rows of the tracks of an artist."""
        place = self._place.get(folded(artist))
        return () if place is None else tuple(self._rows_of(place).tolist())

    def similar(self, artist: str, k: int, tracks: int = 5) -> list[SimilarArtist]:
        """Finds the artists who sound most like an artist of the library.

        Args:
            artist: The artist.
            k: How many to find.
            tracks: The most tracks of each of the two that are named.
        """
        place = self._place[folded(artist)]
        here = self._means[place]
        similarities = self._means @ here
        similarities[place] = -np.inf
        best = np.argsort(-similarities, kind="stable")[: min(k, len(similarities) - 1)]
        return [
            SimilarArtist(
                self._names[other],
                float(np.clip(similarities[other], -1, 1)),
                self._nearest(place, self._means[other], tracks),
                self._nearest(other, here, tracks),
            )
            for other in best.tolist()
        ]

    def _rows_of(self, place: int) -> Int64[np.ndarray, " own"]:
        start, end = np.searchsorted(self._codes[self._order], [place, place + 1])
        return self._rows[self._order[start:end]]

    @cached_property
    def _order(self) -> Int64[np.ndarray, " known"]:
        return np.argsort(self._codes, kind="stable")

    def _nearest(
        self, place: int, sound: Float32[np.ndarray, " dim"], most: int
    ) -> tuple[int, ...]:
        rows = self._rows_of(place)
        closeness = unit(self._embeddings[rows]) @ sound
        return tuple(rows[np.argsort(-closeness, kind="stable")[:most]].tolist())


_BLOCK = 10_000  # tracks at a time
_known: "weakref.WeakKeyDictionary[Collection, Artists]" = weakref.WeakKeyDictionary()


def artists_of(collection: Collection) -> Artists:
    """The artists of a collection, computed when first asked for, and kept as long as it is."""
    found = _known.get(collection)
    if found is None:
        found = _known[collection] = Artists(collection.tracks, collection.embeddings)
    return found
