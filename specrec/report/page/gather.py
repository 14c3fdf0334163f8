"""Everything on a library's page, section by section; one that fails costs no other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np

from specrec import __version__
from specrec.errors import AudioError, SpecrecError
from specrec.recommend.library import Library
from specrec.report.page.asked import ask
from specrec.report.page.contents import explain_words, list_skipped, summarize
from specrec.report.page.data import Asked, Gallery, LeftOut, Page, Tile
from specrec.report.page.galleries import pick_galleries
from specrec.report.page.measured import check_labels, measure
from specrec.report.page.media import EXCERPT_SECONDS, Medium, make_media

Made = TypeVar("Made")
Progress = Callable[[int, int], None]

MOST_SOUND_BYTES = 2_500_000
"""Of all excerpts together, as they stand in the page; what is beyond is not embedded."""


@dataclass(frozen=True)
class PageSettings:
    """What is asked of a page.

    Attributes:
        queries: Of whose neighbors it tells; empty to choose typical tracks.
        count: How many to choose.
        k: How many neighbors of each.
        sounds: Whether to embed excerpts.
        labels: Columns by which retrieval is measured; empty to choose one.
        command: What asked for the page.
    """

    queries: Sequence[str] = ()
    count: int = 3
    k: int = 5
    sounds: bool = True
    labels: Sequence[str] = ()
    command: str = ""


def gather(library: Library, settings: PageSettings, on_progress: Progress | None = None) -> Page:
    """Gathers a page.

    Args:
        library: The library.
        settings: What is asked.
        on_progress: Called while files are drawn.

    Raises:
        QueryError: If a query that was given fits no track or several.
        CatalogError: If a label that was given is no column.
    """
    check_labels(library, settings.labels)
    queries = [*settings.queries] or _typical(library, settings.count)
    for query in settings.queries:
        library.find(query)
    galleries = attempt("the galleries", lambda: pick_galleries(library))
    asked = attempt("the neighbors", lambda: [ask(library, item, settings.k) for item in queries])
    media, note = _media(_tiles(galleries, asked), settings.sounds, on_progress)
    return Page(
        title=library.folder.resolve().name,
        made=_made(library, settings),
        summary=attempt("the summary", lambda: summarize(library)),
        skipped=attempt("the list of skipped files", lambda: list_skipped(library)),
        map=LeftOut("Not yet."),
        clusters=LeftOut("Not yet."),
        galleries=galleries,
        cues=LeftOut("Not yet."),
        comparison=LeftOut("Not yet."),
        evaluation=attempt("the evaluation", lambda: measure(library, settings.labels)),
        asked=asked,
        glossary=attempt("the glossary", lambda: explain_words(library)),
        media=media,
        media_note=note,
    )


def attempt(what: str, make: Callable[[], Made]) -> Made | LeftOut:
    """A section, or why there is none: whatever goes wrong in it, the others are made."""
    try:
        return make()
    except SpecrecError as error:
        return LeftOut(f"{str(error)[:1].upper()}{str(error)[1:]}.")
    except Exception as error:  # a section is not worth the page
        return LeftOut(f"To make {what} failed: {type(error).__name__}: {error}")


def _typical(library: Library, count: int) -> list[str]:
    """Tracks spread over the library."""
    rows = np.linspace(0, len(library) - 1, min(count, len(library))).round().astype(int)
    return [str(library.tracks["track_id"].iloc[row]) for row in rows]


def _tiles(galleries: list[Gallery] | LeftOut, asked: list[Asked] | LeftOut) -> list[Tile]:
    """All tiles of the page, those of the queries first: sounds are given in this order."""
    tiles: list[Tile] = []
    for item in [] if isinstance(asked, LeftOut) else asked:
        tiles += [item.tile, *(match.tile for match in item.matches)]
    for gallery in [] if isinstance(galleries, LeftOut) else galleries:
        tiles += [tile for _, column in gallery.columns for tile in column]
    return tiles


def _media(
    tiles: Sequence[Tile], sounds: bool, on_progress: Progress | None
) -> tuple[dict[Path, Medium], str]:
    """Pictures and sounds of what is at hand, and a note on what is not."""
    made = make_media([tile.file for tile in tiles], sounds, on_progress)
    media = {path: item for path, item in made.items() if not isinstance(item, AudioError)}
    notes = []
    if len(media) < len(made):
        gone = next(item for item in made.values() if isinstance(item, AudioError))
        notes.append(f"{len(made) - len(media)} of {len(made)} files are not at hand ({gone}).")
    spent = dropped = 0
    for path, item in media.items():
        spent += len(item.sound or "")
        if spent > MOST_SOUND_BYTES:
            media[path] = replace(item, sound=None)
            dropped += 1
    if dropped:
        notes.append(f"{dropped} excerpts are left out, to keep the page small.")
    return media, " ".join(notes)


def _made(library: Library, settings: PageSettings) -> dict[str, str]:
    made = {
        "Command": settings.command,
        "Date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "specrec": __version__,
        "Model": f"{library.manifest['model']['name']}, fingerprint {library.fingerprint}",
        "Library": f"{library.folder}, written {library.manifest['created']}",
        "Pictures": "mel spectrograms of 30 s from the middle of a track: 128 bands from 0 to"
        " 11 kHz, up to 80 dB below the track's maximum",
    }
    if settings.sounds:
        made["Excerpts"] = f"{EXCERPT_SECONDS:g} s from the middle, MP3, mono, 32 kbit/s"
    return {name: text for name, text in made.items() if text}
