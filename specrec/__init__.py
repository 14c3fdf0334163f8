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
    from specrec.recommend.by_features.recommender import FeatureRecommender
    from specrec.recommend.by_features.settings import FeatureSettings
    from specrec.recommend.library import Library
    from specrec.recommend.query import Query
    from specrec.recommend.results import Neighbor, Neighbors, Track

__all__ = [
    "FeatureRecommender",
    "FeatureSettings",
    "Library",
    "Model",
    "Neighbor",
    "Neighbors",
    "Query",
    "SpecrecError",
    "Track",
    "build_library",
    "load_model",
]

__version__ = "0.1.0"

_HOMES = {
    "FeatureRecommender": "specrec.recommend.by_features.recommender",
    "FeatureSettings": "specrec.recommend.by_features.settings",
    "Library": "specrec.recommend.library",
    "Neighbor": "specrec.recommend.results",
    "Neighbors": "specrec.recommend.results",
    "Query": "specrec.recommend.query",
    "Track": "specrec.recommend.results",
    "SpecrecError": "specrec.errors",
    "build_library": "specrec.index.build",
    "Model": "specrec.model.model",
    "load_model": "specrec.model.model",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'specrec' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
