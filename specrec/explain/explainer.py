"""Explains why tracks resemble a query: contributions, ablation, reasons, a sentence."""

from collections.abc import Mapping, Set
from functools import cached_property

import numpy as np
from jaxtyping import Float, Float32, Int

from specrec.explain.ablation import Controls, ablate_groups, draw_controls
from specrec.explain.contributions import by_feature
from specrec.explain.counterfactual import needed_changes
from specrec.explain.directions import Directions, find_directions
from specrec.explain.explanation import Contribution, Explanation
from specrec.explain.feature_stats import FeatureStats
from specrec.explain.reasons import find_reasons
from specrec.explain.sentences import sentence


class Explainer:
    """Explains the similarities of a collection of tracks; works on arrays and tables alone.

    >>> embeddings = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    >>> import pandas as pd
    >>> features = pd.DataFrame({"tempo_bpm": np.linspace(60, 180, 30)})
    >>> explainer = Explainer(embeddings, FeatureStats(features, None, embeddings))
    >>> (explanation,) = explainer.explain_row(29, np.array([28]))
    >>> [(reason.feature, reason.side, reason.verdict) for reason in explanation.reasons]
    [('tempo_bpm', 'high', 'both also')]

    Attributes:
        embeddings: Centered embeddings of the tracks; their cosine is what is explained.
        stats: The distribution of their features, and the probe that predicts them.
    """

    def __init__(
        self,
        embeddings: Float32[np.ndarray, "tracks dim"],
        stats: FeatureStats,
        directions: Directions | None = None,
        controls: Controls | None = None,
    ) -> None:
        """Takes the tracks; everything derived from them is computed when first needed.

        Args:
            embeddings: Centered embeddings of the tracks.
            stats: The distribution of their features, with the probe that predicts features from
                an embedding, if there is one.
            directions: The directions that stand for features; the probe's by default.
            controls: Random subspaces with which they are compared; drawn by default.
        """
        self.embeddings = embeddings
        self.stats = stats
        self._directions = directions
        self._controls = controls

    @cached_property
    def directions(self) -> Directions:
        """The directions of the embedding that stand for features."""
        if self._directions is not None:
            return self._directions
        return find_directions(self.stats.probe, self.embeddings.shape[1])

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
        asked: Set[str] = frozenset(),
        turned_from: Float[np.ndarray, " dim"] | None = None,
    ) -> list[Explanation]:
        """Explains why each of some tracks resembles a query.

        Args:
            query: The query's centered embedding.
            known: Features of the query that were measured or stand in a table, by name.
            rows: Rows of the tracks.
            k: Length of the list of neighbors out of which the needed changes would take them.
            query_row: The query's row, which is not ranked; None for a query from outside.
            asked: Names of the coordinates that words asked for. A track has them as asked, not as
                the query has them.
            turned_from: The embedding of the query's track, if words turned it to `query`: of what
                they did not ask for, it is the track that has it or not.

        Returns:
            One explanation per track, in the order of `rows`.
        """
        others, groups = np.asarray(self.embeddings[rows]), self.directions
        parts = by_feature(query, others, groups)
        ablation = ablate_groups(query, query_row, rows, self.embeddings, groups, self.controls)
        ranked = np.delete(ablation.scores, [] if query_row is None else query_row)
        changes = needed_changes(query, others, ranked, k, groups, self.stats)
        given = {name: value for name, value in known.items() if name not in asked}
        named = [given, *(self.stats.known(row) for row in rows.tolist())]
        here, *neighbors = self.stats.readings(np.vstack([query, others]), named)
        if turned_from is not None:
            (own,) = self.stats.readings(turned_from[None], [known])
            here = own | {name: reading for name, reading in here.items() if name in asked}
        explanations = []
        for place, there in enumerate(neighbors):
            contributions = [
                Contribution(
                    name,
                    groups.members[group],
                    float(parts.contributions[place, group]),
                    float(ablation.drop[place, group]),
                    float(ablation.control[place, group]),
                    int(ablation.rank_before[place]),
                    int(ablation.rank_after[place, group]),
                    changes[place][group],
                )
                for group, name in enumerate(groups.names)
            ]
            contributions.sort(key=lambda item: -item.value)
            similarity, residual = float(parts.similarity[place]), float(parts.residual[place])
            reasons = tuple(find_reasons(contributions, here, there, self.stats, asked))
            wanted = {
                name: there[name].percentile
                for name in sorted(asked)
                if name in here and name in there and here[name].percentile > 50
            }
            text = sentence(similarity, residual, reasons, asked=asked, amounts=wanted)
            explanations.append(
                Explanation(similarity, tuple(contributions), residual, reasons, text, here, there)
            )
        return explanations

    def explain_row(
        self, row: int, rows: Int[np.ndarray, " neighbors"], k: int = 10
    ) -> list[Explanation]:
        """Explains why some tracks resemble another track of the collection, as `explain`."""
        return self.explain(
            np.asarray(self.embeddings[row]), self.stats.known(row), rows, k, query_row=row
        )
