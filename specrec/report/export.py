"""Neighbors for programs and players: JSON and M3U8."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from specrec.printing import visible
from specrec.recommend.results import Neighbor, Neighbors, Track
from specrec.report.terminal import name_of

FORMAT_VERSION = 1


def neighbors_json(neighbors: Neighbors) -> str:
    """A JSON document: format_version, query, queries, against, neighbors, notes.

    A neighbor has rank, similarity, score, seed (the place of its nearest query), track and
    explanation; `query` is the first of `queries`.
    """
    return _document(neighbors.to_dict())


def path_json(path: Neighbors) -> str:
    """A JSON document: format_version, start, steps with rank, similarity, track, explanation."""
    content = path.to_dict()
    return _document(
        {"start": content["query"], "steps": content["neighbors"], "notes": content["notes"]}
    )


def neighbors_m3u(neighbors: Sequence[Neighbor], audio_root: Path, why: bool = True) -> str:
    """An extended M3U playlist (UTF-8) of the neighbors, in order.

    A path that holds a line break or another control stands as a `file://` address, which keeps
    it on one line and players understand.

    Args:
        neighbors: What is to be played.
        audio_root: The folder to which their paths are relative.
        why: Whether the reason for each stands before it, as a comment that players pass over.
    """
    return "\n".join(["#EXTM3U", *_entries(neighbors, audio_root, why)])


def path_m3u(path: Neighbors, audio_root: Path, why: bool = True) -> str:
    """An extended M3U playlist of a path, its start included; see `neighbors_m3u`."""
    lines = ["#EXTM3U", *_entry(path.queries[0], audio_root), *_entries(path, audio_root, why)]
    return "\n".join(lines)


def _document(content: dict[str, Any]) -> str:
    document = {"format_version": FORMAT_VERSION, **content}
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def _entries(neighbors: Iterable[Neighbor], audio_root: Path, why: bool) -> list[str]:
    lines = []
    for neighbor in neighbors:
        if why and neighbor.explanation is not None:
            lines.append(f"# {neighbor.similarity:.3f} {_line(neighbor.explanation.sentence)}")
        lines += _entry(neighbor.track, audio_root)
    return lines


def _entry(track: Track, audio_root: Path) -> list[str]:
    seconds = -1 if track.duration_seconds is None else round(track.duration_seconds)
    # A path from outside the library is relative to where we are.
    path = audio_root / track.path if track.track_id is not None else Path(track.path).resolve()
    plain = visible(str(path)) == str(path)
    place = str(path) if plain else path.absolute().as_uri()
    return [f"#EXTINF:{seconds},{_line(name_of(track))}", place]


def _line(text: str) -> str:
    """On one line: a break would end the entry."""
    return visible(" ".join(text.split()))
