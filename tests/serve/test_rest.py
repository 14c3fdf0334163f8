"""Every answer of the REST interface keeps what its OpenAPI document promises."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from specrec.serve.rest import documents

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
