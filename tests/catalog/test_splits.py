import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specrec.catalog.splits import split_tracks
from specrec.errors import CatalogError

VALUES = st.sampled_from([None, "a", "b", "c", "d", "e", "f", "g"])


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=60), st.integers(0, 5))
def test_no_value_is_on_both_sides(rows: list[tuple[str | None, str | None]], seed: int) -> None:
    tracks = pd.DataFrame(rows, columns=["artist", "source"])
    split = split_tracks(tracks, ["artist", "source"], {"train": 0.7, "valid": 0.3}, seed)
    for name in ["artist", "source"]:
        assert (split.groupby(tracks[name]).nunique() == 1).all()


def test_ties_reach_through_other_tracks() -> None:
    tracks = pd.DataFrame({"artist": ["x", "x", "y", "z"], "album": ["1", "2", "2", "3"]})
    for seed in range(20):
        split = split_tracks(tracks, ["artist", "album"], {"train": 0.5, "valid": 0.5}, seed)
        assert split[0] == split[1] == split[2] != split[3]


def test_shares_are_met_where_nothing_is_tied() -> None:
    tracks = pd.DataFrame({"artist": [None] * 1000})
    split = split_tracks(tracks, ["artist"], {"train": 0.8, "valid": 0.1, "test": 0.1}, seed=0)
    assert split.value_counts().to_dict() == {"train": 800, "valid": 100, "test": 100}
    again = split_tracks(tracks, ["artist"], {"train": 0.8, "valid": 0.1, "test": 0.1}, seed=0)
    other = split_tracks(tracks, ["artist"], {"train": 0.8, "valid": 0.1, "test": 0.1}, seed=1)
    assert (split == again).all()
    assert not np.array_equal(split, other)


def test_bad_arguments() -> None:
    tracks = pd.DataFrame({"artist": ["x"]})
    with pytest.raises(CatalogError, match="no column label"):
        split_tracks(tracks, ["label"], {"train": 1.0}, 0)
    with pytest.raises(CatalogError, match="sum to 1"):
        split_tracks(tracks, ["artist"], {"train": 0.5}, 0)
