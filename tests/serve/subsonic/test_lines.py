from hypothesis import given
from hypothesis import strategies as st

from specrec.serve.subsonic.lines import Lines

texts = st.lists(st.text("ab é\n", max_size=6), max_size=8)
words = st.lists(st.text("abe", min_size=1, max_size=2), min_size=1, max_size=3)


@given(texts, words)
def test_lines_are_those_that_hold_all_words(lines: list[str], wanted: list[str]) -> None:
    plain = [line.replace("é", "e") for line in lines]
    expected = [place for place, line in enumerate(plain) if all(word in line for word in wanted)]
    assert list(Lines(lines).with_words(wanted)) == expected
