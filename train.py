"""Train an encoder: python train.py data.audio=MUSIC, or +experiment=smoke for a trial."""

from pathlib import Path

from specrec.config import TrainConfig


def main(config: TrainConfig) -> None:
    """Trains as configured and says where the model is."""
    from specrec.printing import say
    from specrec.report.progress import progress_bar
    from specrec.training.fit import fit

    with (
        progress_bar("decoding") as on_progress,
        progress_bar("measuring") as on_measure,
        progress_bar("fitting") as on_fit,
    ):
        model = fit(config, on_progress, on_fit, on_measure)
    say(f"model written to {model}")


if __name__ == "__main__":
    # Not at the top: each decoding process imports this file too.
    from specrec.compose import run_script

    run_script("train", TrainConfig, main, Path(__file__).parent / "conf")
