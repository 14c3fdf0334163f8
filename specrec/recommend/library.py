"""The library: tracks, embeddings and index on disk, and the neighbors of a query."""

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd
from jaxtyping import Float32

from specrec.catalog.identity import content_id
from specrec.config import IndexConfig
from specrec.descriptors.features import FEATURES
from specrec.descriptors.known import known_features
from specrec.errors import AudioError, LibraryError, ModelError, QueryError, SkipReason
from specrec.explain.explainer import Explainer
from specrec.explain.explanation import Explanation
from specrec.index.generation import Generation, skipped_files
from specrec.index.generations import read_generation
from specrec.model.card import read_card
from specrec.model.probe import Probe, load_probe
from specrec.model.registry import find_model
from specrec.recommend.by_both import HybridSpace
from specrec.recommend.by_features.recommender import FeatureRecommender
from specrec.recommend.by_features.settings import FeatureSettings
from specrec.recommend.by_features.sources import Source, sources_of
from specrec.recommend.by_sound import SoundSpace
from specrec.recommend.filters import matches
from specrec.recommend.interpolation import find_path
from specrec.recommend.match import Match, match_windows
from specrec.recommend.query import Names, Query, track_of_file
from specrec.recommend.ranking import Ranking
from specrec.recommend.results import Neighbor, Neighbors, track_of_row
from specrec.recommend.search import find_neighbors
from specrec.recommend.space import Space

if TYPE_CHECKING:
    # What writes a library needs a decoder, which a question does not.
    from specrec.index.build import BuildReport
    from specrec.index.maintenance import Status
    from specrec.index.repair import Verification
    from specrec.model.model import Model

By = Literal["sound", "features", "both"]
"""What tracks are compared by."""

QueryLike = str | os.PathLike[str] | int | Query
"""A track_id, a path (also of a file outside the library), words of title and artist, a row of the
library's `tracks`, or a resolved query."""

_SPACES = 3  # the last that were used
_REMEMBERED = 16  # the last files from outside that were embedded


class Library:
    """A library of tracks that an index run wrote, with its embeddings, features and search index.

    >>> import specrec
    >>> library = specrec.Library.open(library_folder)
    >>> len(library), library.embeddings.shape
    (6, (6, 24))
    >>> [neighbor.track.title for neighbor in library.neighbors("track 0", k=2)]
    ['track 1', 'track 2']

    Attributes:
        folder: Folder of the library.
        generation: Its state on disk, for code that builds on libraries.
    """

    def __init__(self, folder: Path, generation: Generation) -> None:
        self.folder = folder
        self.generation = generation
        self._query_of_file = lru_cache(_REMEMBERED)(self._embed_file)
        self._spaces: dict[str, Space] = {}

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> "Library":
        """Opens the library in a folder.

        Raises:
            LibraryError: If there is no library, or it is damaged or of a newer format.
        """
        path = Path(folder)
        generation = read_generation(path)
        if generation is None:
            raise LibraryError(
                f"{path}: no library there; write one with specrec index audio=MUSIC library={path}"
            )
        return cls(path, generation)

    @classmethod
    def build(
        cls,
        audio: str | os.PathLike[str],
        library: str | os.PathLike[str],
        model: str | os.PathLike[str] = "specrec-base",
        **settings: Any,
    ) -> "Library":
        """Builds a library of the music in a folder, or brings it up to date, and opens it.

        Args:
            audio: The folder of music.
            library: The folder of the library, which is made if it doesn't exist.
            model: Name or folder of the model that embeds the tracks.
            settings: Further settings of `conf/index.yaml`, by name, such as `workers=4`.

        Raises:
            CatalogError: If there is no audio.
            ModelError: If the model is missing or damaged.
            LibraryError: If the library is damaged or in use, or no file can be used.
        """
        from specrec.index.build import build_library

        build_library(
            IndexConfig(
                audio=os.fspath(audio),
                library=os.fspath(library),
                model=os.fspath(model),
                **settings,
            )
        )
        return cls.open(library)

    def __len__(self) -> int:
        return len(self.generation)

    def update(self, **settings: Any) -> "BuildReport":
        """Brings the library up to date with its folder of music, and opens its new state.

        Args:
            settings: Settings of `conf/index.yaml`, by name, to change since the last run.

        Returns:
            What was embedded, skipped and changed.

        Raises:
            CatalogError: If there is no audio any more.
            ModelError: If the model is missing or damaged.
            LibraryError: If the library is damaged or in use.
        """
        from specrec.index.build import build_library

        last = {"audio": str(self.audio_root)} | self.generation.manifest.get("settings", {})
        given = last | {"model": str(self._model_folder())} | settings
        report = build_library(IndexConfig(**given, library=str(self.folder)))
        self._reopen()
        return report

    def add(self, *files: str | os.PathLike[str]) -> list[Query]:
        """Adds files to the library that were put into its folder of music.

        Args:
            files: Paths below the library's `audio_root`. Other new files there are added too.

        Returns:
            The tracks of the files, as queries.

        Raises:
            QueryError: If a file is not below the folder of music.
            AudioError: If a file can't be used; the others are added all the same.
            LibraryError: If the library is damaged or in use.
        """
        root = self.audio_root.resolve()
        paths = [Path(file).resolve() for file in files]
        for path in paths:
            if not path.is_relative_to(root):
                raise QueryError(f"{path}: not below the library's folder of music, {root}")
        self.update()
        skipped = {item.path: item for item in skipped_files(self.generation.skipped)}
        for path in paths:
            item = skipped.get(str(path.relative_to(root)))
            if item is not None:
                raise AudioError(path, SkipReason(item.reason), item.detail)
        return [self.resolve(path) for path in paths]

    def remove(self, *tracks: QueryLike) -> list[Query]:
        """Removes tracks; index runs leave their files out from now on.

        Args:
            tracks: Tracks of the library, as `resolve` takes them.

        Returns:
            The tracks that were removed, as queries.

        Raises:
            QueryError: If one fits no track or several.
            LibraryError: If the library is damaged or in use.
        """
        from specrec.index.maintenance import remove_tracks

        found = [self._inside(self.resolve(track)) for track in tracks]
        remove_tracks(self.folder, [str(query.track.track_id) for query in found])
        self._reopen()
        return found

    def _reopen(self) -> None:
        """Takes the state that was just written, and forgets what was read of the one before."""
        self.__dict__ = Library.open(self.folder).__dict__

    def status(self) -> "Status":
        """Says what the library holds: tracks, skipped files, model, index, bytes on disk."""
        from specrec.index.maintenance import library_status

        return library_status(self.folder)

    def verify(self) -> "Verification":
        """Reads every byte of the library and compares it with what was written."""
        from specrec.index.repair import verify_library

        return verify_library(self.folder)

    @property
    def tracks(self) -> pd.DataFrame:
        """One row per track: track_id, path, tags, duration_seconds, the columns of a table."""
        return self.generation.tracks

    @property
    def embeddings(self) -> Float32[np.ndarray, "tracks dim"]:
        """Centered embeddings of the tracks, not of unit length; memory-mapped."""
        return self.generation.embeddings

    @cached_property
    def features(self) -> pd.DataFrame:
        """Features in their units, one row per track: from a table, else measured."""
        return known_features(self.tracks, self.generation.descriptors)

    @property
    def audio_root(self) -> Path:
        """The folder to which the tracks' paths are relative."""
        return Path(self.generation.manifest["audio_root"])

    @cached_property
    def _probe(self) -> Probe | None:
        """The probe fitted on the library itself, else the model's."""
        try:
            own = load_probe(self.folder, self.generation.fingerprint)
        except ModelError:
            own = None  # another model has embedded the library since
        return own or self.generation.probe

    @cached_property
    def explainer(self) -> Explainer:
        """Explains the library's matches by sound."""
        return Explainer(self.embeddings, self.features, self._probe)

    @cached_property
    def model(self) -> "Model":
        """The model that embedded the tracks, loaded on first use.

        Raises:
            ModelError: If the model is missing, or another one has taken its place.
        """
        from specrec.model.model import load_model

        folder, wanted = self._model_folder(), self.generation.fingerprint
        model = load_model(folder, device="cpu")  # for one file at a time
        if model.fingerprint != wanted:
            raise ModelError(
                f"{folder}: not the model of {self.folder} (fingerprint {model.fingerprint}, not"
                f" {wanted}); run specrec index again"
            )
        return model

    def _model_folder(self) -> Path:
        model = self.generation.manifest["model"]
        try:
            return find_model(model["folder"])
        except ModelError:
            return find_model(model["name"])

    def resolve(self, query: QueryLike) -> Query:
        """Resolves a query; a file from outside the library is embedded and measured.

        >>> library.resolve("track 3").row
        3

        Args:
            query: A track_id, a path, words of title and artist, or an integer: a row of
                `tracks`.

        Raises:
            QueryError: If no track fits, or several do.
            AudioError: If a file from outside the library can't be used.
            ModelError: If a file must be embedded, but the library's model is missing.
        """
        if isinstance(query, Query):
            return self._checked(query)
        if isinstance(query, int | np.integer):
            if not 0 <= query < len(self):
                raise QueryError(f"no row {query}; the library has {len(self)}, from 0")
            return self._query_of_row(int(query))
        found = self._names.resolve(query)
        if isinstance(found, Path):
            return self._query_of_file(found, content_id(found))
        return self._query_of_row(found)

    def _checked(self, query: Query) -> Query:
        """Returns a resolved query, if its row is still that of its track."""
        row = query.row
        known = row is None or self.tracks["content_id"].get(row) == query.content_id
        if not known:
            raise QueryError(
                f"{query.track.title}: resolved before the library changed, or in another; resolve"
                " it again"
            )
        return query

    def _query_of_row(self, row: int) -> Query:
        """Makes a query of the track in a row."""
        track = self.tracks.iloc[row]
        return Query(
            track_of_row(track),
            row,
            self.audio_root / track["path"],
            self.explainer.stats.known(row),
            np.asarray(self.embeddings[row]),
            self.generation.windows(row),
            track["content_id"],
        )

    def _embed_file(self, path: Path, content: str) -> Query:
        """Embeds and measures a file from outside in one pass."""
        measure = len(self.generation.descriptors.columns) > 0
        ((_, made),) = self.model.stream([path], workers=1, measure_features=measure)
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

    @cached_property
    def _names(self) -> Names:
        return Names(self.tracks)

    def _inside(self, query: Query) -> Query:
        if query.row is None:
            raise QueryError(f"{query.path} is not in the library; give a track that is")
        return query

    def neighbors(
        self,
        queries: QueryLike | Sequence[QueryLike],
        k: int = 10,
        *,
        by: By = "sound",
        against: QueryLike | Sequence[QueryLike] = (),
        where: str | None = None,
        other_artists: bool = False,
        other_albums: bool = False,
        per_artist: int | None = None,
        diversity: float = 0.0,
        fewer_hubs: bool = False,
        duplicates: bool = False,
        explain: bool = True,
        features: FeatureSettings | None = None,
        sound_weight: float = 0.5,
    ) -> Neighbors:
        """Finds the tracks most similar to a query, or to several, which are left out themselves.

        The neighbors of a single query are sorted by similarity, unless an option says otherwise.
        Several queries are combined by `specrec.recommend.ranking.agreement`.

        >>> found = library.neighbors("track 0", k=3, where="duration_seconds < 60")
        >>> [neighbor.rank for neighbor in found]
        [1, 2, 3]

        Args:
            queries: One or several: a track_id, a path (also of a file outside the library,
                which is embedded with the library's model), or words of title and artist.
            k: Number of neighbors, 1 or more; if fewer are found, the notes say why.
            by: What tracks are compared by: `sound` (the cosine of embeddings), `features`, or
                `both`.
            against: Negative queries, one or several, which the neighbors should not resemble.
            where: A condition on columns and features, such as `genre == 'jazz' and year > 1990`;
                see `specrec.recommend.filters`.
            other_artists: Whether to leave out tracks by the artists of the queries.
            other_albums: Whether to leave out tracks from the albums of the queries.
            per_artist: Most tracks by one artist; None for no limit. Tracks whose artist is
                unknown are not limited.
            diversity: From 0, the most similar tracks, to 1, the most diverse ones (maximal
                marginal relevance; Carbonell and Goldstein 1998).
            fewer_hubs: Whether to rank tracks lower that are near to everything, by mutual
                proximity (`specrec.recommend.hubness`).
            duplicates: Whether to list every file of one recording, and copies of the query, not
                only the best ranked.
            explain: Whether to explain each neighbor.
            features: Settings by which features are compared; None for the defaults.
            sound_weight: With `by="both"`, the weight of sound against features, from 0 to 1.

        Raises:
            QueryError: If a value is out of its range, no track or several tracks fit a query, or
                the condition can't be read.
            AudioError: If a file from outside the library can't be used.
            ModelError: If a file must be embedded, but the library's model is missing.
        """
        ranking = Ranking(
            other_artists, other_albums, per_artist, diversity, fewer_hubs, duplicates
        )
        space = self.space(by, features, sound_weight)  # first: a file from outside takes long
        seeds, negatives = (
            [self.resolve(one) for one in _several(it)] for it in (queries, against)
        )
        return find_neighbors(
            space,
            self.tracks,
            self.generation.duplicate_groups,
            seeds,
            negatives,
            k,
            ranking,
            None if where is None else matches(where, self.columns),
            explain,
        )

    def space(
        self, by: By = "sound", features: FeatureSettings | None = None, sound_weight: float = 0.5
    ) -> Space:
        """Makes the space in which tracks are compared; the arguments are those of `neighbors`.

        Raises:
            QueryError: If `by` is none of the three, or a feature in the settings is unknown.
        """
        if by not in get_args(By):
            raise QueryError(f"by must be sound, features or both, not {by}")
        key = repr((by, features, sound_weight))
        if key not in self._spaces:
            if len(self._spaces) == _SPACES:  # each keeps vectors of all tracks
                del self._spaces[next(iter(self._spaces))]
            self._spaces[key] = self._space(by, features or FeatureSettings(), sound_weight)
        return self._spaces[key]

    def _space(self, by: By, features: FeatureSettings, sound_weight: float) -> Space:
        if by == "sound":
            return SoundSpace(self.embeddings, self.generation.index, self.explainer)
        known = self.by_features(features)
        if by == "features":
            return known
        return HybridSpace(self.embeddings, known, self.explainer.directions, sound_weight)

    def by_features(self, settings: FeatureSettings | None = None) -> FeatureRecommender:
        """Makes a recommender of the library's tracks by features.

        Raises:
            QueryError: If a feature named in the settings is missing, or no feature is known.
        """
        return FeatureRecommender(
            self.tracks,
            self.feature_sources,
            settings or FeatureSettings(),
            self.audio_root,
            self._probe,
        )

    @cached_property
    def feature_sources(self) -> dict[Source, pd.DataFrame]:
        """Features by their source, one row per track: from a table, measured, predicted."""
        return sources_of(self.tracks, self.generation.descriptors, self._probe, self.embeddings)

    @cached_property
    def columns(self) -> dict[str, "pd.Series"]:
        """The columns that conditions may name: those of `tracks`, and the features."""
        tables = (self.tracks.drop(columns="content_id"), self.features)
        return {str(name): table[name] for table in tables for name in table}

    def explain(
        self,
        query: QueryLike,
        neighbor: QueryLike,
        k: int = 10,
        *,
        by: By = "sound",
        features: FeatureSettings | None = None,
        sound_weight: float = 0.5,
    ) -> Match:
        """Explains why a track is similar to a query, whether or not it is among the nearest.

        >>> match = library.explain("track 0", "track 1")
        >>> match.similarity == library.neighbors("track 0", k=1)[0].explanation.similarity
        True

        Args:
            query: The query, as `resolve` takes it.
            neighbor: A track of the library, as `resolve` takes it.
            k: Length of the list of neighbors out of which the changes named in the explanation
                would take the neighbor.
            by: What tracks are compared by, as for `neighbors`.
            features: Settings by which features are compared; None for the defaults.
            sound_weight: With `by="both"`, the weight of sound against features, from 0 to 1.

        Raises:
            QueryError: If either fits no track or several, both are the same, or the neighbor is
                not in the library.
            AudioError: If a query from outside can't be used.
        """
        space, stats = self.space(by, features, sound_weight), self.explainer.stats
        asked, other = self.resolve(query), self._inside(self.resolve(neighbor))
        if asked.row == other.row:
            raise QueryError(
                f"{asked.track.title} and {other.track.title} are the same track; give another"
            )
        rows = np.array([other.row])
        here, there = (stats.readings(one.sound, one.features) for one in (asked, other))
        windows = match_windows(asked, other, self.window_seconds) if by == "sound" else None
        return Match(
            asked.track,
            other.track,
            space.explanations(asked, rows, k)[0],
            {name: (here[name], there[name]) for name in here if name in there},
            windows,
            k,
        )

    @property
    def window_seconds(self) -> float:
        """Length of the windows that were embedded, in seconds."""
        stored = self.generation.manifest["model"].get("window_seconds")
        if stored is None:  # written before this was stored
            stored = read_card(self._model_folder()).front_end.window_seconds
        return float(stored)

    def interpolate(
        self, start: QueryLike, goal: QueryLike, steps: int = 8, *, explain: bool = True
    ) -> Neighbors:
        """Finds a path of tracks from one sound to another, each similar to the one before.

        >>> path = library.interpolate("track 0", "track 5", steps=3)
        >>> path[-1].track.title
        'track 5'

        Args:
            start: The track where the path begins, as `resolve` takes it.
            goal: The track of the library where it ends.
            steps: Number of steps to the goal, from 1 to 100; fewer if fewer tracks lie between.
            explain: Whether to explain each step.

        Returns:
            The tracks after the start in order, each as a neighbor of the one before; see
            `specrec.recommend.interpolation`.

        Raises:
            QueryError: If `steps` is not from 1 to 100, either fits no track or several, the goal
                is not in the library, or both sound the same.
            AudioError: If a start from outside can't be used.
        """
        first, last = self.resolve(start), self.resolve(goal)
        space, groups = self.space(), self.generation.duplicate_groups
        rows = find_path(space, groups, first, last, steps)
        here, path = first, []
        for place, row in enumerate(rows, 1):
            there = self._query_of_row(row)
            similarity = float(space.vector(here) @ space.vector(there))
            why: Explanation | None = None
            if explain:
                (why,) = space.explanations(here, np.array([row]), 10)
            path.append(Neighbor(place, similarity, there.track, why))
            here = there
        notes: tuple[str, ...] = ()
        if len(rows) < steps:
            notes = (f"{len(rows)} of {steps} steps: no other track lies between the two",)
        return Neighbors((first.track,), tuple(path), notes)


def _several(queries: QueryLike | Sequence[QueryLike]) -> Sequence[QueryLike]:
    one = isinstance(queries, str | os.PathLike | int | np.integer | Query)
    return [queries] if one else queries  # type: ignore[list-item,return-value]
