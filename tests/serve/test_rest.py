"""Every answer of the REST interface keeps what its OpenAPI document promises."""

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from specrec.serve.rest import documents, duplicates, link, reports

NAMED = {"library": "named"}
REQUESTS: list[tuple[str, dict[str, Any], type[documents.Answer]]] = [
    ("libraries", {}, documents.Libraries),
    ("status", {}, documents.Status),
    ("coverage", {}, documents.CoverageAnswer),
    ("tracks", {"q": "a", "where": "duration_seconds > 1", "sort": "-title"}, documents.TrackPage),
    ("tracks/t3", NAMED, documents.OneTrack),
    ("neighbors", NAMED | {"track_id": ["t1", "t2"], "against": "t9"}, documents.NeighborsAnswer),
    ("neighbors", NAMED | {"like": "calm piano", "more": "singing"}, documents.NeighborsAnswer),
    ("neighbors", NAMED | {"track_id": "t1", "explain": False}, documents.NeighborsAnswer),
    ("neighbors", NAMED | {"track_id": "t1", "in_full": True}, documents.NeighborsAnswer),
    ("explain", NAMED | {"track_id": "t1", "neighbor_id": "t2"}, documents.MatchAnswer),
    (
        "explain",
        NAMED | {"track_id": "t1", "neighbor_id": "t2", "versus_id": "t3"},
        documents.MatchAnswer,
    ),
    ("path", NAMED | {"start": "t1", "goal": "t2", "steps": 4}, documents.PathAnswer),
    ("map", NAMED, documents.MapAnswer),
    ("clusters", NAMED | {"k": 3}, documents.ClustersAnswer),
    ("concepts", NAMED, documents.ConceptsAnswer),
    ("playlists", NAMED, documents.PlaylistsAnswer),
    ("link", NAMED, link.LinkAnswer),
    ("duplicates", {}, duplicates.DuplicatesAnswer),
    ("removals", {}, duplicates.RemovalsAnswer),
    ("summary", {}, reports.SummaryAnswer),
    ("model", {}, reports.ModelAnswer),
    ("changes", {}, reports.ChangesAnswer),
    ("report/galleries", {}, reports.ReportAnswer),
    ("report/evaluation", {}, reports.ReportAnswer),
    ("report/comparison", NAMED, reports.ReportAnswer),
    ("report/glossary", NAMED, reports.ReportAnswer),
]


@pytest.mark.parametrize(("path", "parameters", "document"), REQUESTS)
def test_an_answer_is_as_described(
    client: TestClient, path: str, parameters: dict[str, Any], document: type[documents.Answer]
) -> None:
    answer = client.get(f"/api/v1/{path}", params=parameters)
    while answer.status_code == 202:
        TypeAdapter(documents.Computing).validate_json(answer.content)
        answer = client.get(f"/api/v1/{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    TypeAdapter(document).validate_json(answer.content)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("nothing", 404),
        ("tracks/none", 404),
        ("tracks?library=none", 404),
        ("tracks?where=1 +", 400),
        ("tracks?where=nothing > 1", 400),
        ("tracks?sort=nothing", 400),
        ("tracks?limit=501", 400),
        ("neighbors", 400),
        ("neighbors?track_id=t1&track_id=none&library=named", 404),
        ("neighbors?track_id=t1&library=named&k=501", 400),
        ("neighbors?track_id=t1&library=named&where=year = 1", 400),
        ("neighbors?track_id=t1&library=named&diversity=nan", 400),
        ("neighbors?track_id=t1&library=named&against=/etc/passwd", 404),
        ("neighbors?like=zzyzx&library=named", 400),
        ("neighbors?track_id=t1&library=named&other_artist=true", 400),
        ("neighbors?library=named&track_id=t1&by=features&weight=a", 400),
        ("explain?track_id=t1&neighbor_id=t1&library=named", 400),
        ("path?start=t1&goal=t1&library=named", 400),
        ("playlists/..%2f..%2flibrary", 404),
        ("playlists/0123456789abcdef", 404),
    ],
)
def test_an_error_is_a_problem_in_one_line(client: TestClient, path: str, status: int) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = documents.Problem.model_validate_json(answer.content)
    assert problem.status == status
    assert problem.detail
    assert "\n" not in problem.detail


def test_what_is_wrong_with_parameters_and_bodies_is_said(client: TestClient) -> None:
    misspelled = client.get("/api/v1/tracks", params={"wher": "year > 1990"}).json()
    assert misspelled["detail"] == "no parameter 'wher'; did you mean where?"
    for body, told in (("{bad", "the body is not JSON: "), ("[]", "send a JSON object")):
        as_json = {"Content-Type": "application/json"}
        answer = client.post("/api/v1/selection", content=body, headers=as_json)
        assert answer.status_code == 400
        assert answer.json()["detail"].startswith(told)


@pytest.mark.parametrize("path", ["/", "/health", "/api/v1/libraries", "/api/v1/tracks/none"])
def test_head_is_get_without_the_body(client: TestClient, path: str) -> None:
    got, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers == got.headers


class _Page(HTMLParser):
    """Collects what a page loads, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str | None] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        assert tag not in ("script", "style", "iframe")
        assert "style" not in named
        if tag in ("link", "img"):
            self.loaded.append(named.get("href", named.get("src")))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_describes_every_request_and_loads_nothing_from_elsewhere(
    client: TestClient, served: FastAPI
) -> None:
    page = _Page()
    page.feed(client.get("/docs").text)
    assert page.loaded == ["docs.css"]
    assert client.get("/docs.css").headers["content-type"].startswith("text/css")
    described = client.get("/openapi.json").json()
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert f"{method.upper()} {path}" in page.text
            for parameter in operation.get("parameters", []):
                assert parameter["name"] in page.text
        if "get" in methods:  # none of those that are described is refused
            known = methods["get"].get("parameters", [])
            given = {item["name"]: "" for item in known if item["in"] == "query"}
            assert "no parameter" not in client.get(path, params=given).text


_WITHOUT_TORCH = """
import sys
from pathlib import Path
from fastapi.testclient import TestClient
from specrec.serve.app import make_app
from specrec.serve.settings import ServeSettings
from specrec.serve.shelf import Shelf

app = make_app(Shelf([Path(sys.argv[1])]), ServeSettings())
with TestClient(app, "http://127.0.0.1:8765") as client:
    for path in sys.argv[2:]:
        assert client.get(f"/api/v1/{path}").status_code in (200, 202), path
assert not {"torch", "matplotlib"} & set(sys.modules)
"""


def test_what_is_in_the_library_needs_no_torch(named: Path) -> None:
    asked = [
        "status", "tracks?q=pie", "tracks/t1", "neighbors?track_id=t1", "concepts",
        "neighbors?like=calm", "explain?track_id=t1&neighbor_id=t2", "path?start=t1&goal=t2", "map",
    ]  # fmt: skip
    subprocess.run([sys.executable, "-c", _WITHOUT_TORCH, str(named), *asked], check=True)
