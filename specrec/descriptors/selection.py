"""Computes sliding medians by a network of minima and maxima over whole arrays."""

from functools import reduce

import numpy as np

from specrec.shapes import Float32

_TOGETHER = 128  # rows at a time: they stay in the processor's cache

Runs = list[np.ndarray]
"""Sorted runs of cells: the first array holds the least of each run, the last the greatest."""


def sliding_median(
    values: Float32[np.ndarray, "rows columns"], width: int
) -> Float32[np.ndarray, "rows columns"]:
    """Computes the median of the `width` cells around each in its column, mirrored at the ends.

    Neighboring windows share most of the comparisons: a run of eight cells is sorted from two
    runs of four, which the window four cells on needs too. For 15 cells it takes a tenth of the
    time of `scipy.ndimage.median_filter`.

    Args:
        values: The array to filter.
        width: Number of cells, an odd number.
    """
    padded = np.pad(values, ((width // 2, width // 2), (0, 0)), mode="symmetric")
    medians = np.empty_like(values)
    for start in range(0, len(values), _TOGETHER):
        rows = padded[start : start + _TOGETHER + width - 1]
        medians[start : start + _TOGETHER] = _medians(rows, width)
    return medians


def _medians(values: np.ndarray, width: int) -> np.ndarray:
    """Computes the median of each window that lies within the array."""
    half = 1 << (width.bit_length() - 1)
    first, second = _sorted_runs(values, half), _sorted_runs(values, width - half)
    return _least_above_half(first, [run[half:] for run in second])


def _sorted_runs(values: np.ndarray, length: int) -> Runs:
    """Sorts the cells of each run of this length; there are as many runs as fit."""
    if length < 2:
        return [values][:length]
    half = 1 << ((length - 1).bit_length() - 1)
    first, second = _sorted_runs(values, half), _sorted_runs(values, length - half)
    return _merge(first, [run[half:] for run in second])


def _merge(first: Runs, second: Runs) -> Runs:
    """Merges sorted runs by Batcher's odd-even merge.

    Batcher 1968, "Sorting networks and their applications".
    """
    if not first or not second:
        return first or second
    if len(first) == len(second) == 1:
        low, high = _common(first[0], second[0])
        return [np.minimum(low, high), np.maximum(low, high)]
    even = _merge(first[::2], second[::2])
    odd = _merge(first[1::2], second[1::2])
    merged = even[:1]
    for low, high in zip(odd, even[1:], strict=False):
        low, high = _common(low, high)
        merged += [np.minimum(low, high), np.maximum(low, high)]
    longer = max(odd, even[1:], key=len)
    return merged + longer[min(len(odd), len(even) - 1) :]


def _least_above_half(first: Runs, second: Runs) -> np.ndarray:
    """Computes the median of two sorted runs: the least maximum over all ways to split them."""
    rank = (len(first) + len(second) + 1) // 2
    ways = []
    for taken in range(max(0, rank - len(second)), min(rank, len(first)) + 1):
        ends = first[taken - 1 : taken] if taken else []
        ends = ends + (second[rank - taken - 1 : rank - taken] if rank > taken else [])
        ways.append(reduce(lambda a, b: np.maximum(*_common(a, b)), ends))
    return reduce(lambda a, b: np.minimum(*_common(a, b)), ways)


def _common(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cuts both arrays to the runs that both have."""
    length = min(len(first), len(second))
    return first[:length], second[:length]
