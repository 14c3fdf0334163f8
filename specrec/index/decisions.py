"""What people decided about a library: all that can't be computed again from the music.

`decisions.json` and its copy, `decisions.copy.json`, hold the tracks that `specrec remove` took
out, and what lets a track stay though its file is gone. `specrec index` can rebuild everything else
in a library from the music.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from specrec.catalog.columns import TAG_COLUMNS
from specrec.errors import SkipReason
from specrec.index.generation import Generation
from specrec.index.table_file import is_among

_TYPES = dict.fromkeys(("track_id", "path", "content_id"), "string") | TAG_COLUMNS


@dataclass(frozen=True)
class Removed:
    """A track that was removed from the library.

    Attributes:
        path: Last known path of its file, relative to the audio root.
        content_id: Hash of the file's bytes at that time.
        audio_id: Hash of its audio data alone, which edited tags do not change; None if unknown.
    """

    path: str
    content_id: str
    audio_id: str | None = None


@dataclass(frozen=True)
class Kept:
    """The data by which a track can stay in the library though its file is gone.

    Attributes:
        track: Its row of the library's tracks, as plain values.
        features: Its measured features, by name and in their units.
        measure_version: The `specrec.descriptors.measure.VERSION` that measured them.
        audio_id: Hash of its audio data alone, which edited tags do not change; None if unknown.
    """

    track: dict[str, Any]
    features: dict[str, float]
    measure_version: int
    audio_id: str | None = None


@dataclass(frozen=True)
class Decisions:
    """The decisions about a library.

    Attributes:
        removed: The tracks that were removed.
        kept: Data of the tracks that stay though their files are gone, and of removed tracks, so
            that these can be restored even when their files are gone.
        revision: Number of the version; of two copies, the one with the higher number counts.
    """

    removed: tuple[Removed, ...] = ()
    kept: tuple[Kept, ...] = ()
    revision: int = 0

    def removed_among(self, files: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
        """Finds those of a catalog's files that were removed from the library.

        They are recognized by their bytes; if no file has these bytes, by their audio data, unless
        a track of the library has the same: of two files with the same audio, one may be removed
        and the other stay.

        Args:
            files: `Catalog.files`.
            known: The tracks of the library, as `known_tracks` gives them.

        Returns:
            The rows of `files` that were removed.
        """
        here = set(files["content_id"])
        contents = {item.content_id for item in self.removed}
        sounds = {item.audio_id for item in self.removed if item.content_id not in here} - {None}
        newly_tagged = is_among(files["audio_id"], sounds)
        staying = known[~is_among(known["content_id"], contents)]
        newly_tagged &= ~is_among(files["content_id"], staying["content_id"])
        sound_at = dict(zip(staying["path"], staying["audio_id"].fillna(""), strict=True))
        for row, path, sound in files.loc[newly_tagged, ["path", "audio_id"]].itertuples():
            newly_tagged[row] = sound_at.get(path) not in ("", sound)
        return files[is_among(files["content_id"], contents) | newly_tagged]

    def seen(self, out: pd.DataFrame) -> "Decisions":
        """Returns a copy with removed tracks at the paths where `removed_among` found them."""
        sounds = {item.content_id: item.audio_id for item in self.removed}
        found = [
            Removed(
                row.path,
                row.content_id,
                sounds.get(row.content_id) if pd.isna(row.audio_id) else row.audio_id,
            )
            for row in out.drop_duplicates("content_id").itertuples()
        ]
        here = {item.content_id for item in found}
        absent = {item.content_id: item for item in self.removed if item.content_id not in here}
        by_sound: dict[str | None, list[Removed]] = {}
        for item in absent.values():
            by_sound.setdefault(item.audio_id, []).append(item)
        # A newly tagged file stands for one that sounded the same; another of them may be away.
        for item in found:
            if item.content_id not in sounds and (same := by_sound.get(item.audio_id)):
                was = next((old for old in same if old.path == item.path), same[0])
                same.remove(was)
                del absent[was.content_id]
        removed = [*found, *absent.values()]
        return replace(
            self, removed=tuple(sorted(removed, key=lambda item: (item.path, item.content_id)))
        )

    def with_removed(self, removed: Sequence[Removed], noted: Sequence[Kept]) -> "Decisions":
        """Returns a copy with more removed tracks, and the data by which they can be restored."""
        before = {item.content_id for item in self.removed}
        new = [item for item in removed if item.content_id not in before]
        again = {item.track["content_id"] for item in noted}
        others = [item for item in self.kept if item.track["content_id"] not in again]
        return replace(self, removed=(*self.removed, *new), kept=(*others, *noted))

    def kept_of_removed(self, alive: Collection[str] | None = None) -> tuple[Kept, ...]:
        """Data of removed tracks; if `alive` is given, of those with these content_ids only."""
        out = {item.content_id for item in self.removed}
        if alive is not None:
            out &= set(alive)
        return tuple(item for item in self.kept if item.track["content_id"] in out)

    def restored(self, paths: Collection[str]) -> "Decisions":
        """Returns a copy without the removed tracks at some paths.

        A track with the same audio data that stays removed is recognized by its bytes alone from
        then on: else the restored files would be taken for it with edited tags.
        """
        wanted = set(paths)
        back = {item.audio_id for item in self.removed if item.path in wanted}
        left = tuple(
            replace(item, audio_id=None) if item.audio_id in back else item
            for item in self.removed
            if item.path not in wanted
        )
        return replace(self, removed=left)


def decisions_of(generation: Generation) -> Decisions:
    """Reads decisions from a generation, which lists the tracks that were removed."""
    sounds = _audio_ids(generation.files)
    taken = generation.skipped[generation.skipped["reason"] == SkipReason.REMOVED]
    return Decisions(
        tuple(
            Removed(row.path, row.content_id, sounds.get(row.content_id))
            for row in taken.dropna(subset=["content_id"]).itertuples()
        )
    )


def known_tracks(
    known: pd.DataFrame | None, files: pd.DataFrame | None, decisions: Decisions
) -> pd.DataFrame:
    """Lists the tracks of a library with their `audio_id`, and kept tracks that it may have lost.

    Removed tracks are left out: a run that was killed may have left some in the generation.

    Args:
        known: The tracks of the library, or of the part that is looked at; None if there is none.
        files: Its files, as in `Contents`.
        decisions: The decisions about the library.
    """
    if known is None:
        known = pd.DataFrame({"path": [], "content_id": [], "track_id": []}, dtype="string")
    sounds = {} if files is None else _audio_ids(files)
    have = {*known["content_id"], *known["path"], *known["track_id"]}
    out = {item.content_id for item in decisions.removed}
    lost = [
        item
        for item in decisions.kept
        if item.track["content_id"] not in out
        and have.isdisjoint(item.track[name] for name in ("content_id", "path", "track_id"))
    ]
    noted = {item.track["content_id"]: item.audio_id for item in decisions.kept if item.audio_id}
    sounds = noted | sounds  # of files that are gone, a generation knows none
    types = {name: known[name].dtype for name in known.columns} if len(known) else _TYPES
    rows = typed(pd.DataFrame([item.track for item in lost]), types)
    joined = pd.concat([known, rows], ignore_index=True) if len(rows) else known
    return joined.assign(audio_id=joined["content_id"].map(sounds).astype("string"))


def typed(rows: pd.DataFrame, types: Mapping[str, Any]) -> pd.DataFrame:
    """Casts columns to given types; a cell that does not fit becomes missing."""
    rows = rows.copy()
    for name in rows.columns.intersection(list(types)):
        try:
            rows[name] = rows[name].astype(types[name])
        except (TypeError, ValueError):
            is_number = pd.api.types.is_numeric_dtype(types[name])
            rows[name] = pd.to_numeric(rows[name], errors="coerce") if is_number else pd.NA
    return rows


def kept_tracks(
    tracks: pd.DataFrame,
    features: pd.DataFrame,
    measure_version: int,
) -> tuple[Kept, ...]:
    """Collects the data by which tracks can stay though their files are gone.

    Args:
        tracks: The tracks, as `known_tracks` gives them.
        features: Their measured features, row by row.
        measure_version: The version of the code that measured them.
    """
    names = [str(name) for name in tracks.columns if name != "audio_id"]
    rows = zip(*(_plain(tracks[name]) for name in names), strict=True)
    measured = features.rename(columns=str).to_dict("records")
    return tuple(
        Kept(
            dict(zip(names, row, strict=True)),
            {name: value for name, value in found.items() if math.isfinite(value)},
            measure_version,
            audio_id,
        )
        for row, found, audio_id in zip(rows, measured, _plain(tracks["audio_id"]), strict=True)
    )


def _audio_ids(files: pd.DataFrame) -> dict[str, str]:
    """The audio_ids of a catalog's files, by content_id; formats before 4 had none."""
    if "audio_id" not in files:
        return {}
    known = files.dropna(subset=["audio_id"])
    return dict(zip(known["content_id"], known["audio_id"], strict=True))


def _plain(column: pd.Series) -> list[Any]:
    """The cells of a column as values that JSON has."""
    cells = zip(column.astype(object), column.isna(), strict=True)
    values = (None if is_missing else value for value, is_missing in cells)
    return [
        value if value is None or isinstance(value, bool | int | float | str) else str(value)
        for value in (value.item() if isinstance(value, np.generic) else value for value in values)
    ]
