"""The probe of a trained encoder: fitted on its own training tracks."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from specrec.catalog.splits import tied_groups
from specrec.descriptors.features import FEATURES
from specrec.descriptors.files import Measurements
from specrec.descriptors.known import known_features
from specrec.model.encoder import Encoder
from specrec.model.probe import Probe
from specrec.model.probe_fit import fit_probe
from specrec.progress import Progress
from specrec.shapes import Float32


def measured_features(
    tracks: pd.DataFrame, cache: Path, on_progress: Progress | None = None
) -> pd.DataFrame:
    """The features of the tracks: from their table where it has them, else measured.

    Args:
        tracks: The tracks, with the columns content_id and `file`, the path of the audio.
        cache: The folder in which measurements are kept.
        on_progress: Called while tracks are measured.
    """
    known = Measurements(cache / "descriptors.jsonl")
    content_ids = tracks["content_id"].tolist()
    known.measure(content_ids, [Path(file) for file in tracks["file"]], 0, on_progress)
    return known_features(tracks, known.table(content_ids))


@torch.inference_mode()
def probe_of(
    encoder: Encoder,
    pooled: Float32[Tensor, "tracks channels"],
    tracks: pd.DataFrame,
    features: pd.DataFrame,
    group_by: tuple[str, ...],
    fingerprint: str,
) -> Probe:
    """Fits and measures the probe, with folds that keep artists and albums together.

    Raises:
        CatalogError: If no feature is known for enough tracks.
    """
    embeddings = (encoder.head(pooled.to(encoder.center.device)) - encoder.center).cpu().numpy()
    columns = [name for name in group_by if name in tracks]
    groups = np.asarray(tied_groups(tracks.reset_index(drop=True), columns))
    source = {"tracks": len(tracks), "grouped_by": columns, "held_out": "cross-validation"}
    return fit_probe(embeddings, features, groups, fingerprint, source=source)


def probe_targets(features: pd.DataFrame, tracks: int) -> Float32[Tensor, "tracks rows"]:
    """The targets of a probe that is trained along: all features on their scales, standardized.

    Args:
        features: The features of the first tracks.
        tracks: How many tracks there are; of those after the first ones nothing is known.

    Returns:
        One row per track, NaN where a feature is unknown.
    """
    columns = []
    for feature in (FEATURES[name] for name in FEATURES if name in features):
        scaled = feature.to_scale(features[feature.name].to_numpy(np.float64))
        spread = np.nanstd(scaled, axis=0)
        if np.isfinite(spread).all() and (spread > 0).all():
            columns.append((scaled - np.nanmean(scaled, axis=0)) / spread)
    known = np.concatenate(columns, axis=1).astype(np.float32)
    unknown = np.full((tracks - len(known), known.shape[1]), np.nan, dtype=np.float32)
    return torch.from_numpy(np.concatenate([known, unknown]))
