import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from specrec.explain.sorted_columns import SortedColumns

few = st.sampled_from([-1.5, 0.0, 0.25, 1.0, 7.0])  # so that many are equal
columns = st.lists(st.lists(few, min_size=1, max_size=40), min_size=1, max_size=5)


@given(columns, st.data())
def test_counts_are_those_of_searchsorted(lists: list[list[float]], data: st.DataObject) -> None:
    ordered = [np.sort(np.array(numbers)) for numbers in lists]
    row = st.lists(few | st.floats(-2, 8), min_size=len(lists), max_size=len(lists))
    values = np.array(data.draw(st.lists(row, min_size=1, max_size=4)))
    below, up_to = SortedColumns(ordered).counts(values)
    for place, numbers in enumerate(ordered):
        np.testing.assert_array_equal(below[:, place], numbers.searchsorted(values[:, place]))
        np.testing.assert_array_equal(
            up_to[:, place], numbers.searchsorted(values[:, place], "right")
        )
