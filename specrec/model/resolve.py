"""Which folder a model's name stands for, and what its `model.json` says. Needs no torch."""

import json
import os
from pathlib import Path
from typing import Any

from specrec.errors import ModelError

DEFAULT_MODEL = "specrec-base"
FORMAT_VERSION = 2  # 1 had no level_db and other layers
CARD_FILE, WEIGHTS_FILE = "model.json", "model.safetensors"
SHIPPED = Path(__file__).parent / "weights"

FETCHABLE = ("musicnn",)
"""Models that `specrec models fetch` can make."""


def models_folder() -> Path:
    """Where fetched models are kept: SPECREC_MODELS, or the user's data folder (XDG)."""
    if chosen := os.environ.get("SPECREC_MODELS"):
        return Path(chosen)
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "specrec" / "models"


def installed_models() -> list[Path]:
    """Folders of the shipped and of the fetched models, each by name."""
    return [
        card.parent
        for place in (SHIPPED, models_folder())
        for card in sorted(place.glob(f"*/{CARD_FILE}"))
    ]


def find_model(name: str) -> Path:
    """The folder of a shipped or fetched model's name, or of a path.

    Raises:
        ModelError: If it is none of them.
    """
    for folder in (SHIPPED / name, models_folder() / name, Path(name)):
        if (folder / CARD_FILE).is_file():
            return folder
    if name in FETCHABLE:
        raise ModelError(f"model {name} is not here yet; get it with: specrec models fetch {name}")
    installed = ", ".join(folder.name for folder in installed_models())
    raise ModelError(
        f"model {name}: neither an installed model ({installed or 'there is none'}) nor a folder"
        f" with a {CARD_FILE}"
    )


def read_card(folder: Path) -> dict[str, Any]:
    """Reads a model's `model.json`.

    Raises:
        ModelError: If it is missing, damaged, or of another format.
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
    if version < FORMAT_VERSION:
        raise ModelError(f"{path}: format {version}, which is no longer read; train it again")
    return card
