"""A distillation run: stored views, targets, student, and a model whose coordinates have names."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from torch.utils.data import DataLoader

from specrec.concepts.vocabulary import load_vocabulary
from specrec.config import TrainConfig
from specrec.config.rule import require
from specrec.progress import Progress
from specrec.training.distillation import DistillationModule, Item, StoredViews, fit_scale
from specrec.training.distillation_data import DistillationData, distillation_data, teacher_files
from specrec.training.named_model import write_named_model
from specrec.training.targets import Targets, fit_targets, read_outputs
from specrec.training.trainer import checkpoint_to_resume, device_of, make_trainer, train

_VALID_BATCH = 100


def fit_distillation(
    config: TrainConfig,
    on_progress: Progress | None = None,
    on_fit: Progress | None = None,
    on_measure: Progress | None = None,
    on_store: Progress | None = None,
) -> Path:
    """Trains an encoder to hear what two taggers hear; as `specrec.training.fit.fit`."""
    concepts = list(load_vocabulary())
    columns = {concept.column for concept in concepts}
    for name in config.distill.unsaid:
        require(name in columns, "distill.unsaid", name, "columns of concepts, such as hip_hop")
    teachers = teacher_files(config.distill, Path(config.data.cache))
    outputs = read_outputs(*teachers)
    data = distillation_data(config, teachers, on_progress, on_store)
    hidden = np.concatenate([shard.hidden for shard in data.views])
    targets = fit_targets(concepts, outputs, hidden, config.distill.whiten)
    architecture = replace(config.encoder.architecture, embedding_dim=len(targets.names))
    student = replace(config.encoder, architecture=architecture)
    resumed = checkpoint_to_resume(config, student)
    module = DistillationModule(
        student, config.training, config.seed, config.distill.mixup_probability
    )
    fit_scale(module.encoder, data.views)
    trainer, best = make_trainer(config, "valid/teacher_cosine")
    figures = train(trainer, best, module, *_loaders(config, data, targets), resumed)
    if trainer.is_global_zero:
        scores = fit_targets(concepts, outputs, hidden, whiten=0.0)
        encoder = module.encoder.to(device_of(config.training.accelerator)).eval()
        write_named_model(
            config, encoder, data, teachers, outputs, scores, figures, on_fit, on_measure
        )
    return Path(config.output) / "model"


def _loaders(
    config: TrainConfig, data: DistillationData, targets: Targets
) -> tuple[DataLoader[Item], DataLoader[Item]]:
    """The batches of views to train on and to validate on."""
    workers = config.data.workers
    return (
        DataLoader(
            StoredViews(data.views, targets),
            config.training.batch_size,
            shuffle=True,
            drop_last=True,
            num_workers=workers,
            persistent_workers=workers > 0,
        ),
        DataLoader(StoredViews(data.valid_views, targets), _VALID_BATCH),
    )
