"""A probe's figures on the terminal, as JSON and as Markdown."""

import json
from dataclasses import asdict
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from specrec.evaluation.probing import Probing
from specrec.metrics import Estimate
from specrec.model.probe import R2_FLOOR, ProbedFeature

FORMAT_VERSION = 1


def print_probing(probing: Probing) -> None:
    """Prints one row a feature, well predicted ones first, and what the columns mean."""
    console = Console(highlight=False)
    table = Table(box=box.SIMPLE_HEAD)
    header, rows = probing_rows(probing)
    for name in header:
        table.add_column(name, justify="left" if name == "feature" else "right", no_wrap=True)
    for row, item in zip(rows, _ordered(probing), strict=True):
        table.add_row(*row, style="" if item.usable else "dim")
    console.print(table)
    source = probing.probe.source
    tested = source.get("test") or "cross-validation"
    console.print(
        f"R2 on the feature's scale, on unseen artists ({tested}), with 95 % bootstrap intervals;"
        f" features below {R2_FLOOR} explain nothing. MAE in the unit; interval: half the width,"
        " on the scale, that holds 90 % of the truths."
    )


def probing_rows(probing: Probing) -> tuple[list[str], list[list[str]]]:
    """The table as text: header and one row a feature."""
    others = list(probing.baselines)
    header = ["feature", "R2", "Spearman", "MAE", "unit", "interval"]
    header += ["coverage"] if probing.coverage else []
    header += [f"R2 {name}" for name in others]
    rows = []
    for item in _ordered(probing):
        name = item.feature.name
        row = [name, _interval(item.r2), f"{item.spearman.value:.2f}", f"{item.mae.value:.3g}"]
        row += ["steps" if item.feature.scale == "circular" else item.feature.unit or "-"]
        row += [f"{item.interval:.2f}"]
        row += [f"{probing.coverage[name]:.0%}"] if probing.coverage else []
        rows.append(row + [f"{probing.baselines[other][name].value:.2f}" for other in others])
    return header, rows


def probing_json(probing: Probing) -> str:
    """All figures, without the weights."""
    document: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
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
    return json.dumps(document, indent=2)


def _ordered(probing: Probing) -> list[ProbedFeature]:
    return sorted(probing.probe.features, key=lambda item: -item.r2.value)


def _interval(figure: Estimate) -> str:
    return f"{figure.value:.2f} ({figure.low:.2f} to {figure.high:.2f})"
