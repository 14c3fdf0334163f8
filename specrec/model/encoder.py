"""The encoder: log-mel spectrogram, backbone, linear head, centering."""

import torch
from torch import Tensor, nn

from specrec.config import Architecture, FrontEnd
from specrec.model.backbones import build_backbone
from specrec.model.log_mel import LogMel
from specrec.shapes import Float, Float32

_TOGETHER = 32  # windows at a time on a CPU: the maps of more come from the system page by page


class Encoder(nn.Module):
    """Turns windows of audio into embeddings.

    After the backbone everything is linear: with phi (C, F', T') its feature map and
    psi = W phi + b, a window's embedding is the mean of psi over its cells minus `center`, and a
    track's is the mean over its windows. A similarity therefore splits exactly by cell, by
    window and by any set of directions.
    """

    center: Tensor

    def __init__(self, front_end: FrontEnd, architecture: Architecture) -> None:
        super().__init__()
        self.front_end = front_end
        self.architecture = architecture
        self.log_mel = LogMel(front_end)
        # One scale and offset per band, learned on the training music (as in PANNs, Kong 2020).
        self.normalize = nn.BatchNorm1d(front_end.n_mels)
        self.backbone = build_backbone(architecture, front_end.n_mels)
        self.head = nn.Linear(self.backbone.channels, architecture.embedding_dim)
        self.register_buffer("center", torch.zeros(architecture.embedding_dim))
        self.to(memory_format=torch.channels_last)

    def feature_map(
        self, log_mel: Float32[Tensor, "batch n_mels frames"]
    ) -> Float[Tensor, "batch channels f t"]:
        """Computes the backbone's feature map phi of a batch of spectrograms."""
        image = self.normalize(log_mel).unsqueeze(1)
        phi: Tensor = self.backbone(image.contiguous(memory_format=torch.channels_last))
        return phi

    def forward(
        self, log_mel: Float32[Tensor, "batch n_mels frames"]
    ) -> Float32[Tensor, "batch dim"]:
        """Computes window embeddings before centering: the mean of psi over all cells."""
        # The head is linear, so the mean may be taken before it.
        pooled = self.feature_map(log_mel).float().mean(dim=(2, 3))
        with torch.autocast(pooled.device.type, enabled=False):
            embedding: Tensor = self.head(pooled)
        return embedding

    @torch.inference_mode()
    def embed(self, windows: Float32[Tensor, "batch samples"]) -> Float32[Tensor, "batch dim"]:
        """Computes centered embeddings of windows; the encoder must be in evaluation mode.

        Args:
            windows: Audio at the front end's sample rate; any length from `n_fft` samples.

        Returns:
            float32, not of unit length, on the CPU.
        """
        embeddings: Tensor = self.head(self.pool(windows)) - self.center
        return embeddings.cpu()

    @torch.inference_mode()
    def pool(self, windows: Float32[Tensor, "batch samples"]) -> Float32[Tensor, "batch channels"]:
        """Computes the mean of phi over the cells of each window, the input of the head."""
        # In float32 on every device: in bfloat16 a third of the network's time would be saved, and
        # one query in ten would get its neighbors in another order.
        device = self.center.device
        parts = windows.to(device).split(_TOGETHER if device.type == "cpu" else len(windows))
        return torch.cat([self.feature_map(self.log_mel(part)).mean(dim=(2, 3)) for part in parts])
