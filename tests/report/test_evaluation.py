import json
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from specrec.evaluation.protocol import Embedding, Evaluation
from specrec.evaluation.retrieval import METRICS, evaluate_retrieval, measure_hubness
from specrec.evaluation.robustness import ALTERATIONS
from specrec.evaluation.stability import compare
from specrec.evaluation.task import Task
from specrec.report.evaluation import (
    evaluation_json,
    evaluation_markdown,
    print_evaluation,
    write_evaluation,
)
from specrec.report.plots import draw_hubness, draw_retrieval, draw_robustness

NAMES = ["specrec-base", "specrec-base (out/train/[another]|one/model)", "mfcc_standardized"]


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    rng = np.random.default_rng(0)
    labels, artists = np.arange(40) % 5, np.arange(40) % 12 - 1
    vectors = {name: rng.normal(size=(40, 8)) for name in NAMES}
    for name in NAMES:
        vectors[name] += rng.normal(size=(5, 8))[labels]
    vectors[NAMES[2]] = np.eye(5)[labels]  # finds everything: its intervals are 1.0 to 1.0
    unknown = np.full(40, -1)
    tasks = [
        Task("mood/era", np.arange(40), labels, artists, unknown, artist_filter=on)
        for on in (False, True)
    ] + [
        Task("artist", np.arange(40), artists % 11, artists % 11, unknown, artist_filter=on)
        for on in (False, True)
    ]
    altered = {
        alteration: compare(
            vectors[NAMES[0]] + 0.1 * step * rng.normal(size=(40, 8)), vectors[NAMES[0]]
        )
        for step, alteration in enumerate(ALTERATIONS)
    }
    return Evaluation(
        "out/library",
        "split == 'test'",
        [f"track {row}" for row in range(40)],
        {name: Embedding(8) for name in NAMES},
        [evaluate_retrieval(vectors, task) for task in tasks],
        {name: measure_hubness(vectors[name]) for name in NAMES},
        {NAMES[0]: altered},
        {"imagenet": "its weights can't be had"},
    )


@pytest.mark.parametrize("width", [80, 100])
def test_the_terminal_shows_all_figures_within_its_width(
    evaluation: Evaluation,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    width: int,
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    print_evaluation(evaluation)
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= width
    assert "…" not in shown
    for table in evaluation.retrieval:
        for figures in table.figures.values():
            for metric in METRICS:
                figure = figures[metric]
                assert f"{figure.value:.3f}" in shown
                ends = f"({figure.low:.2f}-{figure.high:.2f})".replace("1.00", "1.0")
                assert ends.replace("(0.", "(.").replace("-0.", "-.") in shown
        for differences in table.differences.values():
            assert f"{differences['mean_average_precision'].value:+.3f}" in shown
    assert "nothing remains to find" in shown
    assert "95 % bootstrap intervals" in " ".join(shown.split())
    assert "its weights can't be had" in shown
    for hubness in evaluation.hubness.values():
        assert f"{hubness.skewness:.2f}" in shown
        assert f"{hubness.largest} times" in shown
    for alteration, stability in evaluation.robustness[NAMES[0]].items():
        line = next(line for line in shown.splitlines() if alteration in line)
        assert f"{stability.median_cosine:.4f}" in line
        assert f"{100 * stability.first_share:.1f} %" in line


def test_json_has_everything(evaluation: Evaluation) -> None:
    document = json.loads(evaluation_json(evaluation))
    assert document["format_version"] == 1
    assert document["track_ids"] == evaluation.track_ids
    assert document["embeddings"][NAMES[1]] == {"dim": 8, "origin": None, "fingerprint": None}
    table, expected = document["retrieval"][1], evaluation.retrieval[1]
    assert (table["label"], table["artist_filter"]) == ("mood/era", True)
    assert table["queries"] == expected.queries
    figure = expected.differences[NAMES[2]]["ndcg_at_10"]
    assert table["differences"][NAMES[2]]["ndcg_at_10"] == {
        "value": figure.value,
        "low": figure.low,
        "high": figure.high,
    }
    stability = document["robustness"][NAMES[0]]["gain +6 dB"]
    assert len(stability["cosines"]) == len(stability["ranks"]) == 40
    assert sum(document["hubness"][NAMES[0]]["tracks_by_occurrence"]) == 40


def test_markdown_has_whole_tables(evaluation: Evaluation) -> None:
    text = evaluation_markdown(evaluation, ["hubness.png"])
    widths: list[int] = []
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        counts = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(counts) == 1
        widths.append(counts.pop() - 1)
    assert widths == [4, 7, 7, 7, 7, 7, 7, 4, 7]  # artist has no filtered tables
    figure = evaluation.retrieval[0].figures[NAMES[0]]["r_precision"]
    assert f"{figure.value:.3f}" in text
    assert "nothing remains to find" in text
    assert "its weights can't be had" in text
    assert "![hubness](hubness.png)" in text


def test_a_folder_has_json_markdown_and_the_pictures_it_names(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    write_evaluation(evaluation, tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    text = (folder / "evaluation.md").read_text()
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", text)
    assert pictures == [
        "retrieval-mood_era.png", "retrieval-artist.png", "hubness.png", "robustness.png",
    ]  # fmt: skip
    assert {path.name for path in folder.iterdir()} == {
        "evaluation.json", "evaluation.md", *pictures,
        *(name.replace(".png", ".svg") for name in pictures),
    }  # fmt: skip
    for name in pictures:
        image = imread(folder / name)
        assert min(image.shape[:2]) > 400
        border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
        assert (border[:, :3] == 1).all()  # nothing is cut off
        assert image[..., :3].std() > 0.05
        drawing = (folder / name.replace(".png", ".svg")).read_text()
        assert drawing.rstrip().endswith("</svg>")
    assert json.loads((folder / "evaluation.json").read_text())["where"] == "split == 'test'"


def test_the_retrieval_plot_shows_the_figures(evaluation: Evaluation) -> None:
    tables = evaluation.retrieval[:2]
    panels = draw_retrieval(tables).axes
    assert len(panels) == len(METRICS)
    for panel, metric in zip(panels, METRICS, strict=True):
        for table, container in zip(tables, panel.containers, strict=True):
            shown = [table.figures[name][metric] for name in NAMES]
            dots, _, (bars,) = container
            np.testing.assert_allclose(dots.get_xdata(), [figure.value for figure in shown])
            ends = np.array([segment[:, 0] for segment in bars.get_segments()])
            np.testing.assert_allclose(ends, [[figure.low, figure.high] for figure in shown])
        low, high = panel.get_xlim()
        assert low == 0
        assert 1 < high < 1.1


def test_the_other_plots_show_every_track(evaluation: Evaluation) -> None:
    for panel, hubness in zip(
        draw_hubness(evaluation).axes, evaluation.hubness.values(), strict=True
    ):
        assert sum(bar.get_height() for bar in panel.patches) == 40
        assert f"skewness {hubness.skewness:.2f}" in panel.texts[0].get_text()
    (panel,) = draw_robustness(evaluation).axes
    strips = [strip.get_offsets() for strip in panel.collections]
    dots = [np.asarray(strip) for strip in strips if len(strip) == 40]
    for points, stability in zip(dots, evaluation.robustness[NAMES[0]].values(), strict=True):
        np.testing.assert_allclose(1 - points[:, 0], stability.cosines, atol=1e-5)


def test_plots_leave_no_figure_open(evaluation: Evaluation) -> None:
    from matplotlib import pyplot

    draw_hubness(evaluation)
    assert pyplot.get_fignums() == []
