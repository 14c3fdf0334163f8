"""Processes that compute answers beside the server's own."""

import asyncio
import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from specrec.errors import QueryError
from specrec.recommend.library import Library
from specrec.serve.helpers import Helpers
from specrec.serve.rest.answers import document
from tests.serve.loops import run


def nearest(library: Library, row: int) -> bytes:
    found = library.neighbors(row, 5).to_dict()
    return document({"process": os.getpid(), "found": found})


def refuse(library: Library, why: str) -> bytes:
    raise QueryError(why, [library.tracks["title"].iloc[0]])


def sleep(library: Library) -> bytes:
    time.sleep(600)
    return b""


async def answer(helpers: Helpers, library: Library, row: int) -> tuple[int, object]:
    """The process that has answered, once there is one, and its answer."""
    until = time.monotonic() + 120
    while (written := await helpers.call(nearest, library, row)) is None:
        assert time.monotonic() < until
        await asyncio.sleep(0.05)
    read = json.loads(written)
    return read["process"], read["found"]


def test_a_helper_answers_as_the_server_does_and_another_comes_if_it_dies(named: Path) -> None:
    library = Library.open(named)

    async def ask(helpers: Helpers) -> int:
        assert await helpers.call(nearest, library, 3) is None  # while it opens the library
        first, found = await answer(helpers, library, 3)
        assert first != os.getpid()
        assert found == json.loads(nearest(library, 3))["found"]
        with pytest.raises(QueryError, match="no\nPiece 0"):
            await helpers.call(refuse, library, "no")
        lost = [asyncio.create_task(helpers.call(sleep, library)) for _ in range(4)]
        await asyncio.sleep(0)
        os.kill(first, signal.SIGKILL)
        assert await asyncio.gather(*lost) == [None] * 4  # the server computes them
        second, again = await answer(helpers, library, 3)
        assert again == found
        assert second not in (first, os.getpid())
        return second

    with Helpers(1) as helpers:
        process = run(ask(helpers))
    until = time.monotonic() + 60
    while Path(f"/proc/{process}").exists():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_no_thread_of_theirs_is_left_at_the_end(named: Path) -> None:
    before = {*threading.enumerate()}
    with Helpers(2) as helpers:
        helpers.prepare(Library.open(named))
    assert {*threading.enumerate()} <= before


def test_without_helpers_the_server_computes_all(named: Path) -> None:
    with Helpers(0) as none:
        assert run(none.call(nearest, Library.open(named), 3)) is None
