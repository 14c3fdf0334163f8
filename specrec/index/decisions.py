"""What people decided about a library, apart from all that can be computed again.

`decisions.json` and its copy, `decisions.copy.json`, hold the tracks that `specrec remove` took
out, and those that stay though their files are gone. Whatever else of a library is lost,
`specrec index` makes it anew from the music; these two it only carries on.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from specrec.catalog.catalog import TAG_COLUMNS
from specrec.errors import LibraryError, Reason
from specrec.index.files import REMEDY, read_sealed, write_sealed
from specrec.index.generation import Generation
from specrec.writing import storing, to_disk

NAMES = ("decisions.json", "decisions.copy.json")
_FORMAT_VERSION = 4  # as of the library in which they first stood apart
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
    """A track that stays though its file is gone.

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
        kept: Those that stay though their files are gone.
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


def read_decisions(library: Path, generation: Generation | None) -> Decisions:
    """What was decided about a library.

    Args:
        library: Its folder.
        generation: The current one: before format 4 decisions stood there alone.

    Raises:
        LibraryError: If both copies are damaged.
    """
    found, damaged = [], []
    for path in (library / name for name in NAMES):
        if path.exists():
            try:
                found.append(_parse(path))
            except LibraryError as error:
                damaged.append(error)
    if found:
        return max(found, key=lambda item: item.revision)
    if damaged:
        raise damaged[0]
    return Decisions() if generation is None else decisions_of(generation)


def has_decisions(library: Path) -> bool:
    """Whether anything that was decided stands apart."""
    return any((library / name).exists() for name in NAMES)


def damaged_copies(library: Path) -> list[str]:
    """What is wrong with the copies of what was decided, one line each."""
    lines, revisions = [], {}
    for path in (library / name for name in NAMES):
        try:
            revisions[path] = _parse(path).revision
        except LibraryError:
            lines.append(f"{path}: missing or damaged")
    return lines + [
        f"{path}: older than its copy"
        for path, revision in revisions.items()
        if revision < max(revisions.values())
    ]


def write_decisions(library: Path, decisions: Decisions) -> None:
    """Writes both copies, one after the other, so that one is always whole.

    Raises:
        StorageError: If they can't be written.
    """
    document = {
        "format_version": _FORMAT_VERSION,
        "revision": decisions.revision + 1,
        "removed": [asdict(item) for item in decisions.removed],
        "kept": [asdict(item) for item in decisions.kept],
    }
    for name in NAMES:
        write_sealed(library / name, document)
    with storing(library):
        to_disk(library)  # before a generation that rests on them can be there


def decisions_of(generation: Generation) -> Decisions:
    """What a generation knows of what was decided: the tracks that were taken out."""
    sounds = _audio_ids(generation.files)
    taken = generation.skipped[generation.skipped["reason"] == Reason.REMOVED]
    return Decisions(
        tuple(
            Removed(row.path, row.content_id, sounds.get(row.content_id))
            for row in taken.dropna(subset=["content_id"]).itertuples()
        )
    )


def known_tracks(before: Generation | None, decisions: Decisions) -> pd.DataFrame:
    """All tracks that a library has, with `audio_id`; it may have lost some it was to keep."""
    if before is None:
        known = pd.DataFrame({"path": [], "content_id": [], "track_id": []}, dtype="string")
        sounds: dict[str, str] = {}
    else:
        known, sounds = before.tracks, _audio_ids(before.files)
    have = {*known["content_id"], *known["path"], *known["track_id"]}
    lost = [
        item
        for item in decisions.kept
        if have.isdisjoint(item.track[name] for name in ("content_id", "path", "track_id"))
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
    """What is noted of tracks that stay though their files are gone.

    Args:
        tracks: As `known_tracks` gives them.
        features: What was measured of them, row by row.
        measure_version: By which way of measuring.
    """
    noted = []
    rows = zip(tracks.to_dict("records"), features.to_dict("records"), strict=True)
    for row, measured in rows:
        plain = {str(name): _plain(value) for name, value in row.items()}
        audio_id = plain.pop("audio_id")
        finite = {str(name): value for name, value in measured.items() if math.isfinite(value)}
        noted.append(Kept(plain, finite, measure_version, audio_id))
    return tuple(noted)


def _parse(path: Path) -> Decisions:
    document = read_sealed(path)
    try:
        return Decisions(
            tuple(Removed(**item) for item in document["removed"]),
            tuple(Kept(**item) for item in document["kept"]),
            int(document["revision"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise LibraryError(f"{path}: damaged; {REMEDY}") from error


def _audio_ids(files: pd.DataFrame) -> dict[str, str]:
    """Of a catalog's files, by content; before format 4 none were noted."""
    if "audio_id" not in files:
        return {}
    known = files.dropna(subset=["audio_id"])
    return dict(zip(known["content_id"], known["audio_id"], strict=True))


def _plain(value: Any) -> Any:
    """A cell of a table as JSON has it."""
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    value = value.item() if hasattr(value, "item") else value
    return value if isinstance(value, bool | int | float | str) else str(value)
