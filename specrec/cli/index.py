"""The command that builds a library, or brings it up to date."""

from functools import partial
from typing import TYPE_CHECKING

from specrec.cli.app import HYDRA_SETTINGS, app, overrides_argument

if TYPE_CHECKING:
    from specrec.config import IndexConfig


@app.command(context_settings=HYDRA_SETTINGS)
@overrides_argument
def index(overrides: tuple[str, ...]) -> None:
    """Build a library from music, or bring it up to date."""
    from specrec.compose import run_composed
    from specrec.config import IndexConfig

    run_composed("index", IndexConfig, _index, list(overrides))


def _index(config: "IndexConfig") -> None:
    if config.backend == "ray":
        _index_with_ray(config)
        return
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


def _index_with_ray(config: "IndexConfig") -> None:
    from specrec.printing import say
    from specrec.report.libraries import print_merge
    from specrec.report.progress import progress_bar
    from specrec.scale.ray_index import index_with_ray

    with progress_bar("embedding") as on_embed, progress_bar("joining") as on_merge:
        report = index_with_ray(config, partial(say, error=True), on_embed, on_merge)
    print_merge(report.merged, config.library, report.embedded)
