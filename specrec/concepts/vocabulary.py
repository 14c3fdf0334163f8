"""The vocabulary: what a listener may say of a track, and the words for it.

`vocabulary.json` is the whole of it; another language, or other concepts, would be another such
file. Needs no torch.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from specrec.errors import ConfigError

VOCABULARY_FILE = Path(__file__).with_name("vocabulary.json")

Kind = Literal["presence", "amount"]
Sources = Mapping[str, tuple[str, ...]]

_WORD = re.compile(r"[^\W_]+")
_LIKE = 0.65  # how much of a word must agree with a known one that is offered in its place


@dataclass(frozen=True)
class Concept:
    """Something that a listener may say of a track, such as `piano` or `calm`.

    Attributes:
        name: Its name in plain words.
        family: `voice`, `instruments`, `style`, `mood`, `rhythm`, `timbre` or `setting`.
        kind: `presence` for what is likely there or not, `amount` for more or less of something.
        high: What tracks that have much of it do, as a verb and its object: `have a piano`,
            `are calm`.
        low: The same for tracks that have little of it; `None` where that is not worth saying.
        synonyms: Further words for it.
        antonyms: Words for the lack of it: `quiet` for `loud`.
        sources: The outputs that it is made of, by where they come from: classes of `audioset`
            and tags of `musicnn` by their exact names, and `measured` features. What comes from
            one place is standardized and averaged, and so are the places.
        against: Outputs that are subtracted, in the same form: a female voice is female singing
            minus male singing.
        needs: The concept that must be present for this one to be said; `None` if it stands alone.
    """

    name: str
    family: str
    kind: Kind
    high: str
    low: str | None
    synonyms: tuple[str, ...]
    antonyms: tuple[str, ...]
    sources: Sources
    against: Sources
    needs: str | None

    @property
    def column(self) -> str:
        """The name of its column in a table: `distorted_guitar`, `hip_hop`."""
        return re.sub(r"\W", "_", self.name.casefold())

    @property
    def feature(self) -> str:
        """The name of the feature that tells it: a measured one, or its own column."""
        return next(iter(self.sources.get("measured", ())), self.column)


class Vocabulary:
    """The concepts in order, by name and by the words that people use for them.

    >>> vocabulary = load_vocabulary()
    >>> vocabulary["piano"].high
    'have a piano'
    >>> vocabulary.look_up("Chilled-out"), vocabulary.look_up("instrumental")
    ({'calm': 1.0}, {'singing': -1.0})
    >>> vocabulary.nearest("accordeon")
    'accordion'
    """

    def __init__(
        self,
        concepts: tuple[Concept, ...],
        combinations: Mapping[str, Mapping[str, float]],
        source: str = "vocabulary",
    ) -> None:
        """Takes concepts in their order.

        Args:
            concepts: The concepts.
            combinations: Weights of several concepts by the words that mean them together, such
                as `guitar` for an acoustic or an electric one.
            source: What to call the vocabulary in an error.

        Raises:
            ConfigError: If a name or word has two meanings, or a concept is meant that is absent.
        """
        self._concepts = {concept.name: concept for concept in concepts}
        self._meanings: dict[str, dict[str, float]] = {}
        self._spelling: dict[str, str] = {}  # how the file writes a phrase
        for concept in concepts:
            for phrase in (concept.name, *concept.synonyms):
                self._mean(phrase, {concept.name: 1.0}, source)
            for phrase in concept.antonyms:
                self._mean(phrase, {concept.name: -1.0}, source)
        for phrase, weights in combinations.items():
            self._mean(phrase, {name: float(weight) for name, weight in weights.items()}, source)
        meant = [name for weights in self._meanings.values() for name in weights]
        meant += [concept.needs for concept in concepts if concept.needs]
        if absent := sorted(set(meant) - set(self._concepts)):
            raise ConfigError(f"{source}: no concept is named {absent[0]!r}")
        self.longest = max((phrase.count(" ") + 1 for phrase in self._meanings), default=0)
        """The number of words in the longest phrase."""

    def _mean(self, phrase: str, weights: dict[str, float], source: str) -> None:
        normal = normalized(phrase)
        if not normal:
            raise ConfigError(f"{source}: {phrase!r} has no word in it")
        if normal in self._meanings:
            raise ConfigError(f"{source}: {phrase!r} has two meanings")
        self._meanings[normal] = weights
        self._spelling[normal] = phrase

    def __iter__(self) -> Iterator[Concept]:
        return iter(self._concepts.values())

    def __len__(self) -> int:
        return len(self._concepts)

    def __contains__(self, name: object) -> bool:
        return name in self._concepts

    def __getitem__(self, name: str) -> Concept:
        return self._concepts[name]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the concepts, in order."""
        return tuple(self._concepts)

    def look_up(self, phrase: str) -> dict[str, float] | None:
        """Finds the concepts that a word or phrase means.

        Returns:
            A weight by the name of each concept, negative for the lack of it; `None` if the phrase
            is not known. Case, hyphens, accents and the plural don't matter.
        """
        meaning = self._meanings.get(normalized(phrase))
        return dict(meaning) if meaning else None

    def nearest(self, word: str) -> str | None:
        """Finds the known phrase that is spelled most like a word; `None` if none is like it."""
        wanted = normalized(word)
        if close := get_close_matches(wanted, self._meanings, n=1, cutoff=_LIKE):
            return self._spelling[close[0]]
        return None


def words_of(text: str) -> list[str]:
    """Splits text into words in the form in which they are compared: plain letters, no plural.

    >>> words_of("Drum'n'Bass, café-chansons!")
    ['drum', 'n', 'bass', 'cafe', 'chanson']
    """
    plain = unicodedata.normalize("NFKD", text.casefold().replace("&", " n "))
    if not plain.isascii():
        plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return [_singular(word) for word in _WORD.findall(plain)]


def normalized(phrase: str) -> str:
    """The form in which phrases are compared."""
    return " ".join(words_of(phrase))


def _singular(word: str) -> str:
    plural = len(word) > 3 and word.endswith("s") and not word.endswith("ss")
    return word[:-1] if plural else word


@cache
def load_vocabulary(path: Path = VOCABULARY_FILE) -> Vocabulary:
    """Reads a vocabulary: by default the one of specrec.

    Raises:
        ConfigError: If the file can't be read, lacks something, or gives a word two meanings.
    """
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        concepts = tuple(_concept(fields) for fields in table["concepts"])
        return Vocabulary(concepts, table["combinations"], str(path))
    except KeyError as error:
        raise ConfigError(f"{path}: {error} is missing") from error
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ConfigError(f"{path}: {error}") from error


def _concept(fields: dict[str, Any]) -> Concept:
    if fields["kind"] not in get_args(Kind):
        raise ValueError(f"{fields['name']} has a kind that does not exist: {fields['kind']!r}")
    return Concept(
        name=fields["name"],
        family=fields["family"],
        kind=fields["kind"],
        high=fields["high"],
        low=fields["low"],
        synonyms=tuple(fields["synonyms"]),
        antonyms=tuple(fields.get("antonyms", ())),
        sources=_sources(fields["sources"]),
        against=_sources(fields.get("against", {})),
        needs=fields.get("needs"),
    )


def _sources(fields: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {teacher: tuple(names) for teacher, names in fields.items()}
