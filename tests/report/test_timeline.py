"""Where concepts are heard, in words, as bands, and under a spectrogram."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from specrec.audio.windows import window_spans
from specrec.explain.explanation import Explanation, Passages, Reason
from specrec.explain.readings import Reading
from specrec.explain.timeline import Timeline
from specrec.recommend.query import Query
from specrec.recommend.results import Track
from specrec.report.page.neighbors import lane
from specrec.report.timeline import by_family, located_reasons, passages_text, where_line
from specrec.report.timeline_picture import draw_bands, draw_timeline
from tests.sounds import tone, write

MIDDLE = Passages(((39.2, 68.6),), False, 4.9, True, 180.0)
ENDS = Passages(((0.0, 9.8), (150.0, 180.0)), False, 4.9, True, 180.0)
ALWAYS = Passages(((0.0, 180.0),), True, 4.9, True, 180.0)
READING = Reading(2.0, 99.0, False, 2.0)


def match(*reasons: Reason) -> Explanation:
    return Explanation(0.5, (), 0.0, reasons, "", {}, {})


def reason(name: str, query: Passages | None, neighbor: Passages | None) -> Reason:
    return Reason(name, "high", READING, READING, "because", 0.1, query, neighbor)


@pytest.mark.parametrize(
    ("passages", "text"),
    [
        (None, ""),
        (Passages((), False, 4.9, True, 180.0), ""),
        (ALWAYS, "throughout"),
        (MIDDLE, "0:40 to 1:10"),
        (ENDS, "until 0:10 and from 2:30 on"),
        (
            Passages(((5.0, 10.0), (20.0, 40.0), (60.0, 70.0)), False, 5.0, True, 180.0),
            "0:20 to 0:40, 1:00 to 1:10 and 1 more",
        ),
        (Passages(((37.5, 42.5),), False, 60.0, False, 180.0), "around 0:40"),
        (Passages(((37.5, 102.5),), False, 60.0, False, 180.0), "around 0:40 to 1:40"),
    ],
)
def test_times_are_as_exact_as_windows_are(passages: Passages | None, text: str) -> None:
    assert passages_text(passages) == text


def test_only_what_is_not_throughout_is_told() -> None:
    always, parted = reason("calm", ALWAYS, ALWAYS), reason("singing", ENDS, MIDDLE)
    asked = reason("piano", None, MIDDLE)
    assert where_line(match(always)) == ""
    assert located_reasons(match(always)) == []
    assert located_reasons(match(always, parted)) == [parted, always]
    told = "Where: singing 0:40 to 1:10 (query: until 0:10 and from 2:30 on)"
    assert where_line(match(always, parted)) == f"{told}."
    assert where_line(match(parted, asked)) == f"{told}; piano 0:40 to 1:10."
    assert where_line(match(reason("singing", ALWAYS, MIDDLE)), "before") == (
        "Where: singing 0:40 to 1:10 (before: throughout)."
    )


def test_concepts_go_by_family_and_then_by_length() -> None:
    heard = {"calm": ALWAYS, "piano": MIDDLE, "strings": ALWAYS, "singing": MIDDLE}
    assert list(by_family(heard)) == ["singing", "strings", "piano", "calm"]


def test_bands_lie_where_the_passages_do() -> None:
    panel = Figure().add_subplot()
    panel.set_xlim(0, 180)
    draw_bands(panel, ["singing", "calm", "rap"], [ENDS, ALWAYS, None], color="#010203")
    found = [
        (round(bar.get_y() + bar.get_height() / 2), bar.get_x(), bar.get_x() + bar.get_width())
        for bar in panel.patches
        if bar.get_facecolor()[:3] == pytest.approx((1 / 255, 2 / 255, 3 / 255))
    ]
    expected = [(0, *span) for span in ENDS.spans] + [(1, 0.0, 180.0)]
    np.testing.assert_allclose(found, expected)
    assert panel.get_xlim() == (0, 180)
    assert [text.get_text() for text in panel.get_yticklabels()] == ["singing", "calm", "rap"]


def test_lanes_of_the_page_are_in_percent_of_the_track() -> None:
    drawn = lane(ENDS)
    assert drawn is not None
    np.testing.assert_allclose(drawn.bands, [(0, 100 * 9.8 / 180), (100 * 150 / 180, 100 / 6)])
    assert lane(None) is None


def test_a_track_is_drawn_with_what_is_heard_in_it(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", tone(20), 22_050)
    values = np.array([[0.0, 0.0, 0.0, 2.0], [0.0] * 4]).T
    timeline = Timeline(("piano", "singing"), window_spans(4, 20.0, 5.0), values, np.ones(2), 20.0)
    query = Query(Track(None, "a.wav", "A $title$"), None, tmp_path / "a.wav", {})
    draw_timeline(query, timeline, tmp_path / "a.png")
    described = Image.open(tmp_path / "a.png").info["Description"]
    assert described == "Mel spectrogram, and what is heard when: piano from 0:10 on."
