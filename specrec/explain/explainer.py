"""Explains why tracks resemble a query: contributions, ablation, reasons, a sentence."""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import pandas as pd
from jaxtyping import Float, Float32, Float64, Int

from specrec.descriptors.features import FEATURES
from specrec.explain.ablation import Controls, ablate_groups, draw_controls, needed_move
from specrec.explain.contributions import by_feature
from specrec.explain.directions import Directions, find_directions
from specrec.explain.explanation import Contribution, Explanation
from specrec.explain.feature_stats import FeatureStats
from specrec.explain.reasons import find_reasons
from specrec.explain.sentences import sentence
from specrec.model.probe import Probe


class Explainer:
    """Explains the similarities of a collection of tracks; works on arrays and tables alone.

    >>> embeddings = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    >>> features = pd.DataFrame({"tempo_bpm": np.linspace(60, 180, 30)})
    >>> explainer = Explainer(embeddings, features, probe=None)
    >>> (explanation,) = explainer.explain_row(29, np.array([28]))
    >>> [(reason.feature, reason.side, reason.verdict) for reason in explanation.reasons]
    [('tempo_bpm', 'high', 'both also')]

    Attributes:
        embeddings: Centered embeddings of the tracks; their cosine is what is explained.
        features: Features of the tracks, one row each; NaN where unknown.
        probe: Predicts features from an embedding; None if there is no probe.
    """

    def __init__(
        self,
        embeddings: Float32[np.ndarray, "tracks dim"],
        features: pd.DataFrame,
        probe: Probe | None,
        directions: Directions | None = None,
        controls: Controls | None = None,
    ) -> None:
        """Takes the tracks; everything derived from them is computed when first needed.

        Args:
            embeddings: Centered embeddings of the tracks.
            features: Features of the tracks, by name and in their units; NaN where unknown.
            probe: Predicts features from an embedding: the model's, or one fitted on these
                tracks; None if there is none.
            directions: The directions that stand for features; the probe's by default.
            controls: Random subspaces with which they are compared; drawn by default.
        """
        self.embeddings = embeddings
        self.features = features
        self.probe = probe
        self._directions = directions
        self._controls = controls

    @cached_property
    def stats(self) -> FeatureStats:
        """The distribution of features in the collection, and where each track stands."""
        return FeatureStats(self.features, self.probe, self.embeddings)

    @cached_property
    def directions(self) -> Directions:
        """The directions of the embedding that stand for features."""
        if self._directions is not None:
            return self._directions
        return find_directions(self.probe, self.embeddings.shape[1])

    @cached_property
    def controls(self) -> Controls:
        """Random directions, with as much variance as those of features, for comparison."""
        if self._controls is not None:
            return self._controls
        return draw_controls(self.embeddings, self.directions)

    def explain(
        self,
        query: Float[np.ndarray, " dim"],
        known: Mapping[str, float],
        rows: Int[np.ndarray, " neighbors"],
        k: int = 10,
        query_row: int | None = None,
    ) -> list[Explanation]:
        """Explains why each of some tracks resembles a query.

        Args:
            query: The query's centered embedding.
            known: Features of the query that were measured or stand in a table, by name.
            rows: Rows of the tracks.
            k: Length of the list of neighbors out of which the needed changes would take them.
            query_row: The query's row, which is not ranked; None for a query from outside.

        Returns:
            One explanation per track, in the order of `rows`.
        """
        others = np.asarray(self.embeddings[rows])
        parts = by_feature(query, others, self.directions)
        ablation = ablate_groups(
            query, query_row, rows, self.embeddings, self.directions, self.controls
        )
        limit = _first_outside(ablation.scores, query_row, k)
        readings = self.stats.readings(query, known)
        explanations = []
        for place, row in enumerate(rows.tolist()):
            contributions = [
                Contribution(
                    name,
                    self.directions.members[group],
                    float(parts.contributions[place, group]),
                    float(ablation.drop[place, group]),
                    float(ablation.control[place, group]),
                    int(ablation.rank_before[place]),
                    int(ablation.rank_after[place, group]),
                    self._needed_change(group, query, others[place], limit),
                )
                for group, name in enumerate(self.directions.names)
            ]
            contributions.sort(key=lambda item: -item.value)
            similarity, residual = float(parts.similarity[place]), float(parts.residual[place])
            reasons = find_reasons(contributions, readings, self.stats.readings_of(row), self.stats)
            text = sentence(similarity, residual, reasons)
            explanations.append(
                Explanation(similarity, tuple(contributions), residual, tuple(reasons), text)
            )
        return explanations

    def explain_row(
        self, row: int, rows: Int[np.ndarray, " neighbors"], k: int = 10
    ) -> list[Explanation]:
        """Explains why some tracks resemble another track of the collection, as `explain`."""
        return self.explain(
            np.asarray(self.embeddings[row]), self.stats.known(row), rows, k, query_row=row
        )

    def _needed_change(
        self,
        group: int,
        query: Float[np.ndarray, " dim"],
        neighbor: Float[np.ndarray, " dim"],
        limit: float | None,
    ) -> tuple[float, float] | None:
        """Finds the least change of a feature, as (from, to), by which a neighbor drops out."""
        head, name = self.directions.heads[group], self.directions.names[group]
        if limit is None or self.probe is None or not head.any():
            return None
        move = needed_move(query, neighbor, head, limit)
        if move is None:
            return None
        scaled = self.probe.scaled(neighbor[None], name)
        moved = scaled + move * (self.probe.weight[self.probe.rows(name)] @ head)
        before, after = (float(FEATURES[name].from_scale(value)[0]) for value in (scaled, moved))
        # A counterfactual must be one: 40 onsets per second are no music.
        return (before, after) if self.stats.has_range(name, after) else None


def _first_outside(
    scores: Float64[np.ndarray, " tracks"], query_row: int | None, k: int
) -> float | None:
    """Finds the similarity of the first track after the nearest k; None if there is none."""
    if query_row is not None:
        scores = np.delete(scores, query_row)
    return float(np.partition(scores, -k - 1)[-k - 1]) if len(scores) > k else None
