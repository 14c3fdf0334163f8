"""What a model's card says of its training."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from specrec.config import TrainConfig


def described(
    config: TrainConfig,
    train: pd.DataFrame,
    valid: pd.DataFrame,
    figures: dict[str, float],
) -> dict[str, Any]:
    """What the card says beside the encoder's settings, as arguments of `save_model`."""
    training = {
        "train_tracks": len(train),
        "valid_tracks": len(valid),
        "recipe": _recipe(config),
    }
    rounded = {name: round(value, 4) for name, value in figures.items()}
    return {
        "name": config.name,
        "license": config.license,
        "training": training,
        "figures": rounded,
    }


def _recipe(config: TrainConfig) -> dict[str, Any]:
    """The settings that matter to whoever reads the model; folders of this machine do not."""
    recipe: dict[str, Any] = json.loads(json.dumps(asdict(config)))
    kept = {name: recipe[name] for name in ("seed", "data", "training")}
    if config.encoder.pretrained is not None:
        kept["pretrained"] = Path(config.encoder.pretrained).name
    for name in ("audio", "cache", "workers", "unlabeled_audio"):
        del kept["data"][name]
    if config.distill.mn04 is not None:
        kept["distill"] = recipe["distill"]
        for name in ("mn04", "musicnn", "workers"):
            del kept["distill"][name]
    return kept
