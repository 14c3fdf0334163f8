"""Tables on the terminal."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.segment import Segment, Segments
from rich.table import Table
from rich.text import Text

from specrec.recommend.track import Neighbor, Track


def print_neighbors(
    query: Track, neighbors: Sequence[Neighbor], why: bool = True, relation: str = "Sounds like"
) -> None:
    """Prints the neighbors of a query as a table, with a reason under each.

    Args:
        query: The query.
        neighbors: The most similar first.
        why: Whether to give reasons.
        relation: Of the neighbors to the query.
    """
    table = Table(box=box.SIMPLE_HEAD, title_justify="left")
    table.title = f"{relation} [bold]{escape(name_of(query))}[/]"
    table.add_column("#", justify="right", style="dim")
    digits = similarity_digits(neighbors)
    table.add_column("similarity", justify="right", min_width=digits + 3)
    tracks = [neighbor.track for neighbor in neighbors]
    texts = [
        name
        for name in ("title", "artist", "album", "genre")
        if any(getattr(track, name) for track in tracks)
    ]
    for name in texts:
        table.add_column(name, overflow="fold", style="bold" if name == "title" else "")
    table.add_column("length", justify="right")
    for neighbor in neighbors:
        table.add_row(
            str(neighbor.rank),
            f"{neighbor.similarity:.{digits}f}",
            *(escape(getattr(neighbor.track, name) or "-") for name in texts),
            clock(neighbor.track.duration_seconds),
        )
    console = Console(highlight=False)
    if why:
        _print_with_reasons(console, table, neighbors)
    else:
        console.print(table)


def similarity_digits(neighbors: Sequence[Neighbor]) -> int:
    """Decimals, from 3 to 9, that tell the first similarity from the last."""
    if len(neighbors) < 2:
        return 3
    first, last = neighbors[0].similarity, neighbors[-1].similarity
    return next((n for n in range(3, 9) if f"{first:.{n}f}" != f"{last:.{n}f}"), 9)


def _print_with_reasons(console: Console, table: Table, neighbors: Sequence[Neighbor]) -> None:
    """Prints a table's lines, and after those of each row the neighbor's reason."""
    ranks = {str(neighbor.rank): neighbor for neighbor in neighbors}
    edge = 2 + len(str(len(neighbors)))
    current: Neighbor | None = None
    for line in console.render_lines(table, pad=False):
        head = "".join(segment.text for segment in line)[:edge].strip()
        if current is not None and (head in ranks or not "".join(s.text for s in line).strip()):
            _print_reason(console, current)
            current = None
        current = ranks.get(head, current)
        console.print(Segments([*line, Segment.line()]), end="")
    if current is not None:
        _print_reason(console, current)


def _print_reason(console: Console, neighbor: Neighbor) -> None:
    explanation = neighbor.explanation
    if not explanation.contributions and not explanation.reasons:
        return  # a library that knows no features
    reason = Text(explanation.sentence, style="italic dim")
    console.print(Padding(reason, (0, 2, 0, 6)))


def name_of(track: Track) -> str:
    """Artist and title."""
    return f"{track.artist} - {track.title}" if track.artist else track.title


def clock(seconds: float | None) -> str:
    """Seconds as m:ss, or h:mm:ss."""
    if seconds is None:
        return "-"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
