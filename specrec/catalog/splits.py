"""Splits into train, valid and test that keep related tracks on one side."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from specrec.errors import CatalogError


def split_tracks(
    tracks: pd.DataFrame, group_by: Sequence[str], fractions: dict[str, float], seed: int
) -> pd.Series:
    """Assigns tracks to splits so that no value of the grouping columns is in two of them.

    Tracks that share a value in any of the columns (an artist, say, or a source) are tied
    together, also through others; a missing value ties nothing. The tied groups are dealt out
    in random order, each to the split that is furthest below its share.

    Args:
        tracks: One row per track.
        group_by: Columns such as `artist`, `album`, `source`; none to split track by track.
        fractions: The share of each split, such as {"train": 0.8, "valid": 0.2}; they sum to 1.
        seed: The seed of the order in which groups are dealt out.

    Returns:
        The split of each track, on the index of `tracks`.

    Raises:
        CatalogError: If a column is missing or the fractions do not sum to 1.
    """
    missing = [name for name in group_by if name not in tracks]
    if missing:
        have = ", ".join(map(str, tracks.columns))
        raise CatalogError(f"no column {missing[0]} to split by; the tracks have {have}")
    if abs(sum(fractions.values()) - 1) > 1e-6 or min(fractions.values()) < 0:
        raise CatalogError(f"split fractions must sum to 1, not {fractions}")
    groups = tied_groups(tracks, group_by)
    sizes = np.bincount(groups)
    wanted = {name: share * len(tracks) for name, share in fractions.items()}
    given = dict.fromkeys(fractions, 0)
    split_of_group = [""] * len(sizes)
    for group in np.random.default_rng(seed).permutation(len(sizes)):
        name = max(wanted, key=lambda split: wanted[split] - given[split])
        split_of_group[group] = name
        given[name] += int(sizes[group])
    return pd.Series([split_of_group[group] for group in groups], tracks.index, name="split")


def tied_groups(tracks: pd.DataFrame, group_by: Sequence[str]) -> np.ndarray:
    """Numbers the groups of tracks that share a value in a column, directly or through others."""
    links_from, links_to = [np.zeros(0, int)], [np.zeros(0, int)]
    nodes = len(tracks)
    for name in group_by:
        codes, values = pd.factorize(tracks[name])
        present = np.flatnonzero(codes >= 0)
        links_from.append(present)
        links_to.append(nodes + codes[present])
        nodes += len(values)
    rows, columns = np.concatenate(links_from), np.concatenate(links_to)
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(nodes, nodes))
    _, labels = connected_components(graph, directed=False)
    return np.unique(labels[: len(tracks)], return_inverse=True)[1]
