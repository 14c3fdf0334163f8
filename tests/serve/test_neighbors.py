import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from specrec.recommend.by_features.settings import FeatureSettings
from specrec.recommend.library import Library
from specrec.recommend.match import compare_neighbors
from specrec.report.match import match_json
from specrec.report.neighbors import path_json
from specrec.report.text import json_document

WEIGHTED = FeatureSettings(("centroid_hz",), weights={"centroid_hz": 2.0})


@pytest.fixture(scope="module")
def library(named: Path) -> Library:
    return Library.open(named)


def test_the_neighbors_are_those_of_the_library(client: TestClient, heard: Library) -> None:
    asked = heard.tracks["track_id"].iloc[3]
    answer = client.get("/api/v1/neighbors", params={"track_id": asked, "k": 4, "in_full": True})
    assert answer.status_code == 200
    assert answer.json() == json.loads(json_document(heard.neighbors(3, 4, in_full=True).to_dict()))


@pytest.mark.parametrize(
    ("asked", "queries", "options"),
    [
        ({"track_id": "t5"}, [5], {}),
        ({"track_id": ["t5", "t9"], "against": "t2"}, [5, 9], {"against": [2]}),
        ({"track_id": "t5", "more": ["piano", "piano"], "less": "singing"}, [5],
         {"steer": {"piano": 2.0, "singing": -1.0}}),
        ({"like": "calm piano"}, [], {"like": "calm piano"}),
        ({"track_id": "t5", "where": "piano > 0.5", "other_artists": True}, [5],
         {"where": "piano > 0.5", "other_artists": True}),
        ({"track_id": "t5", "per_artist": 1, "diversity": 0.4, "fewer_hubs": True}, [5],
         {"per_artist": 1, "diversity": 0.4, "fewer_hubs": True}),
        ({"track_id": "t4", "by": "features", "on": "centroid_hz", "weight": "centroid_hz=2"},
         [4], {"by": "features", "features": WEIGHTED}),
    ],
)  # fmt: skip
def test_each_option_is_that_of_the_library(
    client: TestClient,
    library: Library,
    asked: dict[str, Any],
    queries: list[int],
    options: dict[str, Any],
) -> None:
    answer = client.get("/api/v1/neighbors", params=asked | {"library": "named", "k": 6})
    found = library.neighbors(queries, 6, **options)
    assert answer.json() == json.loads(json_document(found.to_dict()))


def test_a_path_is_no_track(client: TestClient, heard: Library) -> None:
    file = heard.collection.audio_root / heard.tracks["path"].iloc[0]
    answer = client.get("/api/v1/neighbors", params={"track_id": str(file)})
    assert answer.status_code == 404
    assert str(heard.collection.audio_root) not in answer.text


def test_a_short_explanation_says_what_the_full_one_says(library: Library) -> None:
    for row in range(0, 240, 24):
        full = library.neighbors(row, 6, in_full=True)
        short = library.neighbors(row, 6)
        for one, other in zip(full, short, strict=True):
            assert one.explanation is not None
            assert other.explanation is not None
            assert other.explanation.sentence == one.explanation.sentence
            assert other.explanation.reasons == one.explanation.reasons
            listed = sum(item.value for item in other.explanation.contributions)
            rest = other.explanation.others + other.explanation.residual
            assert listed + rest == pytest.approx(one.similarity)
            known = {item.feature: item for item in one.explanation.contributions}
            for item in other.explanation.contributions:
                assert item.value == known[item.feature].value
                assert item.causal == known[item.feature].causal
                assert item.rank_after is None


def test_an_explanation_is_that_of_the_command(client: TestClient, library: Library) -> None:
    asked = {"library": "named", "track_id": "t1", "neighbor_id": "t7", "versus_id": "t30", "k": 5}
    answer = client.get("/api/v1/explain", params=asked).json()
    windows, _ = answer.pop("windows"), answer.pop("changed_percentiles")
    query, neighbor, other = (library.resolve(row) for row in (1, 7, 30))
    difference = compare_neighbors(query, neighbor, other, library.collection.explainer.directions)
    assert answer == json.loads(match_json(library.explain(1, 7, 5), difference))
    assert np.mean(windows["values"]) == pytest.approx(answer["similarity"], abs=1e-6)
    assert np.shape(windows["values"]) == (4, 4)


def test_a_needed_change_is_said_in_percentiles_too(client: TestClient, library: Library) -> None:
    near = library.neighbors(1, 1)[0].track.track_id
    asked = {"library": "named", "track_id": "t1", "neighbor_id": near, "k": 1}
    answer = client.get("/api/v1/explain", params=asked).json()
    changes = {item["feature"]: item["needed_change"] for item in answer["contributions"]}
    assert answer["changed_percentiles"]
    for name, places in answer["changed_percentiles"].items():
        values = library.collection.stats.values(name)
        lower = [100 * np.mean(values < value) for value in changes[name]]
        assert places == pytest.approx(lower, abs=100 / len(library))


def test_a_path_is_that_of_the_command(client: TestClient, library: Library) -> None:
    asked = {"library": "named", "start": "t1", "goal": "t7", "steps": 5, "in_full": True}
    answer = client.get("/api/v1/path", params=asked).json()
    assert answer == json.loads(path_json(library.interpolate(1, 7, 5, in_full=True)))
