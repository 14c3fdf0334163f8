"""What stands on the page of a library, section by section, as plain values for its template."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from specrec.recommend.results import Neighbor, Track
from specrec.report.page.media import Medium
from specrec.report.table import Table
from specrec.study.clusters import Cluster


@dataclass(frozen=True)
class Unavailable:
    """A section that could not be made.

    Attributes:
        reason: Why, in one sentence.
        command: The command that would make it possible, if there is one.
    """

    reason: str
    command: str | None = None


@dataclass(frozen=True)
class Summary:
    """What is in the library.

    Attributes:
        figures: The numbers that matter most, which are shown large: the number as text, what it
            counts, and a remark, which may be empty.
        facts: Further facts as text, by name.
    """

    figures: list[tuple[str, str, str]]
    facts: dict[str, str]


@dataclass(frozen=True)
class SkippedFiles:
    """Files that were skipped for one reason.

    Attributes:
        reason: The reason's code.
        meaning: The reason in words.
        remedy: What to do about it.
        count: How many files.
        examples: Path and detail of the first few files.
    """

    reason: str
    meaning: str
    remedy: str
    count: int
    examples: list[tuple[str, str]]


@dataclass(frozen=True)
class Tile:
    """A track that is shown with its picture and sound.

    Attributes:
        track: The track.
        note: What the page says of it here; may be empty.
        file: The track's file, which may be gone; None where there never was one.
    """

    track: Track
    note: str
    file: Path | None

    @property
    def name(self) -> str:
        """Title and artist in one phrase."""
        title, artist = self.track.title, self.track.artist
        return f"{title} by {artist}" if artist else title


@dataclass(frozen=True)
class Map:
    """The tracks on a plane.

    Attributes:
        x_axis: What grows to the right, in words.
        y_axis: What grows upwards, in words.
        note: How the map was made, in one or two sentences.
        shown: Number of tracks on the map.
        total: Number of tracks in the library.
        points: The tracks as columns of plain lists, for the script: `title`, `artist`, `x` and
            `y` from 0 to 1000, and `views`, the ways in which they may be colored.
        outlines: For browsers without scripts, the points of each cluster as an SVG path on a
            plane of 1000 by 1000 with its origin at the top left.
        centers: Where the number of each cluster stands, in percent from the left and the top;
            empty without clusters.
        ratio: Width of the map over its height.
    """

    x_axis: str
    y_axis: str
    note: str
    shown: int
    total: int
    points: dict[str, Any]
    outlines: list[str]
    centers: list[tuple[float, float]]
    ratio: float


@dataclass(frozen=True)
class ClusterCard:
    """A cluster with its most typical tracks and the features in which it stands out.

    Attributes:
        cluster: The cluster.
        typical: Names of its most typical tracks.
        profile: Features in which it stands out, the most telling first: the feature in words, the
            cluster's median as text, and the percentile of that in the library, from 0 to 100.
    """

    cluster: Cluster
    typical: list[str]
    profile: list[tuple[str, str, float]]


@dataclass(frozen=True)
class Clusters:
    """All clusters.

    Attributes:
        note: How many there are and why, and how stable they are.
        cards: The clusters, the largest first.
    """

    note: str
    cards: list[ClusterCard]


@dataclass(frozen=True)
class Gallery:
    """Tracks beside each other, or low against high.

    Attributes:
        title: What the tracks have in common.
        note: How they were picked.
        columns: Heading and tracks of each group.
    """

    title: str
    note: str
    columns: list[tuple[str, list[Tile]]]


@dataclass(frozen=True)
class Bar:
    """What one feature adds to a similarity, as a bar.

    Attributes:
        name: The feature in words.
        value: What it adds.
        text: The value with its sign.
        start: Where the bar begins, in percent of the width of all bars.
        width: How wide the bar is, in percent of the same.
        kind: `adds`, `takes`, `unnamed` or `total`, by which the bar is colored.
        verdict: `because` if the feature was ablated and found a cause; else empty.
    """

    name: str
    value: float
    text: str
    start: float
    width: float
    kind: str
    verdict: str = ""


@dataclass(frozen=True)
class Lane:
    """Where in a track a concept is heard.

    Attributes:
        text: The same in words.
        bands: Where each passage begins and how long it is, in percent of the track.
    """

    text: str
    bands: list[tuple[float, float]]


@dataclass(frozen=True)
class MatrixPicture:
    """The similarity by pairs of windows, as a heat map.

    Attributes:
        picture: One pixel a pair, as a data URI: the query's windows down, the neighbor's across.
        rows: Number of the query's windows.
        columns: Number of the neighbor's windows.
        row_ticks: Places from 0 to 1 along the query, and the time at each.
        column_ticks: Places from 0 to 1 along the neighbor, and the time at each.
        limit: The similarity at which colors end, with either sign.
        best: Left, top, width and height of the most similar pair, each from 0 to 1.
        passage: The times of the most similar pair, in words.
    """

    picture: str
    rows: int
    columns: int
    row_ticks: list[tuple[float, str]]
    column_ticks: list[tuple[float, str]]
    limit: str
    best: tuple[float, float, float, float]
    passage: str


@dataclass(frozen=True)
class MatchCard:
    """A neighbor, and why it was found.

    Attributes:
        neighbor: The neighbor with its explanation.
        tile: The neighbor's track.
        bars: The sum that makes the similarity, bar by bar; empty where no feature is known.
        zero: Where the bars have their zero, in percent.
        matrix: The similarity by windows; None where both tracks have one window.
        where: The reasons that are concepts, and where the neighbor and the query have them; None
            in place of a lane where that is not known.
    """

    neighbor: Neighbor
    tile: Tile
    bars: list[Bar]
    zero: float
    matrix: MatrixPicture | None
    where: list[tuple[str, Lane | None, Lane | None]]


@dataclass(frozen=True)
class QueryCard:
    """A query with its neighbors, the nearest first.

    Attributes:
        tile: The query's track.
        matches: The neighbors.
        heard: The concepts that are heard in the query, and where; empty where none is known.
    """

    tile: Tile
    matches: list[MatchCard]
    heard: list[tuple[str, Lane]]


@dataclass(frozen=True)
class Page:
    """The page: a title, sections each of which may be unavailable, and what they show.

    Attributes:
        title: Name of the library or table.
        kind: Whether it is a library or a table, in words.
        made: How the page was made: facts by name.
        media: Picture and sound of each file that is shown.
        media_note: What is missing among them, in words; may be empty.
    """

    title: str
    kind: str
    made: dict[str, str]
    summary: Summary | Unavailable
    skipped: list[SkippedFiles] | Unavailable
    map: Map | Unavailable
    clusters: Clusters | Unavailable
    galleries: list[Gallery] | Unavailable
    cues: Table | Unavailable
    comparison: list[Table] | Unavailable
    evaluation: list[Table] | Unavailable
    queries: list[QueryCard] | Unavailable
    glossary: Table | Unavailable
    media: dict[Path, Medium] = field(default_factory=dict)
    media_note: str = ""

    def unavailable(self) -> dict[str, str]:
        """Why sections are missing, by name."""
        parts = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: part.reason for name, part in parts if isinstance(part, Unavailable)}
