"""What a library looks like, as PNG or SVG files."""

import typer

from specrec.cli.app import app

plot = typer.Typer(
    help="Draw tracks of a library, as PNG or SVG.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(plot, name="plot")
