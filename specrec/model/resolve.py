"""Which folder a model's name stands for, and what its `model.json` says. Needs no torch."""

import json
from pathlib import Path
from typing import Any

from specrec.errors import ModelError

DEFAULT_MODEL = "specrec-base"
FORMAT_VERSION = 1
CARD_FILE, WEIGHTS_FILE = "model.json", "model.safetensors"
_SHIPPED = Path(__file__).parent / "weights"


def find_model(name: str) -> Path:
    """The folder of a shipped model's name, or of a path.

    Raises:
        ModelError: If it is neither.
    """
    for folder in (_SHIPPED / name, Path(name)):
        if (folder / CARD_FILE).is_file():
            return folder
    shipped = ", ".join(sorted(card.parent.name for card in _SHIPPED.glob(f"*/{CARD_FILE}")))
    raise ModelError(
        f"model {name}: neither a shipped model ({shipped or 'there is none'}) nor a folder"
        f" with a {CARD_FILE}"
    )


def read_card(folder: Path) -> dict[str, Any]:
    """Reads a model's `model.json`.

    Raises:
        ModelError: If it is missing, damaged, or of a newer format.
    """
    path = folder / CARD_FILE
    try:
        card = dict(json.loads(path.read_text()))
        version = int(card["format_version"])
        str(card["fingerprint"]), card["front_end"], card["architecture"]
    except FileNotFoundError as error:
        raise ModelError(f"{folder}: no model there ({CARD_FILE} is missing)") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: damaged ({error}); copy the model anew") from error
    if version > FORMAT_VERSION:
        raise ModelError(
            f"{path}: format {version}, but this specrec reads up to {FORMAT_VERSION};"
            " upgrade specrec"
        )
    return card
