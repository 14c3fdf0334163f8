"""A whole training run: data, trainer, best checkpoint, model."""

import json
import logging
import sys
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from pytorch_lightning import Callback, Trainer, seed_everything
from pytorch_lightning.callbacks import EarlyStopping, LearningRateMonitor, ModelCheckpoint
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger
from torch.utils.data import DataLoader

from specrec.catalog.catalog import read_catalog
from specrec.catalog.splits import split_tracks
from specrec.config import DataConfig, EncoderConfig, TrainConfig
from specrec.errors import CatalogError, ConfigError
from specrec.model.card import ModelCard
from specrec.model.encoder import Encoder
from specrec.model.model import save_model
from specrec.model.probe import PROBE_FILE, save_probe
from specrec.printing import say
from specrec.progress import Progress
from specrec.synthesis.library import write_library
from specrec.training.cache import AudioCache
from specrec.training.dataset import Item, ViewDataset, WindowDataset
from specrec.training.module import ContrastiveModule, retrieval_figures
from specrec.training.postprocess import fit_head, fit_normalize, pool_tracks
from specrec.training.probing import measured_features, probe_of, probe_targets
from specrec.training.teachers import Teachers
from specrec.writing import storing

SYNTHETIC = "synthetic"
_VALID_WINDOWS = 6
Loaders = tuple[DataLoader[Item], DataLoader[tuple[torch.Tensor, int, int]]]


def fit(
    config: TrainConfig,
    on_progress: Progress | None = None,
    on_fit: Progress | None = None,
    on_measure: Progress | None = None,
) -> Path:
    """Trains an encoder and writes the model.

    Args:
        config: The settings of the run.
        on_progress: Called while audio is decoded; Lightning shows the training itself.
        on_fit: Called while the scale of the input, or the head and center, are fitted.
        on_measure: Called while the features of the training tracks are measured.

    Returns:
        The folder of the model, `<output>/model`.

    Raises:
        CatalogError: If there are too few tracks, or a column that the settings name is missing.
        ModelError: If the encoder is to start from weights that can't be had.
    """
    _hush_lightning()
    seed_everything(config.seed, workers=True, verbose=False)
    output = Path(config.output)
    front_end, settings = config.encoder.front_end, config.training
    resumed = _checkpoint_to_resume(config)
    pretrained = _pretrained(config.encoder) if resumed is None else None
    cache = AudioCache(Path(config.data.cache), front_end.sample_rate)
    train, valid = _tracks(config, cache, on_progress)
    unlabeled = _unlabeled_tracks(config.data, cache, on_progress)
    heard = pd.concat([train, *unlabeled], ignore_index=True)
    features = None
    if settings.probe or settings.probe_weight > 0:
        features = measured_features(train, Path(config.data.cache), on_measure)
    teachers = None
    if settings.distill_weight > 0:
        teachers = Teachers(config.data.teachers, heard, cache, front_end)
    taught = None
    if features is not None and settings.probe_weight > 0:
        taught = probe_targets(features, len(heard))
    module = ContrastiveModule(config.encoder, settings, config.seed, teachers, taught)
    encoder = module.encoder
    windows = WindowDataset(cache, train, None, front_end, _VALID_WINDOWS)
    if pretrained is not None:
        encoder.backbone.load_state_dict(pretrained)
    if pretrained is not None or settings.epochs == 0:
        fit_normalize(encoder, windows, on_fit)
    trainer, best = _trainer(config)
    loaders = _loaders(config, cache, heard, valid, teachers, trainer.world_size)
    figures = {}
    if settings.epochs > 0:
        with storing(output):  # logs and checkpoints, of which Lightning names no file
            figures = _train(trainer, module, loaders, best, resumed)
    if trainer.is_global_zero:
        encoder.to("cuda" if _on_gpu(settings.accelerator) else "cpu")
        pooled = pool_tracks(encoder, windows, on_fit)
        fit_head(encoder, pooled, settings.epochs > 0, settings.whiten)
        if settings.epochs == 0 or settings.whiten > 0:  # not what training measured
            unheard = WindowDataset(cache, valid, config.data.label, front_end, _VALID_WINDOWS)
            figures = _figures(encoder, unheard)
        card = save_model(encoder, output / "model", **_described(config, train, valid, figures))
        if settings.probe and features is not None:
            _save_probe(config, encoder, pooled, train, features, card, output / "model")
    return output / "model"


def _save_probe(
    config: TrainConfig,
    encoder: Encoder,
    pooled: torch.Tensor,
    train: pd.DataFrame,
    features: pd.DataFrame,
    card: ModelCard,
    folder: Path,
) -> None:
    """Fits the probe and saves it; with too few tracks the model goes without."""
    try:
        probe = probe_of(encoder, pooled, train, features, config.data.group_by, card.fingerprint)
    except CatalogError as error:
        say(f"no probe, so no explanations: {error}", error=True)
        return
    save_probe(probe, folder / PROBE_FILE)


def _pretrained(config: EncoderConfig) -> dict[str, torch.Tensor] | None:
    """The weights from which the backbone starts; they are read before hours of decoding."""
    if config.pretrained is None:
        return None
    from specrec.model.imagenet import pretrained_backbone  # torchvision: see there

    return pretrained_backbone(config.architecture.backbone, config.pretrained).state_dict()


def _train(
    trainer: Trainer,
    module: ContrastiveModule,
    loaders: Loaders,
    best: ModelCheckpoint,
    resumed: Path | None,
) -> dict[str, float]:
    """Trains a module, gives it the weights of its best epoch and returns that epoch's figure."""
    try:
        trainer.fit(module, *loaders, ckpt_path=resumed)
    except SystemExit as stop:  # what Lightning makes of Ctrl-C
        raise KeyboardInterrupt from stop
    state = torch.load(best.best_model_path, map_location="cpu", weights_only=True)["state_dict"]
    module.load_state_dict(state)
    return {str(best.monitor): float(best.best_model_score or 0)}


def _checkpoint_to_resume(config: TrainConfig) -> Path | None:
    last = Path(config.output) / "checkpoints" / "last.ckpt"
    if not config.resume or not last.exists():
        return None
    if config.training.epochs == 0:
        raise ConfigError(
            f"{config.output} holds a trained encoder, and training.epochs=0 would replace it;"
            " choose another name or output, or set resume=false"
        )
    before = torch.load(last, map_location="cpu", weights_only=True)["encoder"]
    if before != asdict(config.encoder):
        raise ConfigError(
            f"{config.output} holds the checkpoints of another encoder;"
            " choose another name or output, or set resume=false"
        )
    return last


def _tracks(
    config: TrainConfig, cache: AudioCache, on_progress: Progress | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tracks to train on and those to validate on; files that can't be used are listed."""
    data = config.data
    tracks = _usable(data.audio, data, cache, on_progress)
    for name in filter(None, (data.label, data.split_column)):
        if name not in tracks:
            raise CatalogError(f"{data.audio}: no column {name}; set data.label or split_column")
    split = _split(data, tracks, config.seed)
    train, valid = (tracks[split == name].reset_index(drop=True) for name in ("train", "valid"))
    if len(train) < 4 or len(valid) < 2:
        raise CatalogError(
            f"{data.audio}: {len(train)} tracks to train on and {len(valid)} to validate on;"
            " at least 4 and 2 are needed"
        )
    if data.label and not valid[data.label].dropna().duplicated().any():
        raise CatalogError(f"{data.audio}: no two validation tracks share a {data.label}")
    return train, valid


def _unlabeled_tracks(
    data: DataConfig, cache: AudioCache, on_progress: Progress | None
) -> list[pd.DataFrame]:
    columns = ["track_id", "content_id"]
    return [_usable(audio, data, cache, on_progress)[columns] for audio in data.unlabeled_audio]


def _usable(
    audio: str, data: DataConfig, cache: AudioCache, on_progress: Progress | None
) -> pd.DataFrame:
    """The tracks of a folder that can be decoded; the others are listed."""
    if audio == SYNTHETIC:
        folder = write_library(Path(data.cache) / SYNTHETIC, on_progress=on_progress).parent
    else:
        folder = Path(audio)
    catalog = read_catalog(folder)
    tracks, unusable = cache.fill(catalog, on_progress)
    if catalog.remark is not None:
        say(catalog.remark, error=True)
    for path, why in catalog.untagged.items():
        say(f"{path} without its tags: {why}", error=True)
    for item in [*catalog.skipped, *unusable]:
        say(f"skipped {item.path}: {item.detail} ({item.reason})", error=True)
    return tracks.assign(file=[str(catalog.file(path)) for path in tracks["path"]])


def _loaders(
    config: TrainConfig,
    cache: AudioCache,
    train: pd.DataFrame,
    valid: pd.DataFrame,
    teachers: Teachers | None,
    processes: int = 1,
) -> Loaders:
    """The batches of views to train on, shared by the processes, and of windows to validate on."""
    data, settings, front_end = config.data, config.training, config.encoder.front_end
    share = len(train) // processes
    if processes > 1 and share < 2:
        raise CatalogError(
            f"{len(train)} tracks to train on are too few for {processes} processes, 2 at least"
            " for each; set training.devices=1"
        )
    views = ViewDataset(
        cache,
        train,
        data.label,
        front_end,
        teachers,
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
        DataLoader(WindowDataset(cache, valid, data.label, front_end, _VALID_WINDOWS), 16),
    )


def _split(data: DataConfig, tracks: pd.DataFrame, seed: int) -> pd.Series:
    if data.split_column:
        return tracks[data.split_column]
    fractions = {"train": 1 - data.valid_fraction, "valid": data.valid_fraction}
    return split_tracks(tracks, data.group_by, fractions, seed)


def _trainer(config: TrainConfig) -> tuple[Trainer, ModelCheckpoint]:
    settings, output = config.training, config.output
    folder, monitor = Path(output) / "checkpoints", f"valid/{settings.monitor}"
    best = ModelCheckpoint(
        folder, "best", monitor=monitor, mode="max", enable_version_counter=False
    )
    callbacks: list[Callback] = [
        best,
        ModelCheckpoint(folder, "last", enable_version_counter=False, save_on_train_epoch_end=True),
        EarlyStopping(monitor, mode="max", patience=settings.patience),
        LearningRateMonitor("step"),
    ]
    trainer = Trainer(
        max_epochs=settings.epochs,
        accelerator=settings.accelerator,
        devices=settings.devices if settings.devices == "auto" else int(settings.devices),
        strategy=settings.strategy,
        precision=_precision(settings.precision, settings.accelerator),
        callbacks=callbacks,
        logger=[CSVLogger(output, "logs"), TensorBoardLogger(output, "tensorboard", "")],
        check_val_every_n_epoch=settings.validate_every,
        num_sanity_val_steps=0,
        log_every_n_steps=1,
        enable_progress_bar=sys.stderr.isatty(),
        enable_model_summary=False,
    )
    return trainer, best


def _hush_lightning() -> None:
    """Silences notices about the hardware and hints that ask for nothing; warnings remain."""
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=".*LeafSpec", category=FutureWarning)
    warnings.filterwarnings("ignore", message=".*in eval mode at the start")
    warnings.filterwarnings("ignore", message=".*does not have many workers")
    warnings.filterwarnings("ignore", message="Checkpoint directory .* exists and is not empty")


def _precision(precision: str, accelerator: str) -> Any:
    if precision != "auto":
        return precision
    fast = _on_gpu(accelerator) or torch.cpu.get_capabilities().get("amx_bf16")
    return "bf16-mixed" if fast else "32-true"


def _on_gpu(accelerator: str) -> bool:
    return accelerator != "cpu" and torch.cuda.is_available()


def _figures(encoder: Encoder, windows: WindowDataset) -> dict[str, float]:
    """The retrieval figures of the finished encoder among the validation tracks."""
    rows = range(len(windows))
    embeddings = torch.stack([encoder.embed(windows[row][0]) for row in rows])
    return retrieval_figures(embeddings, torch.tensor(rows), torch.from_numpy(windows.labels))


def _recipe(config: TrainConfig) -> dict[str, Any]:
    """The settings that matter to whoever reads the model; folders of this machine do not."""
    recipe: dict[str, Any] = json.loads(json.dumps(asdict(config)))
    kept = {name: recipe[name] for name in ("seed", "data", "training")}
    if config.encoder.pretrained is not None:
        kept["pretrained"] = Path(config.encoder.pretrained).name
    for name in ("audio", "cache", "workers", "unlabeled_audio"):
        del kept["data"][name]
    for teacher in kept["data"]["teachers"]:
        teacher["path"] = Path(teacher["path"]).name
    return kept


def _described(
    config: TrainConfig, train: pd.DataFrame, valid: pd.DataFrame, figures: dict[str, float]
) -> dict[str, Any]:
    """What the model's card says beside its settings."""
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
