"""What an index run changes is served without a restart, and nothing is mixed in between."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from specrec.index.build import BuildReport
from specrec.recommend.library import Library
from specrec.serve.app import make_app
from specrec.serve.helpers import Helpers
from specrec.serve.settings import ServeSettings
from specrec.serve.shelf import Shelf
from specrec.synthesis.library import write_library
from tests.serve.conftest import ADDRESS

ASKED = {"k": 20, "explain": False}


def _neighbors(client: TestClient, track_id: str) -> tuple[int, Any]:
    answer = client.get("/api/v1/neighbors", params=ASKED | {"track_id": track_id})
    return answer.status_code, answer.json()


def test_an_index_run_is_picked_up_between_two_answers(
    build: Callable[..., BuildReport], tmp_path: Path
) -> None:
    music, folder = tmp_path / "music", tmp_path / "library"
    write_library(music, 8, seconds=3.0)
    build(music, folder)
    before = Library.open(folder)
    stays, goes = before.tracks["track_id"].iloc[[0, 5]]
    shelf = Shelf([folder])
    helpers = Helpers(1)
    app = make_app(shelf, ServeSettings(), helpers=helpers)
    answers: list[tuple[int, Any]] = []
    over = threading.Event()
    with helpers, TestClient(app, ADDRESS) as client:

        def ask() -> None:
            while not over.is_set():
                answers.append(_neighbors(client, stays))

        asking = [threading.Thread(target=ask) for _ in range(2)]
        for thread in asking:
            thread.start()
        old = _neighbors(client, stays)
        assert _neighbors(client, goes)[0] == 200
        (music / before.tracks["path"].iloc[5]).unlink()
        first = before.tracks["path"].iloc[3]
        (music / "0 comes first").mkdir()
        (music / first).rename(music / "0 comes first" / Path(first).name)
        build(music, folder, prune="true")
        deadline = time.monotonic() + 60
        while _neighbors(client, goes)[0] == 200 and time.monotonic() < deadline:
            time.sleep(0.05)
        new = _neighbors(client, stays)
        over.set()
        for thread in asking:
            thread.join()
        assert _neighbors(client, goes)[0] == 404
        assert client.get(f"/api/v1/tracks/{goes}/audio").status_code == 404
        assert client.get("/api/v1/status").json()["tracks"] == 7
    after = Library.open(folder)
    assert len(after) == 7
    for (status, answer), library in ((old, before), (new, after)):
        row = library.collection.row_of(stays)
        assert row is not None
        expected = library.neighbors(row, 20, explain=False).to_dict()
        assert status == 200
        assert [item["track"] for item in answer["neighbors"]] == [
            item["track"] for item in expected["neighbors"]
        ]
    assert old[1] != new[1]
    assert all(answer in (old, new) for answer in answers)
