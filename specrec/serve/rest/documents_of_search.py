"""The documents of standings, facets and cells; see `documents`."""

from specrec.recommend.facets import Facet
from specrec.recommend.standing import Standing
from specrec.serve.rest.documents import Answer


class StandingsAnswer(Answer):
    """Where tracks stand among the neighbors, or why they are not there."""

    standings: list[Standing]
    """One for each track that was asked about, then files that the library does not hold."""


class FacetsAnswer(Answer):
    """What filters would leave."""

    tracks: int
    """How many tracks the condition leaves."""
    facets: list[Facet]
    """Year, duration, artist and concepts, those that have any choice."""


class CellsAnswer(Answer):
    """What each time-frequency cell of a track adds to its similarity to another."""

    similarity: float
    """The mean of all cells: the similarity."""
    seconds: float
    """Duration of the track; columns are equal parts of it."""
    values: list[list[float]]
    """What each cell adds: rows rise in frequency, columns in time."""
    row_edges_hz: list[float]
    """Edges of the rows, from the lowest frequency up."""
    row_edges: list[float]
    """Edges of the rows as shares of the height of the track's spectrogram, from 0, the lowest."""
