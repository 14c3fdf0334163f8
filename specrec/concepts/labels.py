"""What people's labels say of concepts.

A label says something of a concept if its words are among those of the vocabulary: a column `style`
with `classical piano` of classical and piano, a column `has_vocals` with yes and no of singing.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from specrec.concepts.vocabulary import Vocabulary, words_of
from specrec.shapes import Bool

Truth = tuple[Bool[np.ndarray, " tracks"], Bool[np.ndarray, " tracks"]]
"""Of which tracks it is known whether they have a concept, and which have it."""

_YES, _NO = {"yes", "true", "1", "1.0"}, {"no", "false", "0", "0.0"}


def concepts_of_labels(
    labels: pd.Series, column: str, vocabulary: Vocabulary
) -> Iterator[tuple[str, Bool[np.ndarray, " tracks"], Bool[np.ndarray, " tracks"]]]:
    """Yields concepts, the tracks whose labels say something, and those that have the concept."""
    values, known = _values(labels)
    if set(values[known]) <= _YES | _NO:
        for name in sorted(_mentioned(column, vocabulary)):
            yield name, known, known & values.isin(_YES).to_numpy(dtype=bool)
        return
    of_value = {value: _mentioned(value, vocabulary) for value in values[known].unique()}
    for name in sorted(set().union(*of_value.values())):
        having = [value for value, names in of_value.items() if name in names]
        yield name, known, known & values.isin(having).to_numpy(dtype=bool)


def is_yes_or_no(labels: pd.Series) -> bool:
    """Whether a column tells of every track that has a label if it has something or not.

    A column of styles does not: a track that it calls jazz may have a piano all the same.
    """
    values, known = _values(labels)
    return bool(known.any()) and set(values[known]) <= _YES | _NO


def _values(labels: pd.Series) -> tuple[pd.Series, Bool[np.ndarray, " tracks"]]:
    """Labels in the form in which they are compared, and where there is one."""
    values = labels.astype("string").str.strip().str.casefold()
    return values, (values.notna() & ~values.isin(["", "unknown"])).to_numpy(dtype=bool)


def _mentioned(text: str, vocabulary: Vocabulary) -> set[str]:
    """The concepts, by column, that the words of a text mean, the longest phrases first."""
    words, found = words_of(text.replace("_", " ")), set()
    while words:
        for length in range(min(vocabulary.longest, len(words)), 0, -1):
            meaning = vocabulary.look_up(" ".join(words[:length]))
            if meaning:
                found |= {vocabulary[name].column for name, weight in meaning.items() if weight > 0}
                break
        else:
            length = 1
        words = words[length:]
    return found
