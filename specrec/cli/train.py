"""The command that trains an encoder, the only one that imports `specrec.training`."""

from typing import TYPE_CHECKING

from specrec.cli.app import HYDRA_SETTINGS, app, overrides_argument
from specrec.printing import say

if TYPE_CHECKING:
    from specrec.config import TrainConfig


@app.command(context_settings=HYDRA_SETTINGS)
@overrides_argument
def train(overrides: tuple[str, ...]) -> None:
    """Train an encoder on music of yours, or on synthesized music."""
    from specrec.compose import run_composed
    from specrec.config import TrainConfig

    run_composed("train", TrainConfig, _train, list(overrides))


def _train(config: "TrainConfig") -> None:
    from specrec.report.progress import progress_bar
    from specrec.training.fit import fit

    with (
        progress_bar("decoding") as on_progress,
        progress_bar("storing views") as on_store,
        progress_bar("measuring") as on_measure,
        progress_bar("fitting") as on_fit,
    ):
        model = fit(config, on_progress, on_fit, on_measure, on_store)
    say(f"model written to {model}")
