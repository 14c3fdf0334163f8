"""The library: tracks, embeddings and index on disk, and the neighbors of a query."""

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float32, Int64

from specrec.descriptors.known import known_features
from specrec.errors import LibraryError, QueryError
from specrec.explain.causal import Controls, draw_controls
from specrec.explain.directions import Directions, find_directions
from specrec.explain.explanation import Explanation, explain_neighbors
from specrec.explain.readings import Readings, Subject
from specrec.index.generation import Generation
from specrec.index.storage import read_generation
from specrec.model.probe import Probe
from specrec.recommend.answer import recommend
from specrec.recommend.hubness import Sample
from specrec.recommend.journey import Journey, find_journey
from specrec.recommend.lookup import Names
from specrec.recommend.origin import Origin
from specrec.recommend.outside import Outside
from specrec.recommend.ranking import Ranking
from specrec.recommend.recommendation import Recommendation
from specrec.recommend.track import Sound, Track, track_of_file, track_of_row

if TYPE_CHECKING:
    from specrec.model.encoder import Encoder

Query = str | os.PathLike[str]
_AS_IT_IS = Ranking()


class Library:
    """What an index run wrote: search it with `neighbors`."""

    def __init__(self, folder: Path, generation: Generation) -> None:
        self.folder = folder
        self.generation = generation
        self.manifest = generation.manifest
        self._origin = Origin(folder, generation)
        self._outside = Outside(lambda: self.encoder)

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> "Library":
        """Opens the library in a folder.

        Raises:
            LibraryError: If there is none, or it is damaged or of a newer format.
        """
        path = Path(folder)
        generation = read_generation(path)
        if generation is None:
            raise LibraryError(
                f"{path}: no library there; write one with specrec index audio=MUSIC library={path}"
            )
        return cls(path, generation)

    def __len__(self) -> int:
        return len(self.generation)

    @property
    def tracks(self) -> pd.DataFrame:
        """One row a track: track_id, path, tags, duration, the columns of a table."""
        return self.generation.tracks

    @property
    def skipped(self) -> pd.DataFrame:
        """The files left out, with reason and detail."""
        return self.generation.skipped

    @property
    def descriptors(self) -> pd.DataFrame:
        """What was measured of the tracks, one row each."""
        return self.generation.descriptors

    @property
    def embeddings(self) -> Float32[np.ndarray, "tracks dim"]:
        """One row a track, centered, not of unit length; memory-mapped."""
        return self.generation.embeddings

    @property
    def probe(self) -> Probe | None:
        """The probe fitted on the library itself, else the model's."""
        return self._origin.probe

    @cached_property
    def _names(self) -> Names:
        return Names(self.tracks)

    @property
    def audio_root(self) -> Path:
        """The folder to which the tracks' paths are relative."""
        return Path(self.manifest["audio_root"])

    @property
    def fingerprint(self) -> str:
        """Of the model that embedded the tracks."""
        return str(self.manifest["model"]["fingerprint"])

    def track(self, row: int) -> Track:
        """The track in a row."""
        return track_of_row(self.tracks.iloc[row])

    def find(self, query: Query) -> Track:
        """The track that a query means: one of the library, or a file outside it.

        Args:
            query: A track_id, a path, or words of title and artist.

        Raises:
            QueryError: If nothing fits, or several tracks do.
        """
        found = self.resolve(query)
        return track_of_file(found) if isinstance(found, Path) else self.track(found)

    def resolve(self, query: Query) -> int | Path:
        """The row of the track that a query means, or the file outside the library.

        Raises:
            QueryError: If nothing fits, or several tracks do.
        """
        return self._names.resolve(query)

    def neighbors(
        self,
        queries: Query | Sequence[Query],
        k: int = 10,
        *,
        against: Query | Sequence[Query] = (),
        where: str | None = None,
        ranking: Ranking = _AS_IT_IS,
    ) -> Recommendation:
        """The tracks most similar to a query, or to several, which are left out themselves.

        The order of a single query's neighbors is that of their similarities, unless the ranking
        says otherwise. Several queries are taken together by `ranking.agreement`.

        Args:
            queries: Each a track_id, a path (also of a file outside the library, which is embedded
                with the library's model), or words of title and artist.
            k: How many; fewer come back where fewer are left, and the answer's notes say why.
            against: What the neighbors should not sound like.
            where: A condition on columns and features, such as `genre == 'jazz' and year > 1990`;
                see `specrec.recommend.filters`.
            ranking: What else is left out, and how the rest is put in order.

        Raises:
            QueryError: If `k` is below 1, nothing fits a query, several tracks do, or the
                condition can't be read.
            AudioError: If a file outside the library can't be used.
            ModelError: If a file is to be embedded and the library's model is gone or another.
        """
        seeds, others = (
            [self.sound(one) for one in _several(given)] for given in (queries, against)
        )
        return recommend(self, seeds, others, k, where, ranking)

    def path(self, start: Query, goal: Query, steps: int = 8) -> Journey:
        """A chain of tracks that leads from one to another.

        Each track lies further along the way than the one before: in the angle by which it is
        turned from start to goal. Of all such chains among the tracks nearest to the great circle
        between the two, it is the one whose widest step is narrowest
        (`specrec.recommend.journey`).

        Args:
            start: As a query of `neighbors`.
            goal: A track of the library, likewise.
            steps: How many lead to the goal; fewer where fewer tracks lie between.

        Raises:
            QueryError: If `steps` is below 1 or above 100, either fits no track or several, the
                goal is not in the library, or both sound the same.
            AudioError: If a start from outside can't be used.
        """
        return find_journey(self, self.sound(start), self.sound(goal), steps)

    def search(
        self,
        vectors: Float32[np.ndarray, "queries dim"],
        k: int,
        allowed: Bool[np.ndarray, " tracks"] | None = None,
    ) -> tuple[Float32[np.ndarray, "queries k"], Int64[np.ndarray, "queries k"]]:
        """The tracks nearest to many embeddings at once, such as rows of `embeddings`.

        Args:
            vectors: Centered embeddings of the library's model, of any length.
            k: How many tracks for each.
            allowed: Which tracks may be found; None for all.

        Returns:
            Cosine similarities, the highest first, and rows of `tracks`.
        """
        return self.generation.index.search(vectors, k, allowed)

    def explain(self, query: Query, neighbor: Query, k: int = 10) -> Explanation:
        """Why a track resembles a query, whether or not it is among its nearest.

        Args:
            query: As for `neighbors`.
            neighbor: A track of the library, as for `neighbors`.
            k: Length of the list out of which the changes named in the explanation would take
                the neighbor.

        Raises:
            QueryError: If either fits no track or several, both are the same, or the neighbor is
                not in the library.
            AudioError: If a query from outside can't be used.
        """
        sound, other = self.sound(query), self.row_of(neighbor)
        if sound.row == other:
            raise QueryError(f"{query} and {neighbor} are the same track; give another")
        return self.explain_rows(sound, np.array([other]), k)[0]

    def sound(self, query: Query) -> Sound:
        """What the model hears of a query.

        Args:
            query: As for `neighbors`.

        Raises:
            QueryError: If nothing fits, or several tracks do.
            AudioError: If a file outside the library can't be used.
            ModelError: If a file is to be embedded and the library's model is gone or another.
        """
        found = self.resolve(query)
        return self._outside.sound(found) if isinstance(found, Path) else self.sound_of(found)

    def sound_of(self, row: int) -> Sound:
        """What the model heard of the track in a row."""
        track = self.tracks.iloc[row]
        return Sound(
            row,
            self.audio_root / track["path"],
            np.asarray(self.embeddings[row]),
            self.generation.windows(row),
            float(track["duration_seconds"]),
        )

    def track_of(self, sound: Sound) -> Track:
        """The track that sounds so."""
        return track_of_file(sound.path) if sound.row is None else self.track(sound.row)

    def row_of(self, query: Query) -> int:
        """The row of a track of the library.

        Raises:
            QueryError: If nothing fits, several tracks do, or the file is not in the library.
        """
        found = self.resolve(query)
        if isinstance(found, Path):
            raise QueryError(f"{found} is not in the library; give a track that is")
        return found

    def subject(self, sound: Sound) -> Subject:
        """What is known of a sound's features; those of a file from outside are measured.

        Raises:
            AudioError: If a file from outside can't be used any more.
        """
        if sound.row is not None:
            return self.readings.subject(sound.row)
        if not len(self.descriptors.columns):
            return Subject(sound.embedding, {})
        return Subject(sound.embedding, self.measure(sound.path))

    def measure(self, path: Path) -> dict[str, float]:
        """What is measured of a file outside the library, by feature.

        Raises:
            AudioError: If it can't be used.
        """
        return self._outside.features(path)

    def explain_rows(
        self, sound: Sound, rows: Int64[np.ndarray, " neighbors"], k: int
    ) -> list[Explanation]:
        """Why the tracks in some rows resemble a sound, in a list of the nearest k."""
        return explain_neighbors(
            self.readings,
            self.directions,
            self.controls,
            self.embeddings,
            self.subject(sound),
            sound.row,
            rows,
            k,
        )

    @cached_property
    def features(self) -> pd.DataFrame:
        """Features of the tracks, one row each: a table's where it has them, else measured."""
        return known_features(self.tracks, self.descriptors)

    @cached_property
    def columns(self) -> dict[str, "pd.Series"]:
        """What conditions may name: the columns of `tracks`, and the features."""
        tables = (self.tracks.drop(columns="content_id"), self.features)
        return {str(name): table[name] for table in tables for name in table}

    @property
    def duplicate_groups(self) -> Int64[np.ndarray, " tracks"]:
        """For each track the first row of the same recording: its own, if there is no other."""
        return self.generation.duplicate_groups

    @cached_property
    def sample(self) -> Sample:
        """Tracks that stand for the library where hubs are corrected."""
        return Sample(self.embeddings)

    @cached_property
    def readings(self) -> Readings:
        """What is usual in the library, and where each track stands."""
        return Readings(self.features, self.probe, self.embeddings)

    @cached_property
    def directions(self) -> Directions:
        """The directions of the embedding that stand for features."""
        return find_directions(self.probe, self.embeddings.shape[1])

    @cached_property
    def controls(self) -> Controls:
        """Random directions of the library, with which features are compared."""
        return draw_controls(self.embeddings, self.directions)

    @property
    def window_seconds(self) -> float:
        """Length of the windows that were embedded."""
        return self._origin.window_seconds

    @property
    def encoder(self) -> "Encoder":
        """The model that embedded the tracks, loaded when first asked for.

        Raises:
            ModelError: If it is gone, or another stands in its place.
        """
        return self._origin.encoder


def _several(queries: Query | Sequence[Query]) -> Sequence[Query]:
    return [queries] if isinstance(queries, str | os.PathLike) else queries
