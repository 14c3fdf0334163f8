from pathlib import Path

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from specrec.recommend.library import Library


def test_pages_hold_each_track_once(client: TestClient) -> None:
    ids: list[str] = []
    while True:
        asked = {"library": "named", "offset": len(ids), "limit": 77}
        page = client.get("/api/v1/tracks", params=asked).json()
        assert page["total"] == 240
        ids += [track["track_id"] for track in page["tracks"]]
        if not page["tracks"]:
            break
    assert ids == [f"t{row}" for row in range(240)]


def test_a_condition_and_an_order_are_those_of_pandas(client: TestClient, heard: Library) -> None:
    asked = {"where": "year >= 1980", "sort": "-year"}
    found = client.get("/api/v1/tracks", params=asked).json()["tracks"]
    table = heard.tracks[heard.tracks["year"] >= 1980]
    expected = table.sort_values("year", ascending=False, kind="stable")
    assert len(found) > 1
    assert [track["track_id"] for track in found] == expected["track_id"].tolist()


def test_what_is_typed_finds_the_beginnings_of_words(client: TestClient) -> None:
    def found(typed: str) -> list[str]:
        asked = {"library": "named", "q": typed, "limit": 500}
        page = client.get("/api/v1/tracks", params=asked).json()
        return [track["title"] for track in page["tracks"]]

    def numbered(beginning: str) -> set[str]:  # by the number of the piece, or of its artist
        rows = [row for row in range(240) if f" {beginning}" in f" {row} {row // 4}"]
        return {f"Piece {row}" for row in rows}

    assert found("PIECE 23")[0] == "Piece 23"
    assert set(found("PIECE 23")) == numbered("23")
    assert set(found("artist 7")) == numbered("7")
    assert found("iece") == []


def test_a_track_is_told_with_its_place_in_the_library(client: TestClient, named: Path) -> None:
    answer = client.get("/api/v1/tracks/t3", params={"library": "named"}).json()
    values: pd.Series = Library.open(named).collection.columns["piano"]
    assert answer["features"]["piano"]["percentile"] == pytest.approx(100 * values.iloc[3])
    assert answer["features"]["piano"]["measured"] is False


def test_a_library_is_told_without_its_place_on_the_disk(
    client: TestClient, heard: Library
) -> None:
    for path in ("status", "coverage", "libraries"):
        answer = client.get(f"/api/v1/{path}")
        assert answer.status_code == 200
        assert str(heard.collection.folder.parent) not in answer.text
    coverage = client.get("/api/v1/coverage").json()
    assert (coverage["indexed"], coverage["pending"], coverage["skipped"]) == (12, 0, 0)
    new = heard.collection.audio_root / "new.wav"
    new.write_bytes(b"RIFF")
    try:
        assert client.get("/api/v1/coverage").json()["pending_files"] == ["new.wav"]
    finally:
        new.unlink()
    away = client.get("/api/v1/coverage?library=named")  # its music was never there
    assert (away.status_code, away.json()["title"]) == (503, "Not ready")
    assert "no such folder" in away.json()["detail"]
