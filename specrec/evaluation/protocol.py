"""What `specrec evaluate` does: a library's tracks, a label, and the baselines beside it."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from specrec.errors import CatalogError
from specrec.evaluation.retrieval import RetrievalFigures, evaluate_retrieval
from specrec.index.library import Library


def evaluate_library(
    library: Library,
    label: str,
    where: str | None = None,
    *,
    baselines: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, RetrievalFigures]:
    """Measures retrieval by a label on a library's own embeddings, and on baselines.

    Args:
        library: The library.
        label: A column; tracks without a value are left out.
        where: `COLUMN=VALUE` to keep only some tracks.
        baselines: Whether to decode the audio and measure the baselines too.
        on_progress: Called while it is decoded.

    Returns:
        The figures by embedding; the library's model comes first, under its name.

    Raises:
        CatalogError: If a column is missing, or no two tracks share a label.
        AudioError: If a file that was indexed can't be decoded any more.
    """
    tracks = library.tracks
    chosen = np.ones(len(tracks), dtype=bool)
    if where is not None:
        column, equals, value = where.partition("=")
        if not equals:
            raise CatalogError(f"where must be COLUMN=VALUE, not {where}")
        chosen &= (_column(library, column).astype("string") == value).fillna(False).to_numpy()
    chosen &= _column(library, label).notna().to_numpy()
    rows = np.flatnonzero(chosen)
    labels = tracks[label].iloc[rows].astype(str).to_numpy(dtype=np.str_)
    if len(np.unique(labels)) == len(labels):
        raise CatalogError(f"no two of the {len(rows)} tracks chosen share a {label}")
    embeddings = {str(library.manifest["model"]["name"]): np.asarray(library.embeddings[rows])}
    if baselines:
        from specrec.evaluation.baselines import baseline_embeddings

        paths = [library.audio_root / path for path in tracks["path"].iloc[rows]]
        embeddings |= baseline_embeddings(paths, library.encoder, on_progress)
    return {name: evaluate_retrieval(vectors, labels) for name, vectors in embeddings.items()}


def _column(library: Library, name: str) -> "pd.Series[object]":
    if name not in library.tracks:
        have = ", ".join(map(str, library.tracks.columns))
        raise CatalogError(f"{library.folder}: no column {name}; there are {have}")
    return library.tracks[name]
