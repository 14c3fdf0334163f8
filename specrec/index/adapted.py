"""The model that was adapted to a library, which stands in the library's folder."""

from pathlib import Path

from specrec.errors import ModelError
from specrec.model.card import CARD_FILE, read_card
from specrec.model.registry import find_model

ADAPTED = "adapted"
ADAPTED_FROM = "adapted_from"
"""Where the card of an adapted model says, in `training`, of which model it was made."""


def adapted_folder(library: Path) -> Path:
    """Where the model that was adapted to a library is, if there is one."""
    return library / ADAPTED


def adapted_model(library: Path, model: Path) -> Path:
    """The model adapted to a library, if it was made of this model; else this model.

    So an index run with the same settings as ever keeps a library as it was adapted, and one with
    another model, or with a newer one of that name, replaces it.

    Raises:
        ModelError: If a card is damaged.
    """
    folder = adapted_folder(library)
    if not (folder / CARD_FILE).is_file():
        return model
    made_of = read_card(folder).training.get(ADAPTED_FROM, {}).get("fingerprint")
    return folder if made_of == read_card(model).fingerprint else model


def find_embedder(library: Path, folder: str, name: str) -> Path:
    """Finds the model that embedded a library: where it was, in the library, or by its name.

    Raises:
        ModelError: If it is nowhere.
    """
    try:
        return find_model(folder)
    except ModelError:
        moved = adapted_folder(library)
        if Path(folder).name == ADAPTED and (moved / CARD_FILE).is_file():
            return moved
        return find_model(name)
