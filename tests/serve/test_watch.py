import math
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient

from specrec.index.locks import writer_lock
from specrec.recommend.library import Library
from specrec.serve.app import make_app
from specrec.serve.settings import ServeSettings
from specrec.serve.shelf import Shelf
from specrec.serve.watch import Pace, Update, Watch
from specrec.synthesis.library import write_library
from tests.libraries import write_named
from tests.serve.conftest import ADDRESS

SOON = Pace(quiet_seconds=0.5, most_seconds=5.0, retry_seconds=0.5)
PATIENCE_SECONDS = 300.0  # for a process that loads torch, beside others


def wait_for(watch: Watch, name: str, when: Callable[[Update], bool]) -> Update:
    until = time.monotonic() + PATIENCE_SECONDS
    while not when(update := watch.update(name)):
        assert time.monotonic() < until, update
        time.sleep(0.05)
    return update


def test_a_new_file_is_served(tmp_path: Path) -> None:
    """The library lies among the music, so that what updates write there could set off others."""
    music, more = tmp_path / "music", tmp_path / "more"
    write_library(music, 3, seconds=3.0)
    library = Library.build(music, music / "library", workers=1, measure_features=False)
    shelf = Shelf([library.collection.folder])
    write_library(more, 1, seconds=3.0, seed=7)
    new = next(more.rglob("*.flac"))
    with Watch(shelf, SOON) as watch:
        client = TestClient(make_app(shelf, ServeSettings(), watch), ADDRESS)
        assert client.get("/health").json()["updates"] in ("idle", "updating")
        first = wait_for(watch, "library", lambda update: update.result is not None)
        assert first.result is not None
        assert (first.result["tracks"], first.result["changed"]) == (3, False)
        shutil.copy(new, music / "new.flac")
        second = wait_for(watch, "library", lambda update: (update.result or {})["tracks"] == 4)
        assert second.result is not None
        assert (second.result["embedded"], second.result["changed"]) == (1, True)
        assert second.error is None
        idle = wait_for(watch, "library", lambda update: not (update.running or update.pending))
        assert idle == second
        tracks = Library.open(library.collection.folder).tracks
        assert "new.flac" in set(tracks["path"])


def test_what_fails_is_said_and_tried_again(tmp_path: Path) -> None:
    library = write_named(tmp_path / "named")
    shelf = Shelf([library])
    with Watch(shelf, SOON) as watch:
        failed = wait_for(watch, "named", lambda update: update.finished is not None)
        assert failed.result is None
        assert failed.error is not None
        assert str(tmp_path) not in failed.error
        app = make_app(shelf, ServeSettings(), watch)
        assert TestClient(app, ADDRESS).get("/api/v1/tracks/t1").status_code == 200
        wait_for(watch, "named", lambda update: update.running)
    with writer_lock(library):  # nobody is left who writes
        pass


def test_a_server_that_does_not_watch_says_nothing_of_updates(named: Path) -> None:
    app = make_app(Shelf([named]), ServeSettings())
    assert TestClient(app, ADDRESS).get("/health").json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ([0.0], 5.0),
        ([0.0, 4.0, 8.0], 13.0),
        ([0.0, 4.0, 8.0, 12.0, 16.0, 19.0], 20.0),
    ],
)
def test_changes_are_waited_for_but_not_forever(
    named: Path, changes: list[float], due: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(Shelf([named]), Pace(5.0, most_seconds=20.0))
    for at in changes:
        # Not that of all: a server in another thread would sleep until that time.
        clock = SimpleNamespace(monotonic=lambda at=at: 1000.0 + at)
        monkeypatch.setattr("specrec.serve.watch.time", clock)
        watch._schedule("named", 5.0)
    assert watch._watched["named"].due == 1000.0 + due
    assert math.isclose(watch._watched["named"].since, 1000.0)
