"""Files that are not in the library: heard with its model, measured as its tracks were."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from specrec.catalog.identity import content_id
from specrec.errors import AudioError
from specrec.recommend.track import Sound

if TYPE_CHECKING:
    from specrec.model.model import Model

_REMEMBERED = 16  # files that were asked for last: an account asks for the same one several times


class Outside:
    """What is known of files outside the library, by path and content."""

    def __init__(self, model: "Callable[[], Model]") -> None:
        self._model = model
        self._embedded = lru_cache(_REMEMBERED)(self._embed)
        self._measured = lru_cache(_REMEMBERED)(_measure)

    def sound(self, path: Path) -> Sound:
        """What the library's model hears of a file.

        Raises:
            AudioError: If it can't be used.
            ModelError: If the library's model is gone or another.
        """
        return self._embedded(path, content_id(path))

    def features(self, path: Path) -> dict[str, float]:
        """What is measured of a file, by feature.

        Raises:
            AudioError: If it can't be used any more.
        """
        return self._measured(path, content_id(path))

    def _embed(self, path: Path, content: str) -> Sound:
        ((_, made),) = self._model().stream([path], workers=1)
        if isinstance(made, AudioError):
            raise made
        windows = made.windows.astype(np.float16)  # as a library keeps them
        return Sound(None, path, made.embedding, windows, made.seconds)


def _measure(path: Path, content: str) -> dict[str, float]:
    # Here, not above: to measure takes libraries that are slow to load.
    from specrec.audio.pool import map_path
    from specrec.descriptors.measure import measure_file

    measured = map_path(measure_file, path)
    return {name: value for name, value in measured.items() if np.isfinite(value)}
