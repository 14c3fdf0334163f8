"""Neighbors on the terminal, as JSON, and as a playlist for players (M3U8)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.padding import Padding
from rich.segment import Segment, Segments
from rich.table import Table

from specrec.printing import visible
from specrec.recommend.results import Neighbor, Neighbors, Track
from specrec.report.console import Console, escape
from specrec.report.playlists import Entry, m3u8
from specrec.report.text import clock, json_document, name_of

_SHOWN = 5


def print_neighbors(found: Neighbors, why: bool = True, relation: str = "Sounds like") -> None:
    """Prints the neighbors of some queries as a table, with a reason under each, and notes.

    Of several queries, the column `like` has the number of the nearest.

    Args:
        found: The queries and their neighbors.
        why: Whether to give reasons.
        relation: How the neighbors relate to the queries, in words.
    """
    console = Console()
    several = len(found.queries) > 1
    more: dict[str, list[str]] = {}
    scores = [neighbor.score for neighbor in found if neighbor.score is not None]
    if scores:
        more["score"] = [f"{score:.3f}" for score in scores]
    if several:
        more["like"] = [str(neighbor.seed + 1) for neighbor in found]
    title = f"{relation} {_names(found.queries)}"
    if found.against:
        title += f", not like {_names(found.against)}"
    if found.steer:
        title += f", with {_turned(found.steer)}"
    _print_table(console, title, found.neighbors, more, why)
    _print_notes(console, found.notes)


def print_path(path: Neighbors, why: bool = True) -> None:
    """Prints a path as a table: how similar each track is to the one before, and why."""
    console = Console()
    title = f"From {_names(path.queries)} to {_names((path[-1].track,))}"
    _print_table(console, title, path.neighbors, {}, why)
    _print_notes(console, path.notes)


def _names(tracks: Sequence[Track]) -> str:
    """Names in bold; several have numbers."""
    names = [f"[bold]{escape(name_of(track))}[/]" for track in tracks]
    if len(names) == 1:
        return names[0]
    shown = [f"{place} {name}" for place, name in enumerate(names[:_SHOWN], 1)]
    more = [f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    return ", ".join([*shown, *more])


def _turned(steer: Mapping[str, float]) -> str:
    """Says what a query was turned by: `more singing, less distortion (2 times)`."""
    return ", ".join(
        f"{'more' if amount > 0 else 'less'} {escape(phrase)}"
        + (f" ({abs(amount):g} times)" if abs(amount) != 1 else "")
        for phrase, amount in steer.items()
    )


def _print_notes(console: Console, notes: Sequence[str]) -> None:
    for note in notes:
        console.print(f"[dim]{escape(note)}[/]", soft_wrap=True)


def _print_table(
    console: Console,
    title: str,
    neighbors: Sequence[Neighbor],
    more: Mapping[str, Sequence[str]],
    why: bool,
) -> None:
    if not neighbors:
        console.print(title)
        return
    table = Table(box=box.SIMPLE_HEAD, title_justify="left", title=title)
    table.add_column("#", justify="right", style="dim")
    digits = similarity_digits(neighbors)
    for name in ("similarity", *more):
        table.add_column(name, justify="right", min_width=digits + 3)
    tracks = [neighbor.track for neighbor in neighbors]
    texts = [
        name
        for name in ("title", "artist", "album", "genre")
        if any(getattr(track, name) for track in tracks) and not (more and name == "album")
    ]
    for name in texts:
        table.add_column(name, overflow="fold", style="bold" if name == "title" else "")
    table.add_column("length", justify="right")
    for place, neighbor in enumerate(neighbors):
        table.add_row(
            str(neighbor.rank),
            f"{neighbor.similarity:.{digits}f}",
            *(cells[place] for cells in more.values()),
            *(escape(getattr(neighbor.track, name) or "-") for name in texts),
            clock(neighbor.track.duration_seconds),
        )
    if why:
        _print_with_reasons(console, table, neighbors)
    else:
        console.print(table)


def similarity_digits(neighbors: Sequence[Neighbor]) -> int:
    """Decimals, from 3 to 9, that tell the highest similarity from the lowest."""
    if len(neighbors) < 2:
        return 3
    similarities = [neighbor.similarity for neighbor in neighbors]
    high, low = max(similarities), min(similarities)
    return next((n for n in range(3, 9) if f"{high:.{n}f}" != f"{low:.{n}f}"), 9)


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
    if explanation is None or (not explanation.contributions and not explanation.reasons):
        return  # a library that knows no features
    reason = f"[italic dim]{escape(explanation.sentence)}[/]"
    console.print(Padding(reason, (0, 2, 0, 6)))


def path_json(path: Neighbors) -> str:
    """A path as a JSON document."""
    return json_document(path_content(path))


def path_content(path: Neighbors) -> dict[str, Any]:
    """What the JSON document holds: start, steps with rank, similarity, track, explanation."""
    content = path.to_dict()
    return {"start": content["query"], "steps": content["neighbors"], "notes": content["notes"]}


def neighbors_m3u(neighbors: Sequence[Neighbor], audio_root: Path, why: bool = True) -> str:
    """An extended M3U playlist (UTF-8) of the neighbors, in order.

    A path that holds a line break or another control stands as a `file://` address, which keeps
    it on one line and players understand.

    Args:
        neighbors: The tracks to be played.
        audio_root: The folder to which their paths are relative.
        why: Whether the reason for each stands before it, as a comment that players pass over.
    """
    return m3u8(_entries(neighbors, audio_root, why))


def path_m3u(path: Neighbors, audio_root: Path, why: bool = True) -> str:
    """An extended M3U playlist of a path; its start is included unless it is words.

    See `neighbors_m3u`.
    """
    start = [Entry(track, _place(track, audio_root)) for track in path.queries if track.path]
    return m3u8([*start, *_entries(path, audio_root, why)])


def _entries(neighbors: Iterable[Neighbor], audio_root: Path, why: bool) -> Iterator[Entry]:
    for neighbor in neighbors:
        reason = None
        if why and neighbor.explanation is not None:
            reason = f"{neighbor.similarity:.3f} {neighbor.explanation.sentence}"
        yield Entry(neighbor.track, _place(neighbor.track, audio_root), reason)


def _place(track: Track, audio_root: Path) -> str:
    # A path from outside the library is relative to where we are.
    path = audio_root / track.path if track.track_id is not None else Path(track.path).resolve()
    plain = visible(str(path)) == str(path)
    return str(path) if plain else path.absolute().as_uri()
