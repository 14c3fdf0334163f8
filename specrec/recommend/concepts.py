"""What a library tells of concepts: columns for conditions and tables, and which are there."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from specrec.concepts.vocabulary import load_vocabulary
from specrec.explain.feature_stats import FeatureStats
from specrec.shapes import Bool

if TYPE_CHECKING:
    import pandas as pd

MUCH = 0.8
"""A track has much of a concept if more than this share of the library has less of it."""


class ConceptColumns(Mapping[str, Any]):
    """Where each track of a library stands in each concept; computed when it is looked up.

    A value is the share of the library's tracks that have less of the concept, from 0 to 1; equal
    ones count half. Only concepts that the library tells well enough have a column.

    Attributes:
        features: The feature of each concept, by the name of its column.
    """

    def __init__(self, stats: FeatureStats) -> None:
        self._stats = stats
        self.features = {
            concept.column: concept.feature
            for concept in load_vocabulary()
            if stats.tells(concept.feature)
        }

    def __getitem__(self, name: str) -> "pd.Series":
        values = self._stats.values(self.features[name])
        known = np.isfinite(values)
        shares = np.full(len(values), np.nan)
        _, place, equal = np.unique(values[known], return_inverse=True, return_counts=True)
        shares[known] = ((np.cumsum(equal) - equal / 2) / max(known.sum(), 1))[place]
        import pandas as pd

        return pd.Series(shares, name=name)

    @cached_property
    def much(self) -> dict[str, Bool[np.ndarray, " tracks"]]:
        """Which tracks have much of each concept."""
        return {name: (self[name] > MUCH).to_numpy() for name in self}

    @cached_property
    def counts(self) -> dict[str, int | None]:
        """How many tracks surely have each concept, by its name; None if only more or less is told.

        Concepts that the library does not tell are left out.
        """
        present = present_in(self._stats)
        told = [one.name for one in load_vocabulary() if self._stats.tells(one.feature)]
        return {name: int(present[name].sum()) if name in present else None for name in told}

    def __contains__(self, name: object) -> bool:
        return name in self.features

    def __iter__(self) -> Iterator[str]:
        return iter(self.features)

    def __len__(self) -> int:
        return len(self.features)


class Columns(Mapping[str, Any]):
    """The columns of a library: those of its table, its features, and concepts.

    A column of the table is meant where a concept has the same name.
    """

    def __init__(self, tables: "Mapping[str, pd.Series]", concepts: ConceptColumns) -> None:
        self._tables = tables
        self._concepts = concepts

    def __getitem__(self, name: str) -> "pd.Series":
        return self._tables[name] if name in self._tables else self._concepts[name]

    def __contains__(self, name: object) -> bool:
        return name in self._tables or name in self._concepts

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self._tables, *self._concepts]))

    def __len__(self) -> int:
        return len({*self._tables, *self._concepts})


def present_in(stats: FeatureStats) -> dict[str, Bool[np.ndarray, " tracks"]]:
    """In which tracks each concept is there, by its name; without those of which that is not told.

    Something is there if people, or the teachers of the model, would likely say so: there can be
    more or less singing in a library, and yet in no track any. What needs another thing, as a
    woman's voice needs singing, is there only beside it.
    """
    present = {
        concept.name: stats.values(concept.feature) >= stats.said(concept.feature)[1]
        for concept in load_vocabulary()
        if concept.feature in stats.sayable
    }
    for concept in load_vocabulary():
        if concept.name in present and concept.needs is not None:
            present[concept.name] &= present.get(concept.needs, False)
    return present
