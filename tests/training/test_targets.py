from pathlib import Path

import numpy as np
import pytest

from specrec.concepts.vocabulary import Concept, load_vocabulary
from specrec.errors import ModelError
from specrec.training.targets import LABELS_FILE, Outputs, fit_targets, power_of, read_outputs


def concept(name: str, sources: dict[str, tuple[str, ...]], **against: tuple[str, ...]) -> Concept:
    return Concept(name, "style", "amount", "are x", None, (), (), sources, against, None)


CONCEPTS = [
    concept("one", {"audioset": ("a",)}),
    concept("two", {"audioset": ("b", "c"), "musicnn": ("d",)}),
    concept("less", {"musicnn": ("d", "e")}, audioset=("a",)),
    concept("measured", {"measured": ("tempo_bpm",)}),
]
NAMES = (*(("audioset", name) for name in "abc"), *(("musicnn", name) for name in "de"))


@pytest.fixture(scope="module")
def material() -> tuple[Outputs, np.ndarray]:
    rng = np.random.default_rng(0)
    outputs = Outputs(NAMES, rng.normal(size=(5, 7)), rng.normal(size=5))
    hidden = (rng.normal(size=(300, 7)) @ rng.normal(size=(7, 7)) + 2).astype(np.float16)
    return outputs, hidden


def standardized(values: np.ndarray) -> np.ndarray:
    return (values - values.mean(axis=0)) / values.std(axis=0, ddof=1)


def scores(outputs: Outputs, hidden: np.ndarray) -> np.ndarray:
    """The definition: means of standardized logits, source by source."""
    logits = hidden.astype(float) @ outputs.weight.T + outputs.bias
    a, b, c, d, e = standardized(logits).T
    return standardized(np.stack([a, (b + c) / 2 + d, (d + e) / 2 - a], axis=1))


def test_the_affine_map_gives_the_standardized_scores(
    material: tuple[Outputs, np.ndarray],
) -> None:
    targets = fit_targets(CONCEPTS, *material, whiten=0.0)
    assert targets.names == ("one", "two", "less")
    np.testing.assert_allclose(targets.of(material[1]), scores(*material), atol=1e-4)


def test_whitened_fully_the_coordinates_are_uncorrelated_and_near_the_concepts(
    material: tuple[Outputs, np.ndarray],
) -> None:
    white = fit_targets(CONCEPTS, *material, whiten=1.0).of(material[1])
    np.testing.assert_allclose(np.cov(white, rowvar=False), np.eye(3), atol=1e-3)
    expected = scores(*material)
    between = np.cov(np.hstack([white, expected]), rowvar=False)[:3, 3:]
    np.testing.assert_allclose(between, between.T, atol=1e-3)  # ZCA: symmetric, positive
    assert np.linalg.eigvalsh(between).min() > 0


def test_a_power_of_a_matrix_is_that_of_its_eigenvalues() -> None:
    matrix = np.array([[2.0, 1.0], [1.0, 2.0]])  # eigenvalues 3 and 1
    np.testing.assert_allclose(power_of(matrix, 2.0), matrix @ matrix)
    np.testing.assert_allclose(power_of(matrix, -1.0), np.linalg.inv(matrix))
    np.testing.assert_allclose(power_of(matrix, 0.0), np.eye(2), atol=1e-12)


def test_a_source_that_no_teacher_has_is_named(material: tuple[Outputs, np.ndarray]) -> None:
    odd = concept("odd", {"audioset": ("Kazoo",)})
    with pytest.raises(ModelError, match="concept odd: audioset has no 'Kazoo'"):
        fit_targets([odd], *material, whiten=0.0)


def test_what_says_the_same_of_all_views_is_named(material: tuple[Outputs, np.ndarray]) -> None:
    same = np.ones((10, 7), np.float16)
    with pytest.raises(ModelError, match="audioset says the same of 'a' in all views"):
        fit_targets(CONCEPTS, material[0], same, whiten=0.0)


def test_the_outputs_of_both_teachers_stand_side_by_side(teachers: tuple[Path, Path]) -> None:
    outputs = read_outputs(*teachers)
    assert outputs.weight.shape == (527 + 50, 512 + 200)
    assert not outputs.weight[:527, 512:].any()
    assert not outputs.weight[527:, :512].any()
    assert outputs.names[527:529] == (("musicnn", "rock"), ("musicnn", "pop"))
    hidden = np.random.default_rng(0).normal(size=(2, 712))
    likely = outputs.probabilities(hidden)
    logits = hidden @ outputs.weight.T + outputs.bias
    np.testing.assert_allclose(np.log(likely / (1 - likely)), logits, atol=1e-6)
    known = {source for item in load_vocabulary() for source in item.sources.get("audioset", ())}
    assert {("audioset", name) for name in known} <= {*outputs.names}


def test_labels_of_other_classes_are_refused(teachers: tuple[Path, Path], tmp_path: Path) -> None:
    mn04 = tmp_path / "mn04_as.pt"
    mn04.write_bytes(teachers[0].read_bytes())
    with pytest.raises(ModelError, match=LABELS_FILE):
        read_outputs(mn04, teachers[1])
    (tmp_path / LABELS_FILE).write_text("index,display_name\n0,Speech\n")
    with pytest.raises(ModelError, match="lists 1 classes, and mn04 has 527"):
        read_outputs(mn04, teachers[1])
