"""Neighbors of a library come with reasons, without audio, model or torch."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from specrec.errors import QueryError
from specrec.model.probe import PROBE_FILE, Probe, load_probe, save_probe
from specrec.recommend.collection import Collection
from specrec.recommend.library import Library
from tests.libraries import FINGERPRINT, write_planted


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_planted(tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="module")
def library(folder: Path) -> Library:
    return Library.open(folder)


def test_every_neighbor_explains_its_own_similarity(library: Library) -> None:
    for query in ("t0", "t100", "t239"):
        neighbors = library.neighbors(query, k=10, in_full=True)
        for neighbor in neighbors:
            explanation = neighbor.explanation
            assert explanation is not None
            assert explanation.similarity == pytest.approx(neighbor.similarity, abs=1e-5)
            total = sum(item.value for item in explanation.contributions) + explanation.residual
            assert total == pytest.approx(neighbor.similarity, abs=1e-5)
            assert {item.rank_before for item in explanation.contributions} == {neighbor.rank}


def test_the_brightest_two_match_because_they_are_bright(library: Library) -> None:
    explanation = library.explain("t0", "Piece 1").explanation
    assert explanation.reasons[0].feature == "centroid_hz"
    assert explanation.reasons[0].verdict == "because"
    assert explanation.sentence.startswith("Because both are bright (")
    assert all(
        item.feature != "loudness_lufs" or item.verdict == "both also"
        for item in explanation.reasons
    )


def test_a_pair_is_explained_as_a_neighbor_is(library: Library) -> None:
    neighbor = library.neighbors("t0", k=10, in_full=True)[3]
    alone = library.explain("t0", str(neighbor.track.track_id)).explanation
    assert neighbor.explanation is not None
    assert alone.sentence == neighbor.explanation.sentence
    for ours, theirs in zip(alone.contributions, neighbor.explanation.contributions, strict=True):
        assert ours.value == pytest.approx(theirs.value)
        assert ours.drop == pytest.approx(theirs.drop)
        assert ours.rank_after == theirs.rank_after


def test_only_pairs_of_the_library_are_explained(library: Library) -> None:
    with pytest.raises(QueryError, match="are the same track"):
        library.explain("t0", "Piece 0")
    with pytest.raises(QueryError, match="fits no title"):
        library.explain("t0", "nothing of the kind")


def test_without_a_probe_facts_remain_and_the_rest_has_no_name(tmp_path: Path) -> None:
    library = Library.open(write_planted(tmp_path, probe=False))
    explanation = library.explain("t0", "t1").explanation
    assert explanation.contributions == ()
    assert explanation.residual == pytest.approx(explanation.similarity)
    assert {item.verdict for item in explanation.reasons} == {"both also"}
    assert explanation.sentence.startswith(
        "Sounds similar, but mostly unexplained by named features"
    )


def test_a_probe_of_the_library_goes_before_the_models(tmp_path: Path) -> None:
    folder = write_planted(tmp_path)
    own = load_probe(next((folder / "generations").iterdir()), FINGERPRINT)
    assert own is not None
    bright = next(item for item in own.features if item.feature.name == "centroid_hz")
    row = own.rows("centroid_hz")
    parts = ((bright,), own.weight[row], own.bias[row], own.spread[row])
    save_probe(Probe(FINGERPRINT, *parts), folder / PROBE_FILE)
    assert Collection.open(folder).explainer.directions.names == ("centroid_hz",)
    save_probe(Probe("another", *parts), folder / PROBE_FILE)  # of a model that was replaced since
    assert len(Collection.open(folder).explainer.directions.names) == 3


def test_explaining_needs_neither_torch_nor_audio(folder: Path) -> None:
    program = (
        "import sys, specrec; library = specrec.Library.open(sys.argv[1]);"
        "[library.neighbors('t0', by=by, explain=False) for by in ('sound', 'both')];"
        "assert 'scipy.cluster' not in sys.modules;"  # which takes longer than the search
        "print(library.neighbors('t0')[0].explanation.sentence);"
        "sys.exit(any(name in sys.modules for name in ('torch', 'librosa', 'soundfile')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_features_of_a_table_go_before_measured_ones(tmp_path: Path) -> None:
    library = Collection.open(write_planted(tmp_path))
    tracks, place = library.generation.stored_tracks, np.arange(len(library))
    tracks = tracks.append_column("tempo", [np.where(place == 5, 90.0, np.nan)])
    tracks = tracks.append_column("centroid_hz", [np.where(place == 7, 5000.0, np.nan)])
    library.generation.stored_tracks = tracks
    features = library.features
    assert features.at[5, "tempo_bpm"] == 90
    assert features.at[7, "centroid_hz"] == 5000
    assert features.at[8, "centroid_hz"] == library.generation.descriptors.at[8, "centroid_hz"]
