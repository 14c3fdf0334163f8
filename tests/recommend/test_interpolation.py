"""Paths, against all chains and along a planted arc."""

from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest

from specrec.errors import QueryError
from specrec.index.files import checksums, read_sealed, write_sealed
from specrec.index.search import write_index
from specrec.index.search_building import build_index
from specrec.recommend.collection import Collection
from specrec.recommend.interpolation import minimax_chain
from specrec.recommend.library import Library
from tests.libraries import write_planted


def angles_of(units: np.ndarray, chain: tuple[int, ...]) -> np.ndarray:
    cosines = [units[one] @ units[two] for one, two in pairwise(chain)]
    return np.arccos(np.clip(cosines, -1, 1))


def test_no_chain_has_a_narrower_widest_step() -> None:
    for seed in range(8):
        units = np.random.default_rng(seed).normal(size=(9, 4))
        units /= np.linalg.norm(units, axis=1, keepdims=True)
        for steps in range(1, 9):
            between = combinations(range(1, 8), steps - 1)
            chains = [angles_of(units, (0, *middle, 8)) for middle in between]
            widest = min(chain.max() for chain in chains)
            least = min((c**2).sum() for c in chains if c.max() <= widest + 1e-12)
            found = angles_of(units, tuple(minimax_chain(units, steps)))
            assert found.max() == pytest.approx(widest)
            assert (found**2).sum() == pytest.approx(least)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tracks 10 to 20 lie on an arc of a right angle, all others across it."""
    library = write_planted(tmp_path_factory.mktemp("planted"))
    embeddings = np.array(Collection.open(library).embeddings)
    embeddings[:, :2] = 0.1
    for place in range(11):
        embeddings[10 + place] = 0
        angle = np.pi / 2 * place / 10
        embeddings[10 + place, :2] = 3 * np.cos(angle), 3 * np.sin(angle)
    generation = next((library / "generations").iterdir())
    np.save(generation / "embeddings.npy", embeddings)
    write_index(build_index(embeddings), generation / "index.faiss")
    manifest = read_sealed(generation / "library.json")
    (generation / "library.json").unlink()
    write_sealed(generation / "library.json", manifest | {"files": checksums(generation)})
    return library


@pytest.fixture
def library(folder: Path) -> Library:
    return Library.open(folder)


def test_a_path_follows_the_arc(library: Library) -> None:
    path = library.interpolate("t10", "t20", steps=10)
    assert path.queries[0].track_id == "t10"
    assert [step.track.track_id for step in path] == [f"t{row}" for row in range(11, 21)]
    assert [step.rank for step in path] == list(range(1, 11))
    for step in path:
        assert step.similarity == pytest.approx(np.cos(np.pi / 20), abs=1e-6)
        assert step.explanation is not None
        assert step.explanation.similarity == pytest.approx(step.similarity, abs=1e-5)
    half = library.interpolate("t20", "t10", steps=5)
    assert [step.track.track_id for step in half] == ["t18", "t16", "t14", "t12", "t10"]
    assert half.notes == ()
    assert [step.track.track_id for step in library.interpolate("t10", "t20", steps=1)] == ["t20"]


def test_a_path_is_as_long_as_was_asked(library: Library) -> None:
    path = library.interpolate("t10", "t20", steps=100, explain=False)  # of 238 between
    assert len({step.track.track_id for step in path}) == 100
    assert path.notes == ()


def test_a_recording_stands_once_in_a_path(library: Library) -> None:
    groups = np.arange(len(library))
    groups[[13, 14]] = 12
    groups[11] = 10  # another file of the start
    library.collection.generation.duplicate_groups = groups
    rows = [
        library.resolve(str(step.track.track_id)).row
        for step in library.interpolate("t10", "t20", 6)
    ]
    assert len(set(groups[rows])) == 6
    assert 11 not in rows


def test_a_path_that_can_t_be_so_long_says_so(library: Library) -> None:
    groups = np.zeros(len(library), dtype=np.int64)
    groups[1] = 1
    library.collection.generation.duplicate_groups = groups
    path = library.interpolate("t0", "t1", steps=5)
    assert [step.track.track_id for step in path] == ["t1"]
    assert path.notes == ("1 of 5 steps: no other track lies between the two",)


@pytest.mark.parametrize(
    ("start", "goal", "steps", "message"),
    [
        ("t3", "t4", 0, "steps must be from 1 to 100, not 0"),
        ("t3", "t4", 101, "steps must be from 1 to 100"),
        ("t3", "Piece 3", 4, "sound the same"),
        ("t3", "none of these", 4, "fits no title"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(
    library: Library, start: str, goal: str, steps: int, message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        library.interpolate(start, goal, steps)
