"""Commands that study a catalog: clusters, a map, and visual cues in spectrograms."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from specrec.cli.app import (
    GroupOption,
    JsonOption,
    LibraryArgument,
    OptionalOutputOption,
    OutputOption,
    SeedOption,
    app,
)
from specrec.cli.plot import plot
from specrec.printing import say, say_json

if TYPE_CHECKING:
    from specrec.study.clusters import Clustering
    from specrec.study.cues import CueStudy
    from specrec.study.dataset import Dataset

SourceArgument = Annotated[
    Path,
    typer.Argument(
        metavar="LIBRARY_OR_TABLE",
        help="Folder that specrec index wrote, or a table of features (CSV, TSV, Parquet).",
    ),
]
SpaceOption = Annotated[
    str | None,
    typer.Option(
        metavar="sound|features", help="What to compare tracks by; sound, if there is a choice."
    ),
]
ClustersOption = Annotated[
    int | None,
    typer.Option(
        "--clusters",
        metavar="NUMBER",
        min=2,
        help="How many clusters; without it, the number that fits best.",
    ),
]


@app.command()
def clusters(
    library: SourceArgument,
    by: SpaceOption = None,
    k: ClustersOption = None,
    seed: SeedOption = 0,
    output: OptionalOutputOption = None,
    json: JsonOption = False,
) -> None:
    """Find clusters, name them, and measure how clear they are."""
    from specrec.report.pictures import check_picture
    from specrec.report.study import clusters_json, print_clusters

    if output is not None:
        check_picture(output)
    dataset = _material(library, by)
    clustering = _clusters_of(dataset, k, seed)
    if json:
        say_json(clusters_json(dataset, clustering))
    else:
        print_clusters(dataset, clustering)
    if output is not None:
        from specrec.report.study_plots import draw_clusters

        draw_clusters(clustering, output)


@plot.command("clusters")
def plot_clusters(
    library: SourceArgument,
    output: OutputOption,
    by: SpaceOption = None,
    k: ClustersOption = None,
    seed: SeedOption = 0,
) -> None:
    """Draw the clusters by their features.

    Beside them stands how the number of clusters was chosen.
    """
    from specrec.report.pictures import check_picture
    from specrec.report.study_plots import draw_clusters

    check_picture(output)
    draw_clusters(_clusters_of(_material(library, by), k, seed), output)
    say(f"picture written to {output}")


@app.command()
def cues(
    library: LibraryArgument,
    group: GroupOption = [],  # noqa: B006 (typer copies it)
    seed: SeedOption = 0,
    output: OptionalOutputOption = None,
    json: JsonOption = False,
) -> None:
    """Test what is said of spectrograms.

    Are energetic tracks really brighter and denser, for instance? This reads the middle minute of
    each track, of at most 2,000 tracks.
    """
    from specrec.report.study import cue_table
    from specrec.report.table import print_tables
    from specrec.report.text import json_document

    study = _study_cues(library, group, seed, output)
    if json:
        say_json(json_document(study.to_dict()))
    else:
        print_tables(cue_table(study))
    if output is not None:
        from specrec.report.study_plots import draw_cues

        draw_cues(study, output)


@plot.command("cues")
def plot_cues(
    library: LibraryArgument,
    output: OutputOption,
    group: GroupOption = [],  # noqa: B006 (typer copies it)
    seed: SeedOption = 0,
) -> None:
    """Draw what is said of spectrograms, and how far it holds."""
    from specrec.report.study_plots import draw_cues

    draw_cues(_study_cues(library, group, seed, output), output)
    say(f"picture written to {output}")


@plot.command("map")
def map_(
    library: SourceArgument,
    output: OutputOption,
    color: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Color tracks by a feature or column, not by cluster."),
    ] = None,
    by: SpaceOption = None,
    method: Annotated[
        str,
        typer.Option(
            metavar="tsne|pca|umap",
            help="t-SNE keeps neighbors together, PCA keeps large distances; UMAP needs"
            " python3 -m uv sync --inexact --no-dev --extra map in specrec's folder.",
        ),
    ] = "tsne",
    k: ClustersOption = None,
    seed: SeedOption = 0,
) -> None:
    """Draw all tracks as a map.

    Its axes are named by the features that they follow.
    """
    from specrec.errors import QueryError
    from specrec.report.map_plot import draw_map
    from specrec.report.pictures import check_picture
    from specrec.study.projection import METHODS, project

    if method not in METHODS:
        raise QueryError(f"--method must be {', '.join(METHODS)}, not {method}")
    check_picture(output)
    dataset = _material(library, by)
    values = None if color is None else dataset.column(color)
    projection = project(dataset, METHODS[method], seed)
    clustering = None
    if values is None:
        try:
            clustering = _clusters_of(dataset, k, seed)
        except QueryError:  # too few tracks; that matters only where clusters were asked for
            if k is not None:
                raise
    draw_map(dataset, projection, output, clustering, values)
    say(f"picture written to {output}")


def _clusters_of(dataset: "Dataset", k: int | None, seed: int) -> "Clustering":
    from specrec.report.progress import progress_bar
    from specrec.study.clusters import find_clusters

    with progress_bar("clustering") as on_progress:
        return find_clusters(dataset, k, seed, on_progress)


def _study_cues(library: Path, group: list[str], seed: int, picture: Path | None) -> "CueStudy":
    from specrec.recommend.collection import Collection
    from specrec.report.pictures import check_picture
    from specrec.report.progress import progress_bar
    from specrec.study.cues import study_cues

    if picture is not None:
        check_picture(picture)
    with progress_bar("looking") as on_progress:
        return study_cues(Collection.open(library), group, seed, on_progress=on_progress)


def _material(source: Path, by: str | None) -> "Dataset":
    """Reads the tracks of a library or table."""
    from specrec.errors import QueryError
    from specrec.recommend.collection import Collection
    from specrec.study.dataset import of_library, of_table

    if not source.is_file():
        if by not in (None, "sound", "features"):
            raise QueryError(f"--by must be sound or features, not {by}")
        return of_library(Collection.open(source), "features" if by == "features" else "embeddings")
    if by not in (None, "features"):
        raise QueryError(f"--by {by}: a table has features only; leave it out")
    return of_table(source)
