"""The two ways to adapt a model, how their gain is measured, and how the model is written."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from specrec.audio.streaming import WindowPlan
from specrec.catalog.catalog import Catalog
from specrec.catalog.splits import tied_groups
from specrec.config import FrontEnd
from specrec.model.encoder import Encoder
from specrec.model.model import Model, save_model
from specrec.model.probe import PROBE_FILE, Probe, save_probe
from specrec.shapes import Bool, Float64, Int
from specrec.training.adapt_network import Schooling, train_on
from specrec.training.cache import AudioCache
from specrec.training.dataset import WindowDataset
from specrec.training.gain import Gain, Trial, agreement, retrieval, truth_of_names
from specrec.training.hearing import WINDOWS, Heard
from specrec.training.postprocess import pool_tracks
from specrec.training.refit import Head, Lesson, carried_over, refit

GROUP_BY = ("artist", "album")


@dataclass(frozen=True, eq=False)
class Music:
    """A library's tracks and what was heard in them.

    Attributes:
        heard: What model and tagger heard.
        tracks: One row per track, in the order of `heard.content_ids`.
    """

    heard: Heard
    tracks: pd.DataFrame

    @cached_property
    def groups(self) -> Int[np.ndarray, " tracks"]:
        """The number of each track's group: what shares an artist or an album."""
        columns = [name for name in GROUP_BY if name in self.tracks]
        return np.asarray(tied_groups(self.tracks, columns))


@dataclass(frozen=True, eq=False)
class Adapted:
    """An adapted encoder.

    Attributes:
        encoder: The encoder, in evaluation mode.
        embeddings: Its embeddings of all tracks that were heard.
        moved: How far its center was moved, by which scores read from an embedding must be shifted.
    """

    encoder: Encoder
    embeddings: Float64[np.ndarray, "tracks dim"]
    moved: Float64[np.ndarray, " dim"]


Method = Callable[[Bool[np.ndarray, " tracks"]], Adapted]
"""Adapts a model to those of the tracks for which it is true."""


def closed_form(
    base: Model,
    lesson: Lesson,
    music: Music,
    labels: Sequence[str],
    strength: float,
    learned: Bool[np.ndarray, " tracks"],
) -> Adapted:
    """Refits the head, and goes a share of the way to what was fitted."""
    head = Head.of(base.encoder).toward(_refitted(base, lesson, music, learned), strength)
    embeddings = music.heard.tracks(head.embed(music.heard.pooled))
    return _centered(head.given_to(base.encoder), embeddings, music, labels, learned)


def network(
    base: Model,
    lesson: Lesson,
    music: Music,
    labels: Sequence[str],
    school: Schooling,
    learned: Bool[np.ndarray, " tracks"],
) -> Adapted:
    """Refits the head, then trains the whole network on."""
    start = _refitted(base, lesson, music, learned)
    encoder = train_on(base.encoder, start, lesson, school, learned)
    windows = WindowDataset(school.cache, music.tracks, None, encoder.front_end, WINDOWS)
    pooled = pool_tracks(encoder, windows).numpy().astype(np.float64)
    return _centered(encoder, Head.of(encoder).embed(pooled), music, labels, learned)


def open_school(
    root: Path, tracks: pd.DataFrame, front_end: FrontEnd, package: Path, passes: int, folder: Path
) -> Schooling:
    """Decodes windows of the tracks, from which views are cut."""
    plan = WindowPlan(front_end.sample_rate, front_end.window_seconds, WINDOWS)
    cache = AudioCache(folder, front_end.sample_rate, plan)
    cache.fill(Catalog(root, tracks, tracks.iloc[:0], [], 0, None, None, {}))
    return Schooling(cache, tracks, package, passes)


def measure_gains(
    base: Model,
    lesson: Lesson,
    music: Music,
    folds: Sequence[tuple[Bool[np.ndarray, " tracks"], Bool[np.ndarray, " tracks"]]],
    method: Method,
    labels: Sequence[str],
) -> list[Gain]:
    """Adapts without some tracks, and measures on those; of each fold, what is learned and not.

    Args:
        base: The model before.
        lesson: What it is taught.
        music: The tracks.
        folds: Which tracks are learned, and which are kept out, as often as it is tried.
        method: How the model is adapted.
        labels: Columns by which retrieval and names are measured, besides the artist.
    """
    heard, tracks, groups = music.heard, music.tracks, music.groups
    before = heard.tracks(Head.of(base.encoder).embed(heard.pooled))
    said, taught = lesson.said(before), heard.tracks(lesson.taught(heard.hidden))
    trials = []
    for learned, held_out in folds:
        made = method(learned)
        said_now = lesson.said(made.embeddings + made.moved)
        trials.append(Trial(held_out, made.embeddings, said_now))
    found = [agreement(said, trials, taught, groups)]
    found += _retrieved(labels, tracks, before, trials, groups)
    found += [
        g
        for name in labels
        if (g := truth_of_names(name, tracks, lesson.names, said, trials, groups))
    ]
    return found


def write_adapted(
    base: Model, probe: Probe, music: Music, made: Adapted, card: dict[str, Any], folder: Path
) -> Path:
    """Writes an adapted model.

    Args:
        base: The model before.
        probe: Its probe.
        music: The tracks to which it was adapted.
        made: The adapted encoder.
        card: What its card says, as arguments of `save_model`.
        folder: Where to write it.
    """
    written = save_model(made.encoder, folder, **card)
    before = music.heard.tracks(Head.of(base.encoder).embed(music.heard.pooled))
    after, groups = made.embeddings + made.moved, music.groups
    carried = carried_over(probe, before, after, groups, written.fingerprint)
    bias = carried.bias + carried.weight @ made.moved.astype(np.float32)
    save_probe(replace(carried, bias=bias), folder / PROBE_FILE)
    return folder


def _refitted(
    base: Model, lesson: Lesson, music: Music, learned: Bool[np.ndarray, " tracks"]
) -> Head:
    heard, some = music.heard, learned[music.heard.rows]
    groups = music.groups[heard.rows][some]
    return refit(Head.of(base.encoder), lesson, heard.pooled[some], heard.hidden[some], groups)


def _centered(
    encoder: Encoder,
    embeddings: Float64[np.ndarray, "tracks dim"],
    music: Music,
    labels: Sequence[str],
    learned: Bool[np.ndarray, " tracks"],
) -> Adapted:
    """Moves the center to the mean of the learned tracks, if they find each other better around it.

    That helps where kinds of music are in balance, and harms where one prevails: so what shares an
    artist, or a label that the user named, decides.
    """
    still = Adapted(encoder, embeddings, np.zeros(embeddings.shape[1]))
    own, tracks, groups = embeddings[learned], music.tracks[learned], music.groups[learned]
    mean = own.mean(axis=0)
    around = Trial(np.ones(len(own), dtype=bool), own - mean, own)
    gains = _retrieved(labels, tracks.reset_index(drop=True), own, [around], groups)
    if not any(gain.is_better for gain in gains) or any(gain.is_worse for gain in gains):
        return still
    moved = copy.deepcopy(encoder)
    moved.center += torch.from_numpy(mean).to(moved.center)
    return Adapted(moved, embeddings - mean, mean)


def _retrieved(
    labels: Sequence[str],
    tracks: pd.DataFrame,
    before: Float64[np.ndarray, "tracks dim"],
    trials: Sequence[Trial],
    groups: Int[np.ndarray, " tracks"],
) -> list[Gain]:
    """Retrieval by artist and by further labels, as far as there is something to find."""
    known = [name for name in dict.fromkeys(("artist", *labels)) if name in tracks]
    return [g for name in known if (g := retrieval(name, tracks, before, trials, groups))]
