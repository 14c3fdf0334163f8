import pytest

from specrec.errors import CatalogError
from specrec.evaluation.probing import probe_library
from specrec.recommend.collection import Collection
from tests.libraries import HEARD, write_planted


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    return Collection.open(write_planted(tmp_path_factory.mktemp("planted")))


def test_the_planted_features_are_read_and_baselines_are_not(library: Collection) -> None:
    probing = probe_library(library, test="split == 'test'")
    r2 = {item.feature.name: item.r2.value for item in probing.probe.features}
    assert set(r2) == {*HEARD, "loudness_lufs"}
    for name in HEARD:
        assert r2[name] > 0.9
        assert probing.baselines["shuffled"][name].value < 0.1
        assert probing.baselines["mean"][name].value < 0.05
        assert 0.8 <= probing.coverage[name] <= 1
        assert probing.alignment[name] > 0.98
    assert r2["loudness_lufs"] < 0.1
    assert {item.tracks for item in probing.probe.features} == {80}
    assert {item.fitted for item in probing.probe.features} == {160}


def test_without_a_test_column_figures_come_from_folds(library: Collection) -> None:
    probing = probe_library(library)
    assert probing.coverage == {}
    assert {item.tracks for item in probing.probe.features} == {240}


def test_a_missing_column_is_named(library: Collection) -> None:
    with pytest.raises(CatalogError, match="no column source to group by"):
        probe_library(library, ["source"])
