"""Options of the commands that compare features."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from specrec.errors import QueryError

if TYPE_CHECKING:
    from specrec.recommend.by_features.settings import FeatureSettings

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


def feature_settings(
    on: list[str], weights: list[str], metric: Any, scaling: Any
) -> "FeatureSettings":
    """Makes settings from the options of a command line.

    Raises:
        QueryError: If a value is unknown or out of its range.
    """
    from specrec.recommend.by_features.settings import FeatureSettings

    parsed = {}
    for text in weights:
        name, _, number = text.partition("=")
        try:
            parsed[name] = float(number)
        except ValueError as error:
            raise QueryError(f"--weight {text}: give FEATURE=NUMBER, as energy=2") from error
    return FeatureSettings(tuple(on), scaling, metric, parsed)
