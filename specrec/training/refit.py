"""Refits the head of a model with named coordinates to music at hand, in closed form.

What the tagger hears otherwise in a window than the model says of it is learned by a ridge
regression from the model's feature map, and added to the head: the model starts from what it knows
and moves as far as the music bears out. The meaning of the coordinates, and the map from an
embedding to the concepts' scores, stay as they are.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from specrec.errors import ModelError
from specrec.model.encoder import Encoder
from specrec.model.probe import Probe
from specrec.model.probe_fit import ridge
from specrec.shapes import Float, Float64, Int
from specrec.training.concept_map import ConceptMap

_FLAT = 1e-3  # least share of the largest axis of the readout that is inverted


@dataclass(frozen=True, eq=False)
class Head:
    """A linear head: `weight . p + bias` is the centered embedding of a mean feature map p."""

    weight: Float64[np.ndarray, "dim channels"]
    bias: Float64[np.ndarray, " dim"]

    @classmethod
    def of(cls, encoder: Encoder) -> "Head":
        """The head of an encoder."""
        weight, bias, center = (
            part.detach().cpu().double().numpy()
            for part in (encoder.head.weight, encoder.head.bias, encoder.center)
        )
        return cls(weight, bias - center)

    def embed(self, pooled: Float[np.ndarray, "*n channels"]) -> Float64[np.ndarray, "*n dim"]:
        """Embeds windows or tracks."""
        embedded: np.ndarray = pooled @ self.weight.T + self.bias
        return embedded

    def toward(self, other: "Head", share: float) -> "Head":
        """Goes a share of the way to another head."""
        weight = self.weight + share * (other.weight - self.weight)
        return Head(weight, self.bias + share * (other.bias - self.bias))

    def given_to(self, encoder: Encoder) -> Encoder:
        """A copy of an encoder with this head, and the same center."""
        made = copy.deepcopy(encoder)
        made.head.weight.data.copy_(torch.from_numpy(self.weight))
        bias = torch.from_numpy(self.bias).to(made.center.device)
        made.head.bias.data.copy_(bias + made.center)
        return made.eval()


@dataclass(frozen=True, eq=False)
class Lesson:
    """How to read from an embedding, and from the tagger, what both say of concepts.

    Attributes:
        names: The concepts that are coordinates of the model, and that the tagger tells.
        readout: The model's score of concept k is `readout[k] . z + level[k]`.
        level: See `readout`.
        back: The smallest change of an embedding that changes the scores by 1, one column each,
            and no other coordinate.
        tagger: What the tagger says of all concepts.
        places: Where the names are among its concepts.
    """

    names: tuple[str, ...]
    readout: Float64[np.ndarray, "concepts dim"]
    level: Float64[np.ndarray, " concepts"]
    back: Float64[np.ndarray, "dim concepts"]
    tagger: ConceptMap
    places: Sequence[int]

    @classmethod
    def of(cls, probe: Probe, tagger: ConceptMap) -> "Lesson":
        """Finds what both tell.

        Raises:
            ModelError: If that is nothing.
        """
        told = {item.feature.name for item in probe.features}
        coordinates = [name for name in probe.coordinates if name in told]
        names = tuple(name for name in coordinates if name in tagger.names)
        if not names:
            raise ModelError("none of the model's coordinates is a concept that musicnn tells")
        rows = np.concatenate([probe.weight[probe.rows(name)] for name in coordinates])
        back = np.linalg.pinv(rows.astype(np.float64), rcond=_FLAT)
        own = [coordinates.index(name) for name in names]
        level = np.concatenate([probe.bias[probe.rows(name)] for name in names])
        return cls(
            names,
            rows[own].astype(np.float64),
            level.astype(np.float64),
            back[:, own],
            tagger,
            [tagger.names.index(name) for name in names],
        )

    def said(self, embeddings: Float[np.ndarray, "n dim"]) -> Float64[np.ndarray, "n concepts"]:
        """The model's scores of the concepts."""
        scores: np.ndarray = embeddings @ self.readout.T + self.level
        return scores

    def taught(self, hidden: Float[np.ndarray, "n hidden"]) -> Float64[np.ndarray, "n concepts"]:
        """The tagger's scores of the concepts."""
        scores: np.ndarray = self.tagger.scores(hidden)[:, self.places]
        return scores

    @property
    def trust(self) -> Float64[np.ndarray, " concepts"]:
        """How much the tagger's word counts against the model's, from 0 to 1.

        The tagger knows little of what it has no tag for: its correlation with what both taggers of
        `ConceptMap` say is that known there.
        """
        return np.sqrt(np.clip(self.tagger.r2[self.places].astype(np.float64), 0.0, 1.0))


def refit(
    head: Head,
    lesson: Lesson,
    pooled: Float[np.ndarray, "windows channels"],
    hidden: Float[np.ndarray, "windows hidden"],
    groups: Int[np.ndarray, " windows"],
) -> Head:
    """Moves a head toward what the tagger hears.

    The strength of the penalty on the change is chosen by cross-validation over groups, so that
    nothing changes where nothing can be learned; what is usual in this music stays so.

    Args:
        head: The model's head.
        lesson: What is to be learned.
        pooled: The mean feature maps of windows.
        hidden: What the tagger heard in them.
        groups: Number of each window's group (artist, album).
    """
    missed = lesson.trust * (lesson.taught(hidden) - lesson.said(head.embed(pooled)))
    change, _, _ = ridge(pooled, missed, groups)
    turn = lesson.back @ change
    return Head(head.weight + turn, head.bias - turn @ pooled.mean(axis=0, dtype=np.float64))


def carried_over(
    probe: Probe,
    before: Float[np.ndarray, "windows dim"],
    after: Float[np.ndarray, "windows dim"],
    groups: Int[np.ndarray, " windows"],
    fingerprint: str,
) -> Probe:
    """The probe of an adapted model, whose figures are those of the model before.

    What it reads from coordinates is read as before; what else it reads, such as a tempo, it reads
    from new embeddings as it did from the old ones of the same windows.
    """
    weight, bias = probe.weight.copy(), probe.bias.copy()
    others = [item.feature.name for item in probe.features]
    rows = [
        row
        for name in others
        if name not in probe.coordinates
        for row in range(*probe.rows(name).indices(len(bias)))
    ]
    if rows:
        read = before @ probe.weight[rows].T + probe.bias[rows]
        new, level, _ = ridge(after, read, groups)
        weight[rows], bias[rows] = new, level
    return replace(probe, fingerprint=fingerprint, weight=weight, bias=bias)
