"""The card of a saved model, its `model.json`. Needs no torch."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from specrec.config import Architecture, FrontEnd
from specrec.errors import ConfigError, ModelError

FORMAT_VERSION = 2  # 1 had no level_db and other layers
CARD_FILE, WEIGHTS_FILE = "model.json", "model.safetensors"


@dataclass(frozen=True)
class ModelCard:
    """The description of a model: everything but its weights.

    Attributes:
        name: Name of the model, such as `specrec-base`.
        created: ISO date of its creation.
        license: SPDX expression for the license of the weights.
        fingerprint: 16 hexadecimal digits that change with any weight, and with any setting of
            the front end or the architecture.
        front_end: Settings of the steps from samples to spectrogram.
        architecture: Settings of the network from spectrogram to embedding.
        training: Data, splits, recipe and schedule, as plain values.
        figures: Measured results, as plain values.
    """

    name: str
    created: str
    license: str
    fingerprint: str
    front_end: FrontEnd
    architecture: Architecture
    training: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Returns the content of `model.json`."""
        document = {"format_version": FORMAT_VERSION, **asdict(self)}
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def read_card(folder: Path, weights: bytes | None = None) -> ModelCard:
    """Reads a model's `model.json`.

    Args:
        folder: Folder of the model.
        weights: Content of the weights file, to be checked by the fingerprint; None to skip that.

    Raises:
        ModelError: If the card is missing, damaged, of another format, or does not fit the weights.
    """
    path = folder / CARD_FILE
    try:
        document = dict(json.loads(path.read_text(encoding="utf-8")))
        version = int(document["format_version"])
    except FileNotFoundError as error:
        raise ModelError(f"{folder}: no model there ({CARD_FILE} is missing)") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: damaged ({error}); copy the model anew") from error
    if version > FORMAT_VERSION:
        raise ModelError(
            f"{path}: format {version}, but this specrec reads up to {FORMAT_VERSION};"
            " upgrade specrec"
        )
    if version < FORMAT_VERSION:
        raise ModelError(f"{path}: format {version}, which is no longer read; train it again")
    try:
        card = _card_of(document)
        settings = [document[name] for name in ("front_end", "architecture")]
    except (ValueError, KeyError, TypeError, ConfigError) as error:
        raise ModelError(f"{path}: damaged ({error}); copy the model anew") from error
    if weights is not None and fingerprint_of(weights, *settings) != card.fingerprint:
        raise ModelError(f"{folder}: damaged (the fingerprint differs); copy the model anew")
    return card


def fingerprint_of(weights: bytes, front_end: dict[str, Any], architecture: dict[str, Any]) -> str:
    """Computes a model's fingerprint from the content of its weights file and its settings.

    The settings are those in its `model.json`, so that a setting that is added to specrec later
    does not change the fingerprints of older models.
    """
    settings = {"front_end": front_end, "architecture": architecture}
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    digest.update(weights)
    return digest.hexdigest()[:16]


def _card_of(document: dict[str, Any]) -> ModelCard:
    shape = dict(document["architecture"])
    return ModelCard(
        str(document["name"]),
        str(document["created"]),
        str(document["license"]),
        str(document["fingerprint"]),
        FrontEnd(**document["front_end"]),
        Architecture(**shape | {"widths": tuple(shape["widths"])}),
        dict(document.get("training", {})),
        dict(document.get("figures", {})),
    )
