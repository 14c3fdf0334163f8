"""What all commands have in common: options, help, completion, and what is said of a slip."""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import click
import pytest

import specrec.cli
from specrec.cli import app, main
from specrec.cli.app import MODULES


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


COMMANDS = dict(commands(app))
OUTPUTS = {(kind, False) for kind in ("FILE", "FOLDER", "MODEL")}  # of --output
OPTIONS = [
    (command, spelling, option)
    for command, found in COMMANDS.items()
    for option in found.params
    if option.param_type_name == "option"
    for spelling in (*option.opts, *option.secondary_opts)
]


def test_each_command_is_in_the_module_from_which_it_is_imported() -> None:
    for module in iter_modules(specrec.cli.__path__):
        if module.name != "__main__":
            import_module(f"specrec.cli.{module.name}")
    assert app.commands.keys() == MODULES.keys()
    for name, module_name in MODULES.items():
        if name in COMMANDS:  # and is no group of commands
            assert COMMANDS[name].callback.__module__ == f"specrec.cli.{module_name}"


def printed_by(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    shown = capsys.readouterr()
    return int(exit_.value.code or 0), shown.out, shown.err


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    expected = (0, f"specrec {specrec.__version__}\n", "")
    assert printed_by(["--version"], capsys) == expected


@pytest.mark.parametrize(
    ("command", "rest", "said"),
    [
        ("", "qurey x y", "no such command 'qurey'; did you mean 'query'?"),
        ("plot ", "gallry", "no such command 'gallry'; did you mean 'gallery'?"),
        ("", "zzz", "no such command 'zzz'"),
        ("query ", "x y --wher z", "no such option '--wher'; did you mean '--where'?"),
        ("", "--verison", "no such option '--verison'; did you mean '--version'?"),
        ("query ", "x y -z", "no such option '-z'"),
        ("explain ", "x", "missing argument 'QUERY'"),
        ("explain ", "x y z --plot a.png", "--plot is now -o FILE"),
        ("clusters ", "x -k 3", "-k is now --clusters NUMBER"),
        ("plot map ", "x --on=features", "--on is now --by sound or --by features"),
        ("plot contrast ", "x y -n3", "-n is now --tracks NUMBER"),
        ("demo ", "--folder x", "--folder is now -o FOLDER"),
        ("spectrograms ", "music out", "missing option '--output' / '-o'"),
        ("query ", "x y --dup", "no such option '--dup'; did you mean '--duplicates'?"),
        ("query ", "x y --verbose", "no such option '--verbose'"),  # of which Click makes --where
        ("query ", "x y -k", "option '-k' requires an argument"),
        ("query ", "x y --json=1", "option '--json' does not take a value"),
        ("models list ", "--json=1", "option '--json' does not take a value"),
        ("query ", "x y -k a", "invalid value for '-k': 'a' is not a whole number of 1 or more"),
        ("path ", "x y z -n 0", "invalid value for '-n': '0' is not a whole number from 1 to 100"),
        (
            "query ",
            "x y --diversity nan",
            "invalid value for '--diversity': 'nan' is not a number from 0 to 1",
        ),
        (
            "clusters ",
            "x --seed 4294967296",  # more than NumPy's generators and scikit-learn's take
            "invalid value for '--seed': '4294967296' is not a whole number from 0 to 4294967295",
        ),
    ],
)
def test_a_slip_is_one_line_that_names_what_was_meant(
    command: str, rest: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    error = f"error: {said} (see specrec {command}--help)\n"
    assert printed_by([*command.split(), *rest.split()], capsys) == (2, "", error)


@pytest.mark.parametrize(
    ("command", "parameter"),
    [
        ("status", "'LIBRARY'"),
        ("export library --output", "'--output' / '-o'"),  # and not into the folder one is in
        ("embed song.wav -o song.npz --model", "'--model'"),
    ],
)
def test_an_empty_name_is_refused(
    command: str, parameter: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, shown, error = printed_by([*command.split(), ""], capsys)
    assert (code, shown) == (2, "")
    assert error.startswith(f"error: invalid value for {parameter}: it is empty (see ")


def test_the_home_folder_may_be_a_tilde_behind_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/Ana, née b")
    values = COMMANDS["export"].make_context("export", ["~lib", "--output=~/tables"]).params
    assert values["output"] == Path("/home/Ana, née b/tables")
    assert values["library"] == Path("~lib")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("query x y --on tempo", "--on, --weight, --metric and --scaling go with --by features or"),
        ("query x y --by features --sound-weight 0.2", "--sound-weight goes with --by both"),
        ("adapt x --undo -o model", "--undo takes no --label, --passes, --file or -o"),
        ("link x --jellyfin http://a --user b", "--user goes with --subsonic or --lyrion"),
        ("link x --lyrion http://a --plain-password", "--plain-password goes with --subsonic"),
        ("plot map x -o a.png --color energy --clusters 3", "--color and --clusters exclude"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(
    command: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, shown, error = printed_by(command.split(), capsys)
    assert (code, shown, error.count("\n")) == (2, "", 1)
    assert error.startswith(f"error: {said}")


def test_who_is_in_an_access_file_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "access.json")
    _, key, noted = printed_by(["access", file, "--new-key", "player"], capsys)
    assert "player" not in key  # which a script takes as it is
    assert printed_by(["access", file], capsys) == (0, noted, "")


@pytest.mark.parametrize("spelling", sorted({spelling for _, spelling, _ in OPTIONS}))
def test_an_option_has_one_meaning(spelling: str) -> None:
    found = [option for _, name, option in OPTIONS if name == spelling]
    # Of the same choice, a command may offer fewer.
    names = {((option.metavar or "").removesuffix("|both"), option.is_flag) for option in found}
    assert len(names - OUTPUTS) <= 1
    if spelling in ("-k", "-n"):
        start = {"-k": "How many neighbors", "-n": "How many steps"}[spelling]
        assert all(option.help.startswith(start) for option in found)


def test_every_command_that_writes_a_file_takes_o() -> None:
    writing = {command for command, spelling, _ in OPTIONS if spelling == "-o"}
    assert writing == {command for command, spelling, _ in OPTIONS if spelling == "--output"}
    plots = {command for command in COMMANDS if command.startswith("plot ")}
    others = "adapt demo explain clusters cues report spectrograms evaluate probe embed export"
    assert writing == plots | {*others.split(), "models export"}


def test_help_lists_each_command_with_a_whole_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for arguments in (["--help"], ["plot", "--help"], ["models", "--help"]):
        code, shown, _ = printed_by(arguments, capsys)
        assert code == 0
        listed = shown.split("Commands:\n")[1].splitlines()
        assert listed
        assert all(line.endswith(".") and not line.endswith("...") for line in listed)


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in ("index", "train")])
def test_every_argument_and_option_is_explained(command: str) -> None:
    for parameter in COMMANDS[command].params:
        assert parameter.help, parameter.name
        assert parameter.help.endswith("."), parameter.help


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("specrec qu", ["plain,query"]),
        ("specrec plot ma", ["plain,map", "plain,match"]),
        ("specrec query library --other", ["plain,--other-artists", "plain,--other-albums"]),
        ("specrec query library so", ["file,so"]),  # which makes the shell complete files
        ("specrec train +expe", ["file,+expe"]),
    ],
)
def test_words_are_completed(
    line: str,
    found: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("_SPECREC_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(line.count(" ")))
    code, shown, error = printed_by([], capsys)
    assert (code, shown.splitlines(), error) == (0, found, "")


def test_bash_completes(tmp_path: Path) -> None:
    command = tmp_path / "specrec"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m specrec.cli "$@"\n')
    command.chmod(0o755)
    script = """
        eval "$(_SPECREC_COMPLETE=bash_source specrec)"
        complete -p specrec
        COMP_WORDS=(specrec qu) COMP_CWORD=1
        _specrec_completion specrec
        echo "${COMPREPLY[@]}"
    """
    done = subprocess.run(
        ["bash", "-c", script],
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout == "complete -o nosort -F _specrec_completion specrec\nquery\n"


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_there_is_completion_for_other_shells(
    shell: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_SPECREC_COMPLETE", f"{shell}_source")
    code, shown, _ = printed_by([], capsys)
    assert code == 0
    assert f"_SPECREC_COMPLETE={shell}_complete" in shown


def test_train_is_the_root_script() -> None:
    shown = [
        subprocess.run(
            [sys.executable, *program, "--cfg", "job", "+experiment=smoke", "name=Don't, 音楽"],
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parents[1],
        ).stdout
        for program in (["train.py"], ["-m", "specrec.cli", "train"])
    ]
    assert shown[0] == shown[1]
    assert "monitor: track_map" in shown[0]
    assert "name: Don't, 音楽" in shown[0]


def test_a_slip_in_an_option_of_hydra_is_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "specrec.cli", "index", "--bogus"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "error: unrecognized arguments: --bogus (--help lists the settings)\n"
