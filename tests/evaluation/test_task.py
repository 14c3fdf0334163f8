import numpy as np
import pytest

from specrec.errors import CatalogError, SpecrecError
from specrec.evaluation.task import Task, choose_rows, label_tasks
from specrec.recommend.collection import Collection


def test_the_filter_leaves_out_the_artist_or_else_the_album(library: Collection) -> None:
    plain, filtered = label_tasks(library, np.arange(6), "family")
    assert (plain.artist_filter, filtered.artist_filter) == (False, True)
    assert filtered.rows.tolist() == [0, 1, 2, 3, 4]  # the last has no family
    queries = np.arange(5)
    np.testing.assert_array_equal(plain.candidates(queries), ~np.eye(5, dtype=bool))
    # Ana's tracks exclude each other, however she is spelled; the fourth, of unknown artist,
    # leaves out its album, whosever tracks are on it; Eva's leaves out nothing of that album.
    expected = np.array(
        [
            [0, 0, 1, 1, 1],
            [0, 0, 1, 1, 1],
            [1, 1, 0, 1, 1],
            [0, 0, 0, 0, 1],
            [1, 1, 1, 1, 0],
        ],
        dtype=bool,
    )
    np.testing.assert_array_equal(filtered.candidates(queries), expected)
    family = np.array([0, 0, 0, 1, 1])
    relevant = expected & (family[:, None] == family)
    np.testing.assert_array_equal(filtered.relevant(queries), relevant)
    np.testing.assert_array_equal(filtered.relevant(np.array([3, 1])), relevant[[3, 1]])


def test_nothing_known_leaves_out_nothing() -> None:
    unknown = np.full(4, -1)
    task = Task("x", np.arange(4), np.zeros(4, dtype=int), unknown, unknown, artist_filter=True)
    np.testing.assert_array_equal(task.candidates(np.arange(4)), ~np.eye(4, dtype=bool))


def test_where_chooses_by_a_columns_text_or_number(library: Collection) -> None:
    assert choose_rows(library, None).tolist() == [0, 1, 2, 3, 4, 5]
    assert choose_rows(library, "family == 'y'").tolist() == [3, 4]
    assert choose_rows(library, "half == 2").tolist() == [3, 4, 5]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("family", "family does not hold true or false"),
        ("mood == 'calm'", "no column mood; the columns are"),
        ("family == 'z'", "family == 'z' fits 0 tracks"),
        ("artist == 'Eva'", "artist == 'Eva' fits 1 tracks"),
    ],
)
def test_a_wrong_choice_is_refused(library: Collection, where: str, message: str) -> None:
    with pytest.raises(SpecrecError, match=message):
        choose_rows(library, where)


def test_a_label_must_be_there_and_shared(library: Collection) -> None:
    with pytest.raises(CatalogError, match="no column mood"):
        label_tasks(library, np.arange(6), "mood")
    with pytest.raises(CatalogError, match="no two of the 6 tracks chosen share their title"):
        label_tasks(library, np.arange(6), "title")
    with pytest.raises(CatalogError, match="no two of the 0 tracks chosen share their genre"):
        label_tasks(library, np.arange(6), "genre")
