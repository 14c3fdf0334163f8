"""A whole training run: from folders of music to a model in a folder."""

from pathlib import Path

from pytorch_lightning import seed_everything

from specrec.config import TrainConfig
from specrec.progress import Progress
from specrec.training.fit_contrastive import fit_contrastive
from specrec.training.fit_distillation import fit_distillation
from specrec.training.trainer import hush_lightning


def fit(
    config: TrainConfig,
    on_progress: Progress | None = None,
    on_fit: Progress | None = None,
    on_measure: Progress | None = None,
    on_store: Progress | None = None,
) -> Path:
    """Trains an encoder and writes the model.

    Args:
        config: The settings of the run.
        on_progress: Called while audio is decoded; Lightning shows the training itself.
        on_fit: Called while the scale of the input, or the head and center, are fitted.
        on_measure: Called while the features of the training tracks are measured.
        on_store: Called while the teachers hear the views of a distillation.

    Returns:
        The folder of the model, `<output>/model`.

    Raises:
        CatalogError: If there are too few tracks, or a column that the settings name is missing.
        ModelError: If the weights of a teacher, or of the start, can't be had.
        StorageError: If something can't be written.
    """
    hush_lightning()
    seed_everything(config.seed, workers=True, verbose=False)
    if config.distill.mn04 is not None:
        return fit_distillation(config, on_progress, on_fit, on_measure, on_store)
    return fit_contrastive(config, on_progress, on_fit, on_measure)
