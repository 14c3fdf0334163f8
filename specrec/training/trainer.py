"""Lightning's trainer: devices, checkpoints and logs, for whichever module is trained."""

import logging
import sys
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.callbacks import EarlyStopping, LearningRateMonitor, ModelCheckpoint
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger
from torch.utils.data import DataLoader

from specrec.config import EncoderConfig, TrainConfig
from specrec.errors import ConfigError
from specrec.writing import storing


def make_trainer(config: TrainConfig, monitor: str) -> tuple[Trainer, ModelCheckpoint]:
    """Makes a trainer, and the checkpoint of the epoch with the highest validation figure."""
    settings, output = config.training, config.output
    folder = Path(output) / "checkpoints"
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


def train(
    trainer: Trainer,
    best: ModelCheckpoint,
    module: LightningModule,
    train_batches: DataLoader[Any],
    valid_batches: DataLoader[Any],
    resumed: Path | None,
) -> dict[str, float]:
    """Trains a module, gives it the weights of its best epoch and returns that epoch's figure.

    Raises:
        StorageError: If logs or checkpoints can't be written.
    """
    with storing(Path(str(best.dirpath)).parent):  # of whose files Lightning names none
        try:
            trainer.fit(module, train_batches, valid_batches, ckpt_path=resumed)
        except SystemExit as stop:  # what Lightning makes of Ctrl-C
            raise KeyboardInterrupt from stop
    state = torch.load(best.best_model_path, map_location="cpu", weights_only=True)["state_dict"]
    module.load_state_dict(state)
    return {str(best.monitor): float(best.best_model_score or 0)}


def checkpoint_to_resume(config: TrainConfig, encoder: EncoderConfig) -> Path | None:
    """Finds the last checkpoint of an encoder in the output; None to begin anew.

    Raises:
        ConfigError: If the output holds an encoder that would be lost, or another one.
    """
    last = Path(config.output) / "checkpoints" / "last.ckpt"
    if not config.resume or not last.exists():
        return None
    if config.training.epochs == 0:
        raise ConfigError(
            f"{config.output} holds a trained encoder, and training.epochs=0 would replace it;"
            " choose another name or output, or set resume=false"
        )
    before = torch.load(last, map_location="cpu", weights_only=True)["encoder"]
    if before != asdict(encoder):
        raise ConfigError(
            f"{config.output} holds the checkpoints of another encoder;"
            " choose another name or output, or set resume=false"
        )
    return last


def hush_lightning() -> None:
    """Silences notices about the hardware and hints that ask for nothing; warnings remain."""
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=".*LeafSpec", category=FutureWarning)
    warnings.filterwarnings("ignore", message=".*in eval mode at the start")
    warnings.filterwarnings("ignore", message=".*does not have many workers")
    warnings.filterwarnings("ignore", message="Checkpoint directory .* exists and is not empty")


def device_of(accelerator: str) -> str:
    """The device on which what follows the training is computed."""
    return "cuda" if accelerator != "cpu" and torch.cuda.is_available() else "cpu"


def _precision(precision: str, accelerator: str) -> Any:
    """Lightning's name of the precision: bfloat16 where the hardware multiplies in it."""
    if precision != "auto":
        return precision
    processor = torch.cpu.get_capabilities()
    fast = device_of(accelerator) == "cuda" or any(
        processor.get(name) for name in ("amx_bf16", "avx512_bf16")
    )
    return "bf16-mixed" if fast else "32-true"
