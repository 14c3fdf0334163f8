"""Recommendations by named features, and the two recommenders compared."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from specrec.cli.app import CountOption, JsonOption, LibraryArgument, app
from specrec.cli.asking import M3uOption, WhyOption, refuse_both, say_playlist
from specrec.errors import QueryError
from specrec.printing import say_json

if TYPE_CHECKING:
    from specrec.recommend.feature_settings import FeatureSettings
    from specrec.recommend.features import FeatureRecommender
    from specrec.recommend.library import Library

OnOption = Annotated[
    list[str],
    typer.Option("--on", metavar="FEATURE", help="Compare by this feature; may be repeated."),
]
WeightOption = Annotated[
    list[str],
    typer.Option(
        "--weight", metavar="FEATURE=NUMBER", help="Weight of a feature; may be repeated."
    ),
]
ScalingOption = Annotated[
    str,
    typer.Option(
        metavar="robust|standard|none",
        help="Scale by median and interquartile range, by mean and standard deviation, or not.",
    ),
]
MetricOption = Annotated[
    str, typer.Option(metavar="cosine|euclidean", help="Measure of similarity.")
]


@app.command()
def features(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="TABLE_OR_LIBRARY", help="A table (CSV, TSV, Parquet), or a library."
        ),
    ],
    query: Annotated[
        str,
        typer.Argument(
            metavar="QUERY",
            help="A track_id, words of a title and artist, the number of a table's row, or, with a"
            " library, an audio file.",
        ),
    ],
    k: CountOption = 10,
    on: OnOption = [],  # noqa: B006 (typer copies it)
    weight: WeightOption = [],  # noqa: B006
    metric: MetricOption = "cosine",
    scaling: ScalingOption = "robust",
    json: JsonOption = False,
    m3u: M3uOption = False,
    why: WhyOption = True,
) -> None:
    """Print the tracks most similar to QUERY by features, and why.

    This needs no audio: a table of features will do.
    """
    from specrec.catalog.tables import is_table
    from specrec.recommend.features import FeatureRecommender
    from specrec.recommend.library import Library

    refuse_both(json, m3u)
    settings = _settings(on, weight, metric, scaling)
    if is_table(source):
        recommender = FeatureRecommender.from_table(source, settings)
    else:
        recommender = FeatureRecommender.of_library(Library.open(source), settings)
    found = recommender.neighbors(query, k)
    if m3u:
        from specrec.report.export import neighbors_m3u

        if recommender.audio_root is None:
            raise QueryError(f"{source}: names no audio files, of which a playlist is made")
        say_playlist(neighbors_m3u(found, recommender.audio_root, why), found.notes)
    elif json:
        from specrec.report.export import neighbors_json

        say_json(neighbors_json(found))
    else:
        from specrec.report.comparison import print_basis
        from specrec.report.terminal import print_neighbors

        print_neighbors(found, why, "Near in features to")
        print_basis(recommender)


@app.command()
def compare(
    library: LibraryArgument,
    query: Annotated[
        str | None,
        typer.Argument(
            metavar="QUERY",
            help="A track of the library, or any audio file; without it, every track is a query.",
        ),
    ] = None,
    k: CountOption = 10,
    hybrid: Annotated[
        float | None,
        typer.Option(
            metavar="WEIGHT",
            help="Print the neighbors of QUERY by both: 1 is sound alone, 0 is features alone.",
        ),
    ] = None,
    on: OnOption = [],  # noqa: B006
    weight: WeightOption = [],  # noqa: B006
    metric: MetricOption = "cosine",
    scaling: ScalingOption = "robust",
    json: JsonOption = False,
) -> None:
    """Compare recommendations by sound with those by features."""
    from specrec.recommend.features import FeatureRecommender
    from specrec.recommend.library import Library
    from specrec.report.comparison import (
        comparison_json,
        print_library_comparison,
        print_query_comparison,
    )
    from specrec.report.progress import progress_bar
    from specrec.study.comparison import compare_query
    from specrec.study.library_comparison import compare_library

    if hybrid is not None and query is None:
        raise QueryError("--hybrid answers a query; give one after the library")
    opened = Library.open(library)
    recommender = FeatureRecommender.of_library(opened, _settings(on, weight, metric, scaling))
    if query is None:
        with progress_bar("comparing") as on_progress:
            comparison = compare_library(opened, recommender, k, on_progress)
        if json:
            say_json(comparison_json(comparison))
        else:
            print_library_comparison(comparison)
    elif hybrid is not None:
        _answer_by_both(opened, recommender, query, k, hybrid, json)
    else:
        compared = compare_query(opened, recommender, query, k)
        if json:
            say_json(comparison_json(compared))
        else:
            print_query_comparison(compared)


def _answer_by_both(
    library: "Library",
    features: "FeatureRecommender",
    query: str,
    k: int,
    weight: float,
    json: bool,
) -> None:
    from specrec.recommend.hybrid import Hybrid
    from specrec.report.comparison import print_basis
    from specrec.report.export import neighbors_json
    from specrec.report.terminal import print_neighbors

    both = Hybrid(library, features, weight)
    found = both.neighbors(query, k)
    if json:
        say_json(neighbors_json(found))
        return
    print_neighbors(found, relation="In sound and features like")
    print_basis(features, (f"{100 * both.share:.0f} % of the score is sound",))


def _settings(on: list[str], weights: list[str], metric: str, scaling: str) -> "FeatureSettings":
    """The settings of a command line.

    Raises:
        QueryError: If one is unknown or out of its range.
    """
    from specrec.recommend.feature_settings import FeatureSettings

    parsed = {}
    for text in weights:
        name, _, number = text.partition("=")
        try:
            parsed[name] = float(number)
        except ValueError as error:
            raise QueryError(f"--weight {text}: give FEATURE=NUMBER, as energy=2") from error
    return FeatureSettings(tuple(on), scaling, metric, parsed)  # type: ignore[arg-type]  # checked there
