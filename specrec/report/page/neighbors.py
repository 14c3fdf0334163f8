"""Queries on a page: their neighbors, the sum of each score, and its windows."""

import io
import math

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from PIL import Image

from specrec.descriptors.vocabulary import noun
from specrec.explain.explanation import Contribution, Explanation, Passages
from specrec.recommend.by_features.recommender import FeatureRecommender
from specrec.recommend.library import Library
from specrec.recommend.match import WindowMatrix, match_windows
from specrec.recommend.query import Query
from specrec.recommend.results import Neighbor
from specrec.report.match import verdict_on
from specrec.report.neighbors import similarity_digits
from specrec.report.page.data import Bar, Lane, MatchCard, MatrixPicture, QueryCard
from specrec.report.page.media import data_uri
from specrec.report.page.tracks import TrackList
from specrec.report.text import clock
from specrec.report.timeline import by_family, located_reasons, passages_text
from specrec.shapes import Float64

_MOST_PARTS = 7  # features with a bar of their own
_COLORS = LinearSegmentedColormap.from_list("parts", ["#0072B2", "#F7F7F7", "#D55E00"])
_MARGIN = 0.04  # beside the bars
_MOST_LANES = 5  # reasons of a match with a lane
_MOST_HEARD = 10  # concepts of a query with a lane


def query_card(library: Library, track_list: TrackList, query: str, k: int) -> QueryCard:
    """Finds the neighbors of a query by sound, and explains each.

    Args:
        library: The library that is searched.
        track_list: The library's tracks.
        query: A query as `Library.neighbors` takes it.
        k: How many neighbors.

    Raises:
        QueryError: If the query fits no track or several.
        AudioError: If a query from outside can't be used.
    """
    resolved = library.resolve(query)
    found = library.neighbors(resolved, k, in_full=False)  # no ranks are shown
    digits, seconds = similarity_digits(found), library.collection.generation.window_seconds
    matches = []
    for neighbor in found:
        other = library.resolve(str(neighbor.track.track_id))
        windows = match_windows(resolved, other, seconds)
        matches.append(_match(track_list, neighbor, digits, _matrix(windows)))
    return QueryCard(
        track_list.tile(resolved.track, "the query"), matches, _heard(library, resolved)
    )


def query_card_of_table(
    recommender: FeatureRecommender, track_list: TrackList, query: str, k: int
) -> QueryCard:
    """Finds the neighbors of a track of a table by features.

    Raises:
        QueryError: If the query fits no track or several.
    """
    found = recommender.neighbors(query, k)
    digits = similarity_digits(found)
    matches = [_match(track_list, neighbor, digits, None) for neighbor in found]
    return QueryCard(track_list.tile(found.queries[0], "the query"), matches, [])


def _match(
    track_list: TrackList, neighbor: Neighbor, digits: int, matrix: MatrixPicture | None
) -> MatchCard:
    assert neighbor.explanation is not None
    bars, zero = score_bars(neighbor.explanation, digits)
    tile = track_list.tile(neighbor.track, f"similarity {neighbor.similarity:.{digits}f}")
    where = [
        (noun(reason.feature), lane(reason.neighbor_passages), lane(reason.query_passages))
        for reason in located_reasons(neighbor.explanation)[:_MOST_LANES]
    ]
    return MatchCard(neighbor, tile, bars, zero, matrix, where)


def _heard(library: Library, query: Query) -> list[tuple[str, Lane]]:
    """What is heard in a query, by family; of moods and the like, what fills most of it."""
    timeline = library.collection.timeline(query)
    heard = {} if timeline is None else by_family(timeline.heard)
    longest = sorted(heard, key=lambda name: -sum(b - a for a, b in heard[name].spans))
    shown = set(longest[:_MOST_HEARD])
    lanes = [(noun(name), lane(passages)) for name, passages in heard.items() if name in shown]
    return [(name, item) for name, item in lanes if item is not None]


def lane(passages: Passages | None) -> Lane | None:
    """Passages as bands; None where they are not known, or there are none."""
    if passages is None or not passages.spans:
        return None
    share = 100 / passages.seconds
    bands = [(start * share, (end - start) * share) for start, end in passages.spans]
    return Lane(passages_text(passages), bands)


def score_bars(explanation: Explanation, digits: int = 3) -> tuple[list[Bar], float]:
    """A score as bars, each of which begins where the one before ended; the last is the score.

    The smallest contributions share a bar, so that what is shown adds up.

    Args:
        explanation: The explanation of the score.
        digits: Decimals of the values.

    Returns:
        The bars, and where their zero is, in percent of their width.
    """
    largest, rest = explanation.largest(_MOST_PARTS)
    named = [(noun(item.feature), item.value, "", _because(item, explanation)) for item in largest]
    if rest:
        others = math.fsum([explanation.others, *(item.value for item in rest)])
        named.append(("other features", others, "", ""))
    if not named:
        return [], 0.0
    if explanation.unnamed:
        named.append(("residual", explanation.residual, "unnamed", ""))
    ends = np.cumsum([0.0, *(value for _, value, _, _ in named)])
    low, high = float(ends.min()), float(max(ends.max(), explanation.similarity))
    room = (high - low) * _MARGIN or 1.0
    low, high = low - room, high + room

    def place(value: float) -> float:
        return 100 * (value - low) / (high - low)

    parts = [
        Bar(
            name,
            value,
            f"{value:+.{digits}f}",
            place(float(min(before, before + value))),
            100 * abs(value) / (high - low),
            kind or ("adds" if value >= 0 else "takes"),
            verdict,
        )
        for (name, value, kind, verdict), before in zip(named, ends, strict=False)
    ]
    score = explanation.similarity
    start, width = place(min(0.0, score)), 100 * abs(score) / (high - low)
    parts.append(Bar("similarity", score, f"{score:+.{digits}f}", start, width, "total"))
    return parts, place(0.0)


def _because(item: Contribution, explanation: Explanation) -> str:
    """The word beside a bar: only what was tested is a cause."""
    return "because" if verdict_on(item, explanation) == "because" else ""


def _matrix(windows: WindowMatrix) -> MatrixPicture | None:
    passage, values = windows.passage, windows.values
    if values.size < 2:
        return None
    limit = float(np.abs(values).max()) or 1.0
    seconds, other = windows.query_spans[-1, 1], windows.neighbor_spans[-1, 1]
    rows, columns = values.shape
    row = np.abs(windows.query_spans[:, 0] - passage.query_start).argmin()
    column = np.abs(windows.neighbor_spans[:, 0] - passage.neighbor_start).argmin()
    return MatrixPicture(
        _heat_map(values / limit),
        rows,
        columns,
        _ticks(seconds),
        _ticks(other),
        f"{limit:.2f}",
        (column / columns, row / rows, 1 / columns, 1 / rows),
        f"{clock(passage.query_start)}-{clock(passage.query_end)} of the query and"
        f" {clock(passage.neighbor_start)}-{clock(passage.neighbor_end)} of the neighbor",
    )


def _ticks(seconds: float) -> list[tuple[float, str]]:
    """Some round times along a track, and where they are, from 0 to 1."""
    steps = (5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
    step = next((step for step in steps if seconds / step <= 4), seconds)
    return [(place / seconds, clock(place)) for place in np.arange(0, seconds, step).tolist()]


def _heat_map(values: Float64[np.ndarray, "rows columns"]) -> str:
    """One pixel a value from -1 to 1."""
    pixels = (_COLORS((values + 1) / 2)[..., :3] * 255).round().astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", optimize=True)
    return data_uri("image/png", file.getvalue())
