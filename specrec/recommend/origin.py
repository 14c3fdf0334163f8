"""Where a library's embeddings come from: its model, and the probe that reads them."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from specrec.errors import ModelError
from specrec.index.generation import Generation
from specrec.model.probe import Probe, load_probe
from specrec.model.resolve import find_model, read_card

if TYPE_CHECKING:
    from specrec.model.encoder import Encoder


class Origin:
    """The model that embedded a library."""

    def __init__(self, library: Path, generation: Generation) -> None:
        self._library = library
        self._generation = generation

    @cached_property
    def probe(self) -> Probe | None:
        """The probe fitted on the library itself, else the model's."""
        try:
            own = load_probe(self._library, self._generation.fingerprint)
        except ModelError:
            own = None  # specrec index has been run with another model since
        return own or self._generation.probe

    @property
    def window_seconds(self) -> float:
        """Length of the windows that were embedded."""
        stored = self._generation.manifest["model"].get("window_seconds")
        if stored is None:  # written before this was noted
            stored = read_card(self._folder())["front_end"]["window_seconds"]
        return float(stored)

    @cached_property
    def encoder(self) -> "Encoder":
        """The model, loaded when first asked for.

        Raises:
            ModelError: If it is gone, or another stands in its place.
        """
        from specrec.model.artifact import load_model

        folder, wanted = self._folder(), self._generation.fingerprint
        encoder, card = load_model(folder)
        if card.fingerprint != wanted:
            raise ModelError(
                f"{folder}: not the model of {self._library} (fingerprint {card.fingerprint}, not"
                f" {wanted}); run specrec index again"
            )
        return encoder

    def _folder(self) -> Path:
        model = self._generation.manifest["model"]
        try:
            return find_model(model["folder"])
        except ModelError:
            return find_model(model["name"])
