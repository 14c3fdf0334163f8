import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from specrec.bootstrap import Estimate
from specrec.concepts.vocabulary import load_vocabulary
from specrec.descriptors.features import CONCEPTS
from specrec.explain.feature_stats import FeatureStats
from specrec.metrics import roc_auc
from specrec.model.probe import Probe, ProbedFeature, load_probe, save_probe
from specrec.training.naming import (
    ABSENCE_PRECISION,
    HEARD,
    PRECISION,
    NamedHead,
    claim_limits,
    fit_head,
    heard_concepts,
    judge_concepts,
    threshold,
    with_concepts,
)
from specrec.training.targets import Outputs

NAMES = ("piano", "jazz", "calm")


@pytest.fixture(scope="module")
def planted() -> tuple[NamedHead, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A head fitted on concepts and a measured feature that are linear in the feature map."""
    rng = np.random.default_rng(0)
    mixing = np.eye(12) + rng.normal(size=(12, 12)) / 8
    views, tracks = (rng.normal(size=(n, 12)) @ mixing + 3 for n in (2000, 400))
    truth = rng.normal(size=(3, 12)) / 4
    scores = views @ truth.T - 1
    centroid = 2.0 ** (10 + tracks @ rng.normal(size=12) / 20)
    centroid[::7] = np.nan
    head = fit_head(
        NAMES, views, scores, ["centroid_hz"], tracks, centroid[:, None], np.arange(400) // 4, 0.5
    )
    return head, views, scores, tracks, centroid


def test_planted_concepts_are_read_back(
    planted: tuple[NamedHead, np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> None:
    head, views, scores, tracks, centroid = planted
    assert head.names == (*NAMES, "centroid_hz")
    embeddings = views @ head.weight.T + head.bias - head.center
    read = embeddings @ head.readout.T + head.level
    np.testing.assert_allclose(head.scores(views), read)
    np.testing.assert_allclose(read[:, :3], scores, atol=0.05)
    known = np.isfinite(centroid)
    octaves = np.log2(centroid[known])
    standard = (octaves - octaves.mean()) / octaves.std()
    np.testing.assert_allclose(head.scores(tracks[known])[:, 3], standard, atol=0.05)
    center = (tracks @ head.weight.T + head.bias - head.center).mean(axis=0)
    np.testing.assert_allclose(center, 0, atol=1e-9)


@pytest.mark.parametrize("whiten", [0.0, 0.5, 1.0])
def test_coordinates_have_the_covariance_that_whitening_leaves(
    planted: tuple[NamedHead, np.ndarray, np.ndarray, np.ndarray, np.ndarray], whiten: float
) -> None:
    _, views, scores, tracks, _ = planted
    none = np.zeros((len(tracks), 0))
    head = fit_head(NAMES, views, scores, [], tracks, none, np.arange(len(tracks)), whiten)
    covariance = np.cov(views @ head.weight.T, rowvar=False)
    correlations = np.corrcoef(head.scores(views), rowvar=False)
    values, axes = np.linalg.eigh(correlations)
    expected = (axes * values ** (1 - whiten)) @ axes.T
    np.testing.assert_allclose(covariance, expected, atol=1e-6)


def test_thresholds_equal_those_of_a_loop() -> None:
    rng = np.random.default_rng(1)
    for noise, precision in ((0.3, 0.85), (1.0, 0.85), (3.0, 0.95)):
        scores = rng.normal(size=200)
        truth = scores + noise * rng.normal(size=200) > 0.5
        right = [
            score
            for score in scores
            if (scores >= score).sum() >= 20 and truth[scores >= score].mean() >= precision
        ]
        assert threshold(scores, truth, precision) == (min(right) if right else None)
    assert threshold(scores, np.zeros(200, bool), 0.85) is None


def test_the_area_under_the_curve_is_that_of_sklearn() -> None:
    rng = np.random.default_rng(2)
    scores = rng.normal(size=300).round(1)  # with ties
    truth = scores + rng.normal(size=300) > 0.7
    assert roc_auc(scores, truth) == pytest.approx(roc_auc_score(truth, scores))
    assert math.isnan(roc_auc(scores, np.ones(300, bool)))


def test_a_concept_is_there_where_a_teacher_and_the_score_say_so() -> None:
    concept = load_vocabulary()["piano"]
    first = concept.sources["audioset"][0]
    outputs = Outputs(
        (("audioset", first), ("audioset", "Speech"), ("musicnn", "rock")),
        np.eye(3),
        np.zeros(3),
    )
    likely = np.array([[1.1], [1.1], [0.9], [0.6], [0.4]]) * HEARD["audioset"]
    hidden = np.hstack([np.log(likely / (1 - likely)), np.full((5, 2), 5.0)])
    scores = np.array([[1.1], [0.9], [2.0], [-1.0], [-1.0]])
    there, nowhere = heard_concepts([concept], outputs, hidden, scores)
    assert there[:, 0].tolist() == [True, False, False, False, False]
    assert nowhere[:, 0].tolist() == [False, False, False, False, True]


def test_an_opposite_is_there_where_a_teacher_hears_it() -> None:
    concept = load_vocabulary()["female voice"]
    outputs = Outputs(
        (
            *(("audioset", name) for name in ("Female singing", "Male singing")),
            *(("musicnn", f"{sex}male {who}") for sex in ("fe", "") for who in ("vocalists",)),
            ("musicnn", "female vocalist"),
        ),
        np.eye(5),
        np.zeros(5),
    )
    hidden = np.full((3, 5), -20.0)
    hidden[1, 1] = hidden[2, 1] = 0.0  # a man is heard
    _, nowhere = heard_concepts([concept], outputs, hidden, np.array([[-2.0], [-2.0], [-0.5]]))
    assert nowhere[:, 0].tolist() == [False, True, False]


def judged() -> list[ProbedFeature]:
    """Of three concepts: one told well, one that is never there, one told by chance."""
    rng = np.random.default_rng(3)
    truth = rng.normal(size=(500, 3))
    said = truth + 0.3 * rng.normal(size=(500, 3))
    said[:, 2] = rng.normal(size=500)
    there, nowhere = truth > 0.5, truth < 0
    there[:, 1] = False
    limits = [
        claim_limits(name, said[:, place], there[:, place], nowhere[:, place])
        for place, name in enumerate(NAMES)
    ]
    return judge_concepts(NAMES, said, truth, limits)


def test_concepts_are_judged_by_what_is_claimed_of_them() -> None:
    good, never, chance = judged()
    assert good.usable
    assert good.auc is not None
    assert good.auc > 0.9
    assert good.r2.value > 0.8
    assert good.present is not None
    assert good.absent is not None
    assert good.absent < good.present
    assert PRECISION < ABSENCE_PRECISION
    assert never.present is None
    assert never.usable  # it counts in the score, but is never said to be there
    assert not chance.usable


def test_what_is_never_said_is_null_in_the_file_and_infinite_in_the_library(
    tmp_path: Path,
) -> None:
    estimate = Estimate(0.9, 0.8, 1.0)
    item = dataclasses.replace(judged()[1], auc=0.9, r2=estimate, absent=None)
    head = NamedHead(
        NAMES, np.eye(3), np.zeros(3), np.zeros(3), np.array([[0.0] * 3, [1.0, 2, 3], [0] * 3]),
        np.array([0.0, 0.5, 0]),
    )  # fmt: skip
    none = np.zeros(0, np.float32)
    empty = Probe("f", (), np.zeros((0, 3), np.float32), none, none)
    probe = with_concepts(empty, head, [item], NAMES)
    save_probe(probe, tmp_path / "probe.safetensors")
    text = (tmp_path / "probe.safetensors").read_bytes()
    assert b"Infinity" not in text
    read = load_probe(tmp_path, "f")
    assert read is not None
    assert read.coordinates == NAMES
    assert json.loads(json.dumps(dataclasses.asdict(read.features[0])))["present"] is None
    embeddings = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
    np.testing.assert_allclose(
        read.predict(embeddings)["jazz"], embeddings @ [1, 2, 3] + 0.5, rtol=1e-5
    )
    stats = FeatureStats(pd.DataFrame(index=range(30)), read, embeddings)
    assert stats.said("jazz") == (-math.inf, math.inf)
    assert {"piano", "jazz", "calm"} <= {*CONCEPTS}
