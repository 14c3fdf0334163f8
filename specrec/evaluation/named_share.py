"""How much of a similarity has a name, and how much chance would name as well."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from specrec.bootstrap import Estimate, estimate_mean
from specrec.evaluation.faithfulness import draw_isotropic, draw_like_tracks
from specrec.evaluation.pairs import ExplainedPair, query_of
from specrec.explain.directions import Directions, find_directions
from specrec.model.probe import Probe
from specrec.shapes import Float, Float64
from specrec.vectors import unit

_DRAWN = 20  # sets of random axes


@dataclass(frozen=True)
class NamedShare:
    """Mean share of the similarity of pairs that axes add up to.

    That a share is high proves little: as many directions that mean nothing carry about as much.
    Names count because they are true, and because erasing one changes what is found.

    Attributes:
        named: Of the named axes.
        shuffled: Of those named by a probe that was fitted to shuffled labels; 0 if it names none.
        shuffled_features: Number of features that it was fitted to; None without such a probe.
        shuffled_usable: Number of them that it seems to predict: there should be none.
        random: Of as many random orthonormal directions.
        combinations: Of as many random combinations of tracks, made orthonormal.
    """

    named: Estimate | None
    shuffled: Estimate | None
    shuffled_features: int | None
    shuffled_usable: int | None
    random: Estimate | None
    combinations: Estimate | None


def measure_named_share(
    pairs: Sequence[ExplainedPair],
    embeddings: Float[np.ndarray, "tracks dim"],
    directions: Directions,
    shuffled: Probe | None,
) -> NamedShare:
    """Measures the named share, and beside it those of axes without meaning.

    Args:
        pairs: The pairs; those with a similarity of 0 or less are left out.
        embeddings: Centered embeddings of the library.
        directions: The named directions.
        shuffled: A probe that was fitted to shuffled labels; None if there is none.
    """
    similar = [pair for pair in pairs if pair.explanation.similarity > 0]
    queries = query_of(similar)
    first = unit(np.asarray(embeddings[queries]))
    second = unit(np.asarray(embeddings[[pair.neighbor for pair in similar]]))

    def share(axes: Float[np.ndarray, "axes dim"]) -> Float64[np.ndarray, " pairs"]:
        added: np.ndarray = ((first @ axes.T) * (second @ axes.T)).sum(axis=1)
        return added / (first * second).sum(axis=1)

    one = replace(directions, groups=np.zeros_like(directions.groups))  # all axes together
    random, combinations = (
        np.mean([share(axes) for axes in drawn[0][:_DRAWN]], axis=0)
        for drawn in (draw_isotropic(one), draw_like_tracks(embeddings, one))
    )
    by_chance = find_directions(shuffled, embeddings.shape[1])
    return NamedShare(
        estimate_mean(share(directions.axes), queries),
        None if shuffled is None else estimate_mean(share(by_chance.axes), queries),
        None if shuffled is None else len(shuffled.features),
        None if shuffled is None else len(shuffled.usable()),
        estimate_mean(random, queries),
        estimate_mean(combinations, queries),
    )
