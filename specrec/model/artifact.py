"""The saved model: a folder with `model.safetensors` and `model.json`."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from specrec.config import Architecture, FrontEnd
from specrec.errors import ConfigError, ModelError
from specrec.model.encoder import Encoder
from specrec.model.resolve import CARD_FILE, FORMAT_VERSION, WEIGHTS_FILE, read_card
from specrec.writing import write_file


@dataclass(frozen=True)
class ModelCard:
    """What is known of a model beside its weights.

    Attributes:
        name: Such as `specrec-base`.
        created: ISO date.
        license: SPDX expression for the weights.
        training: Data, splits, recipe, schedule, as plain values.
        figures: Measured results, as plain values.
        fingerprint: 16 hexadecimal digits that change with any weight or setting; filled in by
            `save_model` and checked by `load_model`.
    """

    name: str
    created: str
    license: str
    training: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    fingerprint: str = ""


def save_model(encoder: Encoder, card: ModelCard, folder: Path) -> ModelCard:
    """Writes an artefact and returns its card, with the fingerprint filled in.

    Raises:
        StorageError: If it can't be written.
    """
    state = encoder.state_dict()
    weights = save({name: value.detach().cpu().contiguous() for name, value in state.items()})
    settings = {
        "front_end": asdict(encoder.front_end),
        "architecture": asdict(encoder.architecture),
    }
    card = replace(card, fingerprint=_fingerprint(weights, settings))
    document = {"format_version": FORMAT_VERSION, **asdict(card), **settings}
    write_file(folder / WEIGHTS_FILE, weights)
    write_file(folder / CARD_FILE, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    return card


def load_model(folder: Path, device: str = "cpu") -> tuple[Encoder, ModelCard]:
    """Reads an artefact.

    Args:
        folder: What `save_model` or `specrec train` wrote.
        device: Such as `cpu` or `cuda`.

    Returns:
        The encoder, in evaluation mode, and its card.

    Raises:
        ModelError: If a file is missing or damaged, or the format is newer than this version.
    """
    document = read_card(folder)
    settings = {key: document[key] for key in ("front_end", "architecture")}
    try:
        weights = (folder / WEIGHTS_FILE).read_bytes()
    except OSError as error:
        raise ModelError(
            f"{folder / WEIGHTS_FILE}: {error.strerror}; copy the model anew"
        ) from error
    if _fingerprint(weights, settings) != document["fingerprint"]:
        raise ModelError(f"{folder}: damaged (the fingerprint differs); copy the model anew")
    try:
        shape = settings["architecture"] | {"widths": tuple(settings["architecture"]["widths"])}
        encoder = Encoder(FrontEnd(**settings["front_end"]), Architecture(**shape))
        encoder.load_state_dict(load(weights))
    except (TypeError, RuntimeError, SafetensorError, ConfigError) as error:
        detail = str(error).splitlines()[0]
        raise ModelError(f"{folder}: damaged ({detail}); copy the model anew") from error
    names = ModelCard.__dataclass_fields__
    card = ModelCard(**{name: document[name] for name in names if name in document})
    return encoder.eval().to(torch.device(device)), card


def _fingerprint(weights: bytes, settings: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    digest.update(weights)
    return digest.hexdigest()[:16]
