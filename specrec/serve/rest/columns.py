"""What tracks can be told apart by, all tracks at once; and what some have in common."""

from typing import Annotated, Any

import numpy as np
import pandas as pd
from fastapi import APIRouter, Response
from fastapi import Query as Parameter

from specrec.concepts.vocabulary import load_vocabulary
from specrec.descriptors.features import FEATURES
from specrec.descriptors.vocabulary import noun
from specrec.errors import QueryError
from specrec.recommend.collection import Collection
from specrec.serve.asked import Chosen, row_of
from specrec.serve.problems import NotFoundError
from specrec.serve.rest.answers import json_answer
from specrec.serve.rest.documents_of_maps import (
    ColumnAnswer,
    ColumnsAnswer,
    SelectionAnswer,
    SelectionBody,
)
from specrec.serve.rest.packed import packed

router = APIRouter(tags=["tracks"])

_LABELS = 8  # values of a text that are told apart
_NAMES = {"track_id", "path", "title"}  # which tell each track apart, and so none
_MOST_TRACKS = 10_000
_MOST_COMMON = 8


@router.get("/columns", response_model=ColumnsAnswer)
def columns(library: Chosen) -> Response:
    """What tracks can be told apart by: concepts, features, tags, and columns of a table."""
    return json_answer({"columns": _items(library.collection)})


@router.get("/columns/{column}", response_model=ColumnAnswer)
def column(library: Chosen, column: str) -> Response:
    """One of them, of all tracks: of a concept, the share of the library that has less of it."""
    collection = library.collection
    if column not in collection.columns or column in _NAMES:
        raise NotFoundError(f"no column tells tracks apart that is called {column!r}")
    item = _item(collection, column)
    values = collection.columns[column]
    told = _texts(values) if item["kind"] == "text" else _numbers(values)
    return json_answer({"generation": collection.generation.folder.name, **item, **told})


@router.post("/selection", response_model=SelectionAnswer)
def selection(
    library: Chosen,
    body: SelectionBody,
    common: Annotated[bool, Parameter(description="Say what they have in common.")] = True,
) -> Response:
    """Some tracks, and what they have in common that the library has not."""
    from specrec.study.heard import common_to, heard_in

    if len(body.track_ids) > _MOST_TRACKS:
        raise QueryError(f"track_ids: at most {_MOST_TRACKS:,}, not {len(body.track_ids):,}")
    collection = library.collection
    rows = np.array([row_of(library, one) for one in body.track_ids], np.int64)
    found = common_to(heard_in(collection), rows, _MOST_COMMON) if common else []
    return json_answer({
        "tracks": [track.to_dict() for track in collection.tracks_at(rows)],
        "common": [vars(item) for item in found],
    })  # fmt: skip


def _items(collection: Collection) -> list[dict[str, Any]]:
    """What tells tracks apart: concepts, features, and then the rest."""
    concepts = {one.column for one in load_vocabulary()} & set(collection.concepts)
    found = [
        _item(collection, name)
        for name in collection.columns
        if name not in _NAMES and (name in concepts or _tells_apart(collection.columns[name]))
    ]
    kinds = ["concept", "feature", "text", "number"]
    return sorted(found, key=lambda item: kinds.index(item["kind"]))


def _item(collection: Collection, column: str) -> dict[str, Any]:
    if column in collection.tracks:
        kind = "number" if _is_number(collection.tracks[column]) else "text"
    else:
        kind = "feature" if column in collection.features else "concept"
    unit = FEATURES[column].unit if column in FEATURES else ""
    return {"column": column, "name": noun(column), "kind": kind, "unit": unit}


def _is_number(values: "pd.Series[Any]") -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _tells_apart(values: "pd.Series[Any]") -> bool:
    """Whether several tracks have one value, and others another."""
    different = values.nunique()
    return bool(different > 1 and (different < values.count() or _is_number(values)))


def _numbers(values: "pd.Series[Any]") -> dict[str, Any]:
    numbers = values.to_numpy(np.float64, na_value=np.nan)
    known = numbers[np.isfinite(numbers)]
    low, high = np.percentile(known, [2, 98]).tolist() if len(known) else (None, None)
    if low == high and len(known):
        low, high = float(known.min()), float(known.max())
    unknown = len(numbers) - len(known)
    text: dict[str, Any] = {"labels": [], "counts": []}
    packing = packed(numbers.astype(np.float32))
    return {"low": low, "high": high, "unknown": unknown, **text, "values": packing}


def _texts(values: "pd.Series[Any]") -> dict[str, Any]:
    texts = values.astype("string")
    counts = texts.value_counts().iloc[:_LABELS]
    codes = np.full(len(texts), 255, np.uint8)
    for code, label in enumerate(counts.index):
        codes[(texts == label).fillna(False).to_numpy(bool)] = code
    return {
        "low": None,
        "high": None,
        "unknown": int(texts.isna().sum()),
        "labels": counts.index.tolist(),
        "counts": counts.tolist(),
        "values": packed(codes),
    }
