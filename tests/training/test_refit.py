"""Closed-form adaptation on planted feature maps, and what is measured of it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from specrec.bootstrap import Estimate
from specrec.descriptors.features import CONCEPTS, FEATURES
from specrec.errors import ModelError
from specrec.model.probe import Probe, ProbedFeature
from specrec.training.concept_map import (
    ConceptMap,
    fit_concept_map,
    load_concept_map,
    save_concept_map,
)
from specrec.training.gain import Gain, Trial, agreement, retrieval, truth_of_names
from specrec.training.refit import Head, Lesson, carried_over, refit

NAMES = ("piano", "jazz", "calm")
GROUPS = np.arange(900) // 3


def item(name: str) -> ProbedFeature:
    known = Estimate(0.9, 0.8, 1.0)
    feature = CONCEPTS[name] if name in CONCEPTS else FEATURES[name]
    return ProbedFeature(feature, known, known, known, 1.0, 100, 100, 0.0, 0.9, 1.0)


def probe(rng: np.random.Generator) -> Probe:
    """Reads four coordinates, three of which musicnn tells, and a feature that is none."""
    names = (*NAMES, "singing", "loudness_lufs")
    weight = np.vstack([np.eye(4) + rng.normal(size=(4, 4)) / 5, rng.normal(size=(1, 4))])
    return Probe(
        "f",
        tuple(map(item, names)),
        weight.astype(np.float32),
        np.arange(5, dtype=np.float32),
        np.ones(5, np.float32),
        {},
        names[:4],
    )


def teacher(r2: float = 1.0) -> ConceptMap:
    """Says three concepts outright, one after another."""
    return ConceptMap(
        ("calm", "piano", "jazz"),
        np.eye(3, dtype=np.float32),
        np.zeros(3, np.float32),
        np.full(3, r2, np.float32),
    )


@pytest.fixture(scope="module")
def music() -> tuple[Head, Lesson, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    pooled = rng.normal(size=(900, 12)) + 2
    head = Head(rng.normal(size=(4, 12)) / 3, rng.normal(size=4))
    hidden = pooled @ rng.normal(size=(12, 3)) + 0.1 * rng.normal(size=(900, 3)) + 5
    return head, Lesson.of(probe(rng), teacher()), pooled, hidden


def test_a_head_learns_what_the_tagger_hears_and_keeps_the_rest(
    music: tuple[Head, Lesson, np.ndarray, np.ndarray],
) -> None:
    head, lesson, pooled, hidden = music
    assert lesson.names == NAMES
    after = refit(head, lesson, pooled, hidden, GROUPS)
    said, taught = lesson.said(after.embed(pooled)), hidden[:, [1, 2, 0]]
    np.testing.assert_allclose(said.std(axis=0), taught.std(axis=0), rtol=0.05)
    for column in range(3):
        assert np.corrcoef(said[:, column], taught[:, column])[0, 1] > 0.99
    # What is usual stays so, and so does the coordinate of which the tagger says nothing.
    before = lesson.said(head.embed(pooled))
    np.testing.assert_allclose(said.mean(axis=0), before.mean(axis=0), atol=1e-6)
    whole = probe(np.random.default_rng(0))
    rows = whole.rows("singing")
    changed = (after.embed(pooled) - head.embed(pooled)) @ Lesson.of(whole, teacher()).back
    assert changed.shape == (900, 3)
    assert rows == slice(3, 4)


def test_other_coordinates_do_not_move() -> None:
    rng = np.random.default_rng(1)
    made = probe(rng)
    lesson = Lesson.of(made, teacher())
    np.testing.assert_allclose(made.weight[:4] @ lesson.back, np.eye(4)[:, :3], atol=1e-5)


def test_what_is_not_trusted_or_not_in_the_sound_is_not_learned(
    music: tuple[Head, Lesson, np.ndarray, np.ndarray],
) -> None:
    head, _, pooled, hidden = music
    deaf = Lesson.of(probe(np.random.default_rng(0)), teacher(r2=-0.2))
    np.testing.assert_allclose(refit(head, deaf, pooled, hidden, GROUPS).weight, head.weight)
    lesson = Lesson.of(probe(np.random.default_rng(0)), teacher())
    said = lesson.said(head.embed(pooled))[:, [2, 0, 1]]
    noise = said + np.random.default_rng(2).normal(size=said.shape)
    learned = refit(head, lesson, pooled, noise, GROUPS)
    assert np.abs(learned.weight - head.weight).max() < 0.05


def test_a_model_without_names_has_nothing_to_learn() -> None:
    made = probe(np.random.default_rng(0))
    other = ConceptMap(("rock",), np.eye(1, dtype=np.float32), *np.zeros((2, 1), np.float32))
    with pytest.raises(ModelError, match="none of the model's coordinates"):
        Lesson.of(made, other)


def test_other_features_are_read_from_new_embeddings_as_from_old() -> None:
    rng = np.random.default_rng(3)
    made, old = probe(rng), rng.normal(size=(900, 4))
    turned = old @ (np.eye(4) + rng.normal(size=(4, 4)) / 5).T + 1
    carried = carried_over(made, old, turned, GROUPS, "g")
    assert carried.fingerprint == "g"
    np.testing.assert_array_equal(carried.weight[:4], made.weight[:4])
    before, after = (p.predict(z)["loudness_lufs"] for p, z in ((made, old), (carried, turned)))
    np.testing.assert_allclose(after, before, atol=0.05)


def test_a_concept_map_finds_what_is_planted_and_is_read_as_written(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    weight = rng.normal(size=(2, 6))
    hidden, unheard = rng.normal(size=(2000, 6)), rng.normal(size=(500, 6))
    scores, truth = (x @ weight.T + [1, 2] for x in (hidden, unheard))
    scores[:, 1] = rng.normal(size=2000)
    fitted = fit_concept_map(("piano", "jazz"), hidden, scores, unheard, truth)
    np.testing.assert_allclose(fitted.weight[0], weight[0], atol=0.01)
    assert fitted.r2[0] > 0.99
    assert fitted.r2[1] < 0.1
    save_concept_map(fitted, tmp_path / "map")
    read = load_concept_map(tmp_path / "map")
    assert read.names == ("piano", "jazz")
    np.testing.assert_allclose(read.scores(unheard), fitted.scores(unheard), atol=0.02)
    with pytest.raises(ModelError, match="missing or damaged"):
        load_concept_map(tmp_path / "absent")


def test_the_map_that_comes_with_specrec_tells_concepts() -> None:
    shipped = load_concept_map()
    assert set(shipped.names) <= {*CONCEPTS}
    assert shipped.weight.shape == (len(shipped.names), 200)
    # Tags of its own are read exactly, what it has no word for hardly.
    by_name = dict(zip(shipped.names, shipped.r2, strict=True))
    assert by_name["calm"] > 0.95
    assert by_name["calm"] > by_name["jazz"] > by_name["bells"]


def tried(seed: int = 5, tracks: int = 40) -> tuple[pd.DataFrame, np.ndarray, list[Trial]]:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "artist": [f"a{row // 2}" for row in range(tracks)],
            "style": rng.choice(["piano", "jazz trio", None], tracks),
        }
    )
    before = rng.normal(size=(tracks, 3))
    fold = np.arange(tracks) // 2 % 2 == 0
    trials = [
        Trial(part, rng.normal(size=(tracks, 3)), rng.normal(size=(tracks, 3)))
        for part in (fold, ~fold)
    ]
    return table, before, trials


@pytest.mark.parametrize("label", ["artist", "style"])
def test_retrieval_is_that_of_a_loop_over_held_out_tracks(label: str) -> None:
    table, before, trials = tried()
    groups = np.arange(40) // 2
    gain = retrieval(label, table, before, trials, groups)
    assert gain is not None
    figures = []
    for trial in trials:
        for row in np.flatnonzero(trial.held_out):
            others = [
                other
                for other in range(40)
                if other != row
                and pd.notna(table[label][other])
                and (label == "artist" or table["artist"][other] != table["artist"][row])
            ]
            truth = [table[label][other] == table[label][row] for other in others]
            if pd.isna(table[label][row]) or not any(truth):
                continue
            pair = []
            for z in (before, trial.embeddings):
                cosines = z[others] @ z[row] / np.linalg.norm(z[others], axis=1)
                pair.append(average_precision_score(truth, cosines))
            figures.append(pair)
    first, second = np.mean(figures, axis=0)
    assert (gain.before, gain.after) == pytest.approx((first, second))
    assert gain.difference.value == pytest.approx(second - first)
    assert gain.tracks == len(figures)


def test_names_are_judged_by_labels_on_held_out_tracks() -> None:
    table, before, trials = tried()
    gain = truth_of_names("style", table, NAMES, before, trials, np.arange(40) // 2)
    assert gain is not None
    after = np.where(trials[0].held_out[:, None], trials[0].scores, trials[1].scores)
    known = table["style"].notna().to_numpy()
    areas = [
        [
            roc_auc_score((table["style"] == value)[known], scores[known, place])
            for place, value in enumerate(("piano", "jazz trio"))
        ]
        for scores in (before, after)
    ]
    assert (gain.before, gain.after) == pytest.approx(tuple(np.mean(areas, axis=1)))
    assert gain.difference.low < gain.after - gain.before < gain.difference.high
    assert truth_of_names("artist", table, NAMES, before, trials, np.arange(40)) is None


def test_agreement_rises_where_the_model_says_what_the_teacher_says() -> None:
    table, said, trials = tried()
    taught = np.random.default_rng(6).normal(size=(40, 3))
    better = [Trial(t.held_out, t.embeddings, taught + 0.1 * t.scores) for t in trials]
    gain = agreement(said, better, taught, np.arange(40) // 2)
    assert gain.is_better
    assert gain.after > 0.9
    assert gain.tracks == len(table)
    worse = agreement(taught, trials, taught, np.arange(40) // 2)
    assert worse.before == pytest.approx(1)
    assert worse.is_worse
    assert isinstance(worse, Gain)
