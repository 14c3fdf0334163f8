"""Options of the commands that compare features."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

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
    from specrec.recommend.by_features.settings import FeatureSettings, weights_of

    return FeatureSettings(tuple(on), scaling, metric, weights_of(weights))
