"""Pushes a library to Milvus: what is new is sent, what is gone is deleted, and then it counts.

A collection is named after the library and a hash of what rows of it hold (model, probe, columns),
and an alias with the library's own name stands for the one in use. Into the same collection only
the difference is sent; when rows hold something else, another collection is filled, and the alias
moves to it at the end. New rows have the number of their push, and readers see those of finished
pushes only. Of a push that was interrupted, the next one uses what it can, and deletes the rest.
"""

import json
import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from specrec.errors import LibraryError
from specrec.index.search import EXACT_UP_TO
from specrec.progress import Progress
from specrec.recommend.collection import Collection
from specrec.scale.milvus.about import FORMAT_VERSION, About, describe, digest, to_bytes
from specrec.scale.milvus.address import Address
from specrec.scale.milvus.contents import MOST_BYTES, Contents
from specrec.scale.milvus.database import Database, connect
from specrec.scale.milvus.state import (
    State,
    about_of,
    create_about,
    drop_others,
    read_state,
    show_state,
    write_state,
)
from specrec.shapes import Int64

_BATCH = 256  # rows that are sent at once
_DELETED = 1000  # keys that are deleted at once
_NUMBERED = ("since", "recording", "artist_key", "album_key")
_NAMED = ("content_id", "track_id", "path")


@dataclass(frozen=True)
class Pushed:
    """What a push did.

    Attributes:
        address: Where to.
        tracks: Number of tracks that are there now.
        sent: Number of rows that were sent.
        deleted: Number of rows that were deleted.
        anew: Whether a new collection was filled, because there was none, or rows hold something
            else now.
    """

    address: str
    tracks: int
    sent: int
    deleted: int
    anew: bool

    def to_dict(self) -> dict[str, Any]:
        """Returns plain values for JSON."""
        return dict(vars(self))


def push_library(
    collection: Collection,
    address: Address,
    windows: bool = True,
    on_progress: Progress | None = None,
) -> Pushed:
    """Makes a library in Milvus equal to one on disk.

    Args:
        collection: What the library on disk holds.
        address: Where to.
        windows: Whether to write the embeddings of windows, by which explanations say where in a
            track something is heard. They are most of what is sent.
        on_progress: Called with the number of rows that were sent, and of all to be sent.

    Raises:
        LibraryError: If Milvus does not answer or refuses something, pymilvus is missing, or the
            library is damaged.
    """
    database, contents = connect(address), Contents(collection, windows)
    about = describe(collection, contents.fields, contents.keys)
    known = to_bytes(about)
    target = f"{address.name}__{_signature(about, windows)}"
    used = _tidied(database, target)
    state = _prepared(database, target, about)
    push = 1 if state is None else state.push + 1
    there = _rows_there(database, target)
    kept = np.isin(contents.keys, np.fromiter(there, np.int64, len(there)))
    wanted = set(contents.keys.tolist())
    stale = [key for key in there if key not in wanted]
    unseen = [key for key in stale if there[key] >= push]  # of a push that was interrupted
    gone = [key for key in stale if there[key] < push]
    _delete(database, target, unseen)
    _send(database, target, contents, np.flatnonzero(~kept), push, on_progress)
    if not kept.all() or gone or state is None or state.digest != digest(known):
        state = write_state(database, target, state, push, digest(known), known, gone)
    _use(database, target, used)
    _delete(database, target, gone)
    if state.hidden:
        state = replace(state, hidden=0)
        show_state(database, target, state)
    drop_others(database, target, state)
    if used not in (None, target):
        _drop(database, str(used))
    sent = int((~kept).sum())
    return Pushed(address.text, len(contents), sent, len(stale), used != target)


def _signature(about: About, windows: bool) -> str:
    """A name for what the rows of a collection hold, and how they are searched."""
    probe = None
    if about.probe is not None:
        probe = digest(about.probe.weight.tobytes() + about.probe.bias.tobytes())
    index = "FLAT" if about.manifest["counts"]["tracks"] <= EXACT_UP_TO else "AUTOINDEX"
    fields = [vars(field) for field in about.fields]
    parts = [FORMAT_VERSION, about.fingerprint, probe, fields, windows, index]
    return digest(json.dumps(parts, sort_keys=True).encode())


def _tidied(database: Database, target: str) -> str | None:
    """Drops what interrupted pushes left behind; returns the collection in use."""
    name = database.address.name
    used = database.in_use(name)
    there = database.call("list_collections")
    if name in there:
        raise LibraryError(
            f"{database.address.text}: a collection of this name is there, which specrec did not"
            " write; choose another name"
        )
    kept = {place for one in (used, target) if one for place in (one, about_of(one))}
    for place in there:
        if re.fullmatch(rf"{name}__[0-9a-f]{{12}}(__about)?", place) and place not in kept:
            database.call("drop_collection", place)
    return used


def _prepared(database: Database, target: str, about: About) -> State | None:
    """Makes the collection, if it isn't there; returns the state of the last push into it."""
    there = set(database.call("list_collections"))
    # The one for what is known is made last, and its index last of all.
    made = {target, about_of(target)} <= there
    if not made or not database.call("list_indexes", about_of(target)):
        for place in there & {target, about_of(target)}:
            database.call("drop_collection", place)
        _create(database, target, about)
        create_about(database, target)
    database.call("load_collection", target)
    return read_state(database, target)


def _create(database: Database, target: str, about: About) -> None:
    from pymilvus import DataType, MilvusClient

    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    text: dict[str, Any] = {"datatype": DataType.VARCHAR, "max_length": MOST_BYTES}
    texts = {"datatype": DataType.ARRAY, "element_type": DataType.VARCHAR} | {
        "max_length": MOST_BYTES,
        "max_capacity": 4096,
    }
    schema.add_field("key", DataType.INT64, is_primary=True)
    schema.add_field("embedding", DataType.FLOAT_VECTOR, dim=about.sample.shape[1])
    for name in _NUMBERED:
        schema.add_field(name, DataType.INT64)
    for name in _NAMED:
        schema.add_field(name, **text)
    for name in ("track", "known", "told", "more"):
        schema.add_field(name, DataType.JSON)
    schema.add_field("words", **texts)
    schema.add_field("windows", **texts)
    for field in about.fields:
        if field.kind in ("share", "nothing") or field.in_json:
            continue
        if field.kind == "text":
            schema.add_field(field.ref, nullable=True, **text)
            schema.add_field(field.parts, **texts)
        else:
            schema.add_field(field.ref, DataType.DOUBLE, nullable=True)
    indexes = MilvusClient.prepare_index_params()
    exact = about.manifest["counts"]["tracks"] <= EXACT_UP_TO
    kind = "FLAT" if exact else "AUTOINDEX"
    indexes.add_index("embedding", index_type=kind, metric_type="COSINE")
    if not database.lite:  # which scans
        for name in (*_NUMBERED, *_NAMED, "words"):
            indexes.add_index(name, index_type="INVERTED")
    database.call("create_collection", target, schema=schema, index_params=indexes)


def _rows_there(database: Database, target: str) -> dict[int, int]:
    """The keys of the rows that are there, with the numbers of the pushes that wrote them."""
    return {
        int(row["key"]): int(row["since"])
        for rows in database.listed(target, ["key", "since"])
        for row in rows
    }


def _send(
    database: Database,
    target: str,
    contents: Contents,
    places: Int64[np.ndarray, " new"],
    push: int,
    on_progress: Progress | None,
) -> None:
    for start in range(0, len(places), _BATCH):
        batch = places[start : start + _BATCH]
        database.call("insert", target, contents.rows(batch, push))
        if on_progress:
            on_progress(start + len(batch), len(places))
    if len(places):
        database.call("flush", target)


def _delete(database: Database, target: str, keys: list[int]) -> None:
    for start in range(0, len(keys), _DELETED):
        database.call("delete", target, ids=keys[start : start + _DELETED])


def _use(database: Database, target: str, used: str | None) -> None:
    """Lets the alias stand for a collection."""
    if used == target:
        return
    change = "create_alias" if used is None else "alter_alias"
    database.call(change, target, database.address.name)


def _drop(database: Database, collection: str) -> None:
    for place in (about_of(collection), collection):
        database.call("drop_collection", place)
