import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from specrec.explain.ablation import ablate_groups, draw_controls
from specrec.explain.counterfactual import needed_move
from specrec.explain.directions import find_directions
from tests.explain.planted import make_probe, random_probe


def erased_by_hand(vectors: np.ndarray, axes: np.ndarray) -> np.ndarray:
    left = vectors @ (np.eye(vectors.shape[1]) - axes.T @ axes)
    return left / np.linalg.norm(left, axis=1, keepdims=True)


def test_erasing_is_projecting_out_and_searching_again() -> None:
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(60, 16)).astype(np.float32)
    directions = find_directions(random_probe(rng, 16), 16)
    controls = draw_controls(embeddings, directions)
    query, neighbors = 7, np.array([3, 40, 59])
    result = ablate_groups(embeddings[query], query, neighbors, embeddings, directions, controls)
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    before = unit @ unit[query]
    others = np.arange(60) != query
    for place, neighbor in enumerate(neighbors):
        assert result.rank_before[place] == 1 + (before[others] > before[neighbor]).sum()
        for group in range(len(directions.names)):
            left = erased_by_hand(embeddings.astype(float), directions.of_group(group))
            after = left @ left[query]
            drop = before[neighbor] - after[neighbor]
            assert result.drop[place, group] == pytest.approx(drop, abs=1e-6)
            assert result.rank_after[place, group] == 1 + (after[others] > after[neighbor]).sum()
            drawn = controls[group]
            pair = embeddings[[query, neighbor]].astype(float)
            drops = [
                before[neighbor] - np.prod(erased_by_hand(pair, axes), axis=0).sum()
                for axes in drawn
            ]
            assert result.control[place, group] == pytest.approx(np.percentile(drops, 95), abs=1e-6)


def test_what_two_tracks_share_clears_the_control_and_what_they_do_not_does_not() -> None:
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(300, 40)).astype(np.float32)
    embeddings[:2, 0] = 6.0  # both bright
    probe = make_probe({"centroid_hz": np.eye(40)[0], "bass_share": np.eye(40)[1]})
    directions = find_directions(probe, 40)
    controls = draw_controls(embeddings, directions)
    result = ablate_groups(embeddings[0], 0, np.array([1]), embeddings, directions, controls)
    bright = directions.names.index("centroid_hz")
    assert result.clears[0, bright]
    assert not result.clears[0, 1 - bright]
    assert result.rank_before[0] == 1
    assert result.rank_after[0, bright] > 1


def test_tracks_vary_along_a_control_as_along_the_group() -> None:
    rng = np.random.default_rng(0)
    spread = np.geomspace(10, 0.1, 30)
    embeddings = (spread * rng.normal(size=(500, 30))).astype(np.float32)
    rows = {"key": np.eye(30)[1:3], "bass_share": np.eye(30)[6], "centroid_hz": np.eye(30)[4]}
    directions = find_directions(make_probe(rows), 30)
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    unit = unit - unit.mean(axis=0)
    for group, drawn in draw_controls(embeddings, directions).items():
        own = directions.of_group(group)
        assert drawn.shape[1:] == own.shape
        products = np.einsum("rad,rbd->rab", drawn, drawn)
        np.testing.assert_allclose(
            products, np.broadcast_to(np.eye(len(own)), products.shape), atol=1e-9
        )
        expected = np.square(unit @ own.T).mean()
        variance = np.square(np.einsum("rad,td->rat", drawn, unit)).mean()
        assert variance == pytest.approx(expected, rel=0.25)


@pytest.mark.filterwarnings("error")
def test_tracks_that_do_not_vary_have_controls_too() -> None:
    directions = find_directions(make_probe({"bass_share": np.eye(6)[0], "key": np.eye(6)[1:3]}), 6)
    for drawn in draw_controls(np.ones((1, 6), np.float32), directions).values():
        products = np.einsum("rad,rbd->rab", drawn, drawn)
        np.testing.assert_allclose(
            products, np.broadcast_to(np.eye(drawn.shape[1]), products.shape), atol=1e-9
        )


def test_a_query_from_outside_competes_with_nobody_of_its_row() -> None:
    embeddings = np.eye(5, dtype=np.float32) + 0.1
    directions = find_directions(make_probe({"bass_share": np.eye(5)[4]}), 5)
    controls = draw_controls(embeddings, directions)
    query = embeddings[0] + 0.01
    inside = ablate_groups(query, 0, np.array([1]), embeddings, directions, controls)
    outside = ablate_groups(query, None, np.array([1]), embeddings, directions, controls)
    assert outside.rank_before[0] == inside.rank_before[0] + 1


@given(seed=st.integers(0, 10_000), target=st.floats(0.05, 0.95))
def test_the_move_takes_the_neighbor_to_the_similarity(seed: int, target: float) -> None:
    rng = np.random.default_rng(seed)
    query, neighbor, direction = rng.normal(size=(3, 6))
    direction /= np.linalg.norm(direction)
    move = needed_move(query, neighbor, direction, target)
    assume(move is not None)
    assert move is not None

    def cosine(vector: np.ndarray) -> float:
        return float(vector @ query / np.linalg.norm(vector) / np.linalg.norm(query))

    assert cosine(neighbor + move * direction) == pytest.approx(target, abs=1e-6)
    for shorter in np.linspace(-0.98, 0.98, 50) * abs(move):  # none of them gets there
        assert np.sign(cosine(neighbor + shorter * direction) - target) == np.sign(
            cosine(neighbor) - target
        )


def test_no_move_where_the_direction_can_not_do_it() -> None:
    query, neighbor = np.eye(3)[0], np.array([1.0, 1.0, 0.0])
    assert needed_move(query, neighbor, np.eye(3)[2], 0.9) is None
    assert needed_move(query, neighbor, neighbor / np.sqrt(2), 0.1) is None  # along itself
    assert needed_move(query, 0 * neighbor, np.eye(3)[1], 0.1) is None
    assert needed_move(0 * query, neighbor, np.eye(3)[1], 0.1) is None
    move = needed_move(query, neighbor, np.eye(3)[2], 0.5)
    assert move is not None
    assert abs(move) == pytest.approx(np.sqrt(2))


@given(seed=st.integers(0, 10_000), target=st.floats(-0.9, 0.9), scale=st.floats(1e-3, 1e3))
@example(seed=0, target=0.0, scale=1.0)
def test_a_move_is_found_wherever_there_is_one(seed: int, target: float, scale: float) -> None:
    rng = np.random.default_rng(seed)
    query, neighbor, direction = rng.normal(size=(3, 6))
    neighbor *= scale
    direction /= np.linalg.norm(direction)
    far = np.geomspace(1e-3, 1e3, 3000) * np.linalg.norm(neighbor)
    moves = np.concatenate([-far[::-1], far])
    moved = neighbor + moves[:, None] * direction
    above = moved @ query / np.linalg.norm(moved, axis=1) / np.linalg.norm(query) > target
    crossings = np.flatnonzero(above[1:] != above[:-1])
    assume(len(crossings) > 0)
    move = needed_move(query, neighbor, direction, target)
    assert move is not None
    furthest = np.maximum(abs(moves[crossings]), abs(moves[crossings + 1]))
    assert abs(move) <= furthest.min() + 1e-9 * scale


@given(seed=st.integers(0, 10_000))
def test_lengths_do_not_matter_and_silence_harms_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    embeddings = rng.normal(size=(30, 12)).astype(np.float32)
    embeddings[5] = 0  # a track exactly at the center
    lengths = (10 ** rng.uniform(-3, 3, size=(30, 1))).astype(np.float32)
    directions = find_directions(random_probe(rng, 12), 12)
    controls = draw_controls(embeddings, directions)
    rows = np.array([1, 5, 9])
    plain = ablate_groups(embeddings[0], 0, rows, embeddings, directions, controls)
    scaled = embeddings * lengths
    other = ablate_groups(scaled[0], 0, rows, scaled, directions, controls)
    np.testing.assert_allclose(other.drop, plain.drop, atol=1e-5)
    np.testing.assert_allclose(other.control, plain.control, atol=1e-5)
    assert (plain.drop[1] == 0).all()
    assert not plain.clears[1].any()
    nothing = ablate_groups(embeddings[5], 5, rows[:1], embeddings, directions, controls)
    assert (nothing.drop == 0).all()
