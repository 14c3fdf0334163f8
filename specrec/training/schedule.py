"""The optimizer and its schedule, which all trainings share."""

import math

from pytorch_lightning import LightningModule
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR

from specrec.config import TrainingConfig


def adam_with_cosine(
    module: LightningModule, settings: TrainingConfig
) -> OptimizerLRSchedulerConfig:
    """AdamW, whose learning rate rises linearly, then falls along a cosine to zero."""
    trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
    optimizer = AdamW(trained, settings.learning_rate, weight_decay=settings.weight_decay)
    steps = max(1, int(module.trainer.estimated_stepping_batches))
    warmup = max(1, round(steps * settings.warmup_fraction))

    def share(step: int) -> float:
        if step < warmup:
            return (step + 1) / warmup
        return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))

    schedule = LambdaLR(optimizer, share)
    return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
