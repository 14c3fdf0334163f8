import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

import specrec.cli
from tests.sounds import make_music


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_music(tmp_path_factory.mktemp("music"), 1)
    (folder / "bad.mp3").write_text("no audio")
    (folder / "cover.jpg").touch()
    return folder


def test_the_command_draws_and_lists_failures(music: Path, tmp_path: Path) -> None:
    arguments = ["spectrograms", str(music), "-o", str(tmp_path), "--workers", "1"]
    options = ["--model", "specrec-base", "--axes", "--json"]
    result = CliRunner().invoke(specrec.cli.app, [*arguments, *options])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)  # no bar off a terminal
    assert (document["drawn"], document["kept"]) == (1, 0)
    assert document["pictures"] == [{"path": "track 0.wav", "picture": "track 0.png"}]
    assert [(item["path"], item["reason"]) for item in document["skipped"]] == [
        ("bad.mp3", "not_audio")
    ]
    assert document["drawing"]["settings"]["name"] == "specrec-base"
    with Image.open(tmp_path / "track 0.png") as picture:
        assert picture.size == (1000, 360)


def test_an_album_may_be_called_generations(tmp_path: Path) -> None:
    make_music(tmp_path / "music" / "generations", 1)
    arguments = [
        "spectrograms",
        str(tmp_path / "music"),
        "-o",
        str(tmp_path / "out"),
        "--workers",
        "1",
    ]
    result = CliRunner().invoke(specrec.cli.app, arguments)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out" / "generations" / "track 0.png").is_file()


def test_errors_are_one_line_with_exit_code_2(
    music: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "none").mkdir()
    for arguments, message in [
        ([str(tmp_path / "none"), "-o", str(tmp_path / "out")], "no audio files"),
        ([str(tmp_path / "nowhere"), "-o", str(tmp_path / "out")], "no such folder"),
        ([str(music), "-o", str(tmp_path / "out"), "--model", "nope"], "model nope"),
        ([str(music), "-o", str(music / "cover.jpg")], "cover.jpg"),
    ]:
        monkeypatch.setattr("sys.argv", ["specrec", "spectrograms", *arguments])
        with pytest.raises(SystemExit) as exit_:
            specrec.cli.main()
        shown = capsys.readouterr()
        assert exit_.value.code == 2
        assert shown.err.startswith("error: ")
        assert message in shown.err
        assert shown.err.count("\n") == 1


def test_a_full_disk_is_one_line_and_leaves_no_part(music: Path, tmp_path: Path) -> None:
    # No file may grow longer than this, as if the disk were full; bytecode would be cut short, too.
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
        f"sys.argv = ['specrec', 'spectrograms', {str(music)!r}, '-o', {str(tmp_path)!r}]\n"
        "from specrec.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "track 0.png" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())
