"""The installed models as a table or as JSON."""

import json
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from specrec.model.card import WEIGHTS_FILE, read_card
from specrec.model.registry import FETCHABLE, installed_models
from specrec.report.console import Console, escape

_FIGURES = {"precision_at_1": "P@1", "precision_at_10": "P@10", "mean_average_precision": "mAP"}


def print_models() -> None:
    """Prints one row a model, what its figures were measured on, and how to get the others."""
    models = [_summary(folder) for folder in installed_models()]
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("model", style="bold", overflow="fold")
    for name in ("size", "rate", "dim"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("license")
    for name in _FIGURES.values():
        table.add_column(name, justify="right", no_wrap=True)
    for model in models:
        figures = model["figures"]
        table.add_row(
            escape(model["name"]),
            f"{model['size_bytes'] / 1e6:.1f} MB",
            f"{model['sample_rate'] / 1000:g} kHz",
            str(model["dim"]),
            escape(model["license"]),
            *(f"{figures[name]:.3f}" if name in figures else "-" for name in _FIGURES),
        )
    console = Console(soft_wrap=True)
    console.print(table, soft_wrap=False)
    for protocol in dict.fromkeys(model["protocol"] for model in models if model["protocol"]):
        console.print(f"measured on {escape(protocol)}")
    for model in models:
        console.print(f"[bold]{escape(model['name'])}[/] is in {escape(model['folder'])}")
    for name in _fetchable(models):
        console.print(f"[bold]{name}[/] is not here yet; get it with: specrec models fetch {name}")


def models_json() -> str:
    """The same as a JSON document."""
    models = [_summary(folder) for folder in installed_models()]
    return json.dumps({"models": models, "to_fetch": _fetchable(models)}, indent=2)


def _summary(folder: Path) -> dict[str, Any]:
    card = read_card(folder)
    test = card.figures.get("test", {})
    own = test.get(card.name, {})
    return {
        "name": card.name,
        "size_bytes": (folder / WEIGHTS_FILE).stat().st_size,
        "sample_rate": card.front_end.sample_rate,
        "window_seconds": card.front_end.window_seconds,
        "dim": card.architecture.embedding_dim,
        "license": card.license,
        "figures": {name: own[name]["value"] for name in _FIGURES if name in own},
        "protocol": test.get("protocol"),
        "folder": str(folder),
    }


def _fetchable(models: list[dict[str, Any]]) -> list[str]:
    return [name for name in FETCHABLE if name not in {model["name"] for model in models}]
