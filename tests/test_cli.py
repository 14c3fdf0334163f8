import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import specrec.cli
from specrec.config import IndexConfig
from specrec.index.build import build_library
from specrec.recommend.library import Library
from tests.commands import run
from tests.libraries import write_named
from tests.sounds import make_music, tone, write

runner = CliRunner()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    music = make_music(folder / "music", 6)
    (music / "manifest.csv").write_text(
        "path,title,artist,family\n"
        'track 0.wav,"Line\nbreak [b]",Ana,x\n'
        "track 1.wav,Two,Ana,x\n"
        "track 2.wav,Three,Eva,y\n"
        "track 3.wav,Four,Eva,y\n"
    )
    build_library(
        IndexConfig(
            str(music),
            str(folder / "library"),
            str(model_folder),
            workers=1,
            measure_features=False,
        )
    )
    return folder / "library"


def test_a_table_of_neighbors(library: Path) -> None:
    result = runner.invoke(specrec.cli.app, ["query", str(library), "Three", "-k", "3"])
    assert result.exit_code == 0
    assert "Sounds like Eva - Three" in result.stdout
    for neighbor in Library.open(library).neighbors("Three", 3):
        assert f"{neighbor.similarity:.3f}" in result.stdout


def test_json_is_what_the_library_says(library: Path) -> None:
    arguments = ["query", str(library), "Three", "--json", "--duplicates"]
    document = json.loads(runner.invoke(specrec.cli.app, arguments).stdout)
    # The random model takes short tones for one recording, here and below.
    expected = Library.open(library).neighbors("Three", duplicates=True)
    assert document["format_version"] == 1
    assert document["query"]["title"] == "Three"
    assert [n["similarity"] for n in document["neighbors"]] == [n.similarity for n in expected]
    assert document["neighbors"][0]["track"]["track_id"] == expected[0].track.track_id
    assert set(document["neighbors"][0]) == {
        "rank", "similarity", "track", "explanation", "score", "seed"
    }  # fmt: skip


def test_a_playlist_names_files_that_exist(library: Path) -> None:
    arguments = ["query", str(library), "Three", "--m3u", "--duplicates"]
    lines = runner.invoke(specrec.cli.app, arguments).stdout.splitlines()
    assert lines[0] == "#EXTM3U"
    files = [line for line in lines if not line.startswith("#")]
    assert len(files) == 5
    assert all(Path(file).is_file() for file in files)
    entries = [line for line in lines if line.startswith("#EXTINF:")]
    assert any(entry.endswith("Ana - Line break [b]") for entry in entries)
    # Before each entry a comment, which is no directive.
    assert [line[:2] for line in lines[1::3]] == ["# "] * 5
    plain = runner.invoke(specrec.cli.app, [*arguments, "--no-why"]).stdout.splitlines()
    assert plain == [line for line in lines if not line.startswith("# ")]


def test_several_queries_and_what_was_left_out(library: Path) -> None:
    arguments = ["query", str(library), "Two", "Three", "--not", "Four", "--duplicates"]
    arguments += ["--where", "title == 'Two' or duration_seconds > 0"]
    arguments += ["--where", "title != 'track 4'", "-k", "3", "--no-why"]
    result = runner.invoke(specrec.cli.app, arguments)
    assert result.exit_code == 0, result.output
    text = " ".join(result.stdout.split())
    assert "Sounds like 1 Ana - Two, 2 Eva - Three, not like Eva - Four" in text
    assert "# similarity score like title artist length" in text
    assert "the filter left 5 of 6 tracks 2 of 3 neighbors: no other track is left" in text
    document = json.loads(runner.invoke(specrec.cli.app, [*arguments, "--json"]).stdout)
    assert [query["title"] for query in document["queries"]] == ["Two", "Three"]
    assert [track["title"] for track in document["against"]] == ["Four"]
    assert document["notes"][0] == "the filter left 5 of 6 tracks"
    assert len(document["neighbors"]) == 2
    playlist = runner.invoke(specrec.cli.app, [*arguments, "--m3u"])
    assert "the filter left" not in playlist.stdout
    assert "the filter left 5 of 6 tracks" in playlist.stderr


def test_nothing_found_says_why(library: Path) -> None:
    arguments = ["query", str(library), "Two", "--where", "artist == 'nobody'"]
    result = runner.invoke(specrec.cli.app, arguments)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "Sounds like Ana - Two",
        "the filter left 0 of 6 tracks",
        "0 of 10 neighbors: no other track is left",
    ]


def test_a_path_as_a_table_a_playlist_and_json(tmp_path: Path) -> None:
    folder = str(write_named(tmp_path))
    arguments = ["path", folder, "t0", "t9", "-n", "3"]
    path = Library.open(folder).interpolate("t0", "t9", 3)
    titles = [step.track.title for step in path]
    table = runner.invoke(specrec.cli.app, arguments)
    assert table.exit_code == 0, table.output
    assert "From Artist 0 - Piece 0 to Artist 2 - Piece 9" in table.stdout
    assert all(title in table.stdout for title in titles)
    document = json.loads(runner.invoke(specrec.cli.app, [*arguments, "--json"]).stdout)
    assert document["start"]["track_id"] == "t0"
    assert [step["track"]["title"] for step in document["steps"]] == titles
    lines = runner.invoke(specrec.cli.app, [*arguments, "--m3u"]).stdout.splitlines()
    entries = [line.split(" - ")[1] for line in lines if line.startswith("#EXTINF:")]
    assert entries == ["Piece 0", *titles]
    assert sum(line.startswith("# 0.") for line in lines) == 3


def test_errors_are_one_line_with_exit_code_2(library: Path, tmp_path: Path) -> None:
    for arguments, message in [
        (["query", str(tmp_path), "x"], "no library there"),
        (["query", str(library), "nothing like it"], "fits no title"),
        (["query", str(library), "Two", "--json", "--m3u"], "exclude each other"),
        (["query", str(library), "Two", "--in-full"], "--in-full goes with --json"),
    ]:
        done = run(*arguments)
        assert done.returncode == 2, done.stderr
        assert done.stderr.startswith("error: ")
        assert message in done.stderr
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["query", "LIBRARY", "Two", "--where", "yeer > 1"], "did you mean year"),
        (["query", "LIBRARY", "track", "5"], 'in quotes: "track 5"'),
        (["query", "LIBRARY", "Two", "SILENT"], "silent.wav: no sample above"),
        (["path", "LIBRARY", "Two", "Two"], "sound the same"),
        (["path", "LIBRARY", "Two", "SILENT"], "silent.wav: no sample above"),
    ],
)
def test_a_question_that_has_no_answer_is_one_line(
    library: Path,
    tmp_path: Path,
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    silent = write(tmp_path / "silent.wav", 0 * tone(3.0))
    words = {"LIBRARY": str(library), "SILENT": str(silent)}
    monkeypatch.setattr(sys, "argv", ["specrec", *(words.get(word, word) for word in arguments)])
    with pytest.raises(SystemExit) as exit_:
        specrec.cli.main()
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert message in error


def test_ambiguous_words_list_candidates(library: Path) -> None:
    done = run("query", str(library), "Ana")
    assert done.returncode == 2
    assert "fits 2 tracks" in done.stderr
    assert "Ana - Two" in done.stderr


def test_a_wrong_number_is_refused() -> None:
    assert run("query", "x", "y", "-k", "0").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--label", "nope"], "no column nope"),
        (["--label", "title"], "share their title"),
        (["--where", "artist"], "artist does not hold true or false"),
        (["--where", "artist == 'nobody'"], "fits 0 tracks"),
        (["no/such/model"], "model no/such/model"),
        (["OTHER"], "lacks 6 of the 6 tracks"),
        (["--label", "family", "-o", __file__], "can't be written (File exists); name another"),
    ],
)
def test_a_wrong_evaluation_is_one_line_with_exit_code_2(
    library: Path,
    tmp_path: Path,
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = [
        str(write_named(tmp_path)) if word == "OTHER" else word for word in arguments
    ]  # a library of other tracks
    monkeypatch.setattr(sys, "argv", ["specrec", "evaluate", str(library), *arguments])
    with pytest.raises(SystemExit) as exit_:
        specrec.cli.main()
    shown = capsys.readouterr()
    assert exit_.value.code == 2
    assert shown.err.startswith("error: ")
    assert message in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""


def test_evaluate_counts_what_a_loop_counts(library: Path) -> None:
    result = runner.invoke(
        specrec.cli.app,
        [
            "evaluate",
            str(library),
            "--label",
            "family",
            "--label",
            "artist",
            "--json",
            "--baselines",
        ],
    )
    assert result.exit_code == 0, result.stdout
    document = json.loads(result.stdout)
    assert [(table["label"], table["artist_filter"]) for table in document["retrieval"]] == [
        ("family", False), ("family", True), ("artist", False), ("artist", True),
    ]  # fmt: skip
    table = document["retrieval"][0]
    assert {"random", "mel", "mfcc", "pixels", "untrained"} < set(table["figures"])
    opened = Library.open(library)
    labeled = {"Line\nbreak [b]": "x", "Two": "x", "Three": "y", "Four": "y"}
    hits = 0
    for title, family in labeled.items():
        found = opened.neighbors(title, 10, duplicates=True)
        ranked = [n.track.title for n in found if n.track.title in labeled]
        hits += labeled[ranked[0]] == family
    assert table["queries"] == 4
    assert table["figures"]["random"]["precision_at_1"]["value"] == hits / 4
    # Each family is one artist's: with the filter on, nothing remains.
    assert document["retrieval"][1]["queries"] == 0


def test_evaluate_writes_a_folder(library: Path, tmp_path: Path) -> None:
    arguments = ["evaluate", str(library), "--label", "family", "--output", str(tmp_path / "new")]
    result = runner.invoke(specrec.cli.app, arguments)
    assert result.exit_code == 0, result.stdout
    assert "Same family: 4 queries" in result.stdout
    names = {path.name for path in (tmp_path / "new").iterdir()}
    plots = {
        f"{name}.{kind}" for name in ("hubness", "retrieval-family") for kind in ("png", "svg")
    }
    assert names == {"evaluation.json", "evaluation.md", *plots}


def test_evaluating_what_is_stored_needs_no_torch_and_no_matplotlib(library: Path) -> None:
    program = (
        "import sys; sys.modules.update(torch=None, matplotlib=None)\n"
        f"sys.argv = ['specrec', 'evaluate', {str(library)!r}, '--label', 'family']\n"
        "from specrec.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Same family: 4 queries" in done.stdout


def test_help_needs_none_of_the_heavy_packages() -> None:
    heavy = ["torch", "faiss", "pandas", "numpy", "hydra", "matplotlib", "pytorch_lightning"]
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({heavy}, None))\n"
        "import specrec\nfrom specrec.cli import main\nsys.argv = ['specrec', '--help']\nmain()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for command in ("demo", "query", "evaluate"):
        assert command in done.stdout


def test_a_query_prints_the_sentences_of_its_json_and_loads_little(tmp_path: Path) -> None:
    folder = str(write_named(tmp_path))
    found = json.loads(run("query", folder, "t7", "-k", "6", "--json").stdout)["neighbors"]
    sentences = [neighbor["explanation"]["sentence"] for neighbor in found]
    heavy = {"scipy", "sklearn", "mutagen", "hydra", "torch", "pandas", "jaxtyping"}
    heavy |= {"pyarrow.compute", "numpy.ma"}
    others = ("cli.serve", "config", "catalog.scan", "concepts.words", "index.duplicates")
    heavy |= {f"specrec.{module}" for module in others}
    program = (
        "import sys; from specrec.cli import main\n"
        f"try: main(['query', {folder!r}, 't7', '-k', '6'])\n"
        f"finally: print({heavy} & {{*sys.modules}})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    printed = " ".join(done.stdout.split())
    assert len({*sentences}) > 1
    assert all(sentence in printed for sentence in sentences)
    assert printed.endswith("set()")
    # Without reasons, of a title among others, JSON needs even less.
    program = (
        "import sys; from specrec.cli import main\n"
        f"try: main(['query', {folder!r}, 'piece 7', '--json', '--other-artists', '--no-why'])\n"
        f"finally: print({heavy | {'rich'}} & {{*sys.modules}})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "set()"
