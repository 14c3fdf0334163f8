import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from specrec.serve.access import Access
from specrec.serve.app import make_app
from specrec.serve.settings import ServeSettings
from tests.serve.conftest import ADDRESS

USER, PASSWORD = "ada", "open sesame"
ACCESS, KEY = Access(USER, PASSWORD).with_new_key("player")

Ask = Callable[..., dict[str, Any]]


def answer_of(response: Any) -> dict[str, Any]:
    """What an answer in JSON holds."""
    assert response.status_code == 200
    return response.json()["subsonic-response"]


@pytest.fixture
def ask(client: TestClient) -> Ask:
    """Asks the server that is open to this machine, which must succeed."""

    def asked(method: str, **parameters: Any) -> dict[str, Any]:
        answer = answer_of(client.get(f"/rest/{method}", params={"f": "json", **parameters}))
        assert answer["status"] == "ok", answer
        return answer

    return asked


@pytest.fixture
def refused(client: TestClient) -> Callable[..., tuple[int, str]]:
    """Asks the server that is open to this machine, which must refuse: code and message."""

    def asked(method: str, **parameters: Any) -> tuple[int, str]:
        answer = answer_of(client.get(f"/rest/{method}", params={"f": "json", **parameters}))
        assert answer["status"] == "failed", answer
        return answer["error"]["code"], answer["error"]["message"]

    return asked


def locked(served: FastAPI) -> FastAPI:
    """Both libraries, for one user; a new server, which has seen no failed login yet."""
    settings: ServeSettings = served.state.settings
    return make_app(served.state.shelf, replace(settings, access=ACCESS))


@pytest.fixture
def stranger(served: FastAPI) -> Iterator[TestClient]:
    """A client of a server that asks who it is."""
    with TestClient(locked(served), ADDRESS, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def port(served: FastAPI) -> Iterator[int]:
    """A running server for one user, on a free port of this machine."""
    server = uvicorn.Server(uvicorn.Config(locked(served), "127.0.0.1", 0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(60)
    assert not thread.is_alive()
