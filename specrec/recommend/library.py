"""The library: its music is kept up to date here, and its neighbors found and explained."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specrec.errors import AudioError, QueryError
from specrec.explain.timeline import Timeline
from specrec.index.generation import skipped_files
from specrec.recommend.by_features.settings import FeatureSettings
from specrec.recommend.collection import Collection
from specrec.recommend.query import Query, QueryLike, as_list
from specrec.recommend.ranking import Ranking
from specrec.recommend.results import Neighbors
from specrec.recommend.search import find_neighbors
from specrec.recommend.space import By

if TYPE_CHECKING:
    import pandas as pd

    # What writes a library needs a decoder, which a question does not.
    from specrec.config import IndexConfig
    from specrec.index.build import BuildReport
    from specrec.index.maintenance import Status
    from specrec.index.repair import Verification

    # Another question than the usual one, whose answer waits for no more than it needs.
    from specrec.recommend.match import Match


class Library:
    """A library of tracks that an index run wrote: kept up to date, searched, and explained.

    >>> import specrec
    >>> library = specrec.Library.open(library_folder)
    >>> len(library), library.collection.embeddings.shape
    (6, (6, 24))
    >>> [neighbor.track.title for neighbor in library.neighbors("track 0", k=2)]
    ['track 1', 'track 2']

    Attributes:
        collection: What it holds: tracks, embeddings, features, the model. After a change of the
            library it is another one.
    """

    def __init__(self, collection: Collection) -> None:
        self.collection = collection

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> "Library":
        """Opens the library in a folder, or one that `specrec push` put into Milvus.

        Args:
            folder: The folder, or an address such as `milvus://localhost:19530/songs`.

        Raises:
            LibraryError: If there is no library, or it is damaged or of a newer format, or a
                database does not answer.
            QueryError: If an address can't be read.
        """
        return cls(Collection.open(folder))

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
        from specrec.config import IndexConfig
        from specrec.index.build import build_library

        paths = os.fspath(audio), os.fspath(library), os.fspath(model)
        build_library(IndexConfig(*paths, **settings))
        return cls.open(library)

    def __len__(self) -> int:
        return len(self.collection)

    @property
    def tracks(self) -> "pd.DataFrame":
        """One row per track: track_id, path, tags, duration_seconds, the columns of a table."""
        return self.collection.tracks

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

        report = build_library(self.last_settings(**settings))
        self.collection = self.collection.newest()
        return report

    def last_settings(self, **settings: Any) -> "IndexConfig":
        """The settings with which the last index run can be repeated.

        Args:
            settings: Those that are to be others, by name.

        Raises:
            ModelError: If the model is missing.
        """
        from specrec.config import IndexConfig

        collection, folder = self.collection, str(self.collection.folder)
        last = {"audio": str(collection.audio_root), "model": str(collection.model_folder)}
        given = last | collection.generation.manifest.get("settings", {}) | settings
        return IndexConfig(**given, library=folder)

    def add(self, *files: str | os.PathLike[str]) -> list[Query]:
        """Adds files to the library that were put into its folder of music.

        Args:
            files: Paths below the library's folder of music. Other new files there are added too.

        Returns:
            The tracks of the files, as queries.

        Raises:
            QueryError: If a file is not below the folder of music.
            AudioError: If a file can't be used; the others are added all the same.
            LibraryError: If the library is damaged or in use.
        """
        root = self.collection.audio_root.resolve()
        paths = [Path(file).resolve() for file in files]
        for path in paths:
            if not path.is_relative_to(root):
                raise QueryError(f"{path}: not below the library's folder of music, {root}")
        self.update()
        skipped = {item.path: item for item in skipped_files(self.collection.generation.skipped)}
        for path in paths:
            item = skipped.get(str(path.relative_to(root)))
            if item is not None:
                raise AudioError(path, item.reason, item.detail)
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

        collection, found = self.collection, [self.resolve(track) for track in tracks]
        rows = [query.library_row for query in found]
        remove_tracks(collection.folder, collection.tracks["track_id"].iloc[rows].tolist())
        self.collection = collection.newest()
        return found

    def status(self) -> "Status":
        """Says what the library holds: tracks, skipped files, model, index, bytes on disk."""
        from specrec.index.maintenance import library_status

        return library_status(self.collection.folder)

    def verify(self) -> "Verification":
        """Reads every byte of the library and compares it with what was written."""
        from specrec.index.repair import verify_library

        return verify_library(self.collection.folder)

    def resolve(self, query: QueryLike) -> Query:
        """Resolves a query; a file from outside the library is embedded and measured.

        >>> library.resolve("track 3").row
        3

        Args:
            query: A track_id, a path, words of title and artist, or an integer: a row of
                `tracks`.

        Raises:
            QueryError: If no track fits, or several do, or a query was resolved before the library
                changed.
            AudioError: If a file from outside the library can't be used.
            ModelError: If a file must be embedded, but the library's model is missing.
        """
        if not isinstance(query, Query):
            return self.collection.query(query)
        if not self.collection.holds(query):
            raise QueryError(
                f"{query.track.title}: resolved before the library changed, or in another; resolve"
                " it again"
            )
        return query

    def neighbors(
        self,
        queries: QueryLike | Sequence[QueryLike] = (),
        k: int = 10,
        *,
        like: str | None = None,
        steer: Mapping[str, float] | None = None,
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
        in_full: bool = False,
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
                which is embedded with the library's model), or words of title and artist. None are
                needed with `like`.
            k: Number of neighbors, 1 or more; if fewer are found, the notes say why.
            like: Words for how the neighbors should sound, such as `calm piano, no vocals`; one
                more query, if there are others. Needs a model with named coordinates, and
                `by="sound"`, as `steer` does.
            steer: What the neighbors should have more of than the queries, or less, in words:
                `{"singing": 1, "distortion": -1}` (see `specrec.recommend.words.STEP`).
            by: What tracks are compared by: `sound` (the cosine of embeddings), `features`, or
                `both`.
            against: Negative queries, one or several, which the neighbors should not resemble.
            where: A condition on columns and features, such as `genre == 'jazz' and year > 1990`;
                see `specrec.recommend.filters`.
            other_artists: Whether to leave out tracks by any artist of the queries.
            other_albums: Whether to leave out tracks from the albums of the queries.
            per_artist: Most tracks by one artist, of whom a track may have several; None for no
                limit. Tracks whose artist is unknown are not limited.
            diversity: From 0, the most similar tracks, to 1, the most diverse ones (maximal
                marginal relevance; Carbonell and Goldstein 1998).
            fewer_hubs: Whether to rank tracks lower that are near to everything, by mutual
                proximity (`specrec.recommend.hubness`).
            duplicates: Whether to list every file of one recording, and copies of the query, not
                only the best ranked.
            explain: Whether to explain each neighbor.
            in_full: Whether explanations list all contributions and not only the largest, and say
                what becomes of ranks: where a neighbor goes when a feature is ablated, and which
                change of it takes the neighbor out of the list. That takes a search of the whole
                library for each feature: seconds, of a million tracks.
            features: Settings by which features are compared; None for the defaults.
            sound_weight: With `by="both"`, the weight of sound against features, from 0 to 1.

        Raises:
            QueryError: If a value is out of its range, no track or several tracks fit a query, the
                condition can't be read, or a word is not known.
            AudioError: If a file from outside the library can't be used.
            ModelError: If a file must be embedded, but the library's model is missing.
        """
        ranking = Ranking(
            other_artists, other_albums, per_artist, diversity, fewer_hubs, duplicates
        )
        collection = self.collection
        space = collection.space(by, features, sound_weight)  # first: embedding a file takes long
        liked = [] if like is None else [collection.words.query(like)]
        seeds, negatives = (
            [self.resolve(one) for one in as_list(some)] for some in (queries, against)
        )
        seeds += liked
        if steer:
            seeds = [collection.words.turn(seed, steer) for seed in seeds]
        found = find_neighbors(
            space,
            collection.table,
            seeds,
            negatives,
            k,
            ranking,
            None if where is None else collection.matching(where),
            explain,
            in_full,
        )
        return replace(found, steer=dict(steer)) if steer else found

    def explain(
        self,
        query: QueryLike,
        neighbor: QueryLike,
        k: int = 10,
        *,
        by: By = "sound",
        features: FeatureSettings | None = None,
        sound_weight: float = 0.5,
    ) -> "Match":
        """Explains why a track is similar to a query, whether or not it is among the nearest.

        >>> match = library.explain("track 0", "track 1")
        >>> match.similarity == library.neighbors("track 0", k=1)[0].explanation.similarity
        True

        Args:
            query: The query, as `resolve` takes it.
            neighbor: A track of the library, as `resolve` takes it.
            k: Length of the list of neighbors out of which, or into which, the changes named in the
                explanation would take the neighbor.
            by: What tracks are compared by; this and the rest are as for `neighbors`.
            features: Settings by which features are compared.
            sound_weight: The weight of sound against features.

        Raises:
            QueryError: If either fits no track or several, both are the same, or the neighbor is
                not in the library.
            AudioError: If a query from outside can't be used.
        """
        from specrec.recommend.match import match_tracks

        space = self.collection.space(by, features, sound_weight)  # first, as for `neighbors`
        asked, other = self.resolve(query), self.resolve(neighbor)
        window_seconds = self.collection.generation.window_seconds if by == "sound" else None
        return match_tracks(space, asked, other, k, window_seconds)

    def timeline(self, query: QueryLike) -> Timeline:
        """Reads which concepts are heard in a track, and when.

        Args:
            query: A track, also a file from outside, as `resolve` takes it.

        Raises:
            QueryError: If it fits no track or several, it is words, or the model of the library
                names no concepts.
            AudioError: If a file from outside can't be used.
        """
        resolved = self.resolve(query)
        found = self.collection.timeline(resolved)
        if found is None:
            raise QueryError(f"{resolved.track.title}: words have no time; give a track")
        if not found.names:
            raise QueryError(
                "the model of this library names no concepts; specrec index with"
                " model=specrec-base embeds it anew with one that does"
            )
        return found

    def interpolate(
        self,
        start: QueryLike,
        goal: QueryLike,
        steps: int = 8,
        *,
        explain: bool = True,
        in_full: bool = False,
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
            in_full: Whether in full, as for `neighbors`.

        Returns:
            The tracks after the start in order, each as a neighbor of the one before; see
            `specrec.recommend.interpolation`.

        Raises:
            QueryError: If `steps` is not from 1 to 100, either fits no track or several, the goal
                is not in the library, or both sound the same.
            AudioError: If a start from outside can't be used.
        """
        from specrec.recommend.interpolation import find_path, step_by_step

        collection, first, last = self.collection, self.resolve(start), self.resolve(goal)
        space = collection.space()
        rows = find_path(space, collection.table, first, last, steps)
        path = [collection.query(row) for row in rows]
        return step_by_step(space, first, path, steps, explain, in_full)
