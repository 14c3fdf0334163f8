"""Distillation of named outputs: the embedding's coordinates learn what two taggers hear.

The student passes over a stored set of views (`specrec.training.views`), changed a little each
time. Function matching, as here, wants many views and long schedules (Beyer et al. 2022,
"Knowledge distillation: a good teacher is patient and consistent").
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from pytorch_lightning import LightningModule
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor
from torch.nn.functional import mse_loss
from torch.utils.data import Dataset

from specrec.config import EncoderConfig, TrainingConfig
from specrec.model.encoder import Encoder
from specrec.shapes import Float32, UInt8
from specrec.training.augment import mask_spectrograms, mix_spectrograms
from specrec.training.losses import distillation
from specrec.training.schedule import adam_with_cosine
from specrec.training.targets import Targets
from specrec.training.views import Shard, from_bytes

_SCALED_BY, _SCALED_ON = 20, 8  # every 20th view of 8 shards tells the scale of the input
_POOLED_AT_ONCE = 64  # views
_AMOUNT = 0.1  # weight of the squared error, which keeps the size of the coordinates

Item = tuple[np.ndarray, np.ndarray]


class StoredViews(Dataset[Item]):
    """The spectrogram of each stored view and its targets."""

    def __init__(self, shards: Sequence[Shard], targets: Targets) -> None:
        self.shards = shards
        self.targets = [targets.of(shard.hidden) for shard in shards]
        self.ends = np.cumsum([len(shard.hidden) for shard in shards])

    def __len__(self) -> int:
        return int(self.ends[-1])

    def __getitem__(self, item: int) -> Item:
        shard = int(np.searchsorted(self.ends, item, side="right"))
        row = item - int(self.ends[shard]) + len(self.targets[shard])
        return np.array(self.shards[shard].log_mel[row]), self.targets[shard][row]


@torch.no_grad()
def fit_scale(encoder: Encoder, shards: Sequence[Shard]) -> None:
    """Sets the mean and variance of each mel band to those of some of the views."""
    some = np.concatenate([shard.log_mel[::_SCALED_BY] for shard in shards[:_SCALED_ON]])
    log_mel = from_bytes(torch.from_numpy(some))
    encoder.normalize.get_buffer("running_mean").copy_(log_mel.mean(dim=(0, 2)))
    encoder.normalize.get_buffer("running_var").copy_(log_mel.var(dim=(0, 2)))


@torch.inference_mode()
def pool_views(
    encoder: Encoder, log_mel: UInt8[np.ndarray, "views n_mels frames"]
) -> Float32[np.ndarray, "views channels"]:
    """The mean of an encoder's feature map over each stored view; it must be in evaluation mode."""
    device = encoder.center.device
    pooled = [
        encoder.feature_map(from_bytes(part.to(device))).mean(dim=(2, 3)).cpu()
        for part in torch.from_numpy(np.array(log_mel)).split(_POOLED_AT_ONCE)
    ]
    return torch.cat(pooled).numpy()


class DistillationModule(LightningModule):
    """Trains an encoder whose coordinates are the teachers' concepts.

    Attributes:
        encoder: The student.
    """

    def __init__(
        self,
        encoder: EncoderConfig,
        settings: TrainingConfig,
        seed: int,
        mixup_probability: float,
    ) -> None:
        """Makes the encoder, with random weights.

        Args:
            encoder: The settings of the encoder, whose embedding is as long as a target.
            settings: The settings of the training.
            seed: The seed of the augmentation.
            mixup_probability: How probable it is that a view is mixed with another, from 0 to 1.
        """
        super().__init__()
        self.encoder = Encoder(encoder.front_end, encoder.architecture)
        self.encoder_config = encoder
        self.settings = settings
        self.seed = seed
        self.mixup_probability = mixup_probability
        self.generator = torch.Generator()

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Notes the encoder's settings, so that only the same encoder resumes."""
        checkpoint["encoder"] = asdict(self.encoder_config)

    def on_train_epoch_start(self) -> None:
        """Seeds this epoch's augmentation, differently in each process."""
        self.generator.manual_seed(
            hash((self.seed, self.current_epoch, self.global_rank)) & 0xFFFFFFFF
        )

    def training_step(self, batch: Sequence[Tensor], batch_idx: int) -> Tensor:
        """Computes the loss: the cosine distance to the targets, and a little squared error.

        Args:
            batch: What `StoredViews` gives, stacked: 8-bit spectrograms (views, n_mels, frames) and
                targets (views, concepts).
            batch_idx: The number of the batch, which does not matter.
        """
        steps, targets = batch
        log_mel, targets = mix_spectrograms(
            from_bytes(steps), targets, self.mixup_probability, self.generator
        )
        coordinates = self.encoder(mask_spectrograms(log_mel, self.settings.augment))
        cosine = distillation(coordinates, targets)
        loss = cosine + _AMOUNT * mse_loss(coordinates, targets)
        self.log("train/distill", cosine, prog_bar=True, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch: Sequence[Tensor], batch_idx: int) -> None:
        """Measures the mean cosine of coordinates and targets on views of unheard tracks.

        Args:
            batch: As for `training_step`.
            batch_idx: The number of the batch, which does not matter.
        """
        steps, targets = batch
        cosine = 1 - distillation(self.encoder(from_bytes(steps)), targets)
        self.log(
            "valid/teacher_cosine", cosine, prog_bar=True, batch_size=len(targets), sync_dist=True
        )

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """AdamW, whose learning rate rises linearly, then falls along a cosine to zero."""
        return adam_with_cosine(self, self.settings)
