"""The order of candidates, against loops and closed forms."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from specrec.errors import QueryError
from specrec.recommend.hubness import HubSample, SimilarityStats
from specrec.recommend.ranking import AGAINST_WEIGHT, Ranking, agreement, choose, score


def unit_rows(rng: np.random.Generator, count: int, dim: int = 8) -> np.ndarray:
    rows = rng.normal(size=(count, dim))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_agreement_is_a_soft_maximum() -> None:
    similarities = np.random.default_rng(0).uniform(-1, 1, size=(4, 50))
    scores = agreement(similarities)
    expected = [
        0.5 * math.log(sum(math.exp(2 * s) for s in column) / 4) for column in similarities.T
    ]
    np.testing.assert_allclose(scores, expected)
    assert (similarities.mean(axis=0) < scores).all()
    assert (scores < similarities.max(axis=0)).all()
    np.testing.assert_array_equal(agreement(similarities[:1]), similarities[0])
    # Two seeds that agree count for more than one that is as near alone.
    assert agreement(np.array([[0.6], [0.6]])) > agreement(np.array([[0.6], [0.0]]))


def test_what_is_asked_against_is_taken_off() -> None:
    seeds, against = np.array([[0.5, 0.5]]), np.array([[0.9, -0.2]])
    np.testing.assert_allclose(
        score(seeds, against), [0.5 - AGAINST_WEIGHT * 0.9, 0.5 + AGAINST_WEIGHT * 0.2]
    )
    np.testing.assert_array_equal(score(seeds, against[:0]), seeds[0])


def chosen_by_loop(
    scores: np.ndarray,
    units: np.ndarray,
    recordings: np.ndarray,
    artists: list[set[str]],
    k: int,
    ranking: Ranking,
) -> list[int]:
    chosen: list[int] = []
    for _ in range(k):
        best, best_value = None, -math.inf
        for place in range(len(scores)):
            if place in chosen:
                continue
            if not ranking.duplicates and recordings[place] in recordings[chosen]:
                continue
            by_each = [sum(one in artists[other] for other in chosen) for one in artists[place]]
            if ranking.per_artist and max(by_each, default=0) >= ranking.per_artist:
                continue
            value = scores[place]
            if ranking.diversity and chosen:
                redundancy = max(units[place] @ units[other] for other in chosen)
                value = (1 - ranking.diversity) * value - ranking.diversity * redundancy
            if value > best_value:
                best, best_value = place, value
        if best is None:
            break
        chosen.append(best)
    return chosen


@pytest.mark.parametrize("per_artist", [None, 1, 3])
@pytest.mark.parametrize("diversity", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("duplicates", [False, True])
def test_what_is_chosen_is_what_a_loop_chooses(
    per_artist: int | None, diversity: float, duplicates: bool
) -> None:
    ranking = Ranking(per_artist=per_artist, diversity=diversity, duplicates=duplicates)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        scores, units = rng.uniform(-1, 1, size=40), unit_rows(rng, 40)
        counts = rng.choice(3, size=40, p=[0.1, 0.7, 0.2])
        artists = [{f"artist {one}" for one in rng.integers(8, size=count)} for count in counts]
        groups = rng.integers(30, size=40), artists
        for k in (1, 12, 60):
            choice = choose(scores, lambda place, u=units: u @ u[place], *groups, k, ranking)
            assert choice.places.tolist() == chosen_by_loop(scores, units, *groups, k, ranking)
            passed = choice.repeated | choice.capped
            assert not passed[choice.places].any()
            if len(choice.places) < k:
                assert passed.sum() + len(choice.places) == 40


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(QueryError, match="per_artist must be 1 or more, not 0"):
        Ranking(per_artist=0)
    for diversity in (-0.1, 1.1, math.nan):
        with pytest.raises(QueryError, match="diversity must be from 0 to 1"):
            Ranking(diversity=diversity)


def test_mutual_proximity_is_that_of_the_paper() -> None:
    rng = np.random.default_rng(0)
    vectors = unit_rows(rng, 60) + 0.3
    sample = HubSample(vectors)
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = units @ units.T
    stats = sample.stats(vectors, np.arange(60))
    center, scale = np.mean(stats.mean), np.mean(stats.spread)
    for query, track in rng.integers(60, size=(50, 2)):
        chance = 1.0
        for one in (query, track):
            others = np.delete(cosines[one], one)
            chance *= norm.cdf((cosines[query, track] - others.mean()) / others.std())
        # For two ordinary tracks of that cosine, the chance is cdf(z) for each.
        expected = center + scale * norm.ppf(math.sqrt(chance))
        here = SimilarityStats(stats.mean[[query]], stats.spread[[query]])
        there = SimilarityStats(stats.mean[[track]], stats.spread[[track]])
        corrected = sample.correct(cosines[[query]][:, [track]], here, there)
        assert corrected[0, 0] == pytest.approx(expected, abs=1e-6)
    ordinary = SimilarityStats(np.array([center]), np.array([scale]))
    kept = sample.correct(np.array([[0.4]]), ordinary, ordinary)
    assert kept[0, 0] == pytest.approx(0.4)


def test_a_hub_gives_way_to_a_track_as_near_that_is_none() -> None:
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(400, 20))
    vectors[0] = vectors[1:].mean(axis=0)  # near to everything
    vectors[1:] += 0.5 * vectors[0] / np.linalg.norm(vectors[0])
    sample = HubSample(vectors)
    stats = sample.stats(vectors, np.arange(400))
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = units @ units.T
    np.fill_diagonal(cosines, -1)
    corrected = sample.correct(cosines, stats, stats)
    np.fill_diagonal(corrected, -1)
    before, after = ((-values).argsort()[:, :10] == 0 for values in (cosines, corrected))
    assert after.sum() < before.sum() / 2
