"""Concepts over time: against a loop by hand, and in tracks whose parts are known."""

import numpy as np
import pandas as pd
import pytest

import specrec
from specrec.audio.windows import window_spans
from specrec.explain.explanation import Explanation, Reason
from specrec.explain.feature_stats import FeatureStats
from specrec.explain.readings import Reading
from specrec.explain.timeline import Timeline, find_passages, locate_reasons, read_timeline
from specrec.model.probe import load_probe
from specrec.model.registry import find_model
from specrec.synthesis import STYLES, draw_piece, render


def make_timeline(values: list[float], seconds: float, present: float = 1.0) -> Timeline:
    spans = window_spans(len(values), seconds, 5.0)
    return Timeline(("piano",), spans, np.array(values)[:, None], np.array([present]), seconds)


def by_hand(values: list[float], present: float) -> list[bool]:
    """Smoothing and hysteresis, window by window."""
    last = len(values) - 1
    smooth = [
        0.25 * values[max(i - 1, 0)] + 0.5 * values[i] + 0.25 * values[min(i + 1, last)]
        for i in range(len(values))
    ]
    heard = [value >= present for value in smooth]
    for _ in values:
        for i, value in enumerate(smooth):
            beside = (i > 0 and heard[i - 1]) or (i < last and heard[i + 1])
            heard[i] = heard[i] or (beside and value >= present / 2)
    return heard


def test_passages_are_those_found_by_hand() -> None:
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(100):
        values = (rng.normal(0, 0.7, 24) + np.repeat(rng.choice([-0.5, 1.3], 6), 4)).tolist()
        timeline = make_timeline(values, 24 * 5.0)
        spans = timeline.passages("piano").spans
        middles = timeline.spans.mean(axis=1)
        heard = [any(start <= at < end for start, end in spans) for at in middles]
        assert heard == by_hand(values, 1.0)
        assert all(end % 5 == start % 5 == 0 for start, end in spans)
        seen.add(len(spans))
    assert {0, 1, 2, 3} <= seen


def test_tracks_side_by_side_are_as_each_alone() -> None:
    rng = np.random.default_rng(2)
    names, present = ("singing", "female_voice", "piano"), np.array([1.0, 1.0, 0.5])
    tracks = [
        Timeline(names, window_spans(count, seconds, 5.0), values, present, seconds)
        for count, seconds in ((1, 4.0), (2, 10.0), (9, 44.0), (6, 300.0), (30, 150.0))
        for values in (rng.normal(0.5, 1.0, (count, 3)), np.full((count, 3), 2.0))
    ]
    asked = [names[place % 3 :] for place in range(len(tracks))]
    found = find_passages(list(zip(tracks, asked, strict=True)))
    alone = [{name: track.passages(name) for name in names} for track in tracks]
    assert found == [
        {name: whole[name] for name in of} for of, whole in zip(asked, alone, strict=True)
    ]
    assert len({passages.spans for track in alone for passages in track.values()}) > 10


def test_what_is_said_of_a_track_is_heard_in_it() -> None:
    """Smoothing keeps the mean, so that its peak reaches what the mean of the track does."""
    rng = np.random.default_rng(1)
    for count in (1, 2, 3, 7, 40):
        values = rng.normal(0, 2.0, count)
        values += 1.0 - values.mean()
        timeline = make_timeline(values.tolist(), 5.0 * count, present=0.999)
        assert timeline.passages("piano").spans


def test_windows_that_do_not_cover_a_track_are_taken_one_by_one() -> None:
    timeline = make_timeline([0.0, 2.0, 0.0, 0.0, 1.5, 1.2], 300.0)
    passages = timeline.passages("piano")
    assert timeline.covered is False
    assert passages.spans == ((72.5, 77.5), (222.5, 277.5))
    assert passages.step_seconds == pytest.approx(50)
    assert make_timeline([0.0, 2.0, 0.0], 14.0).covered


def test_a_womans_voice_is_heard_only_where_there_is_singing() -> None:
    values = np.array([[0.0, 2.0]] * 3 + [[2.0, 2.0]] * 3)
    names, spans = ("singing", "female_voice"), window_spans(6, 30.0, 5.0)
    timeline = Timeline(names, spans, values, np.array([1.0, 1.0]), 30.0)
    assert timeline.passages("female_voice").spans == timeline.passages("singing").spans
    assert timeline.passages("singing").spans == ((10.0, 30.0),)  # .5 of 2, half of it needed
    with pytest.raises(KeyError):
        timeline.passages("piano")


def test_only_what_is_there_has_a_place() -> None:
    reading = Reading(2.0, 99.0, False, 2.0)
    high = Reason("piano", "high", reading, reading, "because", 0.3)
    low = Reason("piano", "low", reading, reading, "both also", None)
    other = Reason("tempo_bpm", "high", reading, reading, "both also", None)
    explanation = Explanation(0.5, (), 0.2, (high, low, other), "", {}, {})
    timeline = make_timeline([0.0, 0.0, 0.0, 2.0, 2.0, 2.0], 30.0)
    (located,) = locate_reasons([explanation], None, [timeline])
    first, *rest = located.reasons
    assert first.query_passages is None
    assert first.neighbor_passages == timeline.passages("piano")
    assert rest == [low, other]


def test_plain_values_hold_all_of_it() -> None:
    timeline = make_timeline([0.0, 0.0, 0.0, 2.0, 2.0, 2.0], 30.0)
    concept = timeline.to_dict()["concepts"]["piano"]
    assert concept["values"] == [0.0, 0.0, 0.0, 2.0, 2.0, 2.0]
    assert concept["passages"] == [[10.0, 30.0]]
    frame = timeline.to_frame()
    assert list(frame) == ["start_seconds", "end_seconds", "piano"]
    assert frame["piano"].mean() == pytest.approx(1.0)


def test_what_enters_and_leaves_is_found_when_it_does() -> None:
    """A house track from 25 s to 55 s within an ambient one, as the shipped model hears it."""
    rate, seconds = 24_000, 80.0
    parts = [
        render(draw_piece(STYLES[style], np.random.default_rng(1), length), rate)
        for style, length in (("ambient", 25.0), ("house", 30.0), ("ambient", 25.0))
    ]
    model = specrec.load_model("specrec-base", device="cpu")
    probe = load_probe(find_model("specrec-base"), model.fingerprint)
    stats = FeatureStats(pd.DataFrame(), probe, np.zeros((0, 1), dtype=np.float32))
    windows = model.embed_windows(np.concatenate(parts), rate)
    spans = window_spans(len(windows), seconds, model.card.front_end.window_seconds)
    timeline = read_timeline(stats, windows, spans, seconds)
    exact = timeline.step_seconds + 1
    for name, truth in (
        ("ambient", ((0.0, 25.0), (55.0, 80.0))),
        ("danceable", ((25.0, 55.0),)),
        ("electronic", ((25.0, 55.0),)),
    ):
        found = timeline.passages(name).spans
        assert len(found) == len(truth), name
        np.testing.assert_allclose(found, truth, atol=exact, err_msg=name)
    # The mean over the windows is the reading of the whole track.
    track = stats.predict(windows.mean(axis=0, keepdims=True))
    means = timeline.values.mean(axis=0)
    np.testing.assert_allclose(means, [track[name][0] for name in timeline.names], atol=1e-4)
