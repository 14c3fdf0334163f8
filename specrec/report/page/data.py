"""What stands on the page of a library, section by section, as plain values."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from specrec.descriptors.features import Kind
from specrec.report.page.media import Medium
from specrec.report.table import Table


@dataclass(frozen=True)
class LeftOut:
    """A section that could not be made.

    Attributes:
        why: One sentence.
        command: What would make it, if anything does.
    """

    why: str
    command: str | None = None


@dataclass(frozen=True)
class Figure:
    """A number that the summary shows large.

    Attributes:
        value: As text.
        name: What it counts.
        note: What else is to be said of it.
    """

    value: str
    name: str
    note: str = ""


@dataclass(frozen=True)
class Summary:
    """What is in the library.

    Attributes:
        figures: The numbers that matter most.
        facts: Further ones, by name.
    """

    figures: list[Figure]
    facts: dict[str, str]


@dataclass(frozen=True)
class SkippedFiles:
    """Files left out for one reason.

    Attributes:
        reason: Its code.
        meaning: The code in words.
        remedy: What to do.
        count: How many files.
        examples: Path and detail of the first of them.
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
        title: Its title.
        artist: Its artist; empty where unknown.
        length: As m:ss.
        note: What is said of it here.
        file: Its file, which may be gone; None if it never had one.
    """

    title: str
    artist: str
    length: str
    note: str
    file: Path | None

    @property
    def name(self) -> str:
        """Title and artist in one phrase."""
        return f"{self.title} by {self.artist}" if self.artist else self.title


@dataclass(frozen=True)
class Map:
    """The tracks on a plane.

    Attributes:
        x_axis: What it stands for.
        y_axis: Likewise.
        note: How the map was made.
        shown: Tracks on it.
        total: Tracks in the library.
        points: All of them as columns of plain lists, for the script: `title`, `artist`, `x` and
            `y` from 0 to 1000, and `views`: how they may be colored.
        clusters: For those without scripts: the SVG path of the points of each cluster, on a plane
            of 1000 by 1000 with its origin at the top left.
        middles: Where the number of each cluster stands, likewise, in percent from the left and the
            top; empty without clusters.
        ratio: Width of the map over its height.
    """

    x_axis: str
    y_axis: str
    note: str
    shown: int
    total: int
    points: dict[str, Any]
    clusters: list[str]
    middles: list[tuple[float, float]]
    ratio: float


@dataclass(frozen=True)
class ProfileBar:
    """How a cluster stands in a feature.

    Attributes:
        feature: The feature in words.
        value: The cluster's mean or median as text.
        percentile: Where that lies in the library, from 0 to 100.
    """

    feature: str
    value: str
    percentile: float


@dataclass(frozen=True)
class ClusterCard:
    """A cluster.

    Attributes:
        number: From 1.
        name: In words.
        size: Its tracks.
        share: Of all tracks, as text.
        typical: Names of its most typical tracks.
        profile: Where it stands, the most telling feature first.
    """

    number: int
    name: str
    size: int
    share: str
    typical: list[str]
    profile: list[ProfileBar]


@dataclass(frozen=True)
class Clusters:
    """All clusters.

    Attributes:
        note: How many were chosen and why, and how stable they are.
        cards: The largest first.
    """

    note: str
    cards: list[ClusterCard]


@dataclass(frozen=True)
class Gallery:
    """Tracks beside each other, or low against high.

    Attributes:
        title: What they have in common.
        note: How they were picked.
        columns: Heading and tracks of each group.
    """

    title: str
    note: str
    columns: list[tuple[str, list[Tile]]]


@dataclass(frozen=True)
class Bar:
    """What a feature adds to a similarity.

    Attributes:
        name: In words.
        value: What it adds.
        text: The same, signed.
        start: Where its bar begins, in percent of the bars' width.
        width: How wide it is.
        kind: `adds`, `takes`, `unnamed` or `total`.
        verdict: `because` if it was tested and is a cause; else empty.
    """

    name: str
    value: float
    text: str
    start: float
    width: float
    kind: str
    verdict: str = ""


@dataclass(frozen=True)
class MatrixPicture:
    """The similarity by pairs of windows.

    Attributes:
        picture: One pixel a pair, as a data URI: the query's windows down, the neighbor's across.
        rows: Number of the query's windows.
        columns: Number of the neighbor's.
        row_ticks: Place from 0 to 1 and time, of the query.
        column_ticks: Likewise of the neighbor.
        limit: What the strongest color stands for, either way.
        best: Left, top, width and height of the pair that is most alike, from 0 to 1.
        passage: The same in words.
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
    """A neighbor and why.

    Attributes:
        rank: From 1.
        tile: The track.
        similarity: Of the two.
        text: The same, written.
        sentence: The reasons.
        parts: The sum, bar by bar; empty where no feature is known.
        zero: Where the bars have their zero, in percent.
        matrix: Its windows against the query's; None where they have one each.
    """

    rank: int
    tile: Tile
    similarity: float
    text: str
    sentence: str
    parts: list[Bar]
    zero: float
    matrix: MatrixPicture | None


@dataclass(frozen=True)
class QueryCard:
    """A query with its neighbors.

    Attributes:
        tile: The query.
        matches: The nearest first.
    """

    tile: Tile
    matches: list[MatchCard]


@dataclass(frozen=True)
class Word:
    """An entry of the glossary.

    Attributes:
        name: The feature in words.
        meaning: What it is.
        unit: Of its values.
        kind: Whether it is an amount, a confidence or a class.
        low: What a track with little of it is called.
        high: What one with much of it is called.
        middle: The library's median, as text.
    """

    name: str
    meaning: str
    unit: str
    kind: Kind
    low: str
    high: str
    middle: str


@dataclass(frozen=True)
class Page:
    """The page.

    Attributes:
        title: Of the library.
        kind: Whether it is a library or a table.
        made: How the page was made, by name.
        media: Picture and sound of each file that is shown.
        media_note: What is to be said of all of them; empty if nothing.
    """

    title: str
    kind: str
    made: dict[str, str]
    summary: Summary | LeftOut
    skipped: list[SkippedFiles] | LeftOut
    map: Map | LeftOut
    clusters: Clusters | LeftOut
    galleries: list[Gallery] | LeftOut
    cues: Table | LeftOut
    comparison: list[Table] | LeftOut
    evaluation: list[Table] | LeftOut
    asked: list[QueryCard] | LeftOut
    glossary: list[Word] | LeftOut
    media: dict[Path, Medium] = field(default_factory=dict)
    media_note: str = ""

    def left_out(self) -> dict[str, str]:
        """Why sections are missing, by name."""
        parts = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: part.why for name, part in parts if isinstance(part, LeftOut)}
