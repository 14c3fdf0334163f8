"""Commands that recommend by features, and compare that with recommendations by sound."""

from pathlib import Path

import click

from specrec.cli.app import app, count_option, json_option, library_argument, where_option
from specrec.cli.asking import m3u_option, say_neighbors, why_option
from specrec.cli.feature_options import (
    feature_settings,
    metric_option,
    on_option,
    scaling_option,
    weight_option,
)
from specrec.cli.values import MAYBE_PATH, PATH
from specrec.errors import QueryError
from specrec.printing import say_json


@app.command()
@click.argument("table", type=PATH, help="A table of features (CSV, TSV, Parquet).")
@click.argument("query", help="A track_id, the number of a row, or words of a title and artist.")
@count_option
@where_option
@on_option
@weight_option
@metric_option
@scaling_option
@json_option
@m3u_option
@why_option
def features(
    table: Path,
    query: str,
    k: int,
    where: str | None,
    on: tuple[str, ...],
    weight: tuple[str, ...],
    metric: str,
    scaling: str,
    json: bool,
    m3u: bool,
    why: bool,
) -> None:
    """Print the tracks of a table most similar to QUERY, and why.

    This needs no audio. For a library, see specrec query --by features.
    """
    from specrec.catalog.tables import is_table
    from specrec.recommend.by_features.recommender import FeatureRecommender

    if not is_table(table) and table.is_dir():
        raise QueryError(
            f"{table}: not a table; for a library: specrec query {table} QUERY --by features"
        )
    recommender = FeatureRecommender.from_table(
        table, feature_settings(on, weight, metric, scaling)
    )
    explain = why or json
    found = recommender.neighbors(query, k, where=where, explain=explain)
    if m3u and recommender.audio_root is None:
        raise QueryError(f"{table}: names no audio files, of which a playlist is made")
    if say_neighbors(found, recommender.audio_root, json, m3u, why):
        return
    from specrec.report.comparison import print_basis
    from specrec.report.neighbors import print_neighbors

    print_neighbors(found, why, "Similar by features to")
    print_basis(recommender)


@app.command()
@library_argument
@click.argument(
    "query",
    type=MAYBE_PATH,
    required=False,
    help="A track of the library, or any audio file; without it, every track is a query.",
)
@count_option
@on_option
@weight_option
@metric_option
@scaling_option
@json_option
def compare(
    library: Path,
    query: str | None,
    k: int,
    on: tuple[str, ...],
    weight: tuple[str, ...],
    metric: str,
    scaling: str,
    json: bool,
) -> None:
    """Compare recommendations by sound with those by features."""
    from specrec.recommend.collection import Collection
    from specrec.report.comparison import comparison_tables, print_query_comparison
    from specrec.report.progress import progress_bar
    from specrec.report.table import print_tables
    from specrec.report.text import json_document
    from specrec.study.comparison import compare_query
    from specrec.study.library_comparison import compare_library

    collection = Collection.open(library)
    recommender = collection.by_features(feature_settings(on, weight, metric, scaling))
    if query is None:
        with progress_bar("comparing") as on_progress:
            comparison = compare_library(collection, recommender, k, on_progress)
        if json:
            say_json(json_document(comparison.to_dict()))
        else:
            print_tables(*comparison_tables(comparison))
    else:
        compared = compare_query(collection, recommender, collection.query(query), k)
        if json:
            say_json(json_document(compared.to_dict()))
        else:
            print_query_comparison(compared)
