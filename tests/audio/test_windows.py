import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specrec.audio.waveform import Waveform
from specrec.audio.windows import REMAINDER, cut_windows, window_spans, window_starts


@given(st.integers(1, 5000), st.integers(1, 700))
def test_windows_cover_the_track_evenly_and_with_no_window_to_spare(
    samples: int, window: int
) -> None:
    starts = window_starts(samples, window)
    covered = np.zeros(samples, dtype=bool)
    for start in starts:
        covered[start : start + window] = True
    assert (~covered).sum() <= REMAINDER * window
    assert starts[0] == 0
    assert len(starts) == 1 or starts[-1] + window == samples
    assert (len(starts) - 1) * window < samples
    if len(starts) > 2:
        assert np.ptp(np.diff(starts)) <= 1


@given(st.integers(1, 5000), st.integers(1, 700), st.integers(1, 8))
def test_a_few_windows_are_each_in_the_middle_of_its_share(
    samples: int, window: int, at_most: int
) -> None:
    every = window_starts(samples, window)
    starts = window_starts(samples, window, at_most)
    if len(every) <= at_most:
        np.testing.assert_array_equal(starts, every)
        return
    assert len(starts) == at_most
    for number, start in enumerate(starts):
        assert start + window / 2 == pytest.approx((number + 0.5) * samples / at_most, abs=1)


@given(st.integers(1, 5000), st.integers(1, 700), st.none() | st.integers(1, 8))
def test_spans_say_where_the_windows_are(samples: int, window: int, at_most: int | None) -> None:
    starts = window_starts(samples, window, at_most)
    spans = window_spans(len(starts), samples / 100, window / 100)
    np.testing.assert_allclose(spans[:, 0], starts / 100, atol=0.006)
    np.testing.assert_allclose(np.diff(spans)[:, 0], min(window, samples) / 100)


@pytest.mark.parametrize(("seconds", "shape"), [(12, (3, 500)), (5, (1, 500)), (2, (1, 200))])
def test_cuts_have_the_window_length_unless_the_track_is_shorter(
    seconds: int, shape: tuple[int, int]
) -> None:
    waveform = Waveform(np.arange(seconds * 100, dtype=np.float32), 100)
    cuts = cut_windows(waveform, 5.0)
    assert cuts.shape == shape
    assert cuts[-1, -1] == seconds * 100 - 1
