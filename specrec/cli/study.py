"""Commands that study a catalog: clusters, a map, and visual cues in spectrograms."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from specrec.cli.app import (
    app,
    group_option,
    json_option,
    library_argument,
    optional_output_option,
    output_option,
    seed_option,
    source_argument,
)
from specrec.cli.plot import plot
from specrec.cli.values import WholeNumber
from specrec.errors import QueryError
from specrec.printing import say, say_json

if TYPE_CHECKING:
    from specrec.study.clusters import Clustering
    from specrec.study.cues import CueStudy
    from specrec.study.dataset import Dataset

space_option = click.option(
    "--by", metavar="sound|features", help="What to compare tracks by; sound, if there is a choice."
)
clusters_option = click.option(
    "--clusters",
    "k",
    metavar="NUMBER",
    type=WholeNumber(min=2),
    help="How many clusters; without it, the number that fits best.",
)


@app.command()
@source_argument
@space_option
@clusters_option
@seed_option
@optional_output_option
@json_option
def clusters(
    source: Path, by: str | None, k: int | None, seed: int, output: Path | None, json: bool
) -> None:
    """Find clusters, name them, and measure how clear they are."""
    from specrec.report.pictures import check_picture
    from specrec.report.study import clusters_json, print_clusters

    if output is not None:
        check_picture(output)
    dataset = _material(source, by)
    clustering = _clusters_of(dataset, k, seed)
    if json:
        say_json(clusters_json(dataset, clustering))
    else:
        print_clusters(dataset, clustering)
    if output is not None:
        from specrec.report.study_plots import draw_clusters

        draw_clusters(clustering, output)


@plot.command("clusters")
@source_argument
@output_option
@space_option
@clusters_option
@seed_option
def plot_clusters(source: Path, output: Path, by: str | None, k: int | None, seed: int) -> None:
    """Draw the clusters by their features.

    Beside them stands how the number of clusters was chosen.
    """
    from specrec.report.pictures import check_picture
    from specrec.report.study_plots import draw_clusters

    check_picture(output)
    draw_clusters(_clusters_of(_material(source, by), k, seed), output)
    say(f"picture written to {output}")


@app.command()
@library_argument
@group_option
@seed_option
@optional_output_option
@json_option
def cues(library: Path, group: tuple[str, ...], seed: int, output: Path | None, json: bool) -> None:
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
@library_argument
@output_option
@group_option
@seed_option
def plot_cues(library: Path, output: Path, group: tuple[str, ...], seed: int) -> None:
    """Draw what is said of spectrograms, and how far it holds."""
    from specrec.report.study_plots import draw_cues

    draw_cues(_study_cues(library, group, seed, output), output)
    say(f"picture written to {output}")


@plot.command("map")
@source_argument
@output_option
@click.option(
    "--color", metavar="COLUMN", help="Color tracks by a feature or column, not by cluster."
)
@space_option
@click.option(
    "--method",
    metavar="tsne|pca|umap",
    default="tsne",
    help="t-SNE keeps neighbors together, PCA keeps large distances; UMAP needs"
    " python3 -m uv sync --inexact --no-dev --extra map in specrec's folder.",
)
@clusters_option
@seed_option
def map_(
    source: Path,
    output: Path,
    color: str | None,
    by: str | None,
    method: str,
    k: int | None,
    seed: int,
) -> None:
    """Draw all tracks as a map.

    Its axes are named by the features that they follow.
    """
    if color is not None and k is not None:
        raise QueryError("--color and --clusters exclude each other; give one of them")
    from specrec.report.map_plot import draw_map
    from specrec.report.pictures import check_picture
    from specrec.study.projection import METHODS, project

    if method not in METHODS:
        raise QueryError(f"--method must be {', '.join(METHODS)}, not {method}")
    check_picture(output)
    dataset = _material(source, by)
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


def _study_cues(library: Path, group: Sequence[str], seed: int, picture: Path | None) -> "CueStudy":
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
    from specrec.recommend.collection import Collection
    from specrec.study.dataset import of_library, of_table

    if not source.is_file():
        if by not in (None, "sound", "features"):
            raise QueryError(f"--by must be sound or features, not {by}")
        return of_library(Collection.open(source), "features" if by == "features" else "embeddings")
    if by not in (None, "features"):
        raise QueryError(f"--by {by}: a table has features only; leave it out")
    return of_table(source)
