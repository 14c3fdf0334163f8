"""specrec: music recommendation by sound.

    import specrec
    library = specrec.Library.open("library")
    for neighbor in library.neighbors("song.mp3", k=10):
        print(neighbor.rank, neighbor.similarity, neighbor.track.artist, neighbor.track.title)

The names below are loaded when they are first used: importing the package costs nothing, and
only what computes embeddings loads torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from specrec.errors import SpecrecError
    from specrec.index.build import build_library
    from specrec.model.model import Model, load_model
    from specrec.recommend.feature_settings import FeatureSettings
    from specrec.recommend.features import FeatureRecommender
    from specrec.recommend.hybrid import Hybrid
    from specrec.recommend.library import Library
    from specrec.recommend.ranking import Ranking
    from specrec.recommend.track import Neighbor, Track

__all__ = [
    "FeatureRecommender",
    "FeatureSettings",
    "Hybrid",
    "Library",
    "Model",
    "Neighbor",
    "Ranking",
    "SpecrecError",
    "Track",
    "build_library",
    "load_model",
]

__version__ = "0.1.0"

_HOMES = {
    "FeatureRecommender": "specrec.recommend.features",
    "FeatureSettings": "specrec.recommend.feature_settings",
    "Hybrid": "specrec.recommend.hybrid",
    "Library": "specrec.recommend.library",
    "Neighbor": "specrec.recommend.track",
    "Ranking": "specrec.recommend.ranking",
    "Track": "specrec.recommend.track",
    "SpecrecError": "specrec.errors",
    "build_library": "specrec.index.build",
    "Model": "specrec.model.model",
    "load_model": "specrec.model.model",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'specrec' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
