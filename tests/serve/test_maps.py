"""The compact documents of the map say what the Python interface says."""

from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from specrec.concepts.vocabulary import load_vocabulary
from specrec.recommend.library import Library
from specrec.serve.rest import documents_of_maps as documents
from specrec.study.dataset import of_library
from specrec.study.heard import common_to, heard_in
from specrec.study.projection import project


@pytest.fixture(scope="module")
def library(named: Path) -> Library:
    return Library.open(named)


def get(client: TestClient, path: str, document: type[Any], **parameters: str) -> dict[str, Any]:
    answer = client.get(f"/api/v1/{path}", params={"library": "named"} | parameters)
    while answer.status_code == 202:
        answer = client.get(f"/api/v1/{path}", params={"library": "named"} | parameters)
    assert answer.status_code == 200, answer.text
    TypeAdapter(document).validate_json(answer.content)
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(("method", "name"), [("pca", "PCA"), ("tsne", "t-SNE")])
def test_packed_points_are_those_of_the_projection(
    client: TestClient, library: Library, method: str, name: Any
) -> None:
    found = get(client, "map/points", documents.PointsAnswer, method=method)
    expected = project(of_library(library.collection), name)
    steps = np.frombuffer(b64decode(found["points"]), "<u2").reshape(-1, 2)
    places = steps * found["step"] + [[found["left"], found["bottom"]]]
    assert np.abs(places - expected.points).max() <= found["step"]
    assert (found["method"], found["tracks"]) == (name, len(library))
    assert found["track_ids"] == library.tracks["track_id"].tolist()
    assert [axis["label"] for axis in found["axes"]] == [axis.label for axis in expected.axes]
    places = get(client, "map/places", documents.PlacesAnswer, method=method)["places"]
    assert {place["kind"] for place in places} <= {"sound", "artist"}
    low, high = expected.points.min(axis=0), expected.points.max(axis=0)
    assert all(low[0] <= place["x"] <= high[0] for place in places)


def test_columns_have_the_values_of_the_library(client: TestClient, library: Library) -> None:
    listed = get(client, "columns", documents.ColumnsAnswer)["columns"]
    kinds = {item["column"]: item["kind"] for item in listed}
    assert (kinds["piano"], kinds["centroid_hz"], kinds["artist"]) == ("concept", "feature", "text")
    assert "jazz" not in kinds  # the model does not hear it
    assert not {"track_id", "path", "title", "content_id", "album"} & kinds.keys()
    for name in ("piano", "centroid_hz"):
        column = get(client, f"columns/{name}", documents.ColumnAnswer)
        values = np.frombuffer(b64decode(column["values"]), "<f4")
        expected = library.collection.columns[name].to_numpy(np.float64)
        np.testing.assert_allclose(values, expected, rtol=1e-6)
        assert column["unknown"] == np.isnan(expected).sum()
        assert [column["low"], column["high"]] == pytest.approx(
            np.nanpercentile(expected, [2, 98]).tolist()
        )
    text = get(client, "columns/split", documents.ColumnAnswer)
    assert (text["labels"], text["counts"]) == (["train", "test"], [160, 80])
    codes = np.frombuffer(b64decode(text["values"]), np.uint8)
    assert [text["labels"][code] for code in codes] == library.tracks["split"].tolist()


def test_rare_values_of_a_text_have_no_label(client: TestClient, library: Library) -> None:
    artists = get(client, "columns/artist", documents.ColumnAnswer)
    codes = np.frombuffer(b64decode(artists["values"]), np.uint8)
    assert len(artists["labels"]) == 8
    for code, label in enumerate(artists["labels"]):
        np.testing.assert_array_equal(codes == code, library.tracks["artist"] == label)
    assert set(codes) == {*range(8), 255}


def test_a_selection_has_its_tracks_in_order_and_what_they_share(
    client: TestClient, library: Library
) -> None:
    values = library.collection.concepts["piano"].to_numpy()
    rows = values.argsort()[::-1][:30]
    ids = library.tracks["track_id"].iloc[rows].tolist()
    address = "/api/v1/selection?library=named"
    answer = client.post(address, json={"track_ids": ids})
    assert answer.status_code == 200, answer.text
    TypeAdapter(documents.SelectionAnswer).validate_json(answer.content)
    found = answer.json()
    assert [track["track_id"] for track in found["tracks"]] == ids
    assert found["common"] == [
        vars(item) for item in common_to(heard_in(library.collection), rows, 8)
    ]
    assert found["common"][0]["feature"] == "piano"
    plain = client.post(f"{address}&common=false", json={"track_ids": ids}).json()
    assert (plain["tracks"], plain["common"]) == (found["tracks"], [])


def test_regions_are_called_by_what_is_there(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    stats = library.collection.stats
    tracks = {
        concept.column: sum(stats.values(concept.feature) >= stats.said(concept.feature)[1])
        for concept in load_vocabulary()
        if concept.feature in stats.sayable
    }
    fewest = sorted(tracks.values())[len(tracks) // 2]
    monkeypatch.setattr("specrec.study.heard.FEWEST", fewest)
    there = {column for column, count in tracks.items() if count >= fewest}
    assert 0 < len(there) < len(tracks)
    assert {*heard_in(library.collection)} & {*tracks} == there


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("columns/nothing", 404),
        ("columns/content_id", 404),
        ("columns/title", 404),
        ("map/points?method=x", 400),
    ],
)
def test_what_is_not_there_is_a_problem(client: TestClient, path: str, status: int) -> None:
    answer = client.get(f"/api/v1/{path}", params={"library": "named"} if "?" not in path else None)
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_a_selection_is_of_known_tracks_and_not_too_many(client: TestClient) -> None:
    address = "/api/v1/selection?library=named"
    assert client.post(address, json={"track_ids": ["t1", "none"]}).status_code == 404
    assert client.post(address, json={"track_ids": ["t1"] * 10_001}).status_code == 400
    assert client.post(address, json={}).status_code == 400
