"""The vocabulary: what can be asked for in words, and how many tracks of a library have it."""

from itertools import groupby
from typing import Any

from specrec.concepts.vocabulary import load_vocabulary
from specrec.recommend.collection import Collection
from specrec.recommend.concepts import present_in
from specrec.report.table import Table, print_tables
from specrec.report.text import NONE, json_document

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


def print_concepts(collection: Collection | None) -> None:
    """Prints the concepts by family, with further words for each, and counts for a library."""
    counts = None if collection is None else _counts(collection)
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
    counts = None if collection is None else _counts(collection)
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


def _counts(collection: Collection) -> dict[str, int | None]:
    """How many tracks have each concept that the library tells; None if it only tells how much."""
    told = {
        concept.name for concept in load_vocabulary() if collection.stats.tells(concept.feature)
    }
    present = present_in(collection.stats)
    return {name: int(present[name].sum()) if name in present else None for name in told}


def _cell(counts: dict[str, int | None], name: str) -> str:
    count = counts.get(name)
    return NONE if count is None else str(count)
