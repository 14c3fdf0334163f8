"""A probe's figures on the terminal, as JSON and as Markdown."""

import json
from dataclasses import asdict
from typing import Any

from rich import box
from rich.table import Table

from specrec.evaluation.probing import Probing
from specrec.model.probe import R2_FLOOR, ProbedFeature
from specrec.report.console import Console

FORMAT_VERSION = 1


def print_probing(probing: Probing) -> None:
    """Prints one row a feature, well predicted ones first, and what the columns mean."""
    console = Console()
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    header, rows = probing_rows(probing)
    for name in header:
        table.add_column(name, justify="left" if name == "feature" else "right")
    for row, item in zip(rows, _ordered(probing), strict=True):
        table.add_row(*row, style="" if item.usable else "dim")
    console.print(table)
    source = probing.probe.source
    tested = source.get("test") or "cross-validation"
    console.print(
        f"R2 on the feature's scale with its 95 % bootstrap interval, on unseen artists ({tested});"
        f" features below {R2_FLOOR} explain nothing. rho: rank correlation. MAE: mean absolute"
        " error. held: share of the truths in the predictions' 90 % intervals. Then the R2 of"
        " others."
    )


def probing_rows(probing: Probing) -> tuple[list[str], list[list[str]]]:
    """The table as text: header and one row a feature."""
    others = list(probing.baselines)
    header = ["feature", "R2", "rho", "MAE"]
    header += ["held"] if probing.coverage else []
    rows = []
    for item in _ordered(probing):
        name, r2 = item.feature.name, item.r2
        unit = "steps" if item.feature.scale == "circular" else item.feature.unit
        row = [name, f"{r2.value:.2f} ({r2.low:.2f}-{r2.high:.2f})"]
        row += [f"{item.spearman.value:.2f}", f"{_short(item.mae.value)} {unit}".strip()]
        row += [f"{probing.coverage[name]:.0%}"] if probing.coverage else []
        rows.append(row + [f"{probing.baselines[other][name].value:.2f}" for other in others])
    return header + others, rows


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


def _short(value: float) -> str:
    """Two digits that count, without an exponent."""
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"
