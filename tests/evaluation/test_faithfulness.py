"""Explanations of planted embeddings, whose causes are known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from specrec.bootstrap import estimate_mean
from specrec.evaluation.faithfulness import (
    cited_groups,
    draw_isotropic,
    draw_like_tracks,
    drop_without,
    feature_totals,
    measure_ablation,
    measure_rationales,
    sum_error,
)
from specrec.evaluation.pairs import ExplainedPair, explain_pairs, nearest
from specrec.explain.ablation import draw_controls
from specrec.explain.explainer import Explainer
from specrec.explain.feature_stats import FeatureStats
from specrec.model.probe_fit import fit_probe

TRACKS, DIM = 400, 16


@pytest.fixture(scope="module")
def explainer() -> Explainer:
    """Axis 0 is brightness, axis 1 percussion; the first 24 tracks share a bright or dark sound."""
    rng = np.random.default_rng(0)
    embeddings = 0.25 * rng.normal(size=(TRACKS, DIM))
    embeddings[:24, 0] = 2.0 * np.where(np.arange(24) % 2, 1.0, -1.0)
    embeddings = embeddings.astype(np.float32)
    table = pd.DataFrame(
        {
            "centroid_hz": 1500 * 2 ** (0.3 * embeddings[:, 0]),
            "percussive_share": 1 / (1 + np.exp(-2 * embeddings[:, 1])),
        }
    )
    probe = fit_probe(embeddings, table, np.arange(TRACKS), "planted")
    return Explainer(embeddings, FeatureStats(table, probe, embeddings))


@pytest.fixture(scope="module")
def pairs(explainer: Explainer) -> list[ExplainedPair]:
    return explain_pairs(explainer, np.arange(20))


def test_pairs_are_the_nearest_and_explained(
    explainer: Explainer, pairs: list[ExplainedPair]
) -> None:
    vectors = explainer.embeddings / np.linalg.norm(explainer.embeddings, axis=1, keepdims=True)
    for query in range(20):
        scores = vectors @ vectors[query]
        scores[query] = -np.inf
        best = np.argsort(-scores)[:10]
        own = [pair for pair in pairs if pair.query == query]
        np.testing.assert_array_equal([pair.neighbor for pair in own], best)
        for pair in own:
            assert pair.explanation.similarity == pytest.approx(scores[pair.neighbor], abs=1e-6)
    assert set(nearest(explainer.embeddings, 3, np.array([3, 8, 9]))) == {8, 9}


def test_the_planted_cause_is_cited_and_erasing_it_matters(
    explainer: Explainer, pairs: list[ExplainedPair]
) -> None:
    embeddings, directions = explainer.embeddings, explainer.directions
    controls = {
        "matched": draw_controls(embeddings, directions, seed=1),
        "tracks": draw_like_tracks(embeddings, directions),
        "isotropic": draw_isotropic(directions),
    }
    found = measure_ablation(pairs, embeddings, directions, controls)
    assert set(directions.names) == {"centroid_hz", "percussive_share"}
    cited = np.array([cited_groups(pair, directions) for pair in pairs])
    assert cited[:, directions.names.index("centroid_hz")].mean() > 0.8
    assert not cited[:, directions.names.index("percussive_share")].any()
    assert found.citations == cited.sum() == len(found.drops)
    values = [found.drop, *(item.drop for item in found.controls.values()), found.uncited_drop]
    drop, matched, tracks, isotropic, uncited = (item.value if item else 0 for item in values)
    assert drop > 0.5 > matched > isotropic
    assert drop > 0.5 > tracks > isotropic > 0
    assert abs(uncited) < 0.1
    for item in found.controls.values():
        assert len(item.drops) == found.citations
        assert item.cleared is not None
        assert item.cleared.value > 0.9
        assert item.rank_change is not None
        assert found.rank_change is not None
        # Without what they share, the neighbors scatter among all the tracks.
        assert found.rank_change.value > 20 > item.rank_change.value


def test_figures_agree_with_a_loop(explainer: Explainer, pairs: list[ExplainedPair]) -> None:
    directions, embeddings = explainer.directions, explainer.embeddings.astype(np.float64)
    fixed = {group: np.eye(DIM)[None, None, 5] for group in range(2)}
    found = measure_ablation(pairs, embeddings, directions, {"fixed": fixed})
    drops, changes, uncited = [], [], []
    for pair in pairs:
        axes = {name: directions.of_group(at) for at, name in enumerate(directions.names)}
        cited = {item.feature for item in pair.explanation.reasons if item.verdict == "because"}
        for name in axes:
            q, n = embeddings[pair.query], embeddings[pair.neighbor]
            project = np.eye(DIM) - axes[name].T @ axes[name]
            fall = _cosine(q, n) - _cosine(project @ q, project @ n)
            if name not in cited:
                uncited.append(fall)
                continue
            drops.append(fall)
            erased = embeddings.copy()
            erased[:, 5] = 0
            scores = [_cosine(erased[pair.query], other) for other in erased]
            others = np.delete(scores, [pair.query, pair.neighbor])
            before = pair.explanation.contributions[0].rank_before
            changes.append(1 + (others > scores[pair.neighbor]).sum() - before)
    np.testing.assert_allclose(found.drops, drops, atol=1e-6)
    assert found.uncited_drop is not None
    assert found.uncited_drop.value == pytest.approx(np.mean(uncited), abs=1e-6)
    change = found.controls["fixed"].rank_change
    assert change is not None
    assert change.value == pytest.approx(np.mean(changes))


def test_without_citations_there_are_no_figures(
    explainer: Explainer, pairs: list[ExplainedPair]
) -> None:
    bare = [replace(pair, explanation=replace(pair.explanation, reasons=())) for pair in pairs]
    controls = {"isotropic": draw_isotropic(explainer.directions)}
    found = measure_ablation(bare, explainer.embeddings, explainer.directions, controls)
    assert (found.citations, found.drop, found.rank_change) == (0, None, None)
    assert found.controls["isotropic"].cleared is None
    assert found.cited_share is not None
    assert found.cited_share.value == 0
    assert found.uncited_drop is not None
    rationale = measure_rationales(bare, explainer.embeddings, explainer.directions)
    assert (rationale.pairs, rationale.comprehensiveness, rationale.share) == (0, None, None)


def _cosine(first: np.ndarray, second: np.ndarray) -> float:
    return float(first @ second / np.linalg.norm(first) / np.linalg.norm(second))


def test_all_cited_groups_at_once(explainer: Explainer, pairs: list[ExplainedPair]) -> None:
    found = measure_rationales(pairs, explainer.embeddings, explainer.directions)
    by_hand = []
    at = explainer.directions.names.index("centroid_hz")
    for pair in pairs:
        if cited_groups(pair, explainer.directions)[at]:
            item = next(c for c in pair.explanation.contributions if c.feature == "centroid_hz")
            by_hand.append((item.drop, item.value, pair.explanation.similarity))
    drop, value, similarity = np.array(by_hand).T
    assert found.pairs == len(by_hand)
    for figure, expected in (
        (found.comprehensiveness, drop.mean()),
        (found.sufficiency, (similarity - value).mean()),
        (found.share, (value / similarity).mean()),
    ):
        assert figure is not None
        assert figure.value == pytest.approx(expected, abs=1e-6)
        assert figure.low <= figure.value <= figure.high
    assert found.comprehensiveness_control is not None
    assert abs(found.comprehensiveness_control.value) < 0.1


def test_sums_add_up_only_if_nothing_is_missing(
    explainer: Explainer, pairs: list[ExplainedPair]
) -> None:
    similarities = np.array([pair.explanation.similarity for pair in pairs])
    totals = feature_totals(pairs, explainer.embeddings, explainer.directions)
    found = sum_error(totals, similarities)
    assert found.largest < 1e-6
    assert found.pairs == len(pairs)
    without = [
        pair.explanation.residual + pair.explanation.contributions[1].value for pair in pairs
    ]
    assert sum_error(np.array(without), similarities).median > 0.1


def test_erasing_takes_what_lies_in_a_subspace_and_no_more() -> None:
    query, neighbor = np.array([3.0, 4.0, 0.0]), np.array([3.0, 0.0, 4.0])
    axes = np.eye(3)[[[0], [1]]]
    # The cosine is 9/25; what is left without the first, (4, 0) and (0, 4), is orthogonal.
    assert drop_without(query, neighbor, axes) == pytest.approx([9 / 25, 9 / 25 - 3 / 5])
    plane = np.eye(3)[None, :2]
    assert drop_without(query, query, plane) == pytest.approx([1.0])  # nothing is left of it


def test_isotropic_subspaces_are_orthonormal_and_even(explainer: Explainer) -> None:
    directions = replace(explainer.directions, groups=np.array([0, 1, 1]), axes=np.eye(DIM)[:3])
    drawn = draw_isotropic(directions)
    assert set(drawn) == {0, 1}
    for group, axes in drawn.items():
        products = axes @ axes.transpose(0, 2, 1)
        expected = np.broadcast_to(np.eye(group + 1), products.shape)
        np.testing.assert_allclose(products, expected, atol=1e-9)
    shares = np.square(drawn[0][:, 0]).mean(axis=0)
    np.testing.assert_allclose(shares, 1 / DIM, atol=0.03)


def test_means_are_resampled_by_query() -> None:
    values, clusters = np.array([0.0, 0.0, 0.0, 1.0]), np.array([1, 1, 1, 2])
    found = estimate_mean(values, clusters)
    assert found is not None
    # only three outcomes of drawing two of two queries: all 0, the mean, all 1
    assert (found.value, found.low, found.high) == (0.25, 0.0, 1.0)
    alike = estimate_mean(np.tile(values, 100))
    assert alike is not None
    assert alike.high - alike.low == pytest.approx(2 * 1.96 * np.sqrt(0.25 * 0.75 / 400), rel=0.15)
    assert estimate_mean(np.array([np.nan])) is None
    skipped = estimate_mean(np.array([np.nan, 1.0]), np.array([0, 1]))
    assert skipped is not None
    assert skipped.value == 1.0
