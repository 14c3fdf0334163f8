from pathlib import Path

import numpy as np
import pytest
from scipy.stats import percentileofscore

from specrec.explain.feature_stats import FeatureStats
from specrec.model.distribution import distribution_of
from specrec.recommend.collection import Collection
from tests.libraries import write_named


def test_few_values_of_many_tell_where_each_stands() -> None:
    rng = np.random.default_rng(0)
    tempo = np.round(rng.normal(120, 25, size=30_000))  # so that many are equal
    tempo[::10] = np.nan
    embeddings = np.zeros((len(tempo), 2), np.float32)
    found = distribution_of(
        {"tempo_bpm": tempo, "energy": np.full_like(tempo, np.nan)}, None, embeddings
    )
    assert found.keys() == {"tempo_bpm"}
    values = found["tempo_bpm"]
    assert len(values) < 3000
    seen = tempo[~np.isnan(tempo)]
    assert (values[0], values[-1]) == (seen.min(), seen.max())
    for value in (60, 110, 119.5, 120, 171):
        near, exact = (percentileofscore(part, value, "mean") for part in (values, seen))
        assert near == pytest.approx(exact, abs=0.06)


def test_what_a_library_stores_is_what_its_tracks_tell(tmp_path: Path) -> None:
    collection = Collection.open(write_named(tmp_path))
    stored, embeddings = collection.generation.distribution, collection.embeddings
    assert stored is not None
    fresh = FeatureStats(collection.features, collection.probe, embeddings)
    assert [*stored] == [feature.name for feature in fresh.features]
    known = [collection.stats.known(row) for row in range(40)]
    assert any(known)
    for mine, theirs in zip(
        collection.stats.readings(embeddings[:40], known),
        fresh.readings(embeddings[:40], known),
        strict=True,
    ):
        assert dict(mine) == dict(theirs)
