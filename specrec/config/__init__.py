"""Settings: the dataclass schemas of `conf/`.

A schema's `__post_init__` refuses values out of range, whoever makes it: a root script from its
YAML, or a caller in Python.
"""

from specrec.config.encoder import (
    IMAGENET,
    MEL_CNN,
    MUSICNN,
    MUSICNN_MELS,
    PIXELS,
    Architecture,
    EncoderConfig,
    FrontEnd,
)
from specrec.config.indexing import IndexConfig, RayConfig
from specrec.config.shard import Shard
from specrec.config.training import (
    AugmentConfig,
    DataConfig,
    DistillConfig,
    TrainConfig,
    TrainingConfig,
    ViewConfig,
)

__all__ = [
    "IMAGENET",
    "MEL_CNN",
    "MUSICNN",
    "MUSICNN_MELS",
    "PIXELS",
    "Architecture",
    "AugmentConfig",
    "DataConfig",
    "DistillConfig",
    "EncoderConfig",
    "FrontEnd",
    "IndexConfig",
    "RayConfig",
    "Shard",
    "TrainConfig",
    "TrainingConfig",
    "ViewConfig",
]
