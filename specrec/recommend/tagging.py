"""Features and concepts of tracks as tags in their files: what would change, and writing it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from specrec.catalog.identity import audio_id
from specrec.catalog.tag_writing import TaggedFile
from specrec.concepts.vocabulary import load_vocabulary
from specrec.descriptors.tag_values import FIELDS, Value, parts, says_the_same, tag_values
from specrec.errors import QueryError, SpecrecError, StorageError, TagError, message_of
from specrec.progress import Progress
from specrec.recommend.collection import Collection
from specrec.recommend.concepts import present_in

CONCEPTS = "concepts"
"""The field of a track's concepts, which is what players call the grouping."""

_OWN_GROUPING = "its grouping says something else, which is kept"
_NAMES = {concept.name.casefold() for concept in load_vocabulary()}


@dataclass(frozen=True)
class TagChange:
    """A tag that says something else than it should, or is not there.

    Attributes:
        path: The file, relative to the library's music.
        field: `bpm`, `key`, `mood` or `concepts`.
        tag: What it is called in this file, such as `TBPM`.
        old: What it says; None if it is not there.
        new: What it is to say.
    """

    path: str
    field: str
    tag: str
    old: str | None
    new: str


@dataclass(frozen=True)
class TagPlan:
    """What is to be written into the files of a library.

    Attributes:
        changes: Sorted by path.
        files: How many files the library has.
        kept: How many tags stay as they are, because they say it already or because only missing
            ones are asked for.
        unknown: In how many files a field is not written, and why, as (field, why).
        untaggable: Files that can't be tagged, and why.
    """

    changes: list[TagChange]
    files: int
    kept: int
    unknown: dict[tuple[str, str], int]
    untaggable: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        unknown = [
            {"field": field, "reason": why, "files": count}
            for (field, why), count in self.unknown.items()
        ]
        return asdict(self) | {"unknown": unknown}


@dataclass(frozen=True)
class TagsWritten:
    """What came of writing.

    Attributes:
        files: Paths of the files that were written.
        failed: Those that could not be, and are as they were; with the reason.
    """

    files: list[str]
    failed: dict[str, str]


def parse_fields(text: str) -> list[str]:
    """The fields named in `bpm,key`.

    Raises:
        QueryError: If one is unknown, or there is none.
    """
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    have = (*FIELDS, CONCEPTS)
    wrong = next((name for name in names if name not in have), None)
    if wrong is not None or not names:
        known = ", ".join(have)
        raise QueryError(f"{wrong or text!r}: no tag that can be written; known are {known}")
    return list(dict.fromkeys(names))


def plan_tags(
    collection: Collection,
    fields: Sequence[str],
    only_missing: bool = False,
    on_progress: Progress | None = None,
) -> TagPlan:
    """Compares the tags of a library's files with what is known of their tracks; only reads.

    Args:
        collection: Its files, exact copies among them.
        fields: Of `FIELDS`, or `concepts`.
        only_missing: Whether tags that say anything stay.
        on_progress: Called after each file.
    """
    sources = {str(name): table for name, table in collection.feature_sources.items()}
    values = {
        name: concept_values(collection) if name == CONCEPTS else tag_values(sources, name)
        for name in fields
    }
    row_of = {name: row for row, name in enumerate(collection.tracks["content_id"])}
    files = collection.generation.files
    files = files[files["content_id"].isin(list(row_of))].sort_values("path")
    changes: list[TagChange] = []
    kept = 0
    unknown: Counter[tuple[str, str]] = Counter()
    gone = collection.tracks[~collection.tracks["content_id"].isin(files["content_id"])]["path"]
    untaggable = dict.fromkeys(gone, "was not there at the last specrec index")
    for done, file in enumerate(files.to_dict("records"), 1):
        row = row_of[file["content_id"]]
        known = {name: values[name][row][0] for name in fields}
        unknown.update((name, values[name][row][1]) for name in fields if known[name] is None)
        wanted = {name: value for name, value in known.items() if value is not None}
        try:
            tagged = _opened(collection.audio_root, file) if wanted else None
            if tagged is not None and _has_own_grouping(tagged, wanted):
                del wanted[CONCEPTS]
                unknown[CONCEPTS, _OWN_GROUPING] += 1
            found = [] if tagged is None else _changes(tagged, file["path"], wanted, only_missing)
        except (SpecrecError, OSError) as error:
            untaggable[file["path"]] = _reason(error)
        else:
            changes += found
            kept += len(wanted) - len(found)
        if on_progress:
            on_progress(done, len(files))
    return TagPlan(changes, len(files) + len(gone), kept, dict(unknown), untaggable)


def write_tags(root: Path, plan: TagPlan, on_progress: Progress | None = None) -> TagsWritten:
    """Writes what was planned, file by file; one that fails is as it was, and the others go on.

    Args:
        root: The library's folder of music.
        plan: What is to be written.
        on_progress: Called after each file.
    """
    written: list[str] = []
    failed: dict[str, str] = {}
    groups = [(path, list(group)) for path, group in groupby(plan.changes, lambda one: one.path)]
    for done, (path, changes) in enumerate(groups, 1):
        try:
            TaggedFile(root / path).write({change.field: change.new for change in changes})
            written.append(path)
        except (SpecrecError, OSError) as error:
            failed[path] = _reason(error)
        if on_progress:
            on_progress(done, len(groups))
    return TagsWritten(written, failed)


def concept_values(collection: Collection) -> list[Value]:
    """What the tag of concepts should say of each track: the names of those that it surely has."""
    present = present_in(collection.stats)
    if not present:
        return [(None, "the model of this library names no concepts")] * len(collection)
    found = (
        "; ".join(name for name in present if present[name][row]) for row in range(len(collection))
    )
    return [(text, "") if text else (None, "no concept is there clearly enough") for text in found]


def _opened(root: Path, file: dict[str, Any]) -> TaggedFile:
    """Opens a file that is the one of the last index run.

    Raises:
        TagError: If it is another, or can't be tagged.
    """
    path = root / file["path"]
    status = path.stat()
    if (status.st_size, status.st_mtime_ns) != (file["size"], file["mtime_ns"]):
        sound = file.get("audio_id")
        if pd.isna(sound) or audio_id(path) != sound:
            raise TagError("is another file than at the last specrec index; run that first")
    return TaggedFile(path)


def _has_own_grouping(tagged: TaggedFile, wanted: dict[str, str]) -> bool:
    """Whether concepts are to be written where somebody has written another grouping."""
    old = tagged.value(CONCEPTS) if CONCEPTS in wanted else None
    return old is not None and any(part not in _NAMES for part in parts(old))


def _changes(
    tagged: TaggedFile, path: str, wanted: dict[str, str], only_missing: bool
) -> list[TagChange]:
    changes = []
    for field, new in wanted.items():
        old = tagged.value(field)
        if old is None or not (only_missing or says_the_same(field, old, new)):
            changes.append(TagChange(path, field, tagged.name(field), old, new))
    return changes


def _reason(error: SpecrecError | OSError) -> str:
    """Why a file can't be tagged, without its name."""
    cause = error.__cause__ if isinstance(error, StorageError) else error
    if isinstance(cause, OSError):
        return f"can't be read or written: {cause.strerror or cause}"
    return message_of(error)
