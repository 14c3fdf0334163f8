"""Build a library, or bring it up to date: python index.py audio=MUSIC library=LIBRARY."""

from pathlib import Path

from specrec.config import IndexConfig


def main(config: IndexConfig) -> None:
    """Indexes as configured and says what came of it."""
    from specrec.index.build import build_library
    from specrec.report.libraries import print_build
    from specrec.report.progress import progress_bar

    with (
        progress_bar("reading") as on_scan,
        progress_bar("embedding") as on_embed,
        progress_bar("measuring") as on_measure,
    ):
        report = build_library(config, on_scan, on_embed, on_measure)
    print_build(report, config.library)


if __name__ == "__main__":
    # Not at the top: each decoding process imports this file too.
    from specrec.compose import run_script

    run_script("index", IndexConfig, main, Path(__file__).parent / "conf")
