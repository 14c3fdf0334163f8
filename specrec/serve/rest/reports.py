"""What a report says of a library: what is in it, its model, what changed, and measurements."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from fastapi import Query as Parameter

from specrec.index.changes import last_changes
from specrec.progress import Progress
from specrec.recommend.collection import Collection
from specrec.recommend.library import Library
from specrec.recommend.results import Track, track_of_row
from specrec.serve.asked import Chosen, Studied
from specrec.serve.problems import without_paths
from specrec.serve.rest.answers import document, json_answer
from specrec.serve.rest.documents import Answer, Document
from specrec.serve.rest.studies import COMPUTING, answer_of

router = APIRouter(tags=["libraries"])

Section = Literal["galleries", "evaluation", "comparison", "cues", "glossary"]


class Figure(Document):
    """A number that matters."""

    value: str
    """The number as text."""
    name: str
    """What it counts."""
    remark: str
    """What else is to say; may be empty."""


class SkippedKind(Document):
    """Files that were left out for one reason."""

    reason: str
    """The reason's code."""
    meaning: str
    """The reason in words."""
    remedy: str
    """What to do about it."""
    count: int
    """How many files."""


class SummaryAnswer(Answer):
    """What a library holds, in words."""

    figures: list[Figure]
    """The numbers that matter most."""
    facts: dict[str, str]
    """Further facts by name."""
    skipped: list[SkippedKind]
    """Why files were left out, the most frequent reason first."""


class ModelFigure(Document):
    """How good a model is in one respect."""

    name: str
    """What was measured, in words."""
    value: float
    """The figure."""
    low: float | None
    """Lower end of its 95 % bootstrap interval; null where the card has none."""
    high: float | None
    """Upper end of it."""


class NamedConcept(Document):
    """A concept or feature that a model tells by an embedding."""

    name: str
    """Its name."""
    family: str
    """`voice`, `instruments`, `style`, `mood`, `rhythm`, `timbre`, `setting`, or `measured`."""
    auc: float | None
    """How well it tells tracks that have much of it from others: 0.5 by chance, 1 always."""
    r2: float
    """Share of the variance that it predicts, on tracks it did not hear in training."""
    r2_low: float
    """Lower end of its 95 % bootstrap interval."""
    r2_high: float
    """Upper end of it."""
    said: bool
    """Whether it is told well enough to be named in reasons."""
    tracks: int | None
    """How many tracks of this library surely have it; null if that is not told."""


class ModelAnswer(Answer):
    """The model that embedded a library, from its card."""

    name: str
    """Its name."""
    fingerprint: str
    """Its fingerprint."""
    created: str | None
    """When it was made; null, as what else is of the card, if the model is gone."""
    license: str | None
    """The license of its weights."""
    window_seconds: float
    """How many seconds it hears at a time."""
    dimensions: int
    """How many numbers it makes of them."""
    training: list[str]
    """What it was trained on, in sentences."""
    protocol: str | None
    """On what its figures were measured."""
    figures: list[ModelFigure]
    """Its figures."""
    concepts: list[NamedConcept]
    """What it names, the best told first."""


class Changed(Document):
    """Tracks that changed in one way."""

    total: int
    """How many."""
    tracks: list[Track]
    """The first of them."""


class RefusedFile(Document):
    """A file that was left out."""

    path: str
    """Its path in the folder of music."""
    reason: str
    """The reason's code."""
    detail: str
    """What was found."""


class ChangesAnswer(Answer):
    """How a library differs from its state before."""

    now: str
    """When this state was written, in UTC."""
    since: str | None
    """When the state before was written; null if there is none, and nothing to compare with."""
    added: Changed
    """Tracks that are new."""
    gone: Changed
    """Tracks that are in the library no more."""
    renewed: Changed
    """Tracks whose file has other bytes, such as other tags."""
    refused: list[RefusedFile]
    """The first of the files that were left out and had not been before."""


class ReportTable(Document):
    """A table as `specrec report` has it."""

    title: str
    """What it shows."""
    header: list[str]
    """Names of its columns."""
    rows: list[list[str]]
    """The cells."""
    note: str
    """What follows it."""
    text_columns: int
    """How many columns from the left hold text."""
    bold: list[int]
    """Places of the rows that stand out."""


class GalleryTrack(Document):
    """A track in a gallery."""

    track: Track
    """The track."""
    note: str
    """What is said of it there."""


class GalleryColumn(Document):
    """One side of a gallery."""

    heading: str
    """What the tracks have in common; empty if the gallery has one side."""
    tracks: list[GalleryTrack]
    """The tracks."""


class GalleryItem(Document):
    """Tracks beside each other, or low against high."""

    title: str
    """What it shows."""
    note: str
    """How the tracks were picked."""
    columns: list[GalleryColumn]
    """Its sides."""


class ReportAnswer(Answer):
    """A section of the report."""

    reason: str | None
    """Why there is none; else null."""
    tables: list[ReportTable]
    """Its tables."""
    galleries: list[GalleryItem]
    """Its galleries."""


@router.get("/summary", response_model=SummaryAnswer)
def summary(library: Chosen) -> Response:
    """Says in words what a library holds, and why files were left out."""
    from specrec.report.page.contents import list_skipped, summarize

    found = summarize(library.collection)
    names = "value", "name", "remark"
    return json_answer({
        "figures": [dict(zip(names, figure, strict=True)) for figure in found.figures],
        "facts": {name: without_paths(fact) for name, fact in found.facts.items()},
        "skipped": [
            {"reason": item.reason, "meaning": item.meaning, "remedy": item.remedy,
             "count": item.count}
            for item in list_skipped(library.collection)
        ],
    })  # fmt: skip


@router.get("/model", response_model=ModelAnswer)
def model(library: Chosen) -> Response:
    """Says what is known of the model: what it was trained on, how good it is, what it names."""
    from specrec.report.models import model_content

    return json_answer(model_content(library.collection))


@router.get("/changes", response_model=ChangesAnswer)
def changes(
    library: Chosen,
    limit: Annotated[int, Parameter(ge=0, le=1000, description="The most of each kind.")] = 50,
) -> Response:
    """Says what the last index run, or the last removal, changed."""
    generation = library.collection.generation
    found = last_changes(library.collection.folder, generation)
    parts = {} if found is None else vars(found)

    def tracks(name: str) -> dict[str, Any]:
        rows = parts.get(name, generation.tracks[:0])
        shown = [track_of_row(row).to_dict() for _, row in rows[:limit].iterrows()]
        return {"total": len(rows), "tracks": shown}

    refused = parts.get("refused", generation.skipped[:0])[:limit]
    return json_answer(
        {
            "now": generation.manifest["created"],
            "since": parts.get("since"),
            **{name: tracks(name) for name in ("added", "gone", "renewed")},
            "refused": [
                {"path": row.path, "reason": row.reason, "detail": without_paths(row.detail)}
                for row in refused.itertuples()
            ],
        }
    )


@router.get("/report/{section}", response_model=ReportAnswer, responses=COMPUTING)
def report(library: Chosen, studies: Studied, section: Section) -> Response:
    """A section of what `specrec report` shows, computed when it is asked for."""
    key = "report", section
    return answer_of(studies.study(library.collection, key, _section(library, section)), document)


def _section(library: Library, section: Section) -> Callable[[Progress], dict[str, Any]]:
    def compute(on_progress: Progress) -> dict[str, Any]:
        from specrec.report.page import contents, galleries, measured
        from specrec.report.page.build import make_section
        from specrec.report.page.data import Unavailable
        from specrec.report.page.tracks import TrackList

        collection: Collection = library.collection
        make: dict[str, Callable[[], Any]] = {
            "galleries": lambda: galleries.pick_galleries(TrackList.of_library(collection)),
            "evaluation": lambda: measured.measure_retrieval(collection, ()),
            "comparison": lambda: measured.compare_recommenders(collection, on_progress),
            "cues": lambda: [measured.visual_cues(collection, on_progress)],
            "glossary": lambda: [contents.explain_words(collection.stats)],
        }
        found = make_section("This part", make[section])
        content: dict[str, Any] = {"reason": None, "tables": [], "galleries": []}
        if isinstance(found, Unavailable):
            command = f" To have it: {found.command}" if found.command else ""
            content["reason"] = without_paths(found.reason + command)
        elif section == "galleries":
            content["galleries"] = [_gallery(item) for item in found]
        else:
            content["tables"] = [asdict(item) | {"bold": [*item.bold]} for item in found]
        return content

    return compute


def _gallery(item: Any) -> dict[str, Any]:
    return {
        "title": item.title,
        "note": item.note,
        "columns": [
            {
                "heading": heading,
                "tracks": [{"track": tile.track.to_dict(), "note": tile.note} for tile in tiles],
            }
            for heading, tiles in item.columns
        ],
    }
