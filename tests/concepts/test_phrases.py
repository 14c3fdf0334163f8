import pytest

from specrec.concepts.phrases import Statement, describe
from specrec.concepts.vocabulary import load_vocabulary

VOCABULARY = load_vocabulary()


def statement(short: str) -> Statement:
    """Reads `piano`, `-drums` for the low side, `piano?` for a hedge."""
    return Statement(
        VOCABULARY[short.strip("-?")],
        "low" if short.startswith("-") else "high",
        hedge=short.endswith("?"),
    )


@pytest.mark.parametrize(
    ("shorts", "sentence"),
    [
        ("piano", "have a piano"),
        ("jazz", "are jazz"),
        ("-drums", "have no drums"),
        ("female voice", "are sung by a woman"),
        ("-female voice, acoustic guitar", "are sung by a man and have an acoustic guitar"),
        ("live crowd", "have a crowd"),
        ("piano, calm, strings", "have a piano and strings and are calm"),
        (
            "distorted guitar, shouted vocals, energetic",
            "have a distorted guitar and shouted vocals and are energetic",
        ),
        (
            "distorted guitar, drums, energetic, angry",
            "have a distorted guitar and drums, and are energetic and angry",
        ),
        (
            "soundtrack, orchestra, brass, sad",
            "sound like a film score, have an orchestra and brass, and are sad",
        ),
        ("-rhythmic, ambient", "have no steady beat and are ambient"),
        ("piano, strings, -drums", "have a piano, strings and no drums"),
        ("-bright, bass-heavy", "are dark in tone and bass-heavy"),
        ("swing, brass", "swing and have brass"),
        ("for children, funny", "sound made for children and are funny"),
    ],
)
def test_sentences(shorts: str, sentence: str) -> None:
    assert describe([statement(short) for short in shorts.split(", ")]) == sentence


@pytest.mark.parametrize(
    ("shorts", "sentence"),
    [
        ("piano?", "likely have a piano"),
        ("jazz?", "are likely jazz"),
        ("calm?", "are fairly calm"),
        ("swing?", "likely swing"),
        ("-singing?", "likely have no vocals"),
        ("-rhythmic?", "likely have no steady beat"),
        ("-bright?", "are fairly dark in tone"),
        ("piano?, drums", "have drums and likely a piano"),
        ("jazz?, calm", "are calm and likely jazz"),
        ("jazz?, calm?", "are fairly calm and likely jazz"),
        ("choir?, organ?, gospel", "are gospel and likely have a choir and an organ"),
        ("video game?, synthesizer", "have a synthesizer and likely sound like a video game"),
    ],
)
def test_what_is_unsure_is_hedged(shorts: str, sentence: str) -> None:
    assert describe([statement(short) for short in shorts.split(", ")]) == sentence


def test_nothing_is_said_where_there_are_no_words() -> None:
    with pytest.raises(ValueError, match="nothing to say of little jazz"):
        describe([statement("-jazz")])
    with pytest.raises(ValueError, match="nothing to say"):
        describe([])
