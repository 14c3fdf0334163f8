"""The vocabulary with counts of a library's tracks, and the concepts of one track over time."""

import math
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from specrec.concepts.vocabulary import load_vocabulary
from specrec.descriptors.vocabulary import noun
from specrec.explain.explanation import Passages
from specrec.explain.readings import Reading
from specrec.explain.timeline import Timeline
from specrec.printing import counted
from specrec.recommend.collection import Collection
from specrec.recommend.results import Track
from specrec.report.console import Console, escape
from specrec.report.table import Table, print_tables
from specrec.report.text import NONE, clock, json_document, name_of
from specrec.report.timeline import by_family, passages_text

_WORDS = 4  # further words for a concept that are shown
_NOTE = (
    'specrec query LIBRARY --like "very calm piano, no vocals" takes these words, and --json prints'
    " all of them. In conditions a concept is the share of the library that has less of it:"
    ' --where "distorted_guitar > 0.8".'
)
_COUNTED = (
    "surely: tracks that have it so clearly that 85 % of such claims agree with a tagger; more may"
    f" have it. {NONE}: only told as more or less, or never that clearly."
)
_STRIP = 20  # signs for the length of a track


def print_concepts(collection: Collection | None) -> None:
    """Prints the concepts by family, with further words for each, and counts for a library."""
    counts = None if collection is None else collection.concepts.counts
    rows = []
    for family, concepts in groupby(load_vocabulary(), lambda concept: concept.family):
        for place, concept in enumerate(concepts):
            words = ", ".join(concept.synonyms[:_WORDS])
            row = ["" if place else family, concept.name, words]
            if counts is not None:
                row.append(_cell(counts, concept.name))
            rows.append(row)
    header = ("family", "concept", "also", *(("surely",) if counts is not None else ()))
    note = _NOTE if counts is None else f"{_COUNTED}\n{_NOTE}"
    print_tables(Table("", header, rows, note, text_columns=3))


def concepts_json(collection: Collection | None) -> str:
    """The concepts as a JSON document."""
    return json_document(concepts_content(collection))


def concepts_content(collection: Collection | None) -> dict[str, Any]:
    """What the JSON document holds: name, family, column, all words, and counts of tracks."""
    counts = None if collection is None else collection.concepts.counts
    concepts = [
        {
            "name": concept.name,
            "family": concept.family,
            "column": concept.column,
            "words": [concept.name, *concept.synonyms],
            "opposites": list(concept.antonyms),
            **({} if counts is None else {"tracks": counts.get(concept.name)}),
        }
        for concept in load_vocabulary()
    ]
    return {"concepts": concepts}


def print_track(track: Track, timeline: Timeline, readings: Mapping[str, Reading]) -> None:
    """Prints which concepts are heard in a track, and when.

    Args:
        track: The track.
        timeline: Its concepts over time.
        readings: What it is as a whole.
    """
    Console().print(f"[bold]{escape(name_of(track))}[/] ({clock(timeline.seconds)})")
    rows: list[tuple[str, ...]] = []
    bold: list[int] = []
    present = dict(zip(timeline.names, timeline.present.tolist(), strict=True))
    for name, passages in by_family(timeline.heard).items():
        reading = readings.get(name)
        if reading is not None and reading.value >= present[name]:
            bold.append(len(rows))
        above = NONE if reading is None else f"{math.floor(reading.percentile)} %"
        rows.append((noun(name), passages_text(passages), _strip(passages), above))
    header = ("concept", "heard", f"0:00 to {clock(timeline.seconds)}", "more than")
    print_tables(Table("", header, rows, _note(timeline), text_columns=3, bold=bold))


def track_json(track: Track, timeline: Timeline, readings: Mapping[str, Reading]) -> str:
    """The concepts of a track over time as a JSON document."""
    document = timeline.to_dict()
    for name, entry in document["concepts"].items():
        reading = readings.get(name)
        entry["value"] = None if reading is None else reading.value
        entry["percentile"] = None if reading is None else reading.percentile
    return json_document({"track": track.to_dict(), **document})


def _strip(passages: Passages) -> str:
    """A track as a row of signs: `#` where something is heard, `.` elsewhere."""
    middles = [(place + 0.5) * passages.seconds / _STRIP for place in range(_STRIP)]
    return "".join(
        "#" if any(start <= middle < end for start, end in passages.spans) else "."
        for middle in middles
    )


def _note(timeline: Timeline) -> str:
    windows = counted(len(timeline.spans), "window")
    length = f"{timeline.spans[0, 1] - timeline.spans[0, 0]:.3g} s"
    lines = [] if timeline.heard else ["Nothing that can be named is heard clearly enough."]
    if timeline.covered:
        exact = f"{timeline.step_seconds:.0f} s"
        lines.append(f"Heard in {windows} of {length}; passages begin and end to about {exact}.")
    else:
        lines.append(f"Heard in {windows} of {length} only; nothing is known of the rest.")
    lines.append("Bold: said of the track as a whole. more than: so much of the library has less.")
    return "\n".join(lines)


def _cell(counts: dict[str, int | None], name: str) -> str:
    count = counts.get(name)
    return NONE if count is None else str(count)
