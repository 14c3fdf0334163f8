"""The library: tracks, embeddings and index on disk, and the neighbors of a query."""

import os
from collections.abc import Callable
from functools import cache, cached_property, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Float32, Int64

from specrec.catalog.identity import content_id
from specrec.descriptors.features import known_features
from specrec.errors import LibraryError, ModelError, QueryError
from specrec.explain.causal import Controls, draw_controls
from specrec.explain.directions import Directions, find_directions
from specrec.explain.explanation import Explanation, explain_neighbors
from specrec.explain.readings import Readings, Subject
from specrec.index.storage import Generation, read_generation
from specrec.model.probe import Probe, load_probe
from specrec.model.resolve import find_model, read_card
from specrec.recommend.lookup import find_row
from specrec.recommend.recommendation import Recommendation
from specrec.recommend.track import Neighbor, Sound, Track, track_of_file, track_of_row

if TYPE_CHECKING:
    from specrec.model.encoder import Encoder

_REMEMBERED = 16  # files from outside that were asked for last


class Library:
    """What an index run wrote: search it with `neighbors`."""

    def __init__(self, folder: Path, generation: Generation) -> None:
        self.folder = folder
        self.generation = generation
        self.manifest = generation.manifest
        # By path and content, for an account asks for the same file several times.
        self._outside_sound = lru_cache(_REMEMBERED)(self._embed)
        self._outside_features = lru_cache(_REMEMBERED)(self._measure)

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
                f"{path}: no library there; write one with"
                f" python index.py audio=MUSIC library={path}"
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

    @cached_property
    def probe(self) -> Probe | None:
        """The probe fitted on the library itself, else the model's."""
        return _own_probe(self.folder, self.generation) or self.generation.probe

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

    def find(self, query: str | os.PathLike[str]) -> Track:
        """The track that a query means: one of the library, or a file outside it.

        Args:
            query: A track_id, a path, or words of title and artist.

        Raises:
            QueryError: If nothing fits, or several tracks do.
        """
        row, outside = self._resolve(query)
        return self.track(row) if outside is None else track_of_file(outside)

    def neighbors(self, query: str | os.PathLike[str], k: int = 10) -> Recommendation:
        """The tracks most similar to a query, which is left out itself.

        Args:
            query: A track_id, a path (also of a file outside the library, which is embedded with
                the library's model), or words of title and artist.
            k: How many; fewer come back from a smaller library.

        Raises:
            QueryError: If `k` is below 1, nothing fits the query, or several tracks do.
            AudioError: If a file outside the library can't be used.
            ModelError: If a file is to be embedded and the library's model is gone or another.
        """
        if k < 1:
            raise QueryError(f"k must be 1 or more, not {k}")
        sound = self.sound(query)
        inside = sound.row is not None
        similarities, rows = self.generation.index.search(sound.embedding[None], k + inside)
        found = [
            (float(similarity), int(other))
            for similarity, other in zip(similarities[0], rows[0], strict=True)
            if other != sound.row
        ][:k]

        @cache
        def explanations() -> list[Explanation]:
            return self._explain(sound, np.array([other for _, other in found]), k)

        neighbors = tuple(
            Neighbor(rank, similarity, self.track(other), partial(_item, explanations, rank - 1))
            for rank, (similarity, other) in enumerate(found, 1)
        )
        return Recommendation((self.find(query),), neighbors)

    def explain(
        self, query: str | os.PathLike[str], neighbor: str | os.PathLike[str], k: int = 10
    ) -> Explanation:
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
        return self._explain(sound, np.array([other]), k)[0]

    def sound(self, query: str | os.PathLike[str]) -> Sound:
        """What the model hears of a query.

        Args:
            query: As for `neighbors`.

        Raises:
            QueryError: If nothing fits, or several tracks do.
            AudioError: If a file outside the library can't be used.
            ModelError: If a file is to be embedded and the library's model is gone or another.
        """
        row, outside = self._resolve(query)
        if outside is None:
            track = self.tracks.iloc[row]
            return Sound(
                row,
                self.audio_root / track["path"],
                np.asarray(self.embeddings[row]),
                self.generation.windows(row),
                float(track["duration_seconds"]),
            )
        return self._outside_sound(outside, content_id(outside))

    def _embed(self, path: Path, content: str) -> Sound:
        # Here, not above: only a file from outside needs torch and a decoder.
        from specrec.audio.loading import load
        from specrec.index.embedding import embed_waveform

        made = embed_waveform(self.encoder, load(path, self.encoder.front_end.sample_rate))
        return Sound(None, path, made.embedding, made.windows, made.seconds)

    def row_of(self, query: str | os.PathLike[str]) -> int:
        """The row of a track of the library.

        Raises:
            QueryError: If nothing fits, several tracks do, or the file is not in the library.
        """
        row, outside = self._resolve(query)
        if outside is not None:
            raise QueryError(f"{outside} is not in the library; give a track that is")
        return row

    def subject(self, sound: Sound) -> Subject:
        """What is known of a sound's features; those of a file from outside are measured.

        Raises:
            AudioError: If a file from outside can't be used any more.
        """
        if sound.row is not None:
            return self.readings.subject(sound.row)
        if not len(self.descriptors.columns):
            return Subject(sound.embedding, {})
        measured = self._outside_features(sound.path, content_id(sound.path))
        return Subject(sound.embedding, measured)

    def _measure(self, path: Path, content: str) -> dict[str, float]:
        # Here, not above: to measure takes libraries that are slow to load.
        from specrec.audio.loading import load
        from specrec.descriptors.measure import measure
        from specrec.descriptors.spectrum import SAMPLE_RATE

        measured = measure(load(path, SAMPLE_RATE))
        return {name: value for name, value in measured.items() if np.isfinite(value)}

    def _explain(self, sound: Sound, others: Int64[np.ndarray, " k"], k: int) -> list[Explanation]:
        return explain_neighbors(
            self.readings,
            self.directions,
            self.controls,
            self.embeddings,
            self.subject(sound),
            sound.row,
            others,
            k,
        )

    @cached_property
    def features(self) -> pd.DataFrame:
        """Features of the tracks, one row each: a table's where it has them, else measured."""
        return known_features(self.tracks, self.descriptors)

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

    def _resolve(self, query: str | os.PathLike[str]) -> tuple[int, Path | None]:
        """The row of a track of the library, or the file of a query from outside."""
        text = os.fspath(query)
        by_id = self._row_of_id.get(text)
        if by_id is not None:
            return by_id, None
        path = Path(text)
        if _is_file(path):
            row = self._row_of_content.get(content_id(path))
            return (0, path) if row is None else (row, None)
        return find_row(self.tracks, text), None

    @property
    def window_seconds(self) -> float:
        """Length of the windows that were embedded."""
        stored = self.manifest["model"].get("window_seconds")
        if stored is None:  # written before this was noted
            stored = read_card(self._model_folder())["front_end"]["window_seconds"]
        return float(stored)

    def _model_folder(self) -> Path:
        model = self.manifest["model"]
        try:
            return find_model(model["folder"])
        except ModelError:
            return find_model(model["name"])

    @cached_property
    def encoder(self) -> "Encoder":
        """The model that embedded the tracks, loaded when first asked for.

        Raises:
            ModelError: If it is gone, or another stands in its place.
        """
        from specrec.model.artifact import load_model

        folder = self._model_folder()
        encoder, card = load_model(folder)
        if card.fingerprint != self.fingerprint:
            raise ModelError(
                f"{folder}: not the model of {self.folder} (fingerprint {card.fingerprint}, not"
                f" {self.fingerprint}); run index.py again"
            )
        return encoder

    @cached_property
    def _row_of_id(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.tracks["track_id"])}

    @cached_property
    def _row_of_content(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.tracks["content_id"])}


def _own_probe(folder: Path, generation: Generation) -> Probe | None:
    """The probe that was fitted on the library itself, if it still reads its embeddings."""
    try:
        return load_probe(folder, str(generation.manifest["model"]["fingerprint"]))
    except ModelError:
        return None  # index.py has been run with another model since


def _item(explanations: Callable[[], list[Explanation]], place: int) -> Explanation:
    return explanations()[place]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # words may be too long for a path
        return False
