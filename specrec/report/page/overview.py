"""The map and the clusters of a page."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from specrec.catalog.columns import TAG_COLUMNS
from specrec.descriptors.vocabulary import WORDS, noun, value_text
from specrec.recommend.results import track_of_row
from specrec.report.page.data import ClusterCard, Clusters, Map
from specrec.report.page.tracks import TrackList
from specrec.report.text import name_of, percent
from specrec.shapes import Float64, Int, Int64
from specrec.study.clusters import Cluster, Clustering
from specrec.study.dataset import Dataset
from specrec.study.projection import Projection

MOST_POINTS = 10_000
"""Tracks on a map; of more, as many are drawn by chance."""

_SIDE = 1000  # of the plane on which points stand
_NARROWEST, _WIDEST = 1.5, 2.0  # of a map, in heights
_GROUPS = 6  # values of a column that have a color of their own
_FEWEST_IN_GROUP = 5
_FEW_VALUES = 12  # of a column that is taken for one of groups
_BARS = 4  # features shown of a cluster
_TYPICAL = 4  # tracks named of a cluster
_NO_GROUP = {"track_id", "path", "content_id", "title", "album"}


def draw_map(
    track_list: TrackList, dataset: Dataset, projection: Projection, clustering: Clustering | None
) -> Map:
    """The tracks on a plane, to be colored by cluster, groups and features.

    Args:
        track_list: The tracks with their features.
        dataset: The dataset that was projected.
        projection: Where its tracks stand.
        clustering: The tracks' clusters; None if there are none.
    """
    chosen = np.arange(len(dataset))
    if len(chosen) > MOST_POINTS:
        chosen = np.sort(np.random.default_rng(0).permutation(chosen)[:MOST_POINTS])
    tracks = dataset.tracks.iloc[chosen]
    places, ratio = _framed(projection.points[chosen])
    views = [] if clustering is None else [_cluster_view(clustering, chosen)]
    views += [_group_view(name, tracks[name]) for name in _group_columns(tracks)]
    features = dataset.features.iloc[chosen]
    ordered = [name for name in track_list.ordered if name in features]
    views += [_feature_view(name, features[name]) for name in ordered]
    if not views:
        views = [{"name": "nothing", "labels": ["tracks"], "values": [0] * len(chosen)}]
    labels = np.zeros(len(chosen), int) if clustering is None else clustering.labels[chosen]
    points = {
        "title": tracks["title"].astype(str).tolist(),
        "artist": tracks["artist"].fillna("").astype(str).tolist(),
        "x": places[:, 0].tolist(),
        "y": places[:, 1].tolist(),
        "views": views,
    }
    x_axis, y_axis = (axis.label for axis in projection.axes)
    note = _note(projection, dataset.space == "embeddings")
    return Map(
        x_axis,
        y_axis,
        note,
        len(chosen),
        len(dataset),
        points,
        _outlines(places, labels),
        [] if clustering is None else _centers(places, labels),
        ratio,
    )


def describe_clusters(track_list: TrackList, dataset: Dataset, clustering: Clustering) -> Clusters:
    """The clusters as cards."""
    cards = [_card(track_list, dataset, cluster) for cluster in clustering.clusters]
    return Clusters(clustering.summary, cards)


def _card(track_list: TrackList, dataset: Dataset, cluster: Cluster) -> ClusterCard:
    known = set(track_list.ordered)
    profile = [
        (
            noun(standing.feature),
            value_text(standing.feature, standing.median),
            track_list.stats.percentile(standing.feature, standing.median),
        )
        for standing in cluster.profile
        if standing.feature in known
    ]
    rows = cluster.typical[:_TYPICAL]
    typical = [name_of(track_of_row(dataset.tracks.iloc[row])) for row in rows]
    return ClusterCard(cluster, typical, profile[:_BARS])


def _note(projection: Projection, by_sound: bool) -> str:
    similar = "sound similar" if by_sound else "have similar features"
    shares = [axis.explained for axis in projection.axes if axis.explained is not None]
    held = f" The two axes explain {percent(sum(shares))} of the variance." if shares else ""
    return (
        f"Each mark is a track. Tracks that {similar} lie near each other, as far as a plane can"
        f" show it.{held}"
    )


def _framed(
    points: Float64[np.ndarray, "tracks 2"],
) -> tuple[Int64[np.ndarray, "tracks 2"], float]:
    """Points in whole numbers on a square that stands for a frame, and the frame's ratio.

    Both axes keep one scale.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    across, up = np.maximum(high - low, 1e-12)
    ratio = float(np.clip(across / up, _NARROWEST, _WIDEST))
    height = max(up, across / ratio)
    frame = np.array([height * ratio, height])
    placed = (points - (low + high) / 2) / frame + 0.5
    return np.rint(_SIDE * placed).astype(np.int64), round(ratio, 3)


def _outlines(
    places: Int64[np.ndarray, "tracks 2"], labels: Int[np.ndarray, " tracks"]
) -> list[str]:
    """The points of each cluster as the path of an SVG: lines without length, with round ends."""
    return [
        "".join(f"M{x} {_SIDE - y}h0" for x, y in places[labels == label].tolist())
        for label in range(int(labels.max()) + 1)
    ]


def _centers(
    places: Int64[np.ndarray, "tracks 2"], labels: Int[np.ndarray, " tracks"]
) -> list[tuple[float, float]]:
    """The middle of each cluster on the plane."""
    middles = [np.median(places[labels == label], axis=0) for label in np.unique(labels)]
    return [(round(100 * x / _SIDE, 1), round(100 - 100 * y / _SIDE, 1)) for x, y in middles]


def _cluster_view(clustering: Clustering, chosen: Int64[np.ndarray, " shown"]) -> dict[str, Any]:
    names = [f"{number}. {item.name}" for number, item in enumerate(clustering.clusters, 1)]
    return {"name": "cluster", "labels": names, "values": clustering.labels[chosen].tolist()}


def _group_columns(tracks: pd.DataFrame) -> Sequence[str]:
    """Columns whose values divide tracks into groups: genre, artist, and those of few values."""
    found = [name for name in ("genre", "artist") if name in tracks]
    for name in map(str, tracks):
        text = not pd.api.types.is_numeric_dtype(tracks[name])
        if text and name not in _NO_GROUP and name not in TAG_COLUMNS and name != "rows":
            found += [name] if 2 <= tracks[name].nunique() <= _FEW_VALUES else []
    return [name for name in found if _largest(tracks[name])]


def _largest(column: "pd.Series[Any]") -> list[str]:
    """The most frequent values, if there are two groups at least."""
    counts = _first_of(column).value_counts()
    largest = [str(name) for name in counts.index[counts >= _FEWEST_IN_GROUP][:_GROUPS]]
    return largest if len(counts) > 1 else []


def _first_of(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """The first of several genres or artists in a cell."""
    return column.astype("string").str.split(";").str[0].str.strip()


def _group_view(name: str, column: "pd.Series[Any]") -> dict[str, Any]:
    labels, values = _largest(column), _first_of(column)
    places = {label: place for place, label in enumerate(labels)}
    others = values.notna() & ~values.isin(labels)
    return {
        "name": name,
        "labels": [*labels, "others"] if others.any() else labels,
        "values": [
            None if pd.isna(value) else places.get(value, len(labels)) for value in values.tolist()
        ],
    }


def _feature_view(name: str, column: "pd.Series[float]") -> dict[str, Any]:
    """Values as they are written elsewhere, which also takes less room."""
    words = WORDS[name]
    values = [float(words.value(value)) if np.isfinite(value) else None for value in column]
    whole = all(value is None or value.is_integer() for value in values)
    shown = [None if value is None else int(value) for value in values] if whole else values
    return {"name": words.noun, "unit": words.symbol, "values": shown}
