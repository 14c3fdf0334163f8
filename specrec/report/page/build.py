"""Builds a page section by section; one that fails costs no other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np

from specrec import __version__
from specrec.catalog.tables import is_table
from specrec.errors import SpecrecError
from specrec.recommend.by_features.recommender import FeatureRecommender
from specrec.recommend.library import Library
from specrec.report.page.contents import (
    explain_words,
    list_skipped,
    summarize,
    summarize_table,
)
from specrec.report.page.data import Clusters, Gallery, Map, Page, QueryCard, Tile, Unavailable
from specrec.report.page.galleries import pick_galleries
from specrec.report.page.measured import (
    check_labels,
    compare_recommenders,
    measure_retrieval,
    visual_cues,
)
from specrec.report.page.media import EXCERPT_SECONDS, collect_media
from specrec.report.page.neighbors import query_card, query_card_of_table
from specrec.report.page.overview import describe_clusters, draw_map
from specrec.report.page.tracks import TrackList
from specrec.report.progress import progress_bar
from specrec.study.clusters import Clustering, find_clusters
from specrec.study.dataset import Dataset, of_library, of_table
from specrec.study.projection import project

Made = TypeVar("Made")
_NO_AUDIO = "A table of features has no sound"


@dataclass(frozen=True)
class PageSettings:
    """What the page of a library or table shows.

    Attributes:
        queries: Queries whose neighbors are shown; empty to choose typical tracks.
        count: How many typical tracks to choose.
        k: How many neighbors of each query.
        sounds: Whether to embed excerpts to listen to.
        labels: Columns by which retrieval is measured; empty to choose one.
        command: The command that the page was made with, which it shows.
    """

    queries: Sequence[str] = ()
    count: int = 3
    k: int = 5
    sounds: bool = True
    labels: Sequence[str] = ()
    command: str = ""


def build_page(source: Path, settings: PageSettings) -> Page:
    """Builds the page of a library, or of a table of features.

    Raises:
        LibraryError: If there is no library, or it is damaged.
        CatalogError: If the table can't be read, or a label that was given is no column.
        QueryError: If a query that was given fits no track or several.
    """
    return _of_table(source, settings) if is_table(source) else _of_library(source, settings)


def make_section(what: str, make: Callable[[], Made]) -> Made | Unavailable:
    """Makes a section, or says why there is none: whatever goes wrong, the others are made."""
    try:
        return make()
    except SpecrecError as error:
        return Unavailable(f"{str(error)[:1].upper()}{str(error)[1:]}.")
    except Exception as error:  # no section is worth the page
        return Unavailable(f"{what} failed: {type(error).__name__}: {error}.")


def _of_library(folder: Path, settings: PageSettings) -> Page:
    library = Library.open(folder)
    collection = library.collection
    check_labels(collection, settings.labels)
    for query in settings.queries:
        library.resolve(query)
    track_list = TrackList.of_library(collection)
    page = _shared_sections(
        "Music library",
        track_list,
        lambda: of_library(collection),
        lambda query: query_card(library, track_list, query, settings.k),
        settings,
    )
    with progress_bar("visual cues") as on_progress:
        cues = make_section(
            "The study of visual cues", lambda: visual_cues(collection, on_progress)
        )
    with progress_bar("comparing") as on_progress:
        comparison = make_section(
            "The comparison", lambda: compare_recommenders(collection, on_progress)
        )
    manifest = collection.generation.manifest
    model = f"{manifest['model']['name']}, fingerprint {collection.generation.fingerprint}"
    return replace(
        page,
        made=page.made | {"Model": model, "Library": f"{folder}, written {manifest['created']}"},
        summary=make_section("The summary", lambda: summarize(collection)),
        skipped=make_section("The list of skipped files", lambda: list_skipped(collection)),
        cues=cues,
        comparison=comparison,
        evaluation=make_section(
            "The evaluation", lambda: measure_retrieval(collection, settings.labels)
        ),
    )


def _of_table(path: Path, settings: PageSettings) -> Page:
    recommender = FeatureRecommender.from_table(path)
    for query in settings.queries:
        recommender.resolve(query)
    track_list = TrackList.of_table(path, recommender)
    page = _shared_sections(
        "Table of features",
        track_list,
        lambda: of_table(path),
        lambda query: query_card_of_table(recommender, track_list, query, settings.k),
        settings,
    )
    summary = make_section("The summary", lambda: summarize_table(recommender))
    return replace(page, made=page.made | {"Table": str(path)}, summary=summary)


def _shared_sections(
    kind: str,
    track_list: TrackList,
    take: Callable[[], Dataset],
    card: Callable[[str], QueryCard],
    settings: PageSettings,
) -> Page:
    """The sections that a library and a table have in common; the others need audio."""
    clustering, map_, clusters = _overview(track_list, take)
    ids = [str(track_list.tracks["track_id"].iloc[row]) for row in _typical(clustering, track_list)]
    chosen = [*settings.queries] or ids[: settings.count]
    galleries = make_section("The gallery", lambda: pick_galleries(track_list))
    cards = make_section("The search for neighbors", lambda: [card(query) for query in chosen])
    with progress_bar("drawing") as on_progress:
        media, note = collect_media(_files(galleries, cards), settings.sounds, on_progress)
    return Page(
        title=track_list.name,
        kind=kind,
        made=_made(settings),
        summary=Unavailable("There is no summary."),
        skipped=Unavailable("A table of features skips no files."),
        map=map_,
        clusters=clusters,
        galleries=galleries,
        cues=Unavailable(f"{_NO_AUDIO} to look at."),
        queries=cards,
        comparison=Unavailable(f"{_NO_AUDIO} to compare with."),
        evaluation=Unavailable(f"{_NO_AUDIO} whose neighbors could be measured."),
        glossary=make_section("The glossary", lambda: explain_words(track_list.stats)),
        media=media,
        media_note=note,
    )


def _overview(
    track_list: TrackList, take: Callable[[], Dataset]
) -> tuple[Clustering | None, Map | Unavailable, Clusters | Unavailable]:
    dataset = make_section("The map", take)
    if isinstance(dataset, Unavailable):
        return None, dataset, dataset
    with progress_bar("clustering") as on_progress:
        found = make_section("Clustering", lambda: find_clusters(dataset, on_progress=on_progress))
    clustering = None if isinstance(found, Unavailable) else found
    map_ = make_section(
        "The map", lambda: draw_map(track_list, dataset, project(dataset), clustering)
    )
    if isinstance(found, Unavailable):
        return None, map_, found
    return (
        found,
        map_,
        make_section("Clusters", lambda: describe_clusters(track_list, dataset, found)),
    )


def _typical(clustering: Clustering | None, track_list: TrackList) -> Sequence[int]:
    """Rows of the most typical track of each cluster; without clusters, spread over the tracks."""
    if clustering is None:
        spread = np.linspace(0, len(track_list.tracks) - 1, min(20, len(track_list.tracks)))
        return [int(row) for row in spread.round()]
    deep = max(len(item.typical) for item in clustering.clusters)
    return [
        item.typical[place]
        for place in range(deep)
        for item in clustering.clusters
        if place < len(item.typical)
    ]


def _files(
    galleries: list[Gallery] | Unavailable, cards: list[QueryCard] | Unavailable
) -> list[Path]:
    """What is shown, the queries first: sounds are given in this order."""
    tiles: list[Tile] = []
    for item in [] if isinstance(cards, Unavailable) else cards:
        tiles += [item.tile, *(match.tile for match in item.matches)]
    for gallery in [] if isinstance(galleries, Unavailable) else galleries:
        tiles += [tile for _, column in gallery.columns for tile in column]
    return [tile.file for tile in tiles if tile.file is not None]


def _made(settings: PageSettings) -> dict[str, str]:
    made = {
        "Command": settings.command,
        "Date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "specrec": __version__,
    }
    if settings.sounds:
        made["Excerpts"] = f"{EXCERPT_SECONDS:g} s from the middle of a track, MP3, mono, 32 kbit/s"
    return {name: text for name, text in made.items() if text}
