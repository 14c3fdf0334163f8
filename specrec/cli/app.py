"""The command itself, to which each module in this folder adds subcommands."""

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core
import typer.main

import specrec

MODULES = {  # in the order of the help
    "demo": "demo",
    "index": "index",
    "query": "asking",
    "path": "asking",
    "explain": "asking",
    "concepts": "concepts",
    "features": "features",
    "compare": "features",
    "merge": "libraries",
    "update": "libraries",
    "status": "libraries",
    "verify": "libraries",
    "remove": "libraries",
    "restore": "libraries",
    "tag": "tag",
    "export": "export",
    "push": "push",
    "serve": "serve",
    "access": "serve",
    "link": "link",
    "report": "page",
    "clusters": "study",
    "cues": "study",
    "spectrograms": "pictures",
    "evaluate": "measuring",
    "probe": "measuring",
    "embed": "embed",
    "adapt": "adapt",
    "train": "train",
    "plot": "study",  # which adds to plot
    "models": "models",
}
"""The module of each command."""


class _Commands(typer.core.TyperGroup):
    """The commands, whose modules are imported when they are asked for: all take their time."""

    def list_commands(self, ctx: Any) -> list[str]:
        self._import(MODULES)
        return [*MODULES]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        # What is not known may be like any of them.
        self._import([cmd_name] if cmd_name in MODULES else MODULES)
        return self.commands.get(cmd_name)

    def _import(self, names: Iterable[str]) -> None:
        if self.commands.keys() >= {*names}:
            return
        for name in names:
            import_module(f"specrec.cli.{MODULES[name]}")
        self.commands = typer.main.get_group(app).commands  # with those that were added now


app = typer.Typer(
    name="specrec",
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help; importing rich for it would double the start-up time
    context_settings={"help_option_names": ["-h", "--help"]},
)

LibraryArgument = Annotated[
    Path, typer.Argument(metavar="LIBRARY", help="Folder that specrec index wrote.")
]
SearchedArgument = Annotated[
    Path,
    typer.Argument(
        metavar="LIBRARY",
        help="Folder that specrec index wrote, or the address to which specrec push sent it.",
    ),
]
QueryArgument = Annotated[
    str,
    typer.Argument(
        metavar="QUERY", help="A track_id, an audio file, or words of a title and artist."
    ),
]
NeighborArgument = Annotated[
    str, typer.Argument(metavar="NEIGHBOR", help="A track of the library, named in the same way.")
]
WhereOption = Annotated[
    str | None,
    typer.Option(
        metavar="CONDITION",
        help="Only tracks for which it holds: \"genre == 'jazz' and 1990 < year <= 2000\","
        ' "60 <= duration_seconds < 300", "tempo_bpm > 120 or energy > 0.8".',
    ),
]
OutputOption = Annotated[
    Path, typer.Option("--output", "-o", metavar="FILE", help="PNG or SVG file to write.")
]
OptionalOutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Also draw it, as a PNG or SVG file."),
]
GroupOption = Annotated[
    list[str],
    typer.Option(
        metavar="COLUMN",
        help="Tracks with the same value count as related, as those of an artist or an album do;"
        " may be repeated.",
    ),
]
LabelOption = Annotated[
    list[str],
    typer.Option(
        metavar="COLUMN",
        help="Measure whether tracks that share its value are found; may be repeated.",
    ),
]
SeedOption = Annotated[
    int,
    typer.Option(
        metavar="NUMBER", min=0, help="Seed of all random choices; another one gives other results."
    ),
]
BaselinesOption = Annotated[
    bool,
    typer.Option("--baselines", help="Also measure MFCC and other baselines; decodes the audio."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
CountOption = Annotated[
    int, typer.Option("-k", metavar="NUMBER", min=1, help="How many neighbors.")
]

OverridesArgument = Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE")]
HYDRA_SETTINGS = {"ignore_unknown_options": True, "help_option_names": []}
"""Settings of a command whose arguments, and options such as --help and --cfg, are Hydra's."""


def _print_version(asked: bool) -> bool:
    if asked:
        typer.echo(f"specrec {specrec.__version__}")
        raise typer.Exit
    return asked


@app.callback()
def _commands(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Recommend music by how it sounds, and say why."""
