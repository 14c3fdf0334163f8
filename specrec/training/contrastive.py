"""Contrastive training: views, embeddings, contrastive loss, retrieval as validation."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from pytorch_lightning import LightningModule
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor, nn

from specrec.config import EncoderConfig, TrainingConfig
from specrec.metrics import average_precision, precision_at, ranked_relevance
from specrec.model.encoder import Encoder
from specrec.shapes import Float32, Int64
from specrec.training.augment import change_views, mask_spectrograms, veil_views
from specrec.training.losses import (
    gathered,
    nt_xent,
    regression,
    supervised_contrastive,
)
from specrec.training.schedule import adam_with_cosine
from specrec.vectors import cosine_similarities


class ContrastiveModule(LightningModule):
    """Pulls two views of a track together, and other tracks away."""

    features: Tensor

    def __init__(
        self,
        encoder: EncoderConfig,
        settings: TrainingConfig,
        seed: int,
        features: Float32[Tensor, "tracks rows"] | None = None,
    ) -> None:
        """Makes the encoder, with random weights, and what trains it.

        Args:
            encoder: The settings of the encoder.
            settings: The settings of the training.
            seed: The seed of the augmentation.
            features: The training tracks' features, on their scales and standardized, that a linear
                probe learns along with the encoder, NaN where unknown; None to train no probe.
        """
        super().__init__()
        dim = encoder.architecture.embedding_dim
        self.register_buffer("features", features, persistent=False)
        self.probe = None if features is None else nn.Linear(dim, features.shape[1])
        self.encoder = Encoder(encoder.front_end, encoder.architecture)
        self.encoder_config = encoder
        self.settings = settings
        self.seed = seed
        self.projector = _projector(dim, settings.projector_dim)
        self.generator = torch.Generator()
        self.collected: list[tuple[Tensor, Tensor, Tensor]] = []

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Notes the encoder's settings, so that only the same encoder resumes."""
        checkpoint["encoder"] = asdict(self.encoder_config)

    def on_train_epoch_start(self) -> None:
        """Seeds this epoch's augmentation, differently in each process."""
        self.generator.manual_seed(
            hash((self.seed, self.current_epoch, self.global_rank)) & 0xFFFFFFFF
        )

    def training_step(self, batch: Sequence[Tensor], batch_idx: int) -> Tensor:
        """Computes the loss: the weighted sum of the losses that have a weight.

        Args:
            batch: What `ViewDataset` gives, stacked: windows (tracks, 2, samples), the tracks' rows
                and label codes (tracks,).
            batch_idx: The number of the batch, which does not matter.
        """
        windows, rows, labels = batch
        settings = self.settings
        views, mixed = change_views(windows.flatten(0, 1), settings.augment, self.generator)
        views = veil_views(views, settings.augment, self.generator)
        log_mel = mask_spectrograms(self._log_mel(views), settings.augment)
        embeddings = self.encoder(log_mel)
        pairs = self.projector(embeddings).unflatten(0, (-1, 2))
        first, second = (gathered(half) for half in pairs.unbind(1))
        losses = {}
        if settings.contrast_weight > 0:
            nearest = nt_xent(first, second, settings.temperature)
            losses["nt_xent"] = settings.contrast_weight * nearest
        if settings.label_weight > 0:
            both, codes = torch.cat([first, second]), gathered(labels).repeat(2)
            related = supervised_contrastive(both, codes, settings.temperature)
            losses["label"] = settings.label_weight * related
        if self.probe is not None:
            # What is mixed with another track has not the track's features.
            truth = self.features[rows].repeat_interleave(2, dim=0)
            truth = torch.where(mixed[:, None], torch.nan, truth)
            losses["probe"] = settings.probe_weight * regression(self.probe(embeddings), truth)
        for name, loss in losses.items():
            self.log(f"train/{name}", loss, prog_bar=True, on_step=False, on_epoch=True)
        return torch.stack(list(losses.values())).sum()

    def validation_step(self, batch: Sequence[Tensor], batch_idx: int) -> None:
        """Embeds fixed windows, as a search would.

        Args:
            batch: What `WindowDataset` gives, stacked: windows (tracks, windows, samples), and the
                tracks' rows and label codes (tracks,).
            batch_idx: The number of the batch, which does not matter.
        """
        windows, rows, labels = batch
        embeddings = self.encoder(self._log_mel(windows.flatten(0, 1)))
        self.collected.append((embeddings.unflatten(0, windows.shape[:2]), rows, labels))

    def on_validation_epoch_end(self) -> None:
        """Logs the loss, and the retrieval figures, for which a listener would care."""
        embeddings, rows, labels = (torch.cat(parts) for parts in zip(*self.collected, strict=True))
        self.collected.clear()
        embeddings, rows, labels = map(gathered, (embeddings, rows, labels))
        loss = nt_xent(embeddings[:, 0], embeddings[:, -1], self.settings.temperature)
        figures = retrieval_figures(embeddings.float().cpu(), rows.cpu(), labels.cpu())
        self.log_dict(
            {"valid/nt_xent": float(loss), **figures}, prog_bar=True, rank_zero_only=False
        )

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """AdamW, whose learning rate rises linearly, then falls along a cosine to zero."""
        return adam_with_cosine(self, self.settings)

    def _log_mel(self, waveforms: Tensor) -> Tensor:
        with torch.autocast(waveforms.device.type, enabled=False):
            log_mel: Tensor = self.encoder.log_mel(waveforms)
        return log_mel


def retrieval_figures(
    embeddings: Float32[Tensor, "tracks windows dim"],
    rows: Int64[Tensor, " tracks"],
    labels: Int64[Tensor, " tracks"],
) -> dict[str, float]:
    """How well windows and tracks of the validation set retrieve each other, by centered cosine.

    Returns:
        `valid/window_p1`, the share of windows whose nearest other window is of the same track;
        `valid/track_map` and `valid/track_p1`, the mean average precision and the precision at 1
        of whole tracks by label, if any tracks share one. All are from 0 to 1.
    """
    _, first = np.unique(rows.numpy(), return_index=True)  # distributed samplers repeat some
    centered = embeddings.numpy()[first]
    centered = centered - centered.mean(axis=(0, 1))
    tracks, windows, dim = centered.shape
    of_track = np.repeat(np.arange(tracks), windows)
    relevance = ranked_relevance(cosine_similarities(centered.reshape(-1, dim)), of_track)
    figures = {"valid/window_p1": float(precision_at(relevance, 1).mean())}
    relevance = ranked_relevance(cosine_similarities(centered.mean(axis=1)), labels.numpy()[first])
    if len(relevance):
        figures["valid/track_map"] = float(average_precision(relevance).mean())
        figures["valid/track_p1"] = float(precision_at(relevance, 1).mean())
    return figures


def _projector(dim: int, projector_dim: int) -> nn.Module:
    if projector_dim == 0:
        return nn.Identity()
    return nn.Sequential(nn.Linear(dim, dim), nn.ReLU(inplace=True), nn.Linear(dim, projector_dim))
