"""What somebody who means no good would try."""

import base64
import logging
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from specrec.errors import ConfigError
from specrec.serve.access import Access
from specrec.serve.app import make_app
from specrec.serve.run import listen, make_server
from specrec.serve.settings import Limits, ServeSettings
from specrec.serve.shelf import Shelf
from tests.libraries import write_named
from tests.serve.conftest import ADDRESS
from tests.serve.test_access import cheap_hash

SECRET = "what no client may read"
USER, PASSWORD = "ada", "a long password"
TRACKS = "/api/v1/tracks/t1"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """A library with a title of HTML, whose first track is a link out of the music folder."""
    folder = tmp_path_factory.mktemp("attacked")
    titles: list[object] = [f"<script>alert({row})</script>" for row in range(240)]
    library = write_named(folder / "library", title=titles)
    (folder / "secret.wav").write_text(SECRET)
    music = library / "no audio"
    music.mkdir()
    (music / "track 0.wav").symlink_to(folder / "secret.wav")
    return Shelf([library])


@pytest.fixture(scope="module")
def access() -> tuple[Access, str]:
    return Access(USER, password_hash=cheap_hash(PASSWORD)).with_new_key("player")


@pytest.fixture(scope="module")
def client(shelf: Shelf) -> TestClient:
    """A client of a server with the settings that there are without any."""
    return client_of(shelf)


def client_of(
    shelf: Shelf, settings: ServeSettings | None = None, address: str = "192.0.2.1"
) -> TestClient:
    app = make_app(shelf, settings or ServeSettings())

    @app.post("/body")
    async def body(request: Request) -> int:
        return len(await request.body())

    @app.get("/rest/own/failed")
    def failed(request: Request) -> None:
        request.state.login_failed = True

    return TestClient(app, ADDRESS, client=(address, 5000), raise_server_exceptions=False)


# From a page of another site in the browser of somebody who runs a server.


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8765", "localhost.evil.example", "[::1", "", "127.0.0.1@evil"],
)
def test_rebinding_another_name_to_this_machine(client: TestClient, host: str) -> None:
    assert client.get(TRACKS, headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1", "[::1]:8765", "192.168.1.5:8765"])
def test_own_names_are_answered(client: TestClient, host: str) -> None:
    assert client.get(TRACKS, headers={"Host": host}).status_code == 200


def test_a_public_name_is_answered(shelf: Shelf) -> None:
    client = client_of(shelf, ServeSettings(public_names=("music.example",)))
    names = {"Host": "music.example", "Origin": "https://music.example:8443"}
    assert client.get(TRACKS, headers=names).status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://127.0.0.1:3000",
        "http://localhost:8765",
        "file://",
        "x://127.0.0.1:8765",
        "http://[",
    ],
)
def test_a_page_of_another_origin(client: TestClient, origin: str) -> None:
    assert client.get(TRACKS, headers={"Origin": origin}).status_code == 403
    assert client.post("/body", headers={"Origin": origin}).status_code == 403


def test_the_own_page(client: TestClient) -> None:
    headers = {"Origin": ADDRESS, "Sec-Fetch-Site": "same-origin"}
    assert client.post("/body", content=b"12", headers=headers).json() == 2


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_pictures_and_links_on_another_page(client: TestClient, site: str) -> None:
    picture = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
    link = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}
    assert client.get(TRACKS, headers=picture).status_code == 403
    assert client.get("/rest/createPlaylist", headers=link).status_code == 403
    assert client.post("/health", headers=link).status_code == 403
    assert client.get("/health", headers=link).status_code == 200


# Without a password, or guessing one.


def test_other_machines_need_a_login() -> None:
    for host in ("0.0.0.0", "::", "192.168.1.5", "music.local"):
        with pytest.raises(ConfigError, match="specrec access"):
            ServeSettings(host)
        ServeSettings(host, access=Access())


def test_nothing_but_health_without_a_login(shelf: Shelf, access: tuple[Access, str]) -> None:
    client = client_of(shelf, ServeSettings(access=access[0]))
    app = client.app
    assert isinstance(app, FastAPI)
    routes = [*iter_route_contexts(app.routes)]
    asked = [(method, str(route.path)) for route in routes for method in route.methods or ()]
    assert {path for _, path in asked} >= {"/docs", "/openapi.json", "/api/v1/neighbors"}
    for method, path in [*asked, ("GET", "/nothing")]:
        if path.startswith("/rest/"):  # with a login of its own
            continue
        answer = client.request(method, path)
        assert answer.status_code == (200 if path == "/health" else 401), path
        if path != "/health":
            assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_keys_and_passwords(shelf: Shelf, access: tuple[Access, str]) -> None:
    settings = ServeSettings(access=access[0], limits=Limits(failed_logins=1000))
    client = client_of(shelf, settings)

    def status(authorization: str) -> int:
        return client.get(TRACKS, headers={"Authorization": authorization}).status_code

    right = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    other = base64.b64encode(f"{USER}:{PASSWORD}x".encode()).decode()
    assert status(f"Bearer {access[1]}") == status(f"bearer {access[1]}") == 200
    assert status(f"Basic {right}") == 200
    wrong = (
        "Bearer",
        "Bearer x",
        f"Bearer {right}",
        f"Basic {other}",
        "Basic",
        "Basic \x00",
        "x y",
    )
    for authorization in (*wrong, f"Digest {right}", f"Basic {access[1]}"):
        assert status(authorization) == 401


def test_guessing_a_password(shelf: Shelf, access: tuple[Access, str]) -> None:
    settings = ServeSettings(access=access[0], limits=Limits(failed_logins=3))
    client = client_of(shelf, settings)
    found = [client.get(TRACKS, auth=(USER, f"guess {n}")).status_code for n in range(5)]
    assert found == [401, 401, 401, 429, 429]
    refused = client.get(TRACKS, auth=(USER, "guess"))
    assert 1 <= int(refused.headers["Retry-After"]) <= 10
    assert client.get("/rest/own/failed").status_code == 429
    key = {"Authorization": f"Bearer {access[1]}"}
    assert client.get(TRACKS, headers=key).status_code == 200


def test_guessing_by_a_login_of_its_own(shelf: Shelf, access: tuple[Access, str]) -> None:
    settings = ServeSettings(access=access[0], limits=Limits(failed_logins=3))
    client = client_of(shelf, settings)
    assert [client.get("/rest/own/failed").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_the_log_has_no_secret_and_no_forged_line(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(shelf, ServeSettings(log_requests=True))
    with caplog.at_level(logging.INFO):
        client.get("/rest/own/failed?p=hunter2&t=26719a1196d2a940705a59634eb18eab")
        client.get("/x%0A2026-01-01 INFO forged%1B[2J")
    of_client = "httpx2"
    lines = [record.getMessage() for record in caplog.records if record.name != of_client]
    assert [line.rsplit(" ", 3)[0] for line in lines] == [
        "GET /rest/own/failed",
        "GET /x\\n2026-01-01 INFO forged\\x1b[2J",
    ]


# Too much, too often, too slow.


def test_a_long_query(client: TestClient) -> None:
    assert client.get(f"{TRACKS}?library={'x' * 9000}").status_code == 413


@pytest.mark.parametrize("declared", [True, False])
def test_a_long_body(shelf: Shelf, declared: bool) -> None:
    client = client_of(shelf, ServeSettings(limits=Limits(body_bytes=1000)))

    def parts(count: int) -> Iterator[bytes]:
        for _ in range(count):
            yield b"x" * 100

    def post(count: int) -> int:
        content = b"".join(parts(count)) if declared else parts(count)
        return client.post("/body", content=content).status_code

    assert [post(10), post(11)] == [200, 413]


@pytest.mark.parametrize("length", ["-1", "1e3", "9" * 5000])
def test_a_length_that_is_none(client: TestClient, length: str) -> None:
    answer = client.post("/body", headers={"Content-Length": length})
    assert answer.status_code == 413


def test_many_requests_of_one_client(shelf: Shelf) -> None:
    settings = ServeSettings(limits=Limits(requests_at_once=3, requests_per_second=0.001))
    app = make_app(shelf, settings)
    found = [TestClient(app, ADDRESS, client=("192.0.2.1", n)).get("/health") for n in range(4)]
    assert [answer.status_code for answer in found] == [200, 200, 200, 429]
    for other in ("192.0.2.2", "2001:db8::1", "127.0.0.1"):
        assert TestClient(app, ADDRESS, client=(other, 1)).get("/health").status_code == 200


@contextmanager
def running(shelf: Shelf, settings: ServeSettings) -> Iterator[int]:
    """A server on a real socket, in a thread; its port."""
    listening = listen("127.0.0.1", 0)
    server = make_server(make_app(shelf, settings), settings)
    server.config.timeout_keep_alive = 1  # not five, after which uvicorn closes what is idle
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


def test_slow_clients(shelf: Shelf) -> None:
    settings = ServeSettings(limits=Limits(head_seconds=0.3, body_seconds=0.3))
    with running(shelf, settings) as port:

        def answer_to(*sent: bytes) -> bytes:
            received = b""
            with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
                for part in sent[:-1]:
                    connection.sendall(part)
                    received += connection.recv(4096)
                connection.sendall(sent[-1])
                while part := connection.recv(4096):
                    received += part
            return received

        whole = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
        assert answer_to(b"") == b""
        assert answer_to(b"GET /health HT") == b""
        assert answer_to(whole) == b""  # the empty line is missing
        kept = answer_to(whole + b"\r\n", b"GET /health")
        assert kept.startswith(b"HTTP/1.1 200")
        assert kept.count(b"HTTP/1.1") == 1
        unread = b"POST /api/v1/libraries HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx"
        assert answer_to(unread).startswith(b"HTTP/1.1 405")
        assert answer_to(b"\x16\x03\x01 no HTTP\r\n\r\n").startswith(b"HTTP/1.1 400")


# Out of the music folder, and into the page.

OUTSIDE = [
    "../secret.wav",
    "../../../../../../etc/passwd",
    "/etc/passwd",
    "..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "..\\..\\etc\\passwd",
    "%252e%252e%252fetc%252fpasswd",
    "t1%00.wav",
    "file:///etc/passwd",
    "~root/.profile",
    "t0",  # the track whose file is a link
]


def query_parameters(asked: Dependant) -> list[str]:
    within = [name for one in asked.dependencies for name in query_parameters(one)]
    return [parameter.alias for parameter in asked.query_params] + within


def refuses(shelf: Shelf, client: TestClient, path: str, query: dict[str, str]) -> None:
    answer = client.get(path, params=query)
    assert SECRET not in answer.text
    assert "root:" not in answer.text
    assert str(shelf.folder(shelf.names[0]).parent) not in answer.text
    assert answer.status_code < 500, (path, query, answer.text)


def asked_routes(client: TestClient) -> Iterator[tuple[str, list[str]]]:
    """The path of each route that is asked by GET, and the names of its parameters."""
    app = client.app
    assert isinstance(app, FastAPI)
    for route in iter_route_contexts(app.routes):
        if "GET" in (route.methods or ()) and hasattr(route.route, "dependant"):
            yield str(route.path), query_parameters(route.dependant)


@pytest.mark.parametrize("outside", OUTSIDE)
def test_reading_other_files_by_a_path(shelf: Shelf, client: TestClient, outside: str) -> None:
    paths = [path for path, _ in asked_routes(client) if "{" in path]
    assert "/api/v1/tracks/{track_id}" in paths
    for path in paths:
        refuses(shelf, client, re.sub(r"{.*?}", lambda _: outside, path), {})


@pytest.mark.parametrize("outside", ["../../secret.wav", "/etc/passwd", "t0"])
def test_reading_other_files_by_a_parameter(shelf: Shelf, client: TestClient, outside: str) -> None:
    for path, names in asked_routes(client):
        for name in names:
            refuses(shelf, client, re.sub("{.*?}", "t1", path), {name: outside})


def test_a_title_with_html(client: TestClient) -> None:
    answer = client.get(TRACKS)
    assert answer.json()["track"]["title"] == "<script>alert(1)</script>"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", [TRACKS, "/nothing", "/docs", f"/?{'x' * 9000}"])
def test_no_script_in_a_page_runs(client: TestClient, path: str) -> None:
    """Not even one that got into it."""
    policy = client.get(path).headers["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'self'"
    assert rules.get("script-src", "'self'") == "'self'"
    assert rules["frame-ancestors"] == rules["object-src"] == rules["base-uri"] == "'none'"
    assert "unsafe" not in policy


def test_a_fault_tells_nothing(shelf: Shelf, tmp_path: Path) -> None:
    client = client_of(shelf)
    app = client.app
    assert isinstance(app, FastAPI)

    @app.get("/fault")
    def fault() -> None:
        raise RuntimeError(f"{tmp_path}/private: failed")

    answer = client.get("/fault")
    assert answer.status_code == 500
    assert str(tmp_path) not in answer.text
    assert "private" not in answer.text
