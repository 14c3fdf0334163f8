"""The installed models, and what a probe reads from an embedding: as tables and as JSON."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from specrec.descriptors.vocabulary import noun
from specrec.evaluation.probing import Probing
from specrec.model.card import WEIGHTS_FILE, ModelCard, read_card
from specrec.model.probe import R2_FLOOR
from specrec.model.registry import FETCHABLE, installed_models
from specrec.printing import counted
from specrec.recommend.collection import Collection
from specrec.report.concepts import concepts_content
from specrec.report.console import Console, escape
from specrec.report.table import Table, print_tables
from specrec.report.text import NONE, file_size, interval, json_document, percent

_FIGURES = {"precision_at_1": "P@1", "precision_at_10": "P@10", "mean_average_precision": "mAP"}
_ESTIMATE = ("value", "low", "high")


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
        "fingerprint": card.fingerprint,
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


_MEANINGS = {
    "precision_at_1": "the nearest track is of the same kind",
    "precision_at_10": "share of the ten nearest tracks that are of the same kind",
    "mean_average_precision": "how far up all tracks of the same kind stand (mAP)",
    "valid/track_p1": "the nearest track is of the same kind",
    "valid/track_map": "how far up all tracks of the same kind stand (mAP)",
    "valid/window_p1": "the nearest passage is of the same track",
    "valid/concept_auc": "how well its concepts agree with the taggers that taught it (AUC)",
    "valid/teacher_cosine": "how much it hears of what its teachers hear (cosine)",
}


def model_content(collection: Collection) -> dict[str, Any]:
    """What a library's model was trained on, how good it is, and what it names, as plain values.

    Figures of a card are those of its training or its test; those of concepts are the probe's.
    """
    generation = collection.generation
    card = generation.card
    test = {} if card is None else card.figures.get("test", {})
    return {
        "name": generation.manifest["model"]["name"],
        "fingerprint": generation.fingerprint,
        "created": card and card.created,
        "license": card and card.license,
        "window_seconds": generation.window_seconds,
        "dimensions": int(collection.embeddings.shape[1]),
        "training": [] if card is None else _training(card),
        "protocol": test.get("protocol"),
        "figures": [] if card is None else _figures(card),
        "concepts": _named(collection),
    }


def _training(card: ModelCard) -> list[str]:
    about, sentences = card.training, []
    if "train_tracks" in about:
        sentences.append(
            f"It learned from {counted(int(about['train_tracks']), 'track')}, and was validated on"
            f" {int(about.get('valid_tracks', 0)):,} others."
        )
    recipe = about.get("recipe")
    views = recipe.get("distill", {}).get("views") if isinstance(recipe, dict) else None
    if views:
        sentences.append(
            f"{int(views):,} altered passages of them were played to two taggers, and it learned to"
            " hear what they hear."
        )
    texts = [str(value) for value in about.values() if isinstance(value, str)]
    return sentences + [f"{text[:1].upper()}{text[1:]}." for text in texts]


def _figures(card: ModelCard) -> list[dict[str, Any]]:
    own = card.figures.get("test", {}).get(card.name, {})
    found = card.figures | (own if isinstance(own, dict) else {})
    figures = []
    for name, meaning in _MEANINGS.items():
        value = found.get(name)
        if isinstance(value, dict):
            figures.append({"name": meaning} | {end: value.get(end) for end in _ESTIMATE})
        elif isinstance(value, int | float):
            figures.append({"name": meaning, "value": value, "low": None, "high": None})
    return figures


def _named(collection: Collection) -> list[dict[str, Any]]:
    if collection.probe is None:
        return []
    told = {item["column"]: item for item in concepts_content(collection)["concepts"]}
    named = [
        {
            "name": told[item.feature.name]["name"] if item.feature.name in told
            else noun(item.feature.name),
            "family": told.get(item.feature.name, {}).get("family", "measured"),
            "auc": item.auc,
            "r2": item.r2.value,
            "r2_low": item.r2.low,
            "r2_high": item.r2.high,
            "said": item.usable,
            "tracks": told.get(item.feature.name, {}).get("tracks"),
        }
        for item in collection.probe.features
    ]  # fmt: skip
    return sorted(named, key=lambda item: (item["auc"] is None, -(item["auc"] or item["r2"])))


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
