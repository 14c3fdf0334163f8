"""Options of the commands that compare features."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from specrec.recommend.by_features.settings import FeatureSettings

on_option = click.option(
    "--on", metavar="FEATURE", multiple=True, help="Compare by this feature; may be repeated."
)
weight_option = click.option(
    "--weight",
    metavar="FEATURE=NUMBER",
    multiple=True,
    help="Weight of a feature; may be repeated.",
)
scaling_option = click.option(
    "--scaling",
    metavar="robust|standard|none",
    default="robust",
    help="Scale by median and interquartile range, by mean and standard deviation, or not.",
)
metric_option = click.option(
    "--metric", metavar="cosine|euclidean", default="cosine", help="Measure of similarity."
)


def feature_settings(
    on: Sequence[str], weights: Sequence[str], metric: Any, scaling: Any
) -> "FeatureSettings":
    """Makes settings from the options of a command line.

    Raises:
        QueryError: If a value is unknown or out of its range.
    """
    from specrec.recommend.by_features.settings import FeatureSettings, weights_of

    return FeatureSettings(tuple(on), scaling, metric, weights_of(weights))
