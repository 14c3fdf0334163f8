import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from specrec.bootstrap import Estimate
from specrec.evaluation.claims import Claims, Specificity
from specrec.evaluation.deletion import FRACTIONS, ORDERS, Deletion
from specrec.evaluation.explanations import MEASURED, Explanations
from specrec.evaluation.faithfulness import AblationFigures, Control, Rationale, SumError
from specrec.evaluation.ground_truth import GroundTruth, PlantedConcept
from specrec.evaluation.named_share import NamedShare
from specrec.evaluation.protocol import Embedding, Evaluation
from specrec.evaluation.randomization import RandomWeights
from specrec.evaluation.reason_stability import FAINT, ReasonStability
from specrec.evaluation.retrieval import measure_hubness
from specrec.report.evaluation import evaluation_markdown, print_evaluation, write_evaluation
from specrec.report.explanation_tables import explanation_tables
from specrec.report.text import interval, percent_interval


def figure(value: float) -> Estimate:
    return Estimate(value, value - 0.0123, value + 0.0123)


@pytest.fixture(scope="module")
def heard_only() -> Explanations:
    """Without what needs audio; nothing is cited."""
    return Explanations(
        139,
        NamedShare(figure(0.218), None, None, None, figure(0.2), figure(0.3)),
        {"features": SumError(2e-7, 3e-8, 1390)},
        AblationFigures(1390, 0, figure(0.02), figure(0.002), None, None, [], {}),
        Rationale(0, None, None, None, None, None),
        {MEASURED: Claims(1390, 0, None, None, {})},
        Specificity(1390, figure(0.9), 4.4812, 0.905, {}, None, None),
    )


@pytest.fixture(scope="module")
def found(heard_only: Explanations) -> Explanations:
    rng = np.random.default_rng(0)
    areas = {name: figure(0.4 + 0.05 * at) for at, name in enumerate(ORDERS)}
    curves = {name: rng.uniform(0, 1, len(FRACTIONS)).tolist() for name in ORDERS}
    claims = Claims(1390, 2925, figure(0.991), figure(0.97), {"flatness": (201, figure(0.935))})
    sung = Claims(1390, 20, figure(0.9), None, {"singing": (20, figure(0.9))})
    told = (PlantedConcept("metal", 100, 10, figure(0.804)),)
    controls = {
        name: Control(figure(0.002), figure(0.13), figure(0.871), rng.normal(0, 0.01, 50).tolist())
        for name in ("as variable as the group", "combinations of tracks")
    }
    return replace(
        heard_only,
        erasing=AblationFigures(
            1390, 50, figure(0.23), figure(0.002), figure(0.026), figure(0.84),
            rng.normal(0.03, 0.01, 50).tolist(), controls,
        ),
        rationale=Rationale(321, *(figure(value) for value in (0.038, 0.002, 0.516, 0.597, 0.158))),
        named_share=NamedShare(
            figure(0.98), figure(0.0), 16, 0, figure(0.97), figure(0.975)
        ),
        claims={MEASURED: claims, "has_vocals": sung},
        stability={
            name: ReasonStability(266, figure(0.959), figure(0.992), figure(0.925), 0)
            for name in FAINT
        },
        deletion=Deletion(20, areas, areas, areas, areas, curves, curves),
        random_weights=RandomWeights(30, {"loudness_range_lu": 0.13, "energy": 0.51}, 0.23),
        planted=GroundTruth(100, told, sung),
    )  # fmt: skip


@pytest.fixture(scope="module")
def evaluation(found: Explanations) -> Evaluation:
    vectors = np.random.default_rng(0).normal(size=(20, 8))
    return Evaluation(
        "out/library",
        None,
        [f"track {row}" for row in range(20)],
        {"specrec-base": Embedding(8)},
        [],
        {"specrec-base": measure_hubness(vectors)},
        {},
        {},
        found,
    )


def test_figures_carry_their_intervals() -> None:
    assert percent_interval(Estimate(0.9591, 0.914, 0.986)) == "95.9 % (91 to 99)"
    assert interval(Estimate(-0.0264, -0.03, 0.0012), 3, signed=True) == "-0.026 (-0.030 to +0.001)"
    assert interval(Estimate(0.844, 0.6, 1.06), 1, signed=True) == "+0.8 (+0.6 to +1.1)"
    assert percent_interval(None) == interval(None) == "-"


@pytest.mark.parametrize("width", [80, 110])
def test_the_terminal_shows_all_tables_within_its_width(
    evaluation: Evaluation,
    found: Explanations,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    width: int,
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    print_evaluation(evaluation)
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= width
    assert "…" not in shown
    words = " ".join(shown.split())
    for section in explanation_tables(found):
        assert section.title in words
        assert " ".join(section.note.split()) in words
    for text in ("+0.026", "87.1 %", "+0.038", "99.1 %", "95.9 %", "0.80 (", "0 of 16", "+0.51"):
        assert text in shown


def test_every_table_stands_in_the_document(evaluation: Evaluation, found: Explanations) -> None:
    document = evaluation_markdown(evaluation, ["hubness.png"])
    sections = explanation_tables(found)
    assert len({section.title for section in sections}) == len(sections) == 10
    for section in sections:
        assert f"## {section.title}\n" in document
        for row in section.rows:
            assert len(row) == len(section.header)
            assert f"| {' | '.join(row)} |" in document


def test_without_audio_or_causes_there_is_less_to_show(heard_only: Explanations) -> None:
    sections = explanation_tables(heard_only)
    assert len(sections) == 6
    assert sections[2].rows[0] == ("cited groups", "-", "-", "-")
    assert sections[4].rows == ((MEASURED, "all", "0", "-", "-"),)


def test_the_folder_holds_the_figures(evaluation: Evaluation, tmp_path: Path) -> None:
    write_evaluation(evaluation, tmp_path)
    written = json.loads((tmp_path / "evaluation.json").read_text())["explanations"]
    assert written["erasing"]["drop"]["value"] == 0.026
    assert written["planted"]["concepts"][0]["concept"] == "metal"
    assert "ablating" in (tmp_path / "evaluation.md").read_text()
