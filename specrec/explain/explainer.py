"""Explains why tracks resemble a query: contributions, ablation, reasons, a sentence."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from specrec.explain.ablation import Controls, Draws, ablate_groups, draw_controls, measure_effect
from specrec.explain.contributions import FeatureSum, by_feature
from specrec.explain.directions import Directions, find_directions
from specrec.explain.explanation import Contribution, Explanation
from specrec.explain.feature_stats import FeatureStats
from specrec.explain.reasons import find_reasons, sharable_names
from specrec.explain.sentences import sentence
from specrec.shapes import Bool, Float, Float32, Int
from specrec.vectors import unit

LISTED = 12
"""Contributions that an explanation in short lists, beside those of possible reasons."""


@dataclass(frozen=True, eq=False)
class _Ranked:
    """Which rows are ranked, in a list of k, and which row is the query's, if it has one."""

    rows: Int[np.ndarray, " neighbors"]
    k: int
    query_row: int | None


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
        in_full: bool = True,
    ) -> list[Explanation]:
        """Explains why each of some tracks resembles a query.

        Args:
            query: The query's centered embedding.
            known: Features of the query that were measured or stand in a table, by name.
            rows: Rows of the tracks.
            k: Length of the list of neighbors out of which, or into which, the needed changes would
                take them.
            query_row: The query's row, which is not ranked; None for a query from outside.
            asked: Names of the coordinates that words asked for. A track has them as asked, not as
                the query has them.
            turned_from: The embedding of the query's track, if words turned it to `query`: of what
                they did not ask for, it is the track that has it or not.
            in_full: Whether to list all contributions, and to say what becomes of ranks, for which
                all tracks are searched; else the largest are listed, and possible reasons.

        Returns:
            One explanation per track, in the order of `rows`.
        """
        others = np.asarray(self.embeddings[rows])
        named = [self.stats.known(row) for row in rows.tolist()]
        ranked = _Ranked(rows, k, query_row) if in_full else None
        return self.explain_vectors(
            query, known, others, named, asked, turned_from, in_full, ranked
        )

    def explain_vectors(
        self,
        query: Float[np.ndarray, " dim"],
        known: Mapping[str, float],
        others: Float[np.ndarray, "neighbors dim"],
        others_known: Sequence[Mapping[str, float]],
        asked: Set[str] = frozenset(),
        turned_from: Float[np.ndarray, " dim"] | None = None,
        in_full: bool = True,
        ranked: "_Ranked | None" = None,
    ) -> list[Explanation]:
        """Explains why some tracks resemble a query, without a search: no ranks are told.

        Args:
            query: As for `explain`, like `known`, `asked`, `turned_from`.
            known: Known features of the query.
            others: Centered embeddings of the tracks, wherever they are from.
            others_known: Known features of each of them.
            asked: What words asked for.
            turned_from: The embedding that words turned.
            in_full: Whether to list all contributions, not only the largest and possible reasons.
            ranked: The tracks' places in the collection, if ranks are to be told all the same.

        Returns:
            One explanation per track, in the order of `others`.
        """
        groups = self.directions
        parts = by_feature(query, others, groups)
        given = {name: value for name, value in known.items() if name not in asked}
        named = [given, *others_known]
        here, *neighbors = self.stats.readings(np.vstack([query, others]), named)
        if turned_from is not None:
            (own,) = self.stats.readings(turned_from[None], [known])
            here = own.with_those_of(here, asked)
        listed = np.ones(parts.contributions.shape, dtype=bool)
        shared = [sharable_names(here, there, self.stats, asked) for there in neighbors]
        if not in_full:
            listed = self._listed(parts, shared)
        if ranked is None:
            made = self._without_ranks(query, others, parts, listed)
        else:
            made = self._with_ranks(query, others, ranked, parts)
        explanations = []
        for place, there in enumerate(neighbors):
            contributions = tuple(sorted(made[place], key=lambda item: -item.value))
            similarity, residual = float(parts.similarity[place]), float(parts.residual[place])
            reasons = tuple(find_reasons(contributions, here, there, self.stats, shared[place]))
            wanted = {
                name: there[name].percentile
                for name in sorted(asked)
                if name in here and name in there and here[name].percentile > 50
            }
            text = sentence(similarity, residual, reasons, asked=asked, amounts=wanted)
            rest = float(parts.contributions[place, ~listed[place]].sum())
            explanations.append(
                Explanation(similarity, contributions, residual, reasons, text, here, there, rest)
            )
        return explanations

    def _with_ranks(
        self,
        query: Float[np.ndarray, " dim"],
        others: Float[np.ndarray, "neighbors dim"],
        ranked: "_Ranked",
        parts: FeatureSum,
    ) -> list[list[Contribution]]:
        """All contributions to each similarity, with ranks and needed changes."""
        from specrec.explain.counterfactual import needed_changes

        groups, rows, k, query_row = self.directions, ranked.rows, ranked.k, ranked.query_row
        found = ablate_groups(query, query_row, rows, self.embeddings, groups, self.controls)
        rivals = np.delete(found.scores, [] if query_row is None else query_row)
        changes = needed_changes(query, others, found.rank_before, rivals, k, groups, self.stats)
        return [
            [
                Contribution(
                    name,
                    groups.members[group],
                    float(parts.contributions[place, group]),
                    float(found.drop[place, group]),
                    float(found.control[place, group]),
                    int(found.rank_before[place]),
                    int(found.rank_after[place, group]),
                    changes[place][group],
                )
                for group, name in enumerate(groups.names)
            ]
            for place in range(len(rows))
        ]

    def _without_ranks(
        self,
        query: Float[np.ndarray, " dim"],
        others: Float[np.ndarray, "neighbors dim"],
        parts: FeatureSum,
        listed: Bool[np.ndarray, "neighbors groups"],
    ) -> list[list[Contribution]]:
        """Some contributions to each similarity, without what a search would tell."""
        groups = self.directions
        effect = measure_effect(unit(query), unit(others), groups, self._draws, listed)
        values, drops = parts.contributions.tolist(), effect.drop.tolist()
        controls = effect.control.tolist()
        return [
            [
                Contribution(
                    groups.names[group],
                    groups.members[group],
                    values[place][group],
                    drops[place][group],
                    controls[place][group],
                    None,
                    None,
                    None,
                )
                for group in np.flatnonzero(chosen).tolist()
            ]
            for place, chosen in enumerate(listed)
        ]

    def _listed(
        self, parts: FeatureSum, shared: Sequence[Set[str]]
    ) -> Bool[np.ndarray, "neighbors groups"]:
        """The contributions that a short explanation lists: the largest, and possible reasons."""
        sizes = np.abs(parts.contributions)
        count = sizes.shape[1]
        if count <= LISTED:
            return np.ones(sizes.shape, dtype=bool)
        listed = sizes >= np.partition(sizes, -LISTED, axis=1)[:, -LISTED, None]
        for place, names in enumerate(shared):
            for name in names:
                group = self._group_of.get(name)
                if group is not None:
                    listed[place, group] = True
        return listed

    @cached_property
    def _group_of(self) -> dict[str, int]:
        return {
            name: group for group, names in enumerate(self.directions.members) for name in names
        }

    @cached_property
    def _draws(self) -> Draws:
        return Draws(self.controls)

    def explain_row(
        self, row: int, rows: Int[np.ndarray, " neighbors"], k: int = 10
    ) -> list[Explanation]:
        """Explains why some tracks resemble another track of the collection, as `explain`."""
        return self.explain(
            np.asarray(self.embeddings[row]), self.stats.known(row), rows, k, query_row=row
        )
