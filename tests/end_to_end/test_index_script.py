"""`index.py` as a user runs it."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

from specrec.recommend.collection import Collection
from tests import commands
from tests.end_to_end.scripts import ROOT, one_line_error, run
from tests.sounds import make_music


def test_index_builds_and_says_what_it_did(tmp_path: Path, model_folder: Path) -> None:
    music = make_music(tmp_path / "music", 3)
    (music / "bad.mp3").write_text("text")
    arguments = [f"audio={music}", "library=library", f"model={model_folder}"]
    done = run("index.py", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "3 tracks, 3 embedded now, 1 skipped" in done.stdout
    assert "bad.mp3" in done.stdout
    assert done.stderr == ""  # no progress bar away from a terminal
    assert len(Collection.open(tmp_path / "library")) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["library", "music"]
    assert "nothing new" in commands.run("index", *arguments, cwd=tmp_path).stdout


def test_errors_are_one_line_with_exit_code_2(tmp_path: Path, model_folder: Path) -> None:
    good = [f"audio={tmp_path}", "library=library", f"model={model_folder}"]
    bad_model = [f"audio={tmp_path}", "library=library", "model=nonsense"]
    assert "audio is not set" in one_line_error(run("index.py", "library=x", cwd=tmp_path))
    for command, said in (
        (["index", *good], "no audio files"),
        (["index", *good, "bogus=1"], "bogus"),
        (["index", *good, "batch_size=0"], "batch_size must be 1 or more, not 0"),
        (["index", *good, "workers=many"], "workers"),
        (["index", *bad_model], "nonsense"),
        (
            ["train", f"data.audio={tmp_path}", "training.temperature=-1"],
            "training.temperature must be above 0, not -1",
        ),
        (["train", "data.audio=x", "+experiment=nope"], "nope"),
    ):
        assert said in one_line_error(commands.run(*command, cwd=tmp_path))


def test_a_killed_or_interrupted_index_run_goes_on(tmp_path: Path, model_folder: Path) -> None:
    music = make_music(tmp_path / "music", 24)
    arguments = [
        f"audio={music}",
        "library=library",
        f"model={model_folder}",
        "workers=1",
        "measure_features=false",
    ]
    command = [sys.executable, str(ROOT / "index.py"), *arguments, "batch_size=1"]
    for stop in (signal.SIGINT, signal.SIGKILL):
        with subprocess.Popen(
            command,
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
            # What a shell starts in the background inherits that Ctrl-C is ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        ) as process:
            _wait_for_children(process.pid)
            time.sleep(0.3)
            process.send_signal(stop)
            _, message = process.communicate(timeout=60)
        if stop == signal.SIGINT:
            assert process.returncode == 130
            assert "run the same command again" in message
        else:
            assert process.returncode == -signal.SIGKILL
        assert not (tmp_path / "library" / "CURRENT").exists()  # it was at work
    done = commands.run("index", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(Collection.open(tmp_path / "library")) == 24


def _wait_for_children(pid: int) -> None:
    """Until a process has started others."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    deadline = time.monotonic() + 60
    while not children.read_text() and time.monotonic() < deadline:
        time.sleep(0.02)


def test_a_full_disk_is_one_line_and_costs_no_finished_track(
    tmp_path: Path, model_folder: Path
) -> None:
    music = make_music(tmp_path / "music", 4)
    arguments = [
        f"audio={music}",
        "library=library",
        f"model={model_folder}",
        "workers=1",
        "measure_features=false",
    ]
    # No file may grow beyond a kilobyte: writing fails as on a full disk. Bytecode would be cut
    # short, too, and stay so.
    done = subprocess.run(
        [sys.executable, str(ROOT / "index.py"), *arguments],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
    )
    assert "File too large" in one_line_error(done)
    assert not (tmp_path / "library" / "CURRENT").exists()
    assert "4 tracks" in commands.run("index", *arguments, cwd=tmp_path).stdout
