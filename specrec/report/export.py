"""Neighbors for programs and players: JSON and M3U8."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from specrec.recommend.track import Neighbor, Track
from specrec.report.terminal import name_of

FORMAT_VERSION = 1


def neighbors_json(query: Track, neighbors: Sequence[Neighbor]) -> str:
    """A JSON document: format_version, query, neighbors with rank, track and explanation."""
    document = {
        "format_version": FORMAT_VERSION,
        "query": asdict(query),
        "neighbors": [
            {
                "rank": neighbor.rank,
                "similarity": neighbor.similarity,
                "track": asdict(neighbor.track),
                "explanation": neighbor.explanation.to_dict(),
            }
            for neighbor in neighbors
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def neighbors_m3u(neighbors: Sequence[Neighbor], audio_root: Path) -> str:
    """An extended M3U playlist (UTF-8) of the neighbors, most similar first."""
    lines = ["#EXTM3U"]
    for neighbor in neighbors:
        track = neighbor.track
        seconds = -1 if track.duration_seconds is None else round(track.duration_seconds)
        title = " ".join(name_of(track).split())  # a line break would end the entry
        lines += [f"#EXTINF:{seconds},{title}", str(audio_root / track.path)]
    return "\n".join(lines)
