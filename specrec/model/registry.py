"""Finds models and their folders by name. Needs no torch."""

import os
from difflib import get_close_matches
from pathlib import Path

from specrec.errors import ModelError
from specrec.model.card import CARD_FILE

DEFAULT_MODEL = "specrec-base"
SHIPPED = Path(__file__).parent / "weights"

FETCHABLE = ("musicnn",)
"""Models that `specrec models fetch` can make."""


def models_folder() -> Path:
    """Returns the folder of fetched models: SPECREC_MODELS, or in the user's data folder (XDG)."""
    if chosen := os.environ.get("SPECREC_MODELS"):
        return Path(chosen)
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "specrec" / "models"


def installed_models() -> list[Path]:
    """Lists the folders of shipped and fetched models, each sorted by name."""
    return [
        card.parent
        for place in (SHIPPED, models_folder())
        for card in sorted(place.glob(f"*/{CARD_FILE}"))
    ]


def find_model(name: str | os.PathLike[str]) -> Path:
    """Finds the folder of a model by its name or path.

    Raises:
        ModelError: If there is no such model; the message proposes the installed model with the
            most similar name.

    >>> find_model("specrec-base").name
    'specrec-base'
    """
    given = os.fspath(name)
    for folder in (SHIPPED / given, models_folder() / given, Path(given)):
        if (folder / CARD_FILE).is_file():
            return folder
    if given in FETCHABLE:
        raise ModelError(
            f"model {given} is not here yet; get it with: specrec models fetch {given}"
        )
    if Path(given).is_dir():
        raise ModelError(f"{given}: no model there ({CARD_FILE} is missing)")
    names = [folder.name for folder in installed_models()]
    nearest = get_close_matches(given, [*names, *FETCHABLE], n=1)
    meant = f"; did you mean {nearest[0]}?" if nearest else ""
    raise ModelError(
        f"model {given}: neither an installed model ({', '.join(names) or 'there is none'}) nor a"
        f" folder with a {CARD_FILE}{meant}"
    )
