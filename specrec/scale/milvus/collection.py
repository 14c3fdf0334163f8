"""A library in Milvus, as a collection that is asked like one on disk."""

import math
import os
from collections.abc import Callable
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NoReturn

import numpy as np

from specrec.descriptors.features import PROPERTIES
from specrec.errors import LibraryError, QueryError
from specrec.explain.explainer import Explainer
from specrec.explain.feature_stats import FeatureStats
from specrec.explain.timeline import Timeline
from specrec.index.adapted import find_embedder
from specrec.index.generation import Generation
from specrec.model.distribution import FEWEST
from specrec.model.probe import Probe
from specrec.recommend.by_features.settings import FeatureSettings
from specrec.recommend.collection import Collection
from specrec.recommend.filters import evaluate
from specrec.recommend.query import Query
from specrec.recommend.space import By, Space
from specrec.recommend.words import WordSpace
from specrec.scale.milvus.about import About, from_bytes
from specrec.scale.milvus.address import parse_address
from specrec.scale.milvus.conditions import Condition, MilvusColumn
from specrec.scale.milvus.database import Database, connect
from specrec.scale.milvus.space import MilvusSpace
from specrec.scale.milvus.state import read_about, read_hidden, read_state
from specrec.scale.milvus.tracks import MilvusTracks
from specrec.shapes import Float16, Float32

_CONDITIONS = 64
_FORMAT = 3  # of the generations whose manifest is kept


class PushedGeneration(Generation):
    """A state of a library that was pushed: its manifest and probe, and windows by row."""

    def __init__(self, address: str, about: About, tracks: MilvusTracks) -> None:
        manifest = {"format_version": _FORMAT, "files": {}} | about.manifest
        super().__init__(Path(address), Path(address), manifest)
        self._address = address
        self._about = about
        self._tracks = tracks

    @cached_property
    def probe(self) -> Probe | None:
        """The library's probe; None if it has none."""
        return self._about.probe

    @cached_property
    def measured(self) -> dict[str, np.ndarray]:
        """No rows, and a column if features of tracks are measured."""
        return {"measured": np.zeros(0)} if self._about.measured else {}

    def windows(self, row: int) -> Float16[np.ndarray, "windows dim"]:
        """The embeddings of the windows of a track; none if they were not pushed."""
        return self._tracks.windows([row], self._about.sample.shape[1])[row]

    @property
    def embeddings(self) -> NoReturn:
        """Not here."""
        self.refuse()

    @property
    def index(self) -> NoReturn:
        """Not here."""
        self.refuse()

    def _table(self, name: str) -> NoReturn:
        self.refuse()

    def refuse(self) -> NoReturn:
        """Says that the library's folder is needed."""
        raise LibraryError(
            f"{self._address}: in Milvus tracks are only searched and explained; for all else give"
            f" the library's folder, {self._about.folder}"
        )


class MilvusCollection(Collection):
    """What was pushed to Milvus, which answers what a search and explanations ask.

    Of what needs all tracks at once, such as reports and changes of the library, it says that the
    folder of the library is needed.

    Attributes:
        database: The database.
        about: What is known of the library.
        table: The tracks.
    """

    generation: PushedGeneration
    table: MilvusTracks  # type: ignore[assignment]

    def __init__(self, database: Database, about: About, tracks: MilvusTracks) -> None:
        """Takes what `open` found."""
        generation = PushedGeneration(database.address.text, about, tracks)
        object.__setattr__(self, "generation", generation)  # as every dataclass that is frozen
        self.database = database
        self.about = about
        self.table = tracks

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> "MilvusCollection":
        """Opens the library at an address.

        Raises:
            QueryError: If it is no address.
            LibraryError: If Milvus does not answer, or has no such library.
        """
        address = parse_address(folder)
        database = connect(address)
        used = database.in_use(address.name)
        state = None if used is None else read_state(database, used)
        if used is None or state is None:
            raise LibraryError(
                f"{address.text}: no library there; put one there with specrec push LIBRARY"
                f" {address.text}"
            )
        try:
            about = from_bytes(read_about(database, used, state))
        except ValueError as error:
            raise LibraryError(f"{address.text}: {error}") from error
        database.call("load_collection", used)
        count = int(about.manifest["counts"]["tracks"])
        hidden = read_hidden(database, used, state)
        artists = next((field.parts for field in about.fields if field.column == "artist"), "")
        tracks = MilvusTracks(database, used, state.push, hidden, count, artists)
        return cls(database, about, tracks)

    @property
    def folder(self) -> NoReturn:
        """Not here: what changes a library needs the one on disk."""
        self.generation.refuse()

    @property
    def model_folder(self) -> Path:
        """The folder of the model that embedded the tracks.

        Raises:
            ModelError: If it is neither where it was nor among the installed models.
        """
        model = self.about.manifest["model"]
        return find_embedder(Path(self.about.folder), model["folder"], model["name"])

    @cached_property
    def probe(self) -> Probe | None:
        """Predicts features from embeddings."""
        return self.about.probe

    @cached_property
    def stats(self) -> FeatureStats:
        """The distribution of the features."""
        stored = self.about.distribution
        known = {
            name: stored[name]
            for name in PROPERTIES
            if name in stored and len(stored[name]) >= FEWEST
        }
        return FeatureStats({}, self.probe, self._no_embeddings, distribution=known)

    @cached_property
    def explainer(self) -> Explainer:
        """Explains matches by sound."""
        return Explainer(self._no_embeddings, self.stats, controls=self.about.controls)

    @property
    def _no_embeddings(self) -> Float32[np.ndarray, "0 dim"]:
        return self.about.sample[:0]

    def query(self, query: str | os.PathLike[str] | int, most_seconds: float = math.inf) -> Query:
        """Makes a query; a file from outside is embedded and measured.

        Args:
            query: A track_id, a path, words of title and artist, or a row: a key in Milvus.
            most_seconds: How long reading a file from outside may take.

        Raises:
            QueryError: If no track fits, or several do.
            AudioError: If a file from outside can't be used, or takes longer.
            ModelError: If a file must be embedded, but the model is missing.
        """
        if isinstance(query, int | np.integer):
            if not self.table.holds(int(query)):
                raise QueryError(f"no track has the key {query}")
            return self._query_of_row(int(query))
        found = self.table.resolve(os.fspath(query))
        if isinstance(found, int):
            return self._query_of_row(found)
        return self._query_of_file(*found, most_seconds)

    def timeline(self, query: Query | int) -> Timeline | None:
        """Reads the concepts of a track over time; None for words, and if no windows were pushed.

        Args:
            query: A query, or the row of a track.
        """
        return super().timeline(query if isinstance(query, Query) else self._query_of_row(query))

    def row_of(self, track_id: str) -> int | None:
        """Finds the row of a track by its track_id alone; None if no track has it."""
        return self.table.row_of(track_id)

    def holds(self, query: Query) -> bool:
        """Whether the track of a query is in this library."""
        return query.row is None or self.table.holds(query.row)

    @cached_property
    def matching(self) -> Callable[[str], Condition]:  # type: ignore[override]
        """Makes an expression of a condition; see `specrec.recommend.filters`.

        Raises:
            QueryError: If the condition can't be read, or names an unknown column.
        """
        return lru_cache(_CONDITIONS)(lambda where: evaluate(where, self._fields, self._column))

    @cached_property
    def words(self) -> WordSpace:
        """Makes queries of words, and turns queries by words.

        Raises:
            QueryError: If the model's coordinates have no names.
        """
        return WordSpace(self.probe, self.about.sample)

    def space(
        self, by: By = "sound", features: FeatureSettings | None = None, sound_weight: float = 0.5
    ) -> Space:
        """The space in which tracks are compared: by sound alone.

        Raises:
            QueryError: If they are to be compared by anything else.
        """
        if by != "sound":
            raise QueryError(
                f"in Milvus tracks are compared by sound alone, not by {by}; give the library's"
                f" folder, {self.about.folder}"
            )
        return self._by_sound

    @cached_property
    def _by_sound(self) -> MilvusSpace:  # type: ignore[override]
        return MilvusSpace(self.table, self.about, self.explainer, self.timeline)

    @cached_property
    def _fields(self) -> dict[str, MilvusColumn]:
        return {
            field.column: MilvusColumn(
                field, self.table.count, self.about.distribution.get(field.feature)
            )
            for field in self.about.fields
        }

    def _column(self, name: str) -> MilvusColumn:
        return self._fields[name]

    def _query_of_row(self, row: int) -> Query:
        (record,) = self.table.records([row])
        windows = self.generation.windows(row)
        return Query(
            record.track,
            row,
            self.audio_root / record.track.path,
            dict(record.known),
            record.embedding,
            windows if len(windows) else None,
            record.content_id,
        )
