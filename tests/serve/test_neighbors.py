import json

from fastapi.testclient import TestClient

from specrec.recommend.library import Library
from specrec.report.text import json_document


def test_the_neighbors_are_those_of_the_library(client: TestClient, heard: Library) -> None:
    asked = heard.tracks["track_id"].iloc[3]
    answer = client.get("/api/v1/neighbors", params={"track_id": asked, "k": 4})
    assert answer.status_code == 200
    assert (
        answer.json()["neighbors"]
        == json.loads(json_document(heard.neighbors(3, 4).to_dict()))["neighbors"]
    )


def test_a_path_is_no_track(client: TestClient, heard: Library) -> None:
    file = heard.collection.audio_root / heard.tracks["path"].iloc[0]
    answer = client.get("/api/v1/neighbors", params={"track_id": str(file)})
    assert answer.status_code == 404
    assert str(heard.collection.audio_root) not in answer.text
