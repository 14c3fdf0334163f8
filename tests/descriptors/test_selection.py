import numpy as np
import pytest
from scipy.ndimage import median_filter

from specrec.descriptors.selection import sliding_median


@pytest.mark.parametrize("width", [1, 3, 5, 7, 9, 15, 31])
def test_is_scipys_median_filter(width: int) -> None:
    values = np.random.default_rng(0).exponential(size=(300, 40)).astype(np.float32)
    expected = median_filter(values, (width, 1))
    np.testing.assert_array_equal(sliding_median(values, width), expected)


def test_what_is_shorter_than_the_window_is_mirrored_more_than_once() -> None:
    values = np.random.default_rng(0).exponential(size=(4, 3)).astype(np.float32)
    np.testing.assert_array_equal(sliding_median(values, 15), median_filter(values, (15, 1)))
