"""Saves the intact tracks of a damaged segment, by the checksums that each track has."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from specrec.errors import LibraryError
from specrec.index.files import discard, map_rows
from specrec.index.generation import Generation
from specrec.index.segment import (
    COLUMNS,
    EMBEDDINGS,
    TABLE,
    WINDOWS,
    Rows,
    Segment,
    crc,
    write_segment,
)


@dataclass(frozen=True)
class RepairedSegment:
    """What was saved of a damaged segment.

    Attributes:
        stand_ins: Number of tracks whose embedding or windows were damaged and are now derived
            from the other.
        lost: Number of tracks of which nothing could be saved.
    """

    stand_ins: int
    lost: int


def repair_segment(segment: Segment, generation: Generation | None) -> RepairedSegment:
    """Writes the intact parts of a damaged segment to a new one, and removes the damaged one.

    An embedding is the mean of its windows. If only one of the two is intact, it stands in for the
    other: the track can still be found and compared, and is embedded again as soon as its file is
    there.

    Args:
        segment: The damaged segment.
        generation: An intact generation, which has the embeddings too and knows where windows are
            stored; None if there is none.
    """
    contents = _contents(segment, generation)
    halves = _Halves(segment, generation)
    rows: list[dict[str, Any]] = []
    tracks: list[Rows] = []
    windows = lost = 0
    for row in contents[contents["row"] >= 0].to_dict("records"):
        embedding, parts = halves.of(row)
        stand_in = embedding is None or parts is None
        if embedding is None:
            if parts is None:
                lost += 1
                continue
            embedding = parts.mean(axis=0, dtype=np.float32)
        elif parts is None:
            parts = np.repeat(embedding[None], row["window_count"], axis=0).astype(np.float16)
        rows.append(row | {"row": len(rows), "first_window": windows, "stand_in": stand_in})
        tracks.append((embedding, parts))
        windows += len(parts)
    saved = pd.concat([pd.DataFrame(rows, columns=[*COLUMNS]), contents[contents["row"] < 0]])
    numbers = [int(path.name) for path in segment.folder.parent.glob("[0-9]" * 6)]
    if len(saved):
        write_segment(segment.folder.with_name(f"{max(numbers) + 1:06d}"), saved, tracks)
    discard(segment.folder)
    return RepairedSegment(sum(bool(row["stand_in"]) for row in rows), lost)


class _Halves:
    """The embedding and the windows of each track of a segment, as far as they are intact."""

    def __init__(self, segment: Segment, generation: Generation | None) -> None:
        self._arrays, self._whole = {}, {}
        for name, dtype in ((EMBEDDINGS, np.float32), (WINDOWS, np.float16)):
            try:
                self._arrays[name] = map_rows(segment.folder / name, dtype)
            except LibraryError:
                continue
            try:
                self._whole[name] = not segment.damage(name)
            except (LibraryError, KeyError, TypeError):  # no checksums are left
                self._whole[name] = False
        self._others = generation
        self._row_of = (
            {}
            if generation is None
            else {name: row for row, name in enumerate(generation.tracks["content_id"])}
        )
        self._same_model = generation is not None and segment.name in generation.segments

    def of(self, row: dict[str, Any]) -> tuple[np.ndarray | None, np.ndarray | None]:
        """The embedding and the windows of a track; None for what is damaged."""
        first, count = row["first_window"], row["window_count"]
        embedding = self._rows(EMBEDDINGS, row["row"], 1, row["embedding_crc"])
        windows = self._rows(WINDOWS, first, count, row["windows_crc"])
        if embedding is not None:
            return embedding[0], windows
        other = self._row_of.get(row["content_id"]) if self._same_model else None
        if other is None or self._others is None:
            return None, windows
        return np.asarray(self._others.embeddings[other]), windows

    def _rows(self, name: str, first: int, count: int, known: Any) -> np.ndarray | None:
        if name not in self._arrays or first < 0:
            return None
        rows = np.asarray(self._arrays[name][first : first + count])
        trusted = self._whole[name] if pd.isna(known) else crc(rows) == known
        return rows if trusted and len(rows) == count and np.isfinite(rows).all() else None


def _contents(segment: Segment, generation: Generation | None) -> pd.DataFrame:
    """Reads the table of a segment; if it is damaged, rebuilds it from a generation."""
    try:
        return segment.contents
    except LibraryError:
        if generation is None or segment.name not in generation.segments:
            return _unchecked(segment)
    here = (generation.placement["segment"] == segment.name).to_numpy(dtype=bool)
    table = generation.placement[here].assign(
        content_id=generation.tracks.loc[here, "content_id"],
        duration_seconds=generation.tracks.loc[here, "duration_seconds"],
        row=np.iinfo(np.int64).max,  # the embedding is taken from the generation
    )
    return table.reindex(columns=[*COLUMNS]).astype(COLUMNS).reset_index(drop=True)


def _unchecked(segment: Segment) -> pd.DataFrame:
    """Reads the table of a segment whose checksum file is damaged; tracks have their own."""
    try:
        table = pd.read_parquet(segment.folder / TABLE)
        table = table.reindex(columns=[*COLUMNS]).astype(COLUMNS)
    except (OSError, ValueError, TypeError):
        return pd.DataFrame(columns=[*COLUMNS]).astype(COLUMNS)
    return table[table["embedding_crc"].notna() & table["windows_crc"].notna()]
