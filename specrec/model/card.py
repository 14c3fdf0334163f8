"""What a saved model says of itself in its `model.json`. Needs no torch."""

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
    """What is known of a model beside its weights.

    Attributes:
        name: Such as `specrec-base`.
        created: ISO date.
        license: SPDX expression for the weights.
        fingerprint: 16 hexadecimal digits that change with any weight, and with any setting of
            the front end or the architecture.
        front_end: From samples to the spectrogram.
        architecture: From the spectrogram to the embedding.
        training: Data, splits, recipe, schedule, as plain values.
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
        """The content of `model.json`."""
        document = {"format_version": FORMAT_VERSION, **asdict(self)}
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def read_card(folder: Path, weights: bytes | None = None) -> ModelCard:
    """Reads a model's `model.json`.

    Args:
        folder: Where it is.
        weights: Content of the file with the weights, if it is to be compared with the card's
            fingerprint.

    Raises:
        ModelError: If it is missing, damaged, of another format, or not that of the weights.
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
    """The fingerprint of a model, from the content of its weights file and its settings.

    The settings are those that stand in the file, so that a setting added to specrec later leaves
    the fingerprints of older models as they are.
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
