import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from specrec.concepts.vocabulary import VOCABULARY_FILE, Concept, load_vocabulary, normalized
from specrec.descriptors.features import FEATURES
from specrec.errors import ConfigError
from tests.concepts.teachers import AUDIOSET, MUSICNN, names

VOCABULARY = load_vocabulary()
FAMILIES = ["voice", "instruments", "style", "mood", "rhythm", "timbre", "setting"]


def test_families_come_one_after_another() -> None:
    assert list(dict.fromkeys(concept.family for concept in VOCABULARY)) == FAMILIES
    assert 60 <= len(VOCABULARY) <= 85


@pytest.mark.parametrize("concept", VOCABULARY, ids=lambda concept: concept.name)
def test_each_word_finds_its_concept(concept: Concept) -> None:
    for word in (concept.name, *concept.synonyms):
        assert VOCABULARY.look_up(word) == {concept.name: 1.0}
        assert VOCABULARY.look_up(word.upper().replace("-", " ")) == {concept.name: 1.0}
    for word in concept.antonyms:
        assert VOCABULARY.look_up(word) == {concept.name: -1.0}


def test_columns_are_identifiers_that_no_feature_has() -> None:
    columns = [concept.column for concept in VOCABULARY]
    assert all(map(str.isidentifier, columns))
    assert len({*columns, *FEATURES}) == len(columns) + len(FEATURES)


def test_no_word_stands_twice_in_the_file() -> None:
    table = json.loads(VOCABULARY_FILE.read_text(encoding="utf-8"))
    words = [
        word
        for fields in table["concepts"]
        for word in (fields["name"], *fields["synonyms"], *fields.get("antonyms", ()))
    ]
    counts = Counter(map(normalized, (*words, *table["combinations"])))
    assert [word for word, count in counts.items() if count > 1] == []


def test_combinations_name_several_concepts_or_weigh_one() -> None:
    assert VOCABULARY.look_up("guitar") == {"acoustic guitar": 1.0, "electric guitar": 1.0}
    assert VOCABULARY.look_up("slow") == {"busy": -1.0, "energetic": -1.0}


def test_sources_are_outputs_that_exist_and_each_makes_one_concept() -> None:
    known = {"audioset": names(AUDIOSET), "musicnn": names(MUSICNN), "measured": set(FEATURES)}
    used: Counter[tuple[str, str]] = Counter()
    for concept in VOCABULARY:
        assert concept.sources
        for outputs in (concept.sources, concept.against):
            for teacher, its in outputs.items():
                assert its
                assert set(its) <= known[teacher], concept.name
                used.update((teacher, name) for name in its)
    assert [output for output, count in used.items() if count > 1] == []


def test_what_is_an_amount_is_said_with_an_adjective_or_a_lack() -> None:
    for concept in VOCABULARY:
        for phrase in filter(None, (concept.high, concept.low)):
            assert phrase.split()[0] in {"have", "are", "sound", "swing"}
        if concept.kind == "amount":
            assert concept.high.startswith("are ")


@pytest.mark.parametrize(
    ("misspelled", "meant"),
    [
        ("glockenspeil", "glockenspiel"),
        ("sinthesizer", "synthesizer"),
        ("melancolic", "melancholic"),
        ("distroted guitar", "distorted guitar"),
        ("qzxwv", None),
        ("", None),
    ],
)
def test_nearest_known_word(misspelled: str, meant: str | None) -> None:
    assert VOCABULARY.nearest(misspelled) == meant


def _drop_kind(table: dict[str, Any]) -> None:
    del table["concepts"][0]["kind"]


def _other_kind(table: dict[str, Any]) -> None:
    table["concepts"][0]["kind"] = "class"


def _doubled_word(table: dict[str, Any]) -> None:
    table["concepts"][1]["synonyms"].append("Vocals")


def _empty_word(table: dict[str, Any]) -> None:
    table["concepts"][1]["synonyms"].append("?!")


def _absent_concept(table: dict[str, Any]) -> None:
    table["combinations"]["whale song"] = {"whale": 1}


def _absent_need(table: dict[str, Any]) -> None:
    table["concepts"][0]["needs"] = "whale"


def _number_for_words(table: dict[str, Any]) -> None:
    table["concepts"][0]["synonyms"] = 3


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (_drop_kind, "'kind' is missing"),
        (_other_kind, "singing has a kind that does not exist: 'class'"),
        (_doubled_word, "'Vocals' has two meanings"),
        (_empty_word, "has no word in it"),
        (_absent_concept, "no concept is named 'whale'"),
        (_absent_need, "no concept is named 'whale'"),
        (_number_for_words, "not iterable"),
    ],
)
def test_a_wrong_vocabulary_is_refused_by_name(
    tmp_path: Path, damage: Callable[[dict[str, Any]], None], says: str
) -> None:
    table = json.loads(VOCABULARY_FILE.read_text(encoding="utf-8"))
    damage(table)
    path = tmp_path / "words.json"
    path.write_text(json.dumps(table), encoding="utf-8")
    with pytest.raises(ConfigError, match=says) as caught:
        load_vocabulary(path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize("content", [None, "", "[]", "{", "3", '{"concepts": 3}', "\ud800"])
def test_what_is_no_vocabulary_is_refused(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "words.json"
    if content is not None:
        path.write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(ConfigError):
        load_vocabulary(path)
