"""Adapts a model to the music of a library, without labels.

The tagger musicnn hears windows of the library's tracks, and the model learns what it hears
otherwise: its head in closed form, or the whole network by training. First a fifth of the tracks,
whole artists and albums, is kept out, and on it the model is measured before and after; of the
closed form, each fifth in turn. Only if it is better is the model adapted to all tracks, and the
library embedded with it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from specrec.config import IndexConfig
from specrec.errors import CatalogError, LibraryError, ModelError
from specrec.index.adapted import ADAPTED_FROM, adapted_folder
from specrec.index.build import BuildReport, build_library
from specrec.model.card import read_card
from specrec.model.model import Model, load_model
from specrec.model.probe_fit import group_folds
from specrec.model.registry import find_model, models_folder
from specrec.printing import counted
from specrec.progress import Progress
from specrec.recommend.collection import Collection
from specrec.training.adapt_methods import (
    Adapted,
    Method,
    Music,
    closed_form,
    measure_gains,
    network,
    open_school,
    write_adapted,
)
from specrec.training.concept_map import load_concept_map
from specrec.training.distillation_data import musicnn_package
from specrec.training.gain import Gain
from specrec.training.hearing import forget, hear_tracks
from specrec.training.musicnn import load_musicnn
from specrec.training.refit import Lesson
from specrec.writing import storing

FEWEST_TRACKS = 50
"""A library with fewer tracks is not adapted to: what is measured on a fifth would be chance."""

MOST_TRACKS = 1500
"""Of a larger library so many tracks are drawn; more would change little and take long."""

STRENGTHS = (1.0, 0.5, 0.25)
"""How far the head is moved toward what was fitted: the first by which nothing is worse."""

TEACHER = "MSD_musicnn (musicnn 0.1.0)"
_WORK = "adapting"  # what was heard, until the run is done


@dataclass(frozen=True)
class Adaptation:
    """What came of an adaptation.

    Attributes:
        model: The folder of the adapted model.
        adapted_from: The name of the model that it was made of, and its fingerprint.
        tracks: Number of tracks that were heard.
        gone: Number of the library's tracks whose files are not there.
        unreadable: Number of tracks whose files could not be read.
        gains: What was measured on held-out tracks.
        report: What the index run did; None if the library was left as it is.
    """

    model: Path
    adapted_from: str
    tracks: int
    gone: int
    unreadable: int
    gains: tuple[Gain, ...]
    report: BuildReport | None = field(repr=False)


@dataclass(frozen=True)
class Shown:
    """Whom to tell how far an adaptation is; see `specrec.index.build.build_library`.

    Attributes:
        on_hear: Called while model and tagger hear the tracks.
        on_store: Called while views are stored for a network to be trained on.
        on_scan: Called while the library's files are looked through.
        on_embed: Called while the library is embedded.
        on_measure: Called while tracks are measured.
    """

    on_hear: Progress | None = None
    on_store: Progress | None = None
    on_scan: Progress | None = None
    on_embed: Progress | None = None
    on_measure: Progress | None = None


def adapt_library(
    library: Path,
    labels: Sequence[str] = (),
    passes: int = 0,
    musicnn: Path | None = None,
    output: Path | None = None,
    device: str = "auto",
    workers: int = 0,
    shown: Shown = Shown(),
) -> Adaptation:
    """Adapts the model of a library to its music, and embeds the library with the result.

    An interrupted run goes on where it was. If the model has been adapted before, the one that it
    was made of is adapted anew.

    Args:
        library: The folder of the library.
        labels: Further columns by which retrieval, and the names of concepts, are measured.
        passes: How often the whole network passes over altered views of the tracks; 0 to refit
            its head only, in closed form.
        musicnn: The package musicnn 0.1.0; None to download it, once for all libraries.
        output: Where to write the model; None to write it into the library and to embed the library
            with it.
        device: The device on which the model computes: auto, cpu or cuda.
        workers: Number of processes that decode; 0 for one per core.
        shown: Whom to tell how far it is.

    Raises:
        LibraryError: If there is no library, or it has too few tracks whose files are there.
        CatalogError: If a column is missing.
        ModelError: If the model's coordinates have no names, it would not be better than before, or
            musicnn can't be had.
        StorageError: If something can't be written.
    """
    collection = Collection.open(library)
    for name in labels:
        if name not in collection.tracks:
            raise CatalogError(f"{library}: no column {name}")
    base = load_model(_base_of(collection), device)
    if base.probe is None or not base.probe.coordinates:
        raise ModelError(
            f"the coordinates of {base.name} have no names; only models with names are adapted,"
            " such as specrec-base"
        )
    lesson = Lesson.of(base.probe, load_concept_map())
    chosen, gone = _chosen(collection)
    package = musicnn_package(models_folder()) if musicnn is None else musicnn
    work = library / _WORK / base.fingerprint
    files = {name: collection.audio_root / path for name, path in chosen.items()}
    heard = hear_tracks(base.encoder, load_musicnn(package), files, work, workers, shown.on_hear)
    _require_enough(library, len(heard.content_ids))
    tracks = collection.tracks.drop_duplicates("content_id").set_index("content_id")
    tracks = tracks.loc[list(heard.content_ids)].reset_index()
    music = Music(heard, tracks)
    folds = list(group_folds(music.groups))
    ways: dict[str, Method] = {
        f"head, {strength:.0%}": partial(closed_form, base, lesson, music, labels, strength)
        for strength in STRENGTHS
    }
    if passes:
        school = open_school(collection.audio_root, tracks, base.front_end, package, passes, work)
        school = replace(school, device=device, on_store=shown.on_store)
        way = f"network, {counted(passes, 'pass', 'passes')}"
        ways, folds = {way: partial(network, base, lesson, music, labels, school)}, folds[:1]
    tried = (
        (way, measure_gains(base, lesson, music, folds, method, labels))
        for way, method in ways.items()
    )
    try:
        way, gains = _first_better(tried)
    except ModelError:
        forget(work.parent)
        raise
    made = ways[way](np.ones(len(tracks), dtype=bool))
    card = _card(base, music, made, way, gains)
    folder = write_adapted(base, base.probe, music, made, card, output or work / "model")
    report = None
    if output is None:
        folder = _put_in_place(folder, library)
        report = _embed(collection, base.folder, shown, adapted=True)
    forget(work.parent)
    name = f"{base.name} ({base.fingerprint})"
    unreadable = len(files) - len(tracks)
    return Adaptation(folder, name, len(tracks), gone, unreadable, tuple(gains), report)


def undo_adaptation(library: Path, shown: Shown = Shown()) -> BuildReport:
    """Embeds a library again with the model that its adapted one was made of, and removes that.

    What is stored of the state before is used: directly after an adaptation, nothing is embedded.

    Raises:
        LibraryError: If there is no library, or its model has not been adapted.
        ModelError: If the model before is gone.
    """
    collection, folder = Collection.open(library), adapted_folder(library)
    if not folder.is_dir():
        raise LibraryError(f"{library}: nothing to undo, its model has not been adapted")
    is_used = collection.generation.fingerprint == read_card(folder).fingerprint
    before = _made_of(folder) if is_used else collection.model_folder
    report = _embed(collection, before, shown, adapted=False)
    forget(folder)
    return report


def _base_of(collection: Collection) -> Path:
    """The model to adapt: that of the library, or the one that this was made of."""
    folder = collection.model_folder
    return _made_of(folder) if ADAPTED_FROM in read_card(folder).training else folder


def _made_of(folder: Path) -> Path:
    """The folder of the model of which an adapted one was made.

    Raises:
        ModelError: If it is gone.
    """
    made_of = read_card(folder).training[ADAPTED_FROM]
    for place in (made_of["folder"], made_of["name"]):
        try:
            return find_model(place)
        except ModelError as error:
            gone = error
    raise gone


def _chosen(collection: Collection) -> tuple[dict[str, str], int]:
    """The tracks to hear, path by content_id, and the number of those whose files are gone."""
    rows = collection.tracks.drop_duplicates("content_id")
    there = rows[[(collection.audio_root / path).is_file() for path in rows["path"]]]
    _require_enough(collection.folder, len(there))
    drawn = there.sample(min(len(there), MOST_TRACKS), random_state=0)
    return dict(zip(drawn["content_id"], drawn["path"], strict=True)), len(rows) - len(there)


def _require_enough(library: Path, tracks: int) -> None:
    if tracks < FEWEST_TRACKS:
        raise LibraryError(
            f"{library}: {counted(tracks, 'track')} whose audio can be read, and"
            f" {FEWEST_TRACKS} are needed to adapt a model"
        )


def _first_better(tried: Iterable[tuple[str, list[Gain]]]) -> tuple[str, list[Gain]]:
    """The first way by which the model is better, with what it gains.

    Raises:
        ModelError: If none is.
    """
    for way, gains in tried:
        if _is_better(gains):
            return way, gains
    figures = "; ".join(map(_in_words, gains))
    raise ModelError(f"not better, so nothing was changed: {figures}")


def _is_better(gains: Sequence[Gain]) -> bool:
    """Whether the model hears more of what the tagger hears, and nothing has become worse."""
    return gains[0].is_better and not any(gain.is_worse for gain in gains)


def _in_words(gain: Gain) -> str:
    low, high = gain.difference.low, gain.difference.high
    return f"{gain.name} {gain.before:.3f} to {gain.after:.3f} ({low:+.3f} to {high:+.3f})"


def _card(
    base: Model, music: Music, made: Adapted, way: str, gains: Sequence[Gain]
) -> dict[str, Any]:
    """What the card of an adapted model says, as arguments of `save_model`."""
    made_of = {
        "name": base.name,
        "fingerprint": base.fingerprint,
        "folder": str(base.folder.resolve()),
    }
    training = {
        ADAPTED_FROM: made_of,
        "tracks": len(music.tracks),
        "windows": len(music.heard.rows),
        "teachers": [TEACHER],
        "changed": way,
        "center": "the mean of these tracks" if made.moved.any() else f"that of {base.name}",
    }
    return {
        "name": f"{base.name}, adapted",
        "license": base.card.license,
        "training": training,
        "figures": {gain.name: gain.to_dict() for gain in gains},
    }


def _put_in_place(made: Path, library: Path) -> Path:
    """Moves an adapted model to where index runs look for it, in place of an earlier one."""
    place = adapted_folder(library)
    with storing(place):
        if place.exists():
            old = made.with_name("before")
            place.rename(old)
        made.rename(place)
    return place


def _embed(collection: Collection, base: Path, shown: Shown, adapted: bool) -> BuildReport:
    """Repeats the last index run with the model adapted from this one, or with this one."""
    settings = collection.generation.manifest.get("settings", {})
    last = {"audio": str(collection.audio_root)} | settings
    last |= {"library": str(collection.folder), "model": str(base)}
    steps = (shown.on_scan, shown.on_embed, shown.on_measure)
    return build_library(IndexConfig(**last), *steps, adapted=adapted)
