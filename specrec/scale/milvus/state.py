"""The state of a library in Milvus: which push readers see, and what is known of the library."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from specrec.scale.milvus.conditions import Test
from specrec.scale.milvus.contents import MOST_BYTES, from_pieces, in_pieces
from specrec.scale.milvus.database import Database

_CURRENT = "current"
_AT_ONCE = 50  # pieces


@dataclass(frozen=True)
class State:
    """What the last finished push wrote.

    Attributes:
        push: Its number, from 1; readers see the rows of pushes up to it.
        digest: Name of what is known of the library.
        pieces: Number of the texts in which that is stored.
        hidden: Number of the texts in which the keys of rows are stored that readers don't see,
            because they are to be deleted.
    """

    push: int
    digest: str
    pieces: int
    hidden: int = 0


def about_of(collection: str) -> str:
    """The collection that holds what is known of the library in another."""
    return f"{collection}__about"


def create_about(database: Database, collection: str) -> None:
    """Makes the collection for what is known of a library.

    Raises:
        LibraryError: If it can't be made.
    """
    from pymilvus import DataType, MilvusClient

    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=64)
    schema.add_field("text", DataType.VARCHAR, max_length=MOST_BYTES)
    schema.add_field("unused", DataType.FLOAT_VECTOR, dim=2)  # Milvus wants a vector
    indexes = MilvusClient.prepare_index_params()
    indexes.add_index("unused", index_type="FLAT", metric_type="L2")
    database.call(
        "create_collection",
        about_of(collection),
        schema=schema,
        index_params=indexes,
        consistency_level="Strong",
    )


def read_state(database: Database, collection: str) -> State | None:
    """Reads the state; None if no push into this collection was ever finished.

    Raises:
        LibraryError: If Milvus does not answer.
    """
    database.call("load_collection", about_of(collection))
    found = database.query(about_of(collection), Test("id == {}", (_CURRENT,)), ["text"])
    return State(**json.loads(found[0]["text"])) if found else None


def read_about(database: Database, collection: str, state: State) -> bytes:
    """Reads what is known of the library.

    Raises:
        LibraryError: If Milvus does not answer.
    """
    return _read(database, collection, state.digest, state.pieces)


def read_hidden(database: Database, collection: str, state: State) -> list[int]:
    """Reads the keys of the rows that readers don't see.

    Raises:
        LibraryError: If Milvus does not answer.
    """
    found = _read(database, collection, f"hidden-{state.push}", state.hidden)
    return [int(key) for key in np.frombuffer(found, np.int64)]


def _read(database: Database, collection: str, kind: str, count: int) -> bytes:
    names = [f"{kind}/{place}" for place in range(count)]
    texts: dict[str, str] = {}
    for start in range(0, len(names), _AT_ONCE):
        asked = Test("id in {}", (names[start : start + _AT_ONCE],))
        for row in database.query(about_of(collection), asked, ["id", "text"]):
            texts[row["id"]] = row["text"]
    return from_pieces(texts[name] for name in names)


def write_state(
    database: Database,
    collection: str,
    before: State | None,
    push: int,
    digest: str,
    about: bytes,
    hidden: Sequence[int] = (),
) -> State:
    """Writes what is known of a library, then, by one row, that it and the push's rows count.

    Args:
        database: The database.
        collection: The collection that holds the library's rows.
        before: The state that is replaced; None if there is none.
        push: Number of the push.
        digest: Name of what is known.
        about: What is known.
        hidden: The keys of the rows that are to be deleted.

    Raises:
        LibraryError: If it can't be written.
    """
    pieces = [] if before is not None and before.digest == digest else in_pieces(about)
    _write(database, collection, digest, pieces)
    gone = in_pieces(np.array(hidden, np.int64).tobytes())
    _write(database, collection, f"hidden-{push}", gone)
    count = len(pieces) or (0 if before is None else before.pieces)
    state = State(push, digest, count, len(gone))
    show_state(database, collection, state)
    return state


def show_state(database: Database, collection: str, state: State) -> None:
    """Makes a state the one that readers see.

    Raises:
        LibraryError: If it can't be written.
    """
    place = about_of(collection)
    database.call("upsert", place, [_row(_CURRENT, json.dumps(vars(state)))])
    database.call("flush", place)


def _write(database: Database, collection: str, kind: str, pieces: Sequence[str]) -> None:
    for start in range(0, len(pieces), _AT_ONCE):
        rows = [
            _row(f"{kind}/{start + number}", text)
            for number, text in enumerate(pieces[start : start + _AT_ONCE])
        ]
        database.call("upsert", about_of(collection), rows)


def drop_others(database: Database, collection: str, state: State) -> None:
    """Deletes what was known of the library in earlier states.

    Raises:
        LibraryError: If it can't be deleted.
    """
    kept = {_CURRENT, *(f"{state.digest}/{place}" for place in range(state.pieces))}
    there = [row["id"] for rows in database.listed(about_of(collection), ["id"]) for row in rows]
    gone = [name for name in there if name not in kept]
    if gone:
        database.call("delete", about_of(collection), ids=gone)


def _row(name: str, text: str) -> dict[str, object]:
    return {"id": name, "text": text, "unused": [0.0, 1.0]}
