"""Words on the command line: query --like, --more and --less, concepts, export."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import specrec.cli
from specrec.concepts.vocabulary import load_vocabulary
from specrec.recommend.library import Library
from tests.libraries import NAMED, write_named, write_planted


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_named(tmp_path_factory.mktemp("named") / "library")


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as done:
        specrec.cli.main(arguments)
    return int(done.value.code or 0)


def test_words_are_answered_as_the_library_answers(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "calm  piano, no vocals"
    arguments = ["--like", words, "--more", "drums", "--less", "fuzz", "--less", "fuzz"]
    assert run("query", str(folder), *arguments, "--json", "-k", "4") == 0
    steer = {"drums": 1.0, "fuzz": -2.0}
    expected = Library.open(folder).neighbors(like=words, steer=steer, k=4)
    document = json.loads(capsys.readouterr().out)
    assert document["neighbors"] == json.loads(json.dumps(expected.to_dict()["neighbors"]))
    assert document["query"]["title"] == "calm piano, no vocals"
    assert document["steer"] == steer

    assert run("query", str(folder), *arguments, "-k", "4") == 0
    title = " ".join(capsys.readouterr().out.split("#")[0].split())
    assert title == "Sounds like calm piano, no vocals, with more drums, less fuzz (2 times)"


def test_a_playlist_for_words_holds_only_what_was_found(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("query", str(folder), "--like", "piano", "--m3u", "-k", "3") == 0
    lines = capsys.readouterr().out.splitlines()
    found = Library.open(folder).neighbors(like="piano", k=3)
    root = folder / "no audio"
    assert [line for line in lines if not line.startswith("#")] == [
        str(root / item.track.path) for item in found
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--like", "xylofone"], 'error: --like: "xylofone" is no word that specrec knows'),
        (["--like", "bells"], "error: --like: bells: the model of this library does not hear"),
        (["t1", "--more", "sining"], 'error: --more: "sining" is no word'),
        (["t1", "--less", "sining"], 'error: --less: "sining" is no word'),
        (["--like", "piano", "--by", "both"], "words are compared by sound alone"),
        ([], "give a QUERY"),
        (["t1", "--where", "pianoo > 0.5"], "did you mean piano"),
        (["t1", "--where", "distorted guitar > .8"], "write distorted_guitar for distorted guitar"),
        (["t1", "--where", "Distorted-guitar > .8"], "write distorted_guitar for Distorted-guitar"),
    ],
)
def test_a_request_that_is_refused_is_one_line(
    folder: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("query", str(folder), *arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_model_without_names_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = write_planted(tmp_path / "library", probe=False)
    assert run("query", str(library), "--like", "piano") == 2
    assert capsys.readouterr().err == (
        "error: --like: the model of this library knows no words; specrec index with"
        " model=specrec-base embeds it anew with one that does\n"
    )


def test_concepts_are_listed_and_counted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("concepts", str(folder), "--json") == 0
    listed = {item["name"]: item for item in json.loads(capsys.readouterr().out)["concepts"]}
    assert list(listed) == [concept.name for concept in load_vocabulary()]
    singing = np.asarray(Library.open(folder).collection.embeddings)[:, NAMED.index("singing")]
    assert listed["singing"]["tracks"] == (singing >= 1).sum() > 0
    assert "vocals" in listed["singing"]["words"]
    assert listed["bright"]["tracks"] is None  # more or less of it, not there or absent
    assert listed["jazz"]["tracks"] is None  # not told well enough

    assert run("concepts") == 0
    shown = capsys.readouterr().out
    assert all(concept.name in shown for concept in load_vocabulary())


def test_concepts_of_a_track_are_said_with_their_times(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    timeline = Library.open(folder).timeline("t3")
    assert run("concepts", str(folder), "t3", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["track"]["title"] == "Piece 3"
    assert document["windows"] == [[0.0, 5.0], [5.0, 10.0], [10.0, 15.0], [15.0, 20.0]]
    for name, entry in document["concepts"].items():
        assert entry["passages"] == [list(span) for span in timeline.passages(name).spans]
        assert entry["value"] == pytest.approx(np.mean(entry["values"]), abs=1e-2)
    assert run("concepts", str(folder), "t3") == 0
    shown = capsys.readouterr().out
    assert timeline.heard
    for name in timeline.names:
        assert (name.replace("_", " ") in shown) == (name in timeline.heard)
    assert "4 windows of 5 s" in shown

    pianos = np.asarray(Library.open(folder).collection.embeddings)[:, NAMED.index("piano")]
    assert run("concepts", str(folder), f"t{pianos.argmax()}") == 0
    (row,) = (line for line in capsys.readouterr().out.splitlines() if " piano " in line)
    assert row.split()[-2:] == ["99", "%"]  # 239 of 240 tracks have less


def test_a_reason_says_where_it_is_heard(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = Library.open(folder)
    located = [
        (f"t{row}", str(neighbor.track.track_id), reason)
        for row in range(30)
        for neighbor in library.neighbors(row, k=10)
        for reason in (neighbor.explanation.reasons if neighbor.explanation else ())
        if reason.neighbor_passages is not None
    ]
    for query, neighbor, reason in located:
        assert reason.side == "high"
        assert reason.neighbor_passages == library.timeline(neighbor).passages(reason.feature)
        assert reason.query_passages == library.timeline(query).passages(reason.feature)
    query, neighbor, reason = located[0]
    assert run("explain", str(folder), query, neighbor, "--json") == 0
    (told,) = [
        item
        for item in json.loads(capsys.readouterr().out)["reasons"]
        if item["feature"] == reason.feature
    ]
    assert told["neighbor_passages"] == json.loads(json.dumps(asdict(reason)))["neighbor_passages"]
    worded = library.neighbors(like="piano", k=1)[0].explanation
    assert worded is not None
    assert {item.query_passages for item in worded.reasons} == {None}


def test_concepts_are_exported(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("export", str(folder), "-o", str(tmp_path / "tables")) == 0
    assert "concepts.parquet" in capsys.readouterr().out
    table = pd.read_parquet(tmp_path / "tables" / "concepts.parquet")
    columns = Library.open(folder).collection.columns
    assert set(table) == {"track_id", "bright", *NAMED} - {"jazz", "centroid_hz"}
    for name in set(table) - {"track_id"}:
        np.testing.assert_allclose(table[name], columns[name], atol=1e-6)
    metadata = json.loads((tmp_path / "tables" / "metadata.json").read_text())
    assert "concepts.parquet" in metadata["files"]
