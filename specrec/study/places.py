"""What a map is labeled with: how its regions sound, and the artists who are at home somewhere."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from specrec.shapes import Float64, Int64
from specrec.study.cluster_validation import sample
from specrec.study.heard import called, standing_out
from specrec.study.naming import profile_clusters

_REGIONS = (6, 24, 96)  # from the whole map to a part of it
_FEWEST = 12  # tracks of a region, on average
_NAMED = 10_000  # tracks by which regions are named; of more, a sample
_WORDS = 2  # of a region's name
_SECOND = 0.75  # how much a second word must stand out, as a share of the first
_ARTISTS = 400
_FEWEST_BY_ARTIST = 3  # tracks
_AT_HOME = 0.12  # median distance from the middle of an artist's tracks, as a share of the map


@dataclass(frozen=True)
class Place:
    """A label of a map.

    Attributes:
        name: What stands there.
        kind: Whether that is how tracks there sound, or who plays them.
        level: From 0, for those who see all of the map, to 2, for those who see a part.
        x: Where it is, along the first axis.
        y: Where it is, along the second axis.
        tracks: How many tracks it stands for.
    """

    name: str
    kind: Literal["sound", "artist"]
    level: int
    x: float
    y: float
    tracks: int


def find_places(
    points: Float64[np.ndarray, "tracks 2"], heard: pd.DataFrame, artists: pd.Series, seed: int = 0
) -> list[Place]:
    """Finds labels for a map, those of the largest regions first.

    Regions are k-means clusters of the points, and are named by what their tracks have more of than
    the library; one without such a thing has no name. Artists are named where most of their tracks
    are near to each other.

    Args:
        points: Coordinates of the tracks.
        heard: What they are heard to be, as `specrec.study.heard.heard_in` says it.
        artists: Their artists.
        seed: Seed of the clusters, and of the sample of a large library.
    """
    rows = sample(len(points), _NAMED, np.random.default_rng(seed))
    few, heard = points[rows], heard.iloc[rows].reset_index(drop=True)
    share = len(points) / len(rows)
    places = []
    for level, count in enumerate(_REGIONS):
        if count * _FEWEST <= len(rows):
            places += _regions(few, heard, level, count, share, seed)
    return places + _artists(points, artists)


def _regions(
    points: Float64[np.ndarray, "tracks 2"],
    heard: pd.DataFrame,
    level: int,
    count: int,
    share: float,
    seed: int,
) -> list[Place]:
    from sklearn.cluster import KMeans

    with threadpool_limits(1):
        labels: Int64[np.ndarray, " tracks"] = (
            KMeans(count, n_init=1, random_state=seed).fit_predict(points).astype(np.int64)
        )
    places = []
    for label, profile in enumerate(profile_clusters(heard, labels, count)):
        found = [item for item in standing_out(profile, heard) if item.difference > 0]
        if not found:
            continue
        enough = _SECOND * found[0].difference
        words = [called(item.feature, True) for item in found[:_WORDS] if item.difference >= enough]
        x, y = np.median(points[labels == label], axis=0)
        tracks = round(share * float((labels == label).sum()))
        places.append(Place(", ".join(words), "sound", level, float(x), float(y), tracks))
    return sorted(places, key=lambda place: -place.tracks)


def _artists(points: Float64[np.ndarray, "tracks 2"], artists: pd.Series) -> list[Place]:
    frame = pd.DataFrame({"artist": artists.to_numpy(), "x": points[:, 0], "y": points[:, 1]})
    frame = frame.dropna(subset="artist")
    groups = frame.groupby("artist")
    middles, tracks = groups[["x", "y"]].median(), groups.size()
    own = middles.loc[frame["artist"]].to_numpy()
    away = np.hypot(*(frame[["x", "y"]].to_numpy() - own).T)
    distances = pd.Series(away).groupby(frame["artist"].to_numpy()).median()
    home = (tracks >= _FEWEST_BY_ARTIST) & (distances < _AT_HOME * np.ptp(points, axis=0).max())
    chosen = middles.assign(tracks=tracks)[home].sort_values(
        "tracks", ascending=False, kind="stable"
    )
    return [
        Place(str(item.Index), "artist", 2, float(item.x), float(item.y), int(item.tracks))
        for item in chosen[:_ARTISTS].itertuples()
    ]
