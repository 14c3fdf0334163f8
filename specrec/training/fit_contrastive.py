"""A contrastive training run: data, training, closed-form head, model, probe."""

from pathlib import Path

import pandas as pd
import torch
from torch.utils.data import DataLoader

from specrec.config import EncoderConfig, TrainConfig
from specrec.errors import CatalogError
from specrec.model.card import ModelCard
from specrec.model.encoder import Encoder
from specrec.model.model import save_model
from specrec.model.probe import PROBE_FILE, save_probe
from specrec.printing import say
from specrec.progress import Progress
from specrec.training.cache import AudioCache
from specrec.training.contrastive import ContrastiveModule, retrieval_figures
from specrec.training.dataset import Item, ViewDataset, WindowDataset
from specrec.training.description import described
from specrec.training.postprocess import fit_head, fit_normalize, pool_tracks
from specrec.training.probing import measured_features, probe_of, probe_targets
from specrec.training.tracks import joined, labeled_tracks, unlabeled_tracks
from specrec.training.trainer import checkpoint_to_resume, device_of, make_trainer, train

VALID_WINDOWS = 6
"""Number of windows of a track that stand for all of it while a run lasts."""

Loaders = tuple[DataLoader[Item], DataLoader[Item]]


def fit_contrastive(
    config: TrainConfig,
    on_progress: Progress | None = None,
    on_fit: Progress | None = None,
    on_measure: Progress | None = None,
) -> Path:
    """Trains an encoder on pairs of views and writes the model; as `specrec.training.fit.fit`."""
    output, front_end, settings = Path(config.output), config.encoder.front_end, config.training
    resumed = checkpoint_to_resume(config, config.encoder)
    pretrained = _pretrained(config.encoder) if resumed is None else None
    cache = AudioCache(Path(config.data.cache), front_end.sample_rate)
    labeled = labeled_tracks(config.data, config.seed, cache, on_progress)
    more = unlabeled_tracks(config.data, config.seed, cache, on_progress)
    tracks, valid = labeled.train, labeled.valid
    heard = joined([tracks, *(part.train[["content_id"]] for part in more)])  # without labels
    features = None
    if settings.probe or settings.probe_weight > 0:
        features = measured_features(tracks, Path(config.data.cache), on_measure)
    taught = None
    if features is not None and settings.probe_weight > 0:
        taught = probe_targets(features, len(heard))
    module = ContrastiveModule(config.encoder, settings, config.seed, taught)
    encoder = module.encoder
    windows = WindowDataset(cache, tracks, None, front_end, VALID_WINDOWS)
    if pretrained is not None:
        encoder.backbone.load_state_dict(pretrained)
    if pretrained is not None or settings.epochs == 0:
        fit_normalize(encoder, windows, on_fit)
    trainer, best = make_trainer(config, f"valid/{settings.monitor}")
    loaders = _loaders(config, cache, heard, valid, trainer.world_size)
    figures = {}
    if settings.epochs > 0:
        figures = train(trainer, best, module, *loaders, resumed)
    if trainer.is_global_zero:
        encoder.to(device_of(settings.accelerator))
        pooled = pool_tracks(encoder, windows, on_fit)
        fit_head(encoder, pooled, settings.epochs > 0, settings.whiten)
        if settings.epochs == 0 or settings.whiten > 0:  # not what training measured
            figures = figures_of(
                encoder, WindowDataset(cache, valid, config.data.label, front_end, VALID_WINDOWS)
            )
        about = described(config, tracks, valid, figures)
        card = save_model(encoder, output / "model", **about)
        if settings.probe and features is not None:
            _save_probe(config, encoder, pooled, tracks, features, card)
    return output / "model"


def figures_of(encoder: Encoder, windows: WindowDataset) -> dict[str, float]:
    """The retrieval figures of a finished encoder among the validation tracks."""
    rows = range(len(windows))
    embeddings = torch.stack([encoder.embed(windows[row][0]) for row in rows])
    return retrieval_figures(embeddings, torch.tensor(rows), torch.from_numpy(windows.labels))


def _pretrained(config: EncoderConfig) -> dict[str, torch.Tensor] | None:
    """The weights from which the backbone starts; they are read before hours of decoding."""
    if config.pretrained is None:
        return None
    from specrec.model.imagenet import pretrained_backbone  # torchvision: see there

    return pretrained_backbone(config.architecture.backbone, config.pretrained).state_dict()


def _loaders(
    config: TrainConfig, cache: AudioCache, heard: pd.DataFrame, valid: pd.DataFrame, processes: int
) -> Loaders:
    """The batches of views to train on, shared by the processes, and of windows to validate on."""
    data, settings, front_end = config.data, config.training, config.encoder.front_end
    share = len(heard) // processes
    if processes > 1 and share < 2:
        raise CatalogError(
            f"{len(heard)} tracks to train on are too few for {processes} processes, 2 at least"
            " for each; set training.devices=1"
        )
    views = ViewDataset(
        cache,
        heard,
        data.label,
        front_end,
        settings.samples_per_track,
        settings.augment.max_speed_factor,
        settings.max_view_offset_seconds,
    )
    return (
        DataLoader(
            views,
            min(settings.batch_size, share),
            shuffle=True,
            drop_last=True,
            num_workers=data.workers,
            persistent_workers=data.workers > 0,
        ),
        DataLoader(WindowDataset(cache, valid, data.label, front_end, VALID_WINDOWS), 16),
    )


def _save_probe(
    config: TrainConfig,
    encoder: Encoder,
    pooled: torch.Tensor,
    tracks: pd.DataFrame,
    features: pd.DataFrame,
    card: ModelCard,
) -> None:
    """Fits the probe and saves it; with too few tracks the model goes without."""
    try:
        probe = probe_of(encoder, pooled, tracks, features, config.data.group_by, card.fingerprint)
    except CatalogError as error:
        say(f"no probe, so no explanations: {error}", error=True)
        return
    save_probe(probe, Path(config.output) / "model" / PROBE_FILE)
