"""specrec features, specrec compare, and specrec query by features and by both."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import specrec.cli
from specrec.recommend.by_both import HybridSpace
from specrec.recommend.by_features.recommender import FeatureRecommender
from specrec.recommend.by_features.settings import FeatureSettings
from specrec.recommend.collection import Collection
from specrec.recommend.library import Library
from specrec.study.comparison import compare_query
from specrec.study.library_comparison import compare_library
from tests import commands
from tests.libraries import TRACKS, write_planted
from tests.recommend.by_features.test_recommender import make_table

runner = CliRunner()


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("table") / "dataset.csv"
    make_table(60).rename(columns={"Unnamed: 0": ""}).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_planted(tmp_path_factory.mktemp("planted"))


def run(*arguments: object) -> str:
    result = runner.invoke(specrec.cli.app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_table_is_asked_by_row(table: Path) -> None:
    document = json.loads(run("features", table, "7", "-k", "3", "--weight", "tempo=2", "--json"))
    settings = FeatureSettings(weights={"tempo": 2.0})
    expected = FeatureRecommender.from_table(table, settings).neighbors("7", 3)
    assert document["query"]["title"] == "Song 7"
    assert [item["similarity"] for item in document["neighbors"]] == [
        item.similarity for item in expected
    ]
    printed = run("features", table, "7", "-k", "3", "--on", "energy", "--on", "tempo")
    assert "Similar by features to Artist 2 - Song 7" in printed
    assert "by the cosine of energy, tempo: from a table, robust scaling" in printed
    assert "60 tracks compared" in printed


def test_scores_that_are_nearly_equal_are_told_apart(table: Path) -> None:
    bare = ("--scaling", "none", "--on", "energy", "--on", "tempo", "--no-why", "-k", "2")
    printed = run("features", table, "7", *bare)
    settings = FeatureSettings(("energy", "tempo"), "none")
    first, second = FeatureRecommender.from_table(table, settings).neighbors("7", 2)
    cells = [line.split()[1] for line in printed.splitlines() if " Song " in line][1:]
    assert [float(cell) for cell in cells] == pytest.approx(
        [first.similarity, second.similarity], abs=1e-8
    )
    assert cells[0] != cells[1]


def test_a_library_is_asked_and_gives_a_playlist(library: Path) -> None:
    lines = run("query", library, "t7", "--by", "features", "-k", "2", "--m3u").splitlines()
    found = Library.open(library).neighbors("t7", 2, by="features")
    names = [Path(line).name for line in lines if not line.startswith("#")]
    assert names == [item.track.path for item in found]


def test_a_query_is_compared(library: Path) -> None:
    opened = Collection.open(library)
    expected = compare_query(opened, opened.by_features(), opened.query("t7"), 5)
    assert json.loads(run("compare", library, "t7", "-k", "5", "--json"))["overlap"] == (
        expected.overlap
    )
    printed = run("compare", library, "t7", "-k", "5")
    assert f"{len(expected.agreed)} of 5 in both" in printed
    assert f"rank correlation {expected.correlation:.2f}" in " ".join(printed.split())


def test_a_library_is_compared(library: Path) -> None:
    opened = Collection.open(library)
    expected = compare_library(opened, opened.by_features())
    printed = " ".join(run("compare", library).split())
    assert f"{100 * expected.overlap.value:.1f} %" in printed
    assert f"rank correlation of the two scores {expected.correlation.value:.2f} (" in printed
    assert "Where they agree most, and least" in printed
    assert f"Piece {str(expected.least[0].track.track_id)[1:]} 0 %" in printed
    document = json.loads(run("compare", library, "--json"))
    assert document["overlap"]["value"] == expected.overlap.value
    assert len(document["features"]) == len(expected.features)


def test_a_hybrid_answers(library: Path) -> None:
    opened = Library.open(library)
    asked = ("query", library, "t7", "--by", "both", "--sound-weight", "0.4", "-k", "3")
    document = json.loads(run(*asked, "--json"))
    assert [item["track"]["track_id"] for item in document["neighbors"]] == [
        item.track.track_id for item in opened.neighbors("t7", 3, by="both", sound_weight=0.4)
    ]
    space = opened.collection.space("both", sound_weight=0.4)
    assert isinstance(space, HybridSpace)
    printed = run(*asked)
    assert "Similar by sound and features to Artist 1 - Piece 7" in printed
    assert f"{100 * space.share:.0f} % of the score is sound" in printed
    assert f"{TRACKS} tracks compared" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["features", "TABLE", "7", "--weight", "energy"], "give FEATURE=NUMBER"),
        (["features", "TABLE", "7", "--on", "mood"], "mood: unknown feature"),
        (["features", "TABLE", "7", "--m3u"], "names no audio files"),
        (["features", "absent.csv", "7"], "absent.csv: no such file"),
        (["features", "absent", "7"], "absent: no such file"),
        (["features", "LIBRARY", "7"], "QUERY --by features"),
        (["query", "absent", "7", "--by", "features"], "no library there"),
        (["compare", "TABLE", "7"], "a file, but a library is a folder"),
        (
            ["query", "LIBRARY", "t7", "--by", "both", "--sound-weight", "2"],
            "'2' is not a number from 0 to 1",
        ),
        (
            ["query", "LIBRARY", "t7", "--by", "both", "--metric", "euclidean"],
            "cosine of scaled values",
        ),
        (["compare", "LIBRARY", "t7", "-k", "239"], "k must be from 1 to 238"),
    ],
)
def test_errors_are_one_line_with_exit_code_2(
    table: Path,
    library: Path,
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    places = {"TABLE": str(table), "LIBRARY": str(library)}
    monkeypatch.setattr(sys, "argv", ["specrec", *(places.get(item, item) for item in arguments)])
    with pytest.raises(SystemExit) as exit_:
        specrec.cli.main()
    assert exit_.value.code == 2
    check_error(capsys.readouterr().err, message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["features", "TABLE", "7", "--scaling", "log"], "robust or standard or none, not log"),
        (
            ["query", "LIBRARY", "no track, and not looked for", "--by", "taste"],
            "by must be sound, features or both, not taste",
        ),
    ],
)
def test_a_value_that_is_none_of_those_known_is_named(
    table: Path, library: Path, arguments: list[str], message: str
) -> None:
    # In a process of its own: in this one, checks of types would come first.
    places = {"TABLE": str(table), "LIBRARY": str(library)}
    done = commands.run(*(places.get(item, item) for item in arguments))
    assert done.returncode == 2, done.stderr
    check_error(done.stderr, message)


@pytest.mark.parametrize(
    "arguments",
    [
        ["report", "absent", "-o", "FOLDER.html"],
        ["plot", "match", "absent", "one", "other", "-o", "FOLDER.png"],
        ["plot", "map", "absent", "-o", "FOLDER.svg"],
    ],
)
def test_what_can_not_be_written_is_refused_before_any_work(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = tmp_path / arguments[-1]
    output.mkdir()
    monkeypatch.setattr(sys, "argv", ["specrec", *arguments[:-1], str(output)])
    with pytest.raises(SystemExit) as exit_:
        specrec.cli.main()
    assert exit_.value.code == 2
    said = f"error: {output}: can't be written (Is a directory); name another place\n"
    assert capsys.readouterr().err == said


def check_error(printed: str, message: str) -> None:
    assert printed.startswith("error: ")
    assert message in printed
    assert printed.count("\n") == 1
