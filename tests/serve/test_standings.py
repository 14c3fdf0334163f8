"""Where tracks stand, what filters would leave, and what each cell adds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from specrec.descriptors.mel_db import NOTEBOOK, band_of
from specrec.index.build import BuildReport
from specrec.recommend.library import Library
from specrec.recommend.standing import Search, find_standings
from specrec.serve.app import make_app
from specrec.serve.rest import documents_of_search as documents
from specrec.serve.settings import ServeSettings
from specrec.serve.shelf import Shelf
from tests.libraries import write_named
from tests.serve.conftest import ADDRESS

RATE = 22_050


@pytest.fixture(scope="module")
def library(named: Path) -> Library:
    return Library.open(named)


def standings(client: TestClient, **asked: Any) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/standings", params=asked)
    assert answer.status_code == 200, answer.text
    TypeAdapter(documents.StandingsAnswer).validate_json(answer.content)
    found: list[dict[str, Any]] = answer.json()["standings"]
    return found


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ({}, {}),
        ({"where": "piano > 0.3", "per_artist": 2}, {"where": "piano > 0.3", "per_artist": 2}),
        ({"more": "piano", "fewer_hubs": True}, {"steer": {"piano": 1.0}, "fewer_hubs": True}),
        ({"by": "features"}, {"by": "features"}),
    ],
)
def test_a_rank_is_that_in_the_list(
    client: TestClient, library: Library, options: dict[str, Any], arguments: dict[str, Any]
) -> None:
    found = library.neighbors("t8", 60, explain=False, **arguments)
    ids = [item.track.track_id for item in found]
    asked = {"library": "named", "track_id": "t8", "of": ids, "k": 10}
    told = standings(client, **asked, **options)
    assert [one["rank"] for one in told] == [*range(1, 61)]
    assert [one["state"] for one in told] == ["listed"] * 10 + ["further"] * 50
    if "more" not in options:
        similarities = [item.similarity for item in found]
        assert [one["similarity"] for one in told] == pytest.approx(similarities)


def test_a_similarity_is_that_without_more_and_less(client: TestClient, library: Library) -> None:
    embeddings = np.asarray(library.collection.embeddings, dtype=np.float64)
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    (told,) = standings(client, library="named", track_id="t8", of="t100", more=["piano", "piano"])
    assert told["similarity"] == pytest.approx(float(unit[8] @ unit[100]), abs=1e-6)


def test_each_reason_for_being_left_out_is_told(client: TestClient, library: Library) -> None:
    nearest = library.neighbors("t8", 239, explain=False)
    best: dict[str | None, list[str | None]] = {}
    for item in nearest:
        best.setdefault(item.track.artist, []).append(item.track.track_id)
    second = next(ids[1] for artist, ids in best.items() if artist != "Artist 2" and len(ids) > 1)
    asked = {"library": "named", "track_id": "t8"}

    def state(of: str | None, **options: Any) -> tuple[str, str]:
        (told,) = standings(client, of=of, **asked, **options)
        return told["state"], told["detail"]

    assert state("t8")[0] == "asked"
    assert state("t9", against="t9")[0] == "asked"
    assert state("t9", other_artists=True)[0] == "same_artist"
    assert state(second, per_artist=1)[0] == "artist_limit"
    low = int(np.argmin(library.collection.columns["piano"]))
    kind, why = state(f"t{low}", where="duration_seconds > 1 and (piano > 0.5 or singing > 2)")
    assert kind == "filtered"
    assert "piano > 0.5 or singing > 2" in why
    assert "duration_seconds" not in why


def test_another_file_of_a_recording_is_told(named: Path) -> None:
    library = Library.open(named)
    near = [str(item.track.track_id) for item in library.neighbors("t8", 4, explain=False)]
    rows = [library.resolve(one).library_row for one in near]
    library = Library.open(named)
    groups = np.arange(240)
    groups[rows[0]], groups[rows[3]] = 8, rows[1]  # one of the query, one of another neighbor
    library.collection.generation.__dict__["duplicate_groups"] = groups
    told = find_standings(Search(library, [library.resolve("t8")], 4, 100, {}), near)
    assert [one.state for one in told] == ["same_recording", "listed", "listed", "same_recording"]
    assert [one.rank for one in told] == [None, 1, 2, None]
    every = Search(library, [library.resolve("t8")], 4, 100, {"duplicates": True})
    assert [one.rank for one in find_standings(every, near)] == [1, 2, 3, 4]


def test_what_two_options_keep_out_is_told(named: Path) -> None:
    library = Library.open(named)
    every = library.neighbors("t8", 239, explain=False)
    theirs = [item for item in every if item.track.artist == "Artist 9"]
    rows = [library.resolve(str(item.track.track_id)).library_row for item in theirs]
    library = Library.open(named)
    groups = np.arange(240)
    groups[rows[2]] = rows[1]
    library.collection.generation.__dict__["duplicate_groups"] = groups
    search = Search(library, [library.resolve("t8")], 10, 239, {"per_artist": 1})
    told = find_standings(search, [str(item.track.track_id) for item in theirs[1:3]])
    assert [one.state for one in told] == ["artist_limit", "artist_limit"]
    assert [
        f"Else it would be number {item.rank}." in one.detail
        for item, one in zip(theirs[1:3], told, strict=True)
    ] == [True, True]


def test_a_file_that_is_not_in_the_library_has_its_reason(
    build: Callable[..., BuildReport], tmp_path: Path
) -> None:
    music, folder = tmp_path / "music", tmp_path / "library"
    music.mkdir()
    for seed, name in enumerate(("one", "two", "away")):
        noise = np.random.default_rng(seed).normal(size=3 * RATE) * np.linspace(0.1, 0.3, 3 * RATE)
        soundfile.write(music / f"{name}.wav", noise.astype(np.float32), RATE)
    (music / "copy of one.wav").write_bytes((music / "one.wav").read_bytes())
    (music / "broken song.mp3").write_text("no audio")
    build(music, folder)
    Library.open(folder).remove("away")
    (music / "new song.wav").write_bytes((music / "two.wav").read_bytes() + b"\0\0")
    with TestClient(make_app(Shelf([folder]), ServeSettings()), ADDRESS) as client:
        asked = client.get("/api/v1/tracks").json()["tracks"][0]["track_id"]

        def told(words: str) -> list[tuple[str, str]]:
            found = standings(client, track_id=asked, q=words)
            return [(one["path"], one["state"]) for one in found if one["track"] is None]

        assert told("broken") == [("broken song.mp3", "skipped")]
        assert told("away") == [("away.wav", "removed")]
        assert {path for path, state in told("one") if state == "duplicate"} < {
            "one.wav", "copy of one.wav",
        }  # fmt: skip
        assert told("new") == [("new song.wav", "pending")]
        assert told("nothing") == []


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Library:
    years = [None if row % 7 == 0 else 1960 + row % 50 for row in range(240)]
    artists = [f"Ada O'{row % 3}; Band {row % 5}" if row % 2 else None for row in range(240)]
    columns: dict[str, Any] = {
        "year": pd.array(years, "Int64"),
        "artist": [*artists],
        "duration_seconds": [60.0 + 3 * row for row in range(240)],
    }
    return Library.open(write_named(tmp_path_factory.mktemp("dated") / "dated", **columns))


@pytest.mark.parametrize("where", [None, "1970 <= year < 1980", "piano > 0.8 and year > 1980"])
def test_each_choice_leaves_as_many_tracks_as_it_says(dated: Library, where: str | None) -> None:
    collection = dated.collection
    with TestClient(make_app(Shelf([collection.folder]), ServeSettings()), ADDRESS) as client:
        asked = {} if where is None else {"where": where}
        answer = client.get("/api/v1/facets", params=asked)
        none_fit = client.get("/api/v1/facets", params={"artist": "zz"}).json()["facets"]
    TypeAdapter(documents.FacetsAnswer).validate_json(answer.content)
    found = answer.json()
    everything = np.ones(240, bool)
    assert found["tracks"] == (everything if where is None else collection.matching(where)).sum()
    parts = [] if where is None else where.split(" and ")
    names = {"year": "year", "artist": "artist", "duration_seconds": "duration_seconds"}
    assert {facet["column"] for facet in found["facets"]} == {*names, "concepts"}
    assert "artist" not in {facet["column"] for facet in none_fit}
    for facet in found["facets"]:
        others = [part for part in parts if names.get(facet["column"], "-") not in part]
        for choice in facet["choices"]:
            both = " and ".join(f"({part})" for part in [*others, choice["where"]])
            assert choice["tracks"] == dated.collection.matching(both).sum() > 0, both
    decades = next(facet["choices"] for facet in found["facets"] if facet["column"] == "year")
    if where is None:  # all that have a year
        assert sum(choice["tracks"] for choice in decades) == 240 - 35


def test_the_cells_add_up_to_the_similarity(client: TestClient, heard: Library) -> None:
    ids = heard.tracks["track_id"].tolist()
    asked = {"track_id": ids[3], "other_id": ids[4]}
    answer = client.get("/api/v1/explain/cells", params=asked)
    while answer.status_code == 202:
        answer = client.get("/api/v1/explain/cells", params=asked)
    TypeAdapter(documents.CellsAnswer).validate_json(answer.content)
    found = answer.json()
    similarity = heard.explain(3, 4).similarity
    assert found["similarity"] == pytest.approx(similarity, abs=1e-6)
    # Windows overlap in a track of 11 s, so the picture has their mean where both are.
    assert np.mean(found["values"]) == pytest.approx(similarity, abs=0.05)
    edges = np.array(found["row_edges"])
    hertz = np.array(found["row_edges_hz"])
    assert edges == pytest.approx((band_of(hertz, NOTEBOOK.front_end) + 0.5) / 128, abs=1e-3)
    assert len(edges) == len(found["values"]) + 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("standings?of=t1&library=named", 400),
        ("standings?track_id=t1&of=none&library=named", 404),
        ("standings?track_id=t1&of=t2&library=named&where=1 +", 400),
        ("facets?where=nothing > 1", 400),
        ("explain/cells?track_id=t1&other_id=t1&library=named", 400),
        ("explain/cells?track_id=t1&other_id=t2&library=named", 404),
    ],
)
def test_what_can_not_be_answered_is_a_problem(client: TestClient, path: str, status: int) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == status
    assert answer.json()["detail"]
