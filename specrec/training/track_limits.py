"""From which score on a concept is said of tracks, so that sentences about two of them are true.

Limits are found on views of five seconds, of which there are many, also of rare concepts. But
sentences speak of whole tracks, whose scores are means and lie closer together, so that of the
tracks beyond a limit more are just beyond it; and of two tracks, so that an error in either is
one. So whole tracks raise the limits to where sentences hold.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from specrec.concepts.vocabulary import load_vocabulary
from specrec.descriptors.features import CONCEPTS
from specrec.model.encoder import Encoder
from specrec.model.probe import Probe
from specrec.progress import Progress
from specrec.shapes import Bool, Float, Float32, Float64
from specrec.training.dataset import WindowDataset
from specrec.training.naming import FEWEST_CLAIMS, PRECISION, heard_concepts, threshold
from specrec.training.targets import Outputs, Targets
from specrec.training.views import ask_teachers

_PRECISION = PRECISION**0.5  # of claims about one track; those about two are right if both are
_DRAWS = 100  # of the error in a track


@dataclass(frozen=True, eq=False)
class HeardTracks:
    """What was heard in whole tracks, as means over their windows.

    Attributes:
        pooled: The encoder's feature maps.
        hidden: The teachers' last hidden layers, side by side.
    """

    pooled: Float32[np.ndarray, "tracks channels"]
    hidden: Float32[np.ndarray, "tracks hidden"]


@dataclass(frozen=True, eq=False)
class Told:
    """What is told of concepts in tracks, one column each.

    Attributes:
        names: The concepts.
        said: The scores that the embedding gives.
        taught: The teachers' scores.
        there: Where a teacher hears the concept; see `heard_concepts`.
    """

    names: tuple[str, ...]
    said: Float64[np.ndarray, "tracks concepts"]
    taught: Float[np.ndarray, "tracks concepts"]
    there: Bool[np.ndarray, "tracks concepts"]


@torch.inference_mode()
def hear_whole(
    encoder: Encoder,
    teachers: tuple[Path, Path],
    windows: WindowDataset,
    on_progress: Progress | None = None,
) -> HeardTracks:
    """Lets an encoder and the teachers hear windows of tracks.

    Args:
        encoder: The encoder, in evaluation mode.
        teachers: The files of mn04 and of musicnn.
        windows: The windows of each track.
        on_progress: Called with the number of tracks heard and of all tracks.

    Raises:
        ModelError: If a teacher's weights can't be read.
    """
    pooled, hidden = [], []
    for row in range(len(windows)):
        views, rate = windows[row][0], encoder.front_end.sample_rate
        pooled.append(encoder.pool(views).mean(dim=0).cpu())
        hidden.append(ask_teachers(teachers, views, rate).mean(dim=0))
        if on_progress:
            on_progress(row + 1, len(windows))
    return HeardTracks(torch.stack(pooled).numpy(), torch.stack(hidden).numpy())


@torch.inference_mode()
def tell(
    probe: Probe, encoder: Encoder, outputs: Outputs, targets: Targets, heard: HeardTracks
) -> Told:
    """Reads what a model and the teachers say of the concepts in tracks.

    Args:
        probe: The model's probe, which reads all concepts that the teachers name.
        encoder: The model's encoder.
        outputs: The teachers' outputs.
        targets: The concepts' scores, not whitened.
        heard: What was heard in the tracks.
    """
    by_column = {concept.column: concept for concept in load_vocabulary()}
    center, pooled = encoder.center, torch.from_numpy(heard.pooled)
    embeddings = (encoder.head(pooled.to(center.device)) - center).cpu().double().numpy()
    said = [probe.scaled(embeddings, name)[:, 0] for name in targets.names]
    taught = targets.of(heard.hidden)
    concepts = [by_column[name] for name in targets.names]
    there, _ = heard_concepts(concepts, outputs, heard.hidden, taught)
    return Told(targets.names, np.stack(said, axis=1), taught, there)


def with_track_limits(probe: Probe, trained: Told, unheard: Told) -> Probe:
    """Raises the limits from which on concepts are there to where they hold of whole tracks.

    Nothing else changes: what is said not to be there is nowhere to be heard in whole tracks too.

    A limit that fewer than `FEWEST_CLAIMS` tracks reach stays as views have it: so few can't tell.

    Scores of tracks that the network was trained on are closer to the teachers' than those of any
    others. So errors are drawn and added to them, until theirs vary as much as those of tracks
    that it has not heard.

    Args:
        probe: A probe with limits from views.
        trained: What is told of tracks that the network was trained on.
        unheard: What is told of tracks that it has not heard.
    """
    missed, unseen = trained.said - trained.taught, unheard.said - unheard.taught
    error = np.sqrt(np.maximum(unseen.var(axis=0) - missed.var(axis=0), 0.0))
    rng = np.random.default_rng(0)
    told = np.concatenate([trained.said, unheard.said])
    said = np.repeat(told, _DRAWS, axis=0)
    there = np.repeat(np.concatenate([trained.there, unheard.there]), _DRAWS, axis=0)
    drawn = len(trained.said) * _DRAWS
    said[:drawn] += error * rng.normal(size=(drawn, len(error)))
    features = []
    for item in probe.features:
        name = item.feature.name
        if name in trained.names and item.present is not None and CONCEPTS[name].kind != "amount":
            place = trained.names.index(name)
            if (told[:, place] >= item.present).sum() >= FEWEST_CLAIMS:
                limit = raised_limit(item.present, said[:, place], there[:, place], _PRECISION)
                item = replace(item, present=limit)
        features.append(item)
    return replace(probe, features=tuple(features))


def raised_limit(
    limit: float,
    scores: Float[np.ndarray, " n"],
    truth: Bool[np.ndarray, " n"],
    precision: float,
) -> float:
    """The lowest score, from a limit on, from which on claims are right that often.

    Where there is none, it is just above all of the scores.
    """
    reached = scores >= limit
    found = threshold(scores[reached], truth[reached], precision, fewest=1)
    return float(np.nextafter(scores.max(), np.inf)) if found is None else found
