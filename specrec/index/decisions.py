"""What people decided about a library, apart from all that can be computed again.

`decisions.json` and its copy, `decisions.copy.json`, hold the tracks that `specrec remove` took
out, and what lets a track stay though its file is gone. Whatever else of a library is lost,
`specrec index` makes it anew from the music; these two it only carries on.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from specrec.catalog.catalog import TAG_COLUMNS
from specrec.errors import SkipReason
from specrec.index.generation import Generation

_TYPES = dict.fromkeys(("track_id", "path", "content_id"), "string") | TAG_COLUMNS


@dataclass(frozen=True)
class Removed:
    """A track that was taken out.

    Attributes:
        path: Where its file was seen last, below the audio root.
        content_id: Of the file's bytes then.
        audio_id: Of what sounds in it, which edited tags do not change; None if it is unknown.
    """

    path: str
    content_id: str
    audio_id: str | None = None


@dataclass(frozen=True)
class Kept:
    """What is noted of a track so that it can stay though its file is gone.

    Attributes:
        track: Its row of the library's tracks, as plain values.
        features: What was measured of it.
        measure_version: By which way of measuring.
        audio_id: As of `Removed`.
    """

    track: dict[str, Any]
    features: dict[str, float]
    measure_version: int
    audio_id: str | None = None


@dataclass(frozen=True)
class Decisions:
    """What was decided about a library.

    Attributes:
        removed: The tracks that were taken out.
        kept: Those that stay though their files are gone; and of those removed what would let
            them stay, if they are restored when their files are gone.
        revision: Of two copies, the one with the higher number counts.
    """

    removed: tuple[Removed, ...] = ()
    kept: tuple[Kept, ...] = ()
    revision: int = 0

    def removed_among(self, files: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
        """Those of a catalog's files that were taken out.

        They are known by their bytes; where those are gone, by what sounds, unless it is a track
        of the library, newly tagged or not: of two files that sound the same, one may go and the
        other stay.

        Args:
            files: `Catalog.files`.
            known: The tracks of the library, as `known_tracks` gives them.
        """
        here = set(files["content_id"])
        contents = {item.content_id for item in self.removed}
        sounds = {item.audio_id for item in self.removed if item.content_id not in here} - {None}
        newly_tagged = files["audio_id"].isin(list(sounds))
        staying = known[~known["content_id"].isin(list(contents))]
        newly_tagged &= ~files["content_id"].isin(staying["content_id"])
        sound_at = dict(zip(staying["path"], staying["audio_id"].fillna(""), strict=True))
        for row, path, sound in files.loc[newly_tagged, ["path", "audio_id"]].itertuples():
            newly_tagged[row] = sound_at.get(path) not in ("", sound)
        return files[files["content_id"].isin(list(contents)) | newly_tagged]

    def seen(self, out: pd.DataFrame) -> "Decisions":
        """The same, with removed tracks where `removed_among` found them; others as they were."""
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
        """The same, with more tracks taken out, and what is noted of them."""
        before = {item.content_id for item in self.removed}
        new = [item for item in removed if item.content_id not in before]
        again = {item.track["content_id"] for item in noted}
        others = [item for item in self.kept if item.track["content_id"] not in again]
        return replace(self, removed=(*self.removed, *new), kept=(*others, *noted))

    def kept_of_removed(self, alive: Collection[str] | None = None) -> tuple[Kept, ...]:
        """What is noted of tracks that were taken out; if `alive` is given, of those contents."""
        out = {item.content_id for item in self.removed}
        if alive is not None:
            out &= set(alive)
        return tuple(item for item in self.kept if item.track["content_id"] in out)

    def restored(self, paths: Collection[str]) -> "Decisions":
        """The same, without the removed tracks that were at some paths.

        One that sounds the same as they do, and is still out, is known by its bytes alone then:
        else they would be taken for it, newly tagged.
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
    """What a generation knows of what was decided: the tracks that were taken out."""
    sounds = _audio_ids(generation.files)
    taken = generation.skipped[generation.skipped["reason"] == SkipReason.REMOVED]
    return Decisions(
        tuple(
            Removed(row.path, row.content_id, sounds.get(row.content_id))
            for row in taken.dropna(subset=["content_id"]).itertuples()
        )
    )


def known_tracks(before: Generation | None, decisions: Decisions) -> pd.DataFrame:
    """All tracks that a library has, with `audio_id`; it may have lost some it was to keep.

    A run that was killed may have left removed tracks in it.
    """
    if before is None:
        known = pd.DataFrame({"path": [], "content_id": [], "track_id": []}, dtype="string")
        sounds: dict[str, str] = {}
    else:
        known, sounds = before.tracks, _audio_ids(before.files)
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
    """Columns of given types, as far as there are any; cells that do not fit are left out."""
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
    """What is noted of tracks so that they can stay though their files are gone.

    Args:
        tracks: As `known_tracks` gives them.
        features: What was measured of them, row by row.
        measure_version: By which way of measuring.
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
    """Of a catalog's files, by content; before format 4 none were noted."""
    if "audio_id" not in files:
        return {}
    known = files.dropna(subset=["audio_id"])
    return dict(zip(known["content_id"], known["audio_id"], strict=True))


def _plain(column: pd.Series) -> list[Any]:
    """The cells of a column as JSON has them."""
    cells = zip(column.astype(object), column.isna(), strict=True)
    values = (None if is_missing else value for value, is_missing in cells)
    return [
        value if value is None or isinstance(value, bool | int | float | str) else str(value)
        for value in (value.item() if isinstance(value, np.generic) else value for value in values)
    ]
