"""The connection to Milvus: asks it, and says what is wrong in one line."""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from specrec.errors import LibraryError
from specrec.scale.milvus.address import TOKEN, Address
from specrec.scale.milvus.conditions import Test
from specrec.shapes import Float32

MOST = 16_384
"""Most rows that Milvus gives for one question."""

_SECONDS = 30.0
_LISTED = 10_000  # keys in a batch
_GONE = 100  # the code of "collection not found"


def connect(address: Address) -> "Database":
    """Connects to the database of an address.

    Raises:
        LibraryError: If pymilvus is not installed, or no server answers.
    """
    try:
        from pymilvus import MilvusClient
    except ImportError as error:
        raise LibraryError(
            f"{address.text}: needs pymilvus; in specrec's folder:"
            " python3 -m uv sync --inexact --no-dev --extra milvus"
        ) from error
    for name in ("pymilvus", "milvus_lite"):  # they print what they raise, with a traceback
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    with _asking(address):
        client = MilvusClient(
            address.uri,
            token=os.environ.get(TOKEN, ""),
            db_name=address.database,
            timeout=_SECONDS,
        )
        lite = str(client.get_server_version()).startswith("milvus_lite")
    return Database(address, client, lite)


@contextmanager
def _asking(address: Address) -> Iterator[None]:
    """Turns what goes wrong into one line."""
    import grpc
    from pymilvus.exceptions import MilvusException

    try:
        yield
    except (MilvusException, grpc.RpcError, grpc.FutureTimeoutError, ValueError) as error:
        raise LibraryError(f"{address.text}: {_what(error)}") from error


def _what(error: BaseException) -> str:
    import grpc
    from pymilvus.exceptions import ErrorCode, MilvusException

    text = str(getattr(error, "message", None) or error)
    code = getattr(error, "code", None)
    away = isinstance(error, grpc.RpcError | grpc.FutureTimeoutError)
    if away or (code in (ErrorCode.UNEXPECTED_ERROR, 2) and "connect" in text.lower()):
        return "no answer; is Milvus running there?"
    if code == _GONE:
        return "changed since it was opened; open it again"
    if isinstance(error, MilvusException) and "lock" in text.lower():
        return "in use by another process, and milvus-lite serves only one"
    return f"Milvus says: {' '.join(text.split())}"


class Database:
    """A database of Milvus, or a file of milvus-lite, which understands the same.

    Attributes:
        address: Where it is.
        lite: Whether it is milvus-lite, which can't bind values.
    """

    def __init__(self, address: Address, client: Any, lite: bool) -> None:
        self.address = address
        self.lite = lite
        self._client = client

    def call(self, name: str, *arguments: Any, **named: Any) -> Any:
        """Calls a method of pymilvus's client.

        Raises:
            LibraryError: If it fails; the message says why, in one line.
        """
        with _asking(self.address):
            return getattr(self._client, name)(*arguments, **named)

    def in_use(self, name: str) -> str | None:
        """The collection that an alias stands for; None if there is no such alias."""
        if name not in self.call("list_aliases").get("aliases", []):
            return None
        return str(self.call("describe_alias", name)["collection_name"])

    def query(
        self, collection: str, test: Test, fields: Sequence[str], most: int = MOST, **named: Any
    ) -> list[dict[str, Any]]:
        """Finds the rows for which an expression holds, in no order."""
        asked = self._asked(test) | named
        if "count(*)" not in fields:
            asked["limit"] = most
        return list(self.call("query", collection, output_fields=list(fields), **asked))

    def count(self, collection: str, test: Test) -> int:
        """Counts the rows for which an expression holds."""
        return int(self.query(collection, test, ["count(*)"])[0]["count(*)"])

    def search(
        self,
        collection: str,
        vectors: Float32[np.ndarray, "queries dim"],
        most: int,
        test: Test,
        fields: Sequence[str],
    ) -> list[dict[str, Any]]:
        """Finds the rows nearest to each vector for which an expression holds."""
        found = self.call(
            "search",
            collection,
            data=vectors.tolist(),
            anns_field="embedding",
            limit=most,
            output_fields=list(fields),
            search_params={"metric_type": "COSINE", "params": {}},
            **self._asked(test),
        )
        return [dict(hit["entity"]) | {"key": hit["key"]} for hits in found for hit in hits]

    def listed(self, collection: str, fields: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
        """Yields all rows in batches."""
        rows = self.call(
            "query_iterator",
            collection,
            batch_size=_LISTED,
            filter="",
            output_fields=list(fields),
            consistency_level="Strong",
        )
        with _asking(self.address):
            try:
                while batch := rows.next():
                    yield batch
            finally:
                rows.close()

    def _asked(self, test: Test) -> dict[str, Any]:
        if self.lite:
            return {"filter": test.written()}
        text, values = test.bound()
        return {"filter": text, "filter_params": values}
