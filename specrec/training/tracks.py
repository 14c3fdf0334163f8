"""Which tracks a run trains on, and which it validates on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from specrec.catalog.catalog import read_catalog
from specrec.catalog.splits import split_tracks
from specrec.config import DataConfig
from specrec.errors import CatalogError
from specrec.printing import say
from specrec.progress import Progress
from specrec.synthesis.library import write_library
from specrec.training.cache import AudioCache

SYNTHETIC = "synthetic"
"""What stands in the settings for music that specrec synthesizes."""


@dataclass(frozen=True, eq=False)
class SplitTracks:
    """The tracks of a folder, in two parts; `file` is the path of a track's audio.

    Attributes:
        train: The tracks to train on.
        valid: Those to validate on; none of a folder that is only trained on.
    """

    train: pd.DataFrame
    valid: pd.DataFrame


def labeled_tracks(
    data: DataConfig, seed: int, cache: AudioCache, on_progress: Progress | None = None
) -> SplitTracks:
    """Decodes and divides the tracks of `data.audio`; files that can't be used are listed.

    Raises:
        CatalogError: If there are too few tracks, or a column that the settings name is missing.
    """
    tracks = _usable(data.audio, data, cache, on_progress)
    for name in filter(None, (data.label, data.split_column)):
        if name not in tracks:
            raise CatalogError(f"{data.audio}: no column {name}; set data.label or split_column")
    if data.split_column:
        split = tracks[data.split_column]
    else:
        split = split_tracks(tracks, data.group_by, _fractions(data), seed)
    parts = _divided(tracks, split)
    train, valid = len(parts.train), len(parts.valid)
    if train < 4 or valid < 2:
        raise CatalogError(
            f"{data.audio}: {train} tracks to train on and {valid} to validate on;"
            " at least 4 and 2 are needed"
        )
    if data.label and not parts.valid[data.label].dropna().duplicated().any():
        raise CatalogError(f"{data.audio}: no two validation tracks share a {data.label}")
    return parts


def unlabeled_tracks(
    data: DataConfig, seed: int, cache: AudioCache, on_progress: Progress | None = None
) -> list[SplitTracks]:
    """Decodes and divides the tracks of each of `data.unlabeled_audio`.

    A folder is trained on as a whole, unless its table has the column `split_column` with more
    than `train` in it. If none of its tracks is there for validation, some of the others are kept
    for it, whole artists and albums (`group_by`).

    Raises:
        CatalogError: If a folder has no music, or none to train on.
    """
    parts = []
    for audio in data.unlabeled_audio:
        tracks = _usable(audio, data, cache, on_progress)
        split = tracks.get(data.split_column)
        if split is None or set(split) == {"train"}:
            parts.append(SplitTracks(tracks, tracks.iloc[:0]))
            continue
        part = _divided(tracks, split)
        if part.valid.empty:
            columns = [name for name in data.group_by if name in tracks]
            again = split_tracks(part.train, columns, _fractions(data), seed)
            part = _divided(part.train, again)
        if part.train.empty:
            raise CatalogError(f"{audio}: no track has train as its {data.split_column}")
        parts.append(part)
    return parts


def joined(tracks: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Puts tables of tracks below each other; what one lacks is missing there."""
    return pd.concat([table for table in tracks if len(table)], ignore_index=True)


def _usable(
    audio: str, data: DataConfig, cache: AudioCache, on_progress: Progress | None
) -> pd.DataFrame:
    """The tracks of a folder that can be decoded; the others are listed."""
    if audio == SYNTHETIC:
        folder = write_library(Path(data.cache) / SYNTHETIC, on_progress=on_progress).parent
    else:
        folder = Path(audio)
    catalog = read_catalog(folder)
    tracks, unusable = cache.fill(catalog, on_progress)
    if catalog.remark is not None:
        say(catalog.remark, error=True)
    for path, why in catalog.untagged.items():
        say(f"{path} without its tags: {why}", error=True)
    for item in [*catalog.skipped, *unusable]:
        say(f"skipped {item.path}: {item.detail} ({item.reason})", error=True)
    return tracks.assign(file=[str(catalog.file(path)) for path in tracks["path"]])


def _fractions(data: DataConfig) -> dict[str, float]:
    return {"train": 1 - data.valid_fraction, "valid": data.valid_fraction}


def _divided(tracks: pd.DataFrame, split: "pd.Series[str]") -> SplitTracks:
    return SplitTracks(
        *(tracks[split == name].reset_index(drop=True) for name in ("train", "valid"))
    )
