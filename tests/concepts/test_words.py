import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from specrec.concepts.vocabulary import load_vocabulary
from specrec.concepts.words import parse
from specrec.errors import QueryError

VOCABULARY = load_vocabulary()
UNTIED = [concept.name for concept in VOCABULARY if not concept.needs]


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("calm piano, no vocals", {"calm": 1, "piano": 1, "singing": -1}),
        ("very distorted guitar", {"distorted guitar": 1.5}),
        (
            "fast jazz with female singer but without drums",
            {"busy": 1, "energetic": 1, "jazz": 1, "singing": 1, "female voice": 1, "drums": -1},
        ),
        ("not too happy", {"happy": -0.5}),
        ("a bit sad", {"sad": 0.5}),
        ("slow, lots of reverb?", {"busy": -1, "energetic": -1, "reverb": 1.5}),
        ("SAD\nSynths & drum'n'bass"[:10], {"sad": 1, "synthesizer": 1}),
        ("rock 'n' roll", {"classic rock": 1}),
        ("something like a mellow organ track", {"calm": 1, "organ": 1}),
        ("hip hop, R&B & soulful choirs", {"hip-hop": 1, "soul": 1, "choir": 1}),
        ("dark", {"bright": -1}),
        ("not dark", {"bright": 1}),
        ("not sad and not slow", {"sad": -1, "busy": 1, "energetic": 1}),
    ],
)
def test_what_is_asked_for(text: str, weights: dict[str, float]) -> None:
    assert list(parse(text).items()) == list(weights.items())


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("no drums or vocals", {"drums": -1, "singing": -1}),
        ("without drums and vocals", {"drums": -1, "singing": -1}),
        ("neither drums nor bass", {"drums": -1, "bass-heavy": -1}),
        ("no drums and a piano", {"drums": -1, "piano": 1}),
        ("no drums, piano", {"drums": -1, "piano": 1}),
        ("no drums calm piano", {"drums": -1, "calm": 1, "piano": 1}),
        ("no loud drums", {"energetic": -1, "drums": -1}),
        ("not calm piano", {"calm": -1, "piano": 1}),
        ("not a piano", {"piano": -1}),
        ("I don't want drums", {"drums": -1}),
        ("I don’t want drums", {"drums": -1}),  # noqa: RUF001
        ("drumless techno", {"drums": -1, "electronic": 1, "danceable": 1, "rhythmic": 0.5}),
        ("non-electronic", {"electronic": -1}),
        ("piano -drums choir", {"piano": 1, "drums": -1, "choir": 1}),
        ("piano - drums", {"piano": 1, "drums": 1}),
        ("instrumental", {"singing": -1}),
        ("not instrumental", {"singing": 1}),
        ("live, but not in a church", {"live crowd": 1, "concert hall": -1}),
        ("no beat", {"rhythmic": -1}),
        ("without a steady beat", {"rhythmic": -1}),
        ("rock except metal", {"rock": 1, "metal": -1}),
        ("no drums, except hand drums", {"drums": -1, "hand percussion": 1}),
        ("anything but loud drums", {"energetic": -1, "drums": -1}),
        ("calm, not without drums or vocals", {"calm": 1, "drums": 1, "singing": 1}),
        ("not only sad but also calm", {"sad": 1, "calm": 1}),
        ("not just a piano", {"piano": 1}),
        ("no drums and a few bells", {"drums": -1, "bells": 0.5}),
    ],
)
def test_how_far_a_negation_reaches(text: str, weights: dict[str, float]) -> None:
    assert parse(text) == weights


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("extremely happy", 2),
        ("extremely very happy", 2),
        ("really happy", 1.5),
        ("quite happy", 0.75),
        ("slightly happy", 0.5),
        ("a little happy", 0.5),
        ("less happy", -0.5),
        ("hardly happy", -0.5),
        ("few happy", -0.5),
        ("very few happy", -0.75),
        ("a few happy", 0.5),
        ("not very happy", -0.5),
        ("not at all happy", -1),
        ("not less happy", 0.5),
        ("happy, very happy", 1.5),
        ("very happy, happy", 1.5),
        ("happy, not happy", -1),
    ],
)
def test_degrees(text: str, weight: float) -> None:
    assert parse(text) == {"happy": weight}


def test_a_degree_is_said_of_the_next_concept_only() -> None:
    assert parse("very calm piano") == {"calm": 1.5, "piano": 1}


def test_who_asks_for_a_mans_voice_asks_for_a_voice() -> None:
    assert parse("male voice") == {"singing": 1, "female voice": -1}
    assert parse("no female singer") == {"female voice": -1}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "calm glockenspeil",
            '"glockenspeil" is no word that specrec knows; did you mean "glockenspiel"? '
            "(specrec concepts lists them)",
        ),
        ("“qzxwv” piano", '"qzxwv" is no word that specrec knows (specrec concepts lists them)'),
        (
            "guittar, hipp-hop, guittar",
            '"guittar" and "hipp-hop" are no words that specrec knows; did you mean "guitar" and '
            '"hip-hop"? (specrec concepts lists them)',
        ),
        ("aaq bbq ccq ddq eeq", '"aaq", "bbq", "ccq" and 2 more are no words'),
        ("q\x1b[31mx", '"q[31mx" is no word'),
        ("q" * 500, '"' + "q" * 40 + '" is no word'),
        ("", "no concept is named"),
        ("the music, not 🎹 …", "no concept is named"),
        ("piano " * 200, "at most 1000 characters, not 1200"),
    ],
)
def test_what_cannot_be_understood_is_said_in_one_line(text: str, says: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert str(caught.value).startswith(says) or says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).isprintable()


@given(st.text(max_size=60))
@settings(max_examples=200)
def test_any_text_is_understood_or_refused(text: str) -> None:
    try:
        weights = parse(text)
    except QueryError:
        return
    assert weights


OTHERS = [
    word
    for concept in VOCABULARY
    for word in (concept.name, *concept.synonyms, *concept.antonyms)
    if concept.name != "piano"
]


@example(["video game", "music box"])  # "video game music" is a phrase, too
@given(
    st.lists(
        st.sampled_from([*OTHERS, "no", "not", "without", "very", "a bit", "and", "or", "a", ","]),
        max_size=12,
    )
)
@settings(max_examples=100)
def test_whatever_is_known_is_understood(words: list[str]) -> None:
    weights = parse(" ".join([*words, ", piano"]))
    assert weights.pop("piano") == 1
    assert set(weights) <= set(VOCABULARY.names)
    assert all(0 < abs(weight) <= 2 for weight in weights.values())


@given(st.lists(st.sampled_from(UNTIED), min_size=1, unique=True), st.data())
@settings(max_examples=100)
def test_what_was_composed_is_read_back(names: list[str], data: st.DataObject) -> None:
    forms = {"": 1.0, "no ": -1.0, "very ": 1.5, "slightly ": 0.5, "not too ": -0.5}
    chosen = {name: data.draw(st.sampled_from(sorted(forms))) for name in names[:30]}
    text = ", ".join(form + name for name, form in chosen.items())
    assert list(parse(text).items()) == [(name, forms[form]) for name, form in chosen.items()]
