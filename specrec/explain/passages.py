"""Joins the windows in which something is heard into passages, in several tracks at once.

The windows of the tracks stand one after the other, `sizes` of each track: so it takes hardly
longer for the ten neighbors of a track than for one.
"""

import numpy as np

from specrec.shapes import Bool, Float64, Int64

_KERNEL = (0.25, 0.5, 0.25)  # of windows that follow on each other; their mean stays as it is
_REMAINS = 0.5  # a passage goes on down to this share of what it takes to be heard at all


def heard_windows(
    values: Float64[np.ndarray, "windows concepts"],
    present: Float64[np.ndarray, " concepts"],
    sizes: Int64[np.ndarray, " tracks"],
    smoothed: Bool[np.ndarray, " tracks"],
) -> Bool[np.ndarray, "windows concepts"]:
    """Finds the runs of windows above half of a positive threshold that somewhere reach all of it.

    Args:
        values: Readings of the windows.
        present: The thresholds.
        sizes: Number of windows of each track.
        smoothed: Of which tracks the readings are smoothed first.
    """
    ends = np.repeat(sizes.cumsum(), sizes)
    starts = ends - np.repeat(sizes, sizes)
    row = np.arange(len(values))
    before, after = values[np.maximum(row - 1, starts)], values[np.minimum(row + 1, ends - 1)]
    smooth = _KERNEL[0] * before + _KERNEL[1] * values + _KERNEL[2] * after
    values = np.where(np.repeat(smoothed, sizes)[:, None], smooth, values)
    on, reached = values >= np.minimum(present, _REMAINS * present), values >= present
    kept, place = np.zeros(on.shape, dtype=bool), 1 + row[:, None]
    ways = (slice(None), starts), (slice(None, None, -1), len(values) - ends)
    for way, others in ways:  # since the run's beginning, and its end
        last_reached = np.maximum.accumulate(np.where(reached[way], place, 0), axis=0)
        # A run does not go on in the next track: what comes before it counts as off.
        last_off = np.maximum.accumulate(np.where(on[way], others[way, None], place), axis=0)
        kept[way] |= last_reached > last_off
    return kept


def find_runs(
    on: Bool[np.ndarray, "windows concepts"], sizes: Int64[np.ndarray, " tracks"]
) -> tuple[Int64[np.ndarray, " runs"], Int64[np.ndarray, " runs"], Int64[np.ndarray, " runs"]]:
    """Finds the runs of windows, within a track, in which something is on.

    >>> on = np.array([[True], [True], [False], [True], [True]])
    >>> find_runs(on, np.array([4, 1]))
    (array([0, 3, 4]), array([1, 3, 4]), array([0, 0, 0]))

    Returns:
        The first window of each run, its last, and the concept; sorted by concept, then window.
    """
    rows = np.arange(len(on)) + 1 + np.repeat(np.arange(len(sizes)), sizes)  # one off between two
    apart = np.zeros((len(on) + len(sizes) + 1, on.shape[1]), dtype=bool)
    apart[rows] = on
    concept, border = np.nonzero(np.diff(apart, axis=0).T)
    window = np.zeros(len(apart), dtype=np.int64)
    window[rows] = np.arange(len(on))
    return window[border[::2] + 1], window[border[1::2]], concept[::2]
