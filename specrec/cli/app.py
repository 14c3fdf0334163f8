"""The command itself, to which each module of this room adds its part."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="specrec",
    help="Music recommendation by sound.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help; importing rich for it would double the start-up time
    context_settings={"help_option_names": ["-h", "--help"]},
)
LibraryArgument = Annotated[
    Path, typer.Argument(metavar="LIBRARY", help="Folder that index.py wrote.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def _commands() -> None:
    """Music recommendation by sound."""
