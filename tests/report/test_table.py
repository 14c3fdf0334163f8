import json
import math

import pytest

from specrec.bootstrap import Estimate
from specrec.report.table import Table, print_tables
from specrec.report.text import interval, json_document, percent_interval

FIGURES = Table(
    "Retrieval",
    ("model", "P@1", "mAP"),
    (("base | small", "0.700 (0.60 to 0.80)", "0.3"), ("chance", "0.1", "0.1")),
    "The first line.\nThe second.",
    bold=[0],
)


def test_markdown_aligns_text_left_and_figures_right() -> None:
    lines = FIGURES.to_markdown(3).splitlines()
    assert lines[0] == "### Retrieval"
    assert lines[2:5] == [
        "| model | P@1 | mAP |",
        "| --- | ---: | ---: |",
        "| base \\| small | 0.700 (0.60 to 0.80) | 0.3 |",
    ]
    assert lines[-1] == "The second."


@pytest.mark.parametrize(("width", "folded"), [(80, False), (30, True)])
def test_an_interval_stands_below_its_figure_only_where_there_is_no_room(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int, folded: bool
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    print_tables(FIGURES)
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= width
    line = next(line for line in shown.splitlines() if "0.700" in line)
    assert ("(0.60 to 0.80)" in line) != folded
    assert "0.80)" in shown


def test_text_from_files_is_no_markup_and_stays_on_its_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_tables(Table("[b]x", ("a", "[red]b"), (("[i]c\x1b[2J", "\\[d]"),), "note [e]"))
    shown = capsys.readouterr().out
    for text in ("[b]x", "[red]b", "[i]c\\x1b[2J", "[d]", "note [e]"):
        assert text in shown


def test_json_holds_no_nan() -> None:
    document = json.loads(json_document({"figures": [{"r2": math.nan}, (1.5, -math.inf)]}))
    assert document == {"format_version": 1, "figures": [{"r2": None}, [1.5, None]]}


def test_no_figure_is_a_dash() -> None:
    assert interval(None) == percent_interval(None) == "-"
    assert interval(Estimate(0.5, 0.4, 0.6)) == "0.50 (0.40 to 0.60)"


def test_words_beside_a_long_text_keep_their_distance(capsys: pytest.CaptureFixture[str]) -> None:
    print_tables(Table("", ("", ""), (("other files", "0 ignored"), ("disk", "x" * 200)), "", 2))
    assert "other files 0 ignored" in capsys.readouterr().out
