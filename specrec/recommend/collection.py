"""A collection: what a library holds in one state, and all that is derived from it."""

import math
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, get_args

import numpy as np
import pyarrow as pa

from specrec.descriptors.features import FEATURES, SYNONYMS
from specrec.descriptors.known import known_columns
from specrec.errors import AudioError, LibraryError, ModelError, QueryError
from specrec.explain.explainer import Explainer
from specrec.explain.feature_stats import FeatureStats
from specrec.explain.timeline import Timeline
from specrec.index.generation import Generation
from specrec.index.generations import read_generation
from specrec.index.table_file import as_array, find_text
from specrec.model.probe import Probe, load_probe
from specrec.recommend.by_features.settings import FeatureSettings
from specrec.recommend.by_sound import SoundSpace
from specrec.recommend.query import NAMES, Query, find_row, is_file, is_text, track_of_file
from specrec.recommend.results import Track, TrackTable
from specrec.recommend.space import By, Space
from specrec.recommend.timelines import Timelines
from specrec.shapes import Bool, Float32, Float64, Int64

if TYPE_CHECKING:
    # Works on frames, whose package takes longer to load than a question takes.
    import pandas as pd

    # Needs torch, which a track of the library does not.
    from specrec.model.model import Model

    # What compares features: loading it takes as long as a search by sound.
    from specrec.recommend.by_features.recommender import FeatureRecommender
    from specrec.recommend.by_features.sources import Source

    # What only some questions need.
    from specrec.recommend.concepts import Columns, ConceptColumns
    from specrec.recommend.name_search import NameSearch
    from specrec.recommend.words import WordSpace

_ELSEWHERE = ("milvus:", "milvus+tls:", "milvus-lite:")  # addresses, not folders
_SPACES = 3  # the last that were used
_CONDITIONS = 64  # the last that were asked for, each with a byte a track
_ORDERS = 16  # with eight bytes a track
_REMEMBERED = 16  # the last files from outside that were embedded


@dataclass(frozen=True, eq=False)
class Collection:
    """The tracks of a library in one state, with their embeddings, features, and what they tell.

    It never changes: when the library is updated, another collection takes its place. What is
    derived is computed when first needed, and kept; nothing of it refers back to the collection, so
    that its memory is free as soon as nobody uses it any more.

    >>> collection = library.collection
    >>> len(collection), collection.embeddings.shape
    (6, (6, 24))

    Attributes:
        folder: Folder of the library.
        generation: The state on disk from which it is read.
    """

    folder: Path
    generation: Generation

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> "Collection":
        """Opens what the library in a folder holds now, or at an address of Milvus.

        Raises:
            LibraryError: If there is no library, or it is damaged or of a newer format, or a
                database does not answer.
            QueryError: If an address can't be read.
        """
        if os.fspath(folder).startswith(_ELSEWHERE):
            from specrec.scale.milvus.collection import MilvusCollection

            return MilvusCollection.open(folder)
        path = Path(folder)
        generation = read_generation(path)
        if generation is None:
            raise LibraryError(
                f"{path}: no library there; write one with specrec index audio=MUSIC library={path}"
            )
        return cls(path, generation)

    def newest(self) -> "Collection":
        """What the library holds now: this collection, or another one.

        Raises:
            LibraryError: If the library is gone or damaged.
        """
        newest = Collection.open(self.folder)
        if newest.generation.manifest == self.generation.manifest:
            return self
        if newest.generation.fingerprint == self.generation.fingerprint and "model" in vars(self):
            vars(newest)["model"] = self.model  # which takes longer to load than all the rest
        return newest

    def __len__(self) -> int:
        return len(self.generation)

    @property
    def tracks(self) -> "pd.DataFrame":
        """One row per track: track_id, path, tags, duration_seconds, the columns of a table."""
        return self.generation.tracks

    @property
    def embeddings(self) -> Float32[np.ndarray, "tracks dim"]:
        """Centered embeddings of the tracks, not of unit length; memory-mapped."""
        return self.generation.embeddings

    @cached_property
    def features(self) -> "pd.DataFrame":
        """Features in their units, one row per track: from a table, else measured."""
        import pandas as pd

        return pd.DataFrame(self._features, range(len(self)), copy=False)

    @cached_property
    def _features(self) -> dict[str, Float64[np.ndarray, " tracks"]]:
        tracks = self.generation.stored_tracks
        named = {*FEATURES, *SYNONYMS} & {*tracks.column_names}
        given = {name: as_array(tracks[name]) for name in named}
        return known_columns(given, self.generation.measured)

    @cached_property
    def feature_sources(self) -> "dict[Source, pd.DataFrame]":
        """Features by their source, one row per track: from a table, measured, predicted."""
        from specrec.recommend.by_features.sources import sources_of

        return sources_of(self.tracks, self.generation.descriptors, self.probe, self.embeddings)

    @cached_property
    def columns(self) -> "Columns":
        """The columns that conditions may name: those of `tracks`, features, and `concepts`."""
        from specrec.recommend.concepts import Columns

        tables = (self.tracks.drop(columns="content_id"), self.features)
        named = {str(name): table[name] for table in tables for name in table}
        return Columns(named, self.concepts)

    @cached_property
    def concepts(self) -> "ConceptColumns":
        """Where each track stands in each concept that the library tells, from 0 to 1."""
        from specrec.recommend.concepts import ConceptColumns

        return ConceptColumns(self.stats)

    @property
    def audio_root(self) -> Path:
        """The folder to which the tracks' paths are relative."""
        return Path(self.generation.manifest["audio_root"])

    @property
    def model_folder(self) -> Path:
        """The folder of the model that embedded the tracks.

        Raises:
            ModelError: If it is neither where it was nor among the installed models.
        """
        from specrec.index.adapted import find_embedder

        model = self.generation.manifest["model"]
        return find_embedder(self.folder, model["folder"], model["name"])

    @cached_property
    def model(self) -> "Model":
        """The model that embedded the tracks, loaded on first use.

        Raises:
            ModelError: If the model is missing, or another one has taken its place.
        """
        from specrec.model.model import load_model

        folder, wanted = self.model_folder, self.generation.fingerprint
        model = load_model(folder, device="cpu")  # for one file at a time
        if model.fingerprint != wanted:
            raise ModelError(
                f"{folder}: not the model of {self.folder} (fingerprint {model.fingerprint}, not"
                f" {wanted}); run specrec index again"
            )
        return model

    @cached_property
    def probe(self) -> Probe | None:
        """Predicts features from embeddings: fitted on the library itself, else the model's."""
        own, made = self._own_probe, self.generation.probe
        # What is fitted on a library are features; concepts are the model's.
        return made if own is None else own.with_names_of(made)

    @cached_property
    def _own_probe(self) -> Probe | None:
        try:
            return load_probe(self.folder, self.generation.fingerprint)
        except ModelError:
            return None  # another model has embedded the library since

    @cached_property
    def stats(self) -> FeatureStats:
        """The distribution of the features, and where each track stands."""
        stored = self.generation.distribution if self._own_probe is None else None
        return FeatureStats(self._features, self.probe, self.embeddings, distribution=stored)

    @cached_property
    def explainer(self) -> Explainer:
        """Explains matches by sound."""
        return Explainer(self.embeddings, self.stats)

    def query(self, query: str | os.PathLike[str] | int, most_seconds: float = math.inf) -> Query:
        """Makes a query; a file from outside is embedded and measured.

        Args:
            query: A track_id, a path, words of title and artist, or a row of `tracks`.
            most_seconds: How long reading a file from outside may take.

        Raises:
            QueryError: If no track fits, or several do.
            AudioError: If a file from outside can't be used, or takes longer.
            ModelError: If a file must be embedded, but the model is missing.
        """
        if isinstance(query, int | np.integer):
            if not 0 <= query < len(self):
                raise QueryError(f"no row {query}; the library has {len(self)}, from 0")
            return self._query_of_row(int(query))
        text = os.fspath(query)
        row = self._search("track_id", text)
        if row is None and is_file(Path(text)):
            from specrec.catalog.identity import content_id

            content = content_id(Path(text))
            row = self._search("content_id", content)
            if row is None:
                return self._query_of_file(Path(text), content, most_seconds)
        return self._query_of_row(find_row(self._names, text) if row is None else row)

    def row_of(self, track_id: str) -> int | None:
        """Finds the row of a track by its track_id alone; None if no track has it."""
        return self._row_of_id.get(track_id)

    @cached_property
    def _row_of_id(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self._names["track_id"].to_pylist())}

    def _search(self, column: str, wanted: str) -> int | None:
        """Finds the row with an id, without a dictionary of all: for a single question."""
        if not is_text(wanted):
            return None
        return find_text(self._names[column], wanted)

    @property
    def _names(self) -> pa.Table:
        return self.generation.table("tracks").columns(*NAMES, "content_id")

    def tracks_at(self, rows: Int64[np.ndarray, " rows"]) -> list[Track]:
        """Makes the tracks in some rows, in their order."""
        return self.table.at(rows)

    @cached_property
    def table(self) -> TrackTable:
        """The tracks, laid out so that those in a few rows are found fast."""
        generation = self.generation
        return TrackTable(generation.stored_tracks, lambda: generation.duplicate_groups)

    def holds(self, query: Query) -> bool:
        """Whether the track of a query still is in its row."""
        if query.row is None:
            return True
        return query.row < len(self) and self._content_id(query.row) == query.content_id

    @cached_property
    def matching(self) -> Callable[[str], Bool[np.ndarray, " tracks"]]:
        """Finds the tracks for which a condition holds; see `specrec.recommend.filters`.

        Raises:
            QueryError: If the condition can't be read, or names an unknown column.
        """
        from specrec.recommend.filters import matches

        columns = self.columns
        return lru_cache(_CONDITIONS)(lambda where: matches(where, columns))

    @cached_property
    def order_by(self) -> Callable[[str], Int64[np.ndarray, " tracks"]]:
        """Finds the place of each track when all are sorted by a column; `-year` for falling years.

        Texts are sorted without regard to case; tracks without a value come last.

        Raises:
            QueryError: If there is no such column.
        """
        from specrec.recommend.filters import places_by

        columns = self.columns
        return lru_cache(_ORDERS)(lambda key: places_by(key, columns))

    def _query_of_row(self, row: int) -> Query:
        (track,) = self.tracks_at(np.array([row]))
        return Query(
            track,
            row,
            self.audio_root / track.path,
            self.stats.known(row),
            np.asarray(self.embeddings[row]),
            self.generation.windows(row),
            self._content_id(row),
        )

    def _content_id(self, row: int) -> str:
        return str(self.generation.stored_tracks["content_id"][row])

    def timeline(self, query: Query | int) -> Timeline | None:
        """Reads the concepts of a track over time.

        >>> collection = library.collection
        >>> len(collection.timeline(collection.query("track 5")).spans)  # windows
        2

        Args:
            query: A query, or the row of a track.

        Returns:
            Its timeline; None for words, and for what words turned, which have no windows.

        Raises:
            LibraryError: If the windows of the track are damaged.
            ModelError: If the library is so old that it doesn't say how long windows are, and its
                model is gone.
        """
        return self._timelines.read(query)

    @cached_property
    def _timelines(self) -> Timelines:
        return Timelines(self.generation, self.stats)

    @cached_property
    def _query_of_file(self) -> Callable[[Path, str, float], Query]:
        measure = len(self.generation.measured) > 0
        return lru_cache(_REMEMBERED)(partial(_embed_file, self.model, measure))

    @cached_property
    def name_search(self) -> "NameSearch":
        """Finds tracks by the beginnings of words in their names."""
        from specrec.recommend.name_search import NameSearch

        return NameSearch(self.tracks)

    @cached_property
    def words(self) -> "WordSpace":
        """Makes queries of words, and turns queries by words.

        Raises:
            QueryError: If the model's coordinates have no names.
        """
        from specrec.recommend.words import WordSpace

        return WordSpace(self.probe, self.embeddings)

    def space(
        self, by: By = "sound", features: FeatureSettings | None = None, sound_weight: float = 0.5
    ) -> Space:
        """Makes the space in which tracks are compared.

        Args:
            by: What tracks are compared by.
            features: Settings by which features are compared; None for the defaults.
            sound_weight: With `by="both"`, the weight of sound against features, from 0 to 1.

        Raises:
            QueryError: If `by` is none of the three, a feature in the settings is unknown, or the
                weight is out of its range.
        """
        if by not in get_args(By):
            raise QueryError(f"by must be sound, features or both, not {by}")
        if by == "sound":
            return self._by_sound
        key = repr((by, features, sound_weight))
        with self._making:  # a server's threads may ask at once
            space = self._spaces.get(key) or self._space(by, features, sound_weight)
            self._spaces[key] = space
            if len(self._spaces) > _SPACES:  # each keeps vectors of all tracks
                del self._spaces[next(iter(self._spaces))]
        return space

    @cached_property
    def _by_sound(self) -> SoundSpace:
        timeline = self._timelines.read
        return SoundSpace(self.embeddings, self.generation.index, self.explainer, timeline)

    @cached_property
    def _spaces(self) -> dict[str, Space]:
        return {}

    @cached_property
    def _making(self) -> Lock:
        return Lock()

    def _space(self, by: By, features: FeatureSettings | None, sound_weight: float) -> Space:
        known = self.by_features(features)
        if by == "features":
            return known
        from specrec.recommend.by_both import HybridSpace

        return HybridSpace(self.embeddings, known, self.explainer, sound_weight)

    def by_features(self, settings: FeatureSettings | None = None) -> "FeatureRecommender":
        """Makes a recommender of the tracks by features.

        Raises:
            QueryError: If a feature named in the settings is missing, or no feature is known.
        """
        from specrec.recommend.by_features.recommender import FeatureRecommender

        return FeatureRecommender(
            self.tracks,
            self.feature_sources,
            settings or FeatureSettings(),
            self.audio_root,
            self.probe,
        )


def _embed_file(
    model: "Model", measure: bool, path: Path, content: str, most_seconds: float
) -> Query:
    """Embeds a file from outside and measures it, if so asked, in one pass."""
    ((_, made),) = model.stream(
        [path], workers=1, measure_features=measure, most_seconds=most_seconds
    )
    if isinstance(made, AudioError):
        raise made
    features = made.features or {}
    measured = {name: value for name, value in features.items() if name in FEATURES}
    return Query(
        replace(track_of_file(path), duration_seconds=made.seconds),
        None,
        path,
        {name: value for name, value in measured.items() if np.isfinite(value)},
        made.embedding,
        made.windows.astype(np.float16),  # as a library keeps them
        content,
    )
