"""The installed models, and what a probe reads from an embedding: as tables and as JSON."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from specrec.evaluation.probing import Probing
from specrec.model.card import WEIGHTS_FILE, read_card
from specrec.model.probe import R2_FLOOR
from specrec.model.registry import FETCHABLE, installed_models
from specrec.report.console import Console, escape
from specrec.report.table import Table, print_tables
from specrec.report.text import NONE, file_size, interval, json_document, percent

_FIGURES = {"precision_at_1": "P@1", "precision_at_10": "P@10", "mean_average_precision": "mAP"}


def print_models() -> None:
    """Prints one row a model, what its figures were measured on, and how to get the others."""
    models = [_summary(folder) for folder in installed_models()]
    rows = [
        (
            model["name"],
            model["license"],
            file_size(model["size_bytes"]),
            f"{model['sample_rate'] / 1000:g} kHz",
            str(model["dim"]),
            *(f"{value:.3f}" if (value := model["figures"].get(key)) else NONE for key in _FIGURES),
        )
        for model in models
    ]
    header = ("model", "license", "size", "rate", "dim", *_FIGURES.values())
    protocols = dict.fromkeys(model["protocol"] for model in models if model["protocol"])
    note = "\n".join(f"measured on {protocol}" for protocol in protocols)
    print_tables(Table("", header, rows, note, text_columns=2))
    console = Console(soft_wrap=True)
    for model in models:
        console.print(f"[bold]{escape(model['name'])}[/] is in {escape(model['folder'])}")
    for name in _fetchable(models):
        console.print(f"[bold]{name}[/] is not here yet; get it with: specrec models fetch {name}")


def models_json() -> str:
    """A JSON document: format_version, the installed models, names of those to fetch."""
    models = [_summary(folder) for folder in installed_models()]
    return json_document({"models": models, "to_fetch": _fetchable(models)})


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


def probing_table(probing: Probing) -> Table:
    """How well a probe predicts each feature, the best predicted first; the usable ones in bold."""
    others = list(probing.baselines)
    features = sorted(probing.probe.features, key=lambda item: -item.r2.value)
    rows = []
    for item in features:
        name = item.feature.name
        unit = "steps" if item.feature.scale == "circular" else item.feature.unit
        row = [name, interval(item.r2), f"{item.spearman.value:.2f}"]
        row.append(f"{_short(item.mae.value)} {unit}".strip())
        row += [percent(probing.coverage[name])] if probing.coverage else []
        rows.append(row + [f"{probing.baselines[other][name].value:.2f}" for other in others])
    tested = probing.probe.source.get("test") or "cross-validation"
    return Table(
        "",
        ["feature", "R2", "rho", "MAE", *["held"] * bool(probing.coverage), *others],
        rows,
        f"R2 on the feature's scale with its 95 % bootstrap interval, on unseen artists ({tested});"
        f" features below {R2_FLOOR} explain nothing. rho: rank correlation. MAE: mean absolute"
        " error. held: share of the truths in the predictions' 90 % intervals. Then the R2 of"
        " others.",
        bold=[place for place, item in enumerate(features) if item.usable],
    )


def probing_json(probing: Probing) -> str:
    """A JSON document with all figures, without the weights."""
    return json_document(
        {
            "fingerprint": probing.probe.fingerprint,
            "source": probing.probe.source,
            "features": [asdict(item) | {"usable": item.usable} for item in probing.probe.features],
            "coverage": probing.coverage,
            "alignment": probing.alignment,
            "baselines": {
                name: {feature: asdict(figure) for feature, figure in figures.items()}
                for name, figures in probing.baselines.items()
            },
        }
    )


def _short(value: float) -> str:
    """Two digits that count, without an exponent."""
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"
