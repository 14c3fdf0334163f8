"""The documents of maps, columns and selections; see `documents`.

What is packed is little-endian, and in base64.
"""

from typing import Literal

from pydantic import ConfigDict

from specrec.recommend.results import Track
from specrec.serve.rest.documents import Answer, Document
from specrec.study.heard import Common
from specrec.study.places import Place


class AxisName(Document):
    """What an axis is called."""

    name: str
    """Its name."""
    label: str
    """Its name, its share of the variance if it has one, and where it leads."""
    leads: list[str]
    """Words for where it leads."""


class PointsAnswer(Answer):
    """The tracks in two dimensions, packed."""

    generation: str
    """The state of the library from which they are."""
    method: Literal["PCA", "t-SNE", "UMAP"]
    """How the map was made."""
    axes: list[AxisName]
    """The two axes."""
    tracks: int
    """Number of tracks."""
    points: str
    """The coordinates, x and y of each track in turn: packed numbers of 16 bits without a sign."""
    left: float
    """The first coordinate of the number 0."""
    bottom: float
    """The second coordinate of the number 0."""
    step: float
    """How much a coordinate grows where such a number grows by 1."""
    track_ids: list[str]
    """The tracks, in the order of the points, which is that of the library."""


class PlacesAnswer(Answer):
    """The labels of a map."""

    places: list[Place]
    """The labels; those of the largest regions come first."""


class ColumnItem(Document):
    """Something by which tracks can be told apart."""

    column: str
    """Its name in conditions."""
    name: str
    """What it is called."""
    kind: Literal["concept", "feature", "number", "text"]
    """What it is: heard, measured, or of tags and tables."""
    unit: str
    """Its unit; empty if it has none."""


class ColumnsAnswer(Answer):
    """What tracks can be told apart by."""

    columns: list[ColumnItem]
    """The columns; concepts by family, then features, tags, and others."""


class ColumnAnswer(ColumnItem, Answer):
    """A column of all tracks."""

    generation: str
    """The state of the library from which it is."""
    low: float | None
    """The value than which 2 % are lower; null for a text."""
    high: float | None
    """The value than which 2 % are higher; null for a text."""
    unknown: int
    """How many tracks have no value."""
    labels: list[str]
    """The most frequent values of a text; none for a number."""
    counts: list[int]
    """How many tracks have each of those."""
    values: str
    """In the order of the library, packed: floats of 32 bits, NaN where unknown; for a text, the
    place of its label in 8 bits without a sign, 255 for others and where unknown."""


class SelectionBody(Document):
    """Some tracks."""

    model_config = ConfigDict(defer_build=False)

    track_ids: list[str]
    """The tracks."""


class SelectionAnswer(Answer):
    """Some tracks, and what they have in common."""

    tracks: list[Track]
    """The tracks, in the order in which they were asked for."""
    common: list[Common]
    """Of what they have more than the library, or less; what stands out most comes first."""
