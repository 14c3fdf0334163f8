"""The embeddings that are compared: a library's own, other models', other libraries'."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from specrec.errors import CatalogError, LibraryError, ModelError
from specrec.index.generations import current_name
from specrec.metrics import standardize
from specrec.recommend.collection import Collection
from specrec.shapes import Float32, Int

if TYPE_CHECKING:
    from specrec.model.encoder import Encoder


@dataclass(frozen=True, eq=False)
class EmbeddingSource:
    """Where embeddings of the chosen tracks come from.

    Attributes:
        name: The model's name, or that of the stored array.
        fingerprint: The model's fingerprint; None for stored embeddings.
        origin: The folder of the library or the model, or the file.
        encoder: Loads the model's encoder when called; None for stored embeddings, whose network
            is not here.
        vectors: Embeddings of the chosen tracks; None if they are still to be made.
    """

    name: str
    fingerprint: str | None
    origin: str
    encoder: Callable[[], "Encoder"] | None
    vectors: Float32[np.ndarray, "tracks dim"] | None = None


def find_sources(
    collection: Collection, rows: Int[np.ndarray, " chosen"], models: tuple[str, ...]
) -> dict[str, EmbeddingSource]:
    """The library's own embedding, then those of `models`, by name.

    Args:
        collection: The library whose tracks are compared.
        rows: Rows of the chosen tracks.
        models: Names of installed models, folders of models, folders of libraries that hold the
            same tracks, or stored embeddings of another network as FILE.npz:ARRAY. One whose name
            is taken is told apart by what was given here.

    Raises:
        ModelError: If there is no such model, or it is damaged.
        LibraryError: If a library is damaged or lacks one of the tracks.
        CatalogError: If stored embeddings can't be read or lack one of the tracks.
    """
    own = _of_library(collection, rows)
    sources = {own.name: own}
    for given in models:
        source = _open(given, collection.tracks.iloc[rows])
        name = f"{source.name} ({given})" if source.name in sources else source.name
        if name in sources:
            raise ModelError(f"model {given} is given twice; give it once")
        sources[name] = source
    return sources


def _open(given: str, tracks: pd.DataFrame) -> EmbeddingSource:
    file, _, array = given.rpartition(":")
    if file.endswith(".npz"):
        return EmbeddingSource(
            array, None, file, None, _stored(Path(file), array, tracks["track_id"])
        )
    if current_name(Path(given)) is not None:
        other = Collection.open(given)
        return _of_library(other, _matching_rows(other, tracks))

    # Here, not above: to compare what libraries store needs no torch.
    from specrec.model.model import load_model

    model = load_model(given, device="cpu")
    return EmbeddingSource(model.name, model.fingerprint, str(model.folder), lambda: model.encoder)


def _of_library(collection: Collection, rows: Int[np.ndarray, " chosen"]) -> EmbeddingSource:
    model = collection.generation.manifest["model"]
    return EmbeddingSource(
        str(model["name"]),
        str(model["fingerprint"]),
        str(collection.folder),
        lambda: collection.model.encoder,
        np.asarray(collection.embeddings[rows]),
    )


def _stored(
    file: Path, array: str, track_ids: "pd.Series[str]"
) -> Float32[np.ndarray, "tracks dim"]:
    """The mean over a track's windows, each dimension standardized over the tracks.

    The file is one from which `specrec train` distils: `track_id`, `windows` (rows of each track,
    in that order) and the embeddings, one row a window.
    """
    try:
        with np.load(file) as content:
            names, counts = content["track_id"].astype(str), content["windows"]
            windows = np.split(content[array].astype(np.float32), counts.cumsum()[:-1])
    except (OSError, KeyError, ValueError, BadZipFile) as error:
        raise CatalogError(f"{file}:{array}: {error}") from error
    means = {name: rows.mean(axis=0) for name, rows in zip(names, windows, strict=True)}
    absent = [name for name in track_ids if name not in means]
    if absent:
        raise CatalogError(
            f"{file}: no embedding of track {absent[0]}, nor of {len(absent) - 1} more"
        )
    return standardize(np.stack([means[name] for name in track_ids]))


def _matching_rows(other: Collection, tracks: pd.DataFrame) -> Int[np.ndarray, " chosen"]:
    """Where tracks stand in another library: the same bytes, else the same track_id."""
    rows: list[int] = []
    by_content = {name: row for row, name in enumerate(other.tracks["content_id"])}
    by_id = {name: row for row, name in enumerate(other.tracks["track_id"])}
    missing = []
    for track in tracks.itertuples():
        row = by_content.get(track.content_id, by_id.get(track.track_id))
        if row is None:
            missing.append(track.path)
        else:
            rows.append(row)
    if missing:
        raise LibraryError(
            f"{other.folder}: lacks {len(missing)} of the {len(tracks)} tracks, {missing[0]} for"
            " one; index the same music"
        )
    return np.array(rows)
