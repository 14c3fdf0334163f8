"""What a catalog looks like: clusters, a map, and what the eye sees in spectrograms."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from specrec.cli.app import JsonOption, LibraryArgument, app
from specrec.cli.plot import OutputOption, plot
from specrec.printing import say, say_json

if TYPE_CHECKING:
    from specrec.study.clusters import Clustering
    from specrec.study.cues import CueStudy
    from specrec.study.material import Material

SourceArgument = Annotated[
    Path,
    typer.Argument(
        metavar="LIBRARY",
        help="Folder that index.py wrote, or a table of features (CSV, TSV, Parquet).",
    ),
]
SpaceOption = Annotated[
    str | None,
    typer.Option("--on", help="Compare by embeddings (a library's default) or by features."),
]
GroupOption = Annotated[
    list[str], typer.Option(help="Column that ties tracks, beside artist and album.")
]
NumberOption = Annotated[
    int | None, typer.Option("-k", min=2, help="How many clusters; else chosen.")
]
SeedOption = Annotated[int, typer.Option(min=0, help="Of random starts and samples.")]
PictureOption = Annotated[
    Path | None, typer.Option("--plot", metavar="FILE", help="PNG or SVG file to draw.")
]


@app.command()
def clusters(
    library: SourceArgument,
    on: SpaceOption = None,
    k: NumberOption = None,
    seed: SeedOption = 0,
    picture: PictureOption = None,
    json: JsonOption = False,
) -> None:
    """Find clusters, name each from its center, and say how firm they are."""
    from specrec.report.pictures import check_picture
    from specrec.report.study import clusters_json, print_clusters

    if picture is not None:
        check_picture(picture)
    material = _material(library, on)
    clustering = _clusters_of(material, k, seed)
    if json:
        say_json(clusters_json(material, clustering))
    else:
        print_clusters(material, clustering)
    if picture is not None:
        from specrec.report.study_plots import draw_clusters

        draw_clusters(clustering, picture)


@plot.command("clusters")
def plot_clusters(
    library: SourceArgument,
    output: OutputOption,
    on: SpaceOption = None,
    k: NumberOption = None,
    seed: SeedOption = 0,
) -> None:
    """Draw where each cluster stands in each feature, and how k was chosen."""
    from specrec.report.pictures import check_picture
    from specrec.report.study_plots import draw_clusters

    check_picture(output)
    draw_clusters(_clusters_of(_material(library, on), k, seed), output)
    say(f"picture written to {output}")


@app.command()
def cues(
    library: LibraryArgument,
    group: GroupOption = [],  # noqa: B006 (typer copies it)
    seed: SeedOption = 0,
    picture: PictureOption = None,
    json: JsonOption = False,
) -> None:
    """Test what is said of spectrograms: are energetic tracks really brighter and denser?

    Reads the middle minute of each track's audio, of at most 2,000 tracks.
    """
    from specrec.report.study import cues_json, print_cues

    study = _study_cues(library, group, seed, picture)
    if json:
        say_json(cues_json(study))
    else:
        print_cues(study)
    if picture is not None:
        from specrec.report.study_plots import draw_cues

        draw_cues(study, picture)


@plot.command("cues")
def plot_cues(
    library: LibraryArgument,
    output: OutputOption,
    group: GroupOption = [],  # noqa: B006 (typer copies it)
    seed: SeedOption = 0,
) -> None:
    """Draw what is said of spectrograms beside how far it is so here."""
    from specrec.report.study_plots import draw_cues

    draw_cues(_study_cues(library, group, seed, output), output)
    say(f"picture written to {output}")


@plot.command("map")
def map_(
    library: SourceArgument,
    output: OutputOption,
    color: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Color by a feature or column, not by cluster."),
    ] = None,
    on: SpaceOption = None,
    umap: Annotated[
        bool, typer.Option("--umap", help="UMAP instead of PCA (pip install specrec[map]).")
    ] = False,
    k: NumberOption = None,
    seed: SeedOption = 0,
) -> None:
    """Draw all tracks as a map, its axes named by what they go with."""
    from specrec.errors import QueryError
    from specrec.report.map_plot import draw_map
    from specrec.report.pictures import check_picture
    from specrec.study.projection import project

    check_picture(output)
    material = _material(library, on)
    values = None if color is None else material.column(color)
    projection = project(material, umap, seed)
    clustering = None
    if values is None:
        try:
            clustering = _clusters_of(material, k, seed)
        except QueryError:  # too few tracks; that matters only where clusters were asked for
            if k is not None:
                raise
    draw_map(material, projection, output, clustering, values)
    say(f"picture written to {output}")


def _clusters_of(material: "Material", k: int | None, seed: int) -> "Clustering":
    from specrec.report.progress import progress_bar
    from specrec.study.clusters import find_clusters

    with progress_bar("clustering") as on_progress:
        return find_clusters(material, k, seed, on_progress)


def _study_cues(library: Path, group: list[str], seed: int, picture: Path | None) -> "CueStudy":
    from specrec.recommend.library import Library
    from specrec.report.pictures import check_picture
    from specrec.report.progress import progress_bar
    from specrec.study.cues import study_cues

    if picture is not None:
        check_picture(picture)
    with progress_bar("looking") as on_progress:
        return study_cues(Library.open(library), group, seed, on_progress=on_progress)


def _material(source: Path, on: str | None) -> "Material":
    """A library's tracks, or a table's."""
    from specrec.errors import QueryError
    from specrec.recommend.library import Library
    from specrec.study.material import of_library, of_table, space_named

    if not source.is_file():
        return of_library(Library.open(source), space_named(on or "embeddings"))
    if on not in (None, "features"):
        raise QueryError(f"--on {on}: a table has features only; leave it out")
    return of_table(source)
