"""Names the coordinates of an embedding, in closed form, and measures how true the names are.

A trained backbone is given a linear head whose coordinates are concepts: ridge regressions of the
teachers' scores of concepts, and of measured features that an embedding can tell, partially
whitened together so that what goes together counts once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from specrec.concepts.vocabulary import Concept, Sources
from specrec.descriptors.features import CONCEPTS, PROPERTIES
from specrec.metrics import roc_auc
from specrec.model.encoder import Encoder
from specrec.model.probe import Probe, ProbedFeature
from specrec.model.probe_fit import conformal_width, measure, ridge
from specrec.shapes import Bool, Float, Float64, Int
from specrec.training.targets import Outputs, power_of

PRECISION = 0.85
"""Share of the claims that a concept is there in which the teachers agree, at the least.

So it must be of views of five seconds, and of pairs of tracks (`track_limits`).
"""

ABSENCE_PRECISION = 0.97
"""The same of claims that it is not there, which nearly always are right by chance."""

HEARD = {"audioset": 0.02, "musicnn": 0.06}
"""Probability from which on a teacher is taken to hear one of its classes or tags.

It is low because taggers of many classes, each rare, give most of them little probability: of
tracks that people label as sung, 19 of 20 have a mean probability of singing above 0.019, and of
the others 19 of 20 one below 0.010.
"""

_STRIKING = 1.0  # score, in standard deviations, from which on a concept that is heard is there
_UNHEARD = 0.5  # share of `HEARD` below which a teacher hears nothing of a class
_AMOUNT = 0.75  # score, of either sign, from which on there is much or little of an amount
_MUCH = 0.05  # share of the views in which there is most of a concept
FEWEST_CLAIMS = 20  # behind a limit that is found on views


@dataclass(frozen=True, eq=False)
class NamedHead:
    """A linear head with named coordinates.

    With p the mean of the feature map, z = weight . p + bias - center is the embedding; the score
    of property k is readout[k] . z + level[k]: 0 is usual in the training music, and 1 one
    standard deviation more.

    Attributes:
        names: The properties, in the order of the coordinates.
        weight: The head.
        bias: See `weight`.
        center: The mean of the training tracks.
        readout: The scores' map from an embedding.
        level: The scores of the mean of the training tracks.
    """

    names: tuple[str, ...]
    weight: Float64[np.ndarray, "dim channels"]
    bias: Float64[np.ndarray, " dim"]
    center: Float64[np.ndarray, " dim"]
    readout: Float64[np.ndarray, "dim dim"]
    level: Float64[np.ndarray, " dim"]

    def fill(self, encoder: Encoder) -> None:
        """Gives the head to an encoder, whose embedding must be as long."""
        for parameter, value in (
            (encoder.head.weight, self.weight),
            (encoder.head.bias, self.bias),
            (encoder.center, self.center),
        ):
            parameter.data.copy_(torch.from_numpy(value))

    def scores(self, pooled: Float[np.ndarray, "*n channels"]) -> Float64[np.ndarray, "*n dim"]:
        """Reads the scores of all properties from means of the feature map."""
        embedding = pooled @ self.weight.T + self.bias - self.center
        scores: np.ndarray = embedding @ self.readout.T + self.level
        return scores


def fit_head(
    concepts: Sequence[str],
    views: Float[np.ndarray, "views channels"],
    scores: Float[np.ndarray, "views concepts"],
    measured: Sequence[str],
    tracks: Float[np.ndarray, "tracks channels"],
    values: Float[np.ndarray, "tracks measured"],
    groups: Int[np.ndarray, " tracks"],
    whiten: float,
) -> NamedHead:
    """Fits a head.

    Args:
        concepts: The concepts that the teachers name.
        views: Means of the feature map over views.
        scores: The teachers' scores of the concepts in these views.
        measured: The features that become coordinates too.
        tracks: Means of the feature map over the training tracks.
        values: The features of the training tracks, in their units; NaN where unknown.
        groups: Number of each track's group (artist, album, source).
        whiten: How far the coordinates are whitened, from 0 to 1.
    """
    weight, bias, _ = ridge(views, scores.astype(np.float64), np.arange(len(views)) % 8)
    weights, biases = [weight], [bias]
    for place, name in enumerate(measured):
        known = np.isfinite(values[:, place])
        scaled = PROPERTIES[name].to_scale(values[known, place])[:, :1]
        standard = (scaled - scaled.mean()) / scaled.std()
        weight, bias, _ = ridge(tracks[known], standard, groups[known])
        weights.append(weight)
        biases.append(bias)
    rows, levels = np.concatenate(weights), np.concatenate(biases)
    covariance = np.cov(views @ rows.T, rowvar=False)
    # Of unit variance each, so that what is hard to predict counts as much as the rest.
    deviations = np.sqrt(np.diag(covariance))
    correlations = covariance / np.outer(deviations, deviations)
    map_, back = power_of(correlations, -whiten / 2), power_of(correlations, whiten / 2)
    head = map_ @ (rows / deviations[:, None])
    center = head @ tracks.mean(axis=0, dtype=np.float64)
    readout = deviations[:, None] * back
    level = rows @ tracks.mean(axis=0, dtype=np.float64) + levels
    return NamedHead((*concepts, *measured), head, np.zeros(len(head)), center, readout, level)


def heard_concepts(
    concepts: Sequence[Concept],
    outputs: Outputs,
    hidden: Float[np.ndarray, "views hidden"],
    scores: Float[np.ndarray, "views concepts"],
) -> tuple[Bool[np.ndarray, "views concepts"], Bool[np.ndarray, "views concepts"]]:
    """Says of views, by the teachers' word, where each concept is there, and where it is not.

    It is there where a teacher holds one of its sources probable enough (`HEARD`), and the score
    is well above what is usual too; it is not where none holds one even half as probable. In
    between nothing is said. Of a concept that has an opposite, such as a man's voice of a woman's,
    the opposite must be there in place of it.

    Args:
        concepts: The concepts, in the order of the scores.
        outputs: The teachers' outputs.
        hidden: The teachers' hidden layers.
        scores: The teachers' scores, from `Targets` that are not whitened.

    Returns:
        Where a concept is there, and where it is not.
    """
    likely = outputs.probabilities(hidden)
    likely /= [HEARD[teacher] for teacher, _ in outputs.names]
    there = np.zeros(scores.shape, dtype=bool)
    nowhere = np.zeros(scores.shape, dtype=bool)
    for place, concept in enumerate(concepts):
        most, score = _most(likely, outputs, concept.sources), scores[:, place]
        there[:, place] = (most >= 1) & (score > _STRIKING)
        if concept.against:
            opposite = _most(likely, outputs, concept.against)
            nowhere[:, place] = (opposite >= 1) & (score < -_STRIKING)
        else:
            nowhere[:, place] = most < _UNHEARD
    return there, nowhere


def _most(
    likely: Float64[np.ndarray, "views outputs"], outputs: Outputs, sources: Sources
) -> Float64[np.ndarray, " views"]:
    """The largest of what is said of some outputs."""
    columns = [
        column
        for column, (teacher, name) in enumerate(outputs.names)
        if name in sources.get(teacher, ())
    ]
    most: np.ndarray = likely[:, columns].max(axis=1)
    return most


def claim_limits(
    name: str,
    said: Float[np.ndarray, " views"],
    there: Bool[np.ndarray, " views"],
    nowhere: Bool[np.ndarray, " views"],
) -> tuple[float | None, float | None]:
    """Finds the scores from which on a concept may be said to be there, and up to which it is not.

    Args:
        name: The concept.
        said: The scores that the embedding gives.
        there: Where a teacher hears the concept.
        nowhere: Where no teacher hears anything of it.

    Returns:
        Both limits; None for what is never said.
    """
    if CONCEPTS[name].kind == "amount":
        return _AMOUNT, -_AMOUNT
    present = threshold(said, there, PRECISION)
    absent = threshold(-said, nowhere, ABSENCE_PRECISION)
    return present, None if absent is None else min(-absent, 0.0)


def judge_concepts(
    names: Sequence[str],
    said: Float[np.ndarray, "views concepts"],
    truth: Float[np.ndarray, "views concepts"],
    limits: Sequence[tuple[float | None, float | None]],
) -> list[ProbedFeature]:
    """Measures scores against the teachers' on views of unheard tracks.

    The area under the curve says how well they find the twentieth of the views in which the
    teachers hear most of a concept.

    Args:
        names: The concepts.
        said: The scores that the embedding gives.
        truth: The teachers' scores.
        limits: What `claim_limits` found for each.
    """
    judged = []
    for place, (name, (present, absent)) in enumerate(zip(names, limits, strict=True)):
        mine, theirs = said[:, place], truth[:, place]
        figures = measure(CONCEPTS[name], mine[:, None], theirs[:, None])
        judged.append(
            ProbedFeature(
                CONCEPTS[name],
                *figures,
                interval=conformal_width(np.abs(mine - theirs)),
                tracks=len(mine),
                fitted=len(mine),
                strength=0.0,
                auc=roc_auc(mine, theirs >= np.quantile(theirs, 1 - _MUCH)),
                present=present,
                absent=absent,
            )
        )
    return judged


def with_concepts(
    probe: Probe, head: NamedHead, concepts: Sequence[ProbedFeature], order: Sequence[str]
) -> Probe:
    """Adds the concepts to the probe of the measured features of the same embedding."""
    places = [head.names.index(item.feature.name) for item in concepts]
    return Probe(
        probe.fingerprint,
        (*probe.features, *concepts),
        np.concatenate([probe.weight, head.readout[places].astype(np.float32)]),
        np.concatenate([probe.bias, head.level[places].astype(np.float32)]),
        np.concatenate([probe.spread, np.ones(len(places), dtype=np.float32)]),
        probe.source,
        tuple(order),
    )


def threshold(
    scores: Float[np.ndarray, " n"],
    truth: Bool[np.ndarray, " n"],
    precision: float,
    fewest: int = FEWEST_CLAIMS,
) -> float | None:
    """The lowest score from which on claims are right that often; None if there is none.

    Args:
        scores: The scores.
        truth: Where a claim would be right.
        precision: The least share of right claims.
        fewest: The least number of claims behind it.
    """
    order = np.argsort(-scores, kind="stable")
    share = np.cumsum(truth[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero((share >= precision) & (np.arange(len(order)) >= fewest - 1))
    return float(scores[order[enough[-1]]]) if len(enough) else None
