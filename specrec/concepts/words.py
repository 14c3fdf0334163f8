"""Understands what a listener asks for in words: "calm piano, no vocals" becomes weights.

The words for concepts are the vocabulary's; those that weaken, strengthen and negate them are here,
in English. Another language would be another file like this one.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from specrec.concepts.phrases import listed
from specrec.concepts.vocabulary import Vocabulary, load_vocabulary, normalized, words_of
from specrec.errors import QueryError

_EXAMPLE = '"calm piano, no vocals"'
_LONGEST_TEXT = 1000  # characters
_LONGEST_SHOWN = 40  # characters of an unknown word in an error
_MOST_SHOWN = 3  # unknown words in an error
_STRONGEST = 2.0  # no weight is above it, however often "very" is said
_MILD = 0.5  # how much "not too happy" weighs against happiness

_PIECE = re.compile(r"[,;:.!?()\n]|[^\s,;:.!?()]+")
_EDGES = re.compile(r"^\W+|\W+$")
_MINUS = "-\N{MINUS SIGN}"
_NOT = re.compile(r"n[^\w\s]t\b")  # whatever the apostrophe


def _normal(phrases: str) -> frozenset[str]:
    return frozenset(normalized(phrase) for phrase in phrases.split(", "))


_NEGATIONS = _normal(
    "no, not, without, non, never, lacking, minus, nor, neither, zero, avoid, anything but, "
    "everything but"
)
_REACHING = _NEGATIONS - _normal("not, non, never")
"""Negations that go through adjectives to what is named: "no loud drums", but not "not calm"."""

_DEGREES = {
    normalized(phrase): factor
    for factor, phrases in (
        (2.0, "extremely, super, ultra, totally, incredibly, insanely, maximum"),
        (1.5, "very, really, lots, lot, plenty, much, many, highly, strongly, full of, more"),
        (1.0, "too, so, such, particularly, especially, truly"),
        (0.75, "quite, fairly, rather, pretty, moderately, kind of, sort of, relatively"),
        (0.5, "slightly, somewhat, bit, a little, touch, hint, mildly, faintly, some, a few"),
        (-0.5, "less, fewer, few, little, hardly any, hardly, barely, scarcely, almost no"),
    )
    for phrase in phrases.split(", ")
}

_OR = _normal("or")
_LINKS = _OR | _normal("and, n, plus")
_ARTICLES = _normal("a, an")
_BREAKS = _normal(  # the next thing is not negated
    "but, with, yet, though, however, not without, never without"
)
_EXCEPT = _normal("except")  # the next thing is negated if what was named before is not
_IGNORED = _normal(
    "the, of, in, on, at, to, for, from, by, as, over, about, into, is, are, be, it, its, s, d, m, "
    "re, ve, do, does, i, me, my, we, us, you, he, she, they, want, like, love, please, give, "
    "find, play, show, need, would, can, get, that, this, these, which, who, where, there, has, "
    "have, having, featuring, feat, including, any, all, something, anything, everything, thing, "
    "stuff, music, musical, song, track, piece, tune, record, number, sound, sounding, made, "
    "played, playing, feel, feeling, mood, style, vibe, type, kind, sort, just, only, not just, "
    "not only, solo, mostly, mainly, also, well, good, nice, great, other, similar, lead, riff, "
    "line, part, layer, tone, session, version"
)
_PARTICLES = _NEGATIONS | _LINKS | _ARTICLES | _BREAKS | _EXCEPT | _IGNORED


def parse(text: str, vocabulary: Vocabulary | None = None) -> dict[str, float]:
    """Turns what a listener asks for into a weight for each concept that is named.

    Args:
        text: Words and phrases of the vocabulary, with degrees and negations.
        vocabulary: The words that are known; by default those of specrec.

    Returns:
        Weights from -2 to 2 by the name of the concept, in the order in which they are named.
        What is named twice has the stronger weight, or the later of two that are as strong.

    Raises:
        QueryError: If a word is not known, or no concept is named.

    >>> parse("calm piano, no vocals")
    {'calm': 1.0, 'piano': 1.0, 'singing': -1.0}
    >>> parse("a bit sad, not too loud, lots of reverb")
    {'sad': 0.5, 'energetic': -0.5, 'reverb': 1.5}
    """
    vocabulary = vocabulary or load_vocabulary()
    reading = _read(text, vocabulary)
    if reading.unknown:
        raise QueryError(_unknown_message(list(dict.fromkeys(reading.unknown)), vocabulary))
    if not reading.weights:
        raise QueryError(f"no concept is named; ask for {_EXAMPLE} (specrec concepts lists them)")
    return reading.weights


def parse_known(
    text: str, vocabulary: Vocabulary | None = None
) -> tuple[dict[str, float], list[str]]:
    """Turns what is known of a text into weights, as `parse` does, and passes over the rest.

    Args:
        text: Any text.
        vocabulary: The words that are known; by default those of specrec.

    Returns:
        The weights, and the words that are not known.

    Raises:
        QueryError: If no word names a concept.

    >>> parse_known("rainy piano")
    ({'piano': 1.0}, ['rainy'])
    """
    vocabulary = vocabulary or load_vocabulary()
    reading = _read(text, vocabulary)
    unknown = list(dict.fromkeys(reading.unknown))
    return reading.weights or parse(text, vocabulary), [_bare(word) for word in unknown]


def _read(text: str, vocabulary: Vocabulary) -> "_Reading":
    if len(text) > _LONGEST_TEXT:
        raise QueryError(
            f"words to search for have at most {_LONGEST_TEXT} characters, not {len(text)}"
        )
    reading = _Reading(vocabulary)
    for clause in _clauses(text):
        reading.read(clause)
    return reading


@dataclass(frozen=True)
class _Word:
    normal: str
    written: str  # the piece of text that it is from


def _clauses(text: str) -> Iterator[list[_Word]]:
    """Splits text at punctuation, where a negation ends; `-drums` is `no drums`, as in a search."""
    clause: list[_Word] = []
    for written in _PIECE.findall(_NOT.sub(" not", text).replace("/", " or ")):
        words = [_Word(normal, written) for normal in words_of(written)]
        if words and written[0] not in _MINUS:
            clause += words
            continue
        yield clause
        clause = []
        if words:
            yield [_Word("no", written), *words]
    yield clause


@dataclass
class _Reading:
    """What has been understood of a text so far.

    A negation is `open` while it can meet a concept, and `met` once it has; `and` makes it
    `extended`: "no drums and vocals" wants neither, but "no drums and a piano" wants the piano.
    `except` turns round what was said before: "rock except metal", "no drums except hand drums".
    """

    vocabulary: Vocabulary
    weights: dict[str, float] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    degree: float | None = None  # said of the next concept
    negation: Literal["none", "open", "met", "extended"] = "none"
    reaching: bool = False  # the negation goes through adjectives
    unwanted: bool = False  # what was weighed last

    def read(self, clause: Sequence[_Word]) -> None:
        """Reads the words of a clause, phrase by phrase."""
        self.negation, self.degree = "none", None
        position = 0
        for length in self._lengths([word.normal for word in clause]):
            if not self._read_phrase(" ".join(word.normal for word in clause[position:][:length])):
                self.unknown.append(clause[position].written)
            position += length

    def _lengths(self, words: Sequence[str]) -> Iterator[int]:
        """Splits words so that the fewest are unknown: "video game" and "music box".

        Of those ways it takes the one with the longest phrases, from the first on.
        """
        longest = max(self.vocabulary.longest, 2)
        unknown, best = [0] * (len(words) + 1), [1] * len(words)  # from each word to the end
        for start in reversed(range(len(words))):
            cost = {1: 1 + unknown[start + 1]}
            for end in range(start + 1, min(start + longest, len(words)) + 1):
                if self._knows(" ".join(words[start:end])):
                    cost[end - start] = unknown[end]
            unknown[start] = min(cost.values())
            best[start] = max(length for length in cost if cost[length] == unknown[start])
        start = 0
        while start < len(words):
            yield best[start]
            start += best[start]

    def _knows(self, phrase: str) -> bool:
        return (
            phrase in _DEGREES
            or phrase in _PARTICLES
            or self.vocabulary.look_up(phrase) is not None
            or self._lack_of(phrase) is not None
        )

    def _lack_of(self, word: str) -> dict[str, float] | None:
        """What a word such as "drumless" is without; `None` if it is no such word."""
        if " " in word or not word.endswith("less"):
            return None
        return self.vocabulary.look_up(word[:-4])

    def _read_phrase(self, phrase: str) -> bool:
        """Reads a phrase; returns whether it is known."""
        if meaning := self.vocabulary.look_up(phrase):
            self._weigh(meaning)
        elif phrase in _DEGREES:
            self._end_extension()
            self.degree = _DEGREES[phrase] * (self.degree or 1.0)
        elif lack := self._lack_of(phrase):
            self._weigh({name: -weight for name, weight in lack.items()})
        elif phrase in _NEGATIONS:
            self.negation, self.reaching, self.degree = "open", phrase in _REACHING, None
        elif phrase in _BREAKS:
            self.negation, self.degree = "none", None
        elif phrase in _EXCEPT:
            self.negation = "none" if self.unwanted else "open"
            self.reaching, self.degree = True, None
        elif phrase in _ARTICLES:
            self._end_extension()
        elif phrase in _LINKS:
            if self.negation == "met":
                self.negation = "open" if phrase in _OR else "extended"
        else:
            return phrase in _IGNORED
        return True

    def _end_extension(self) -> None:
        if self.negation == "extended":
            self.negation = "none"

    def _weigh(self, meaning: Mapping[str, float]) -> None:
        """Weighs the concepts of a phrase by the degree and negation that stand before it."""
        factor = 1.0 if self.degree is None else self.degree
        if self.negation in ("open", "extended"):
            factor = -1.0 if self.degree is None else math.copysign(_MILD, -factor)
            adjective = all(self.vocabulary[name].kind == "amount" for name in meaning)
            self.negation = "open" if adjective and self.reaching else "met"
        for name, weight in meaning.items():
            needed = self.vocabulary[name].needs
            if needed and factor > 0:  # who asks for a woman's voice asks for a voice
                self._put(needed, factor)
            self._put(name, weight * factor)
        self.degree = None

    def _put(self, name: str, weight: float) -> None:
        self.unwanted = weight < 0
        weight = max(-_STRONGEST, min(_STRONGEST, weight))
        if abs(weight) >= abs(self.weights.get(name, 0.0)):
            self.weights[name] = weight


def _unknown_message(unknown: Sequence[str], vocabulary: Vocabulary) -> str:
    """Names unknown words, and the nearest known ones."""
    words = [_bare(word) for word in unknown[:_MOST_SHOWN]]
    nearest = [f'"{near}"' for word in words if (near := vocabulary.nearest(word))]
    named = [f'"{word}"' for word in words]
    if len(unknown) > _MOST_SHOWN:
        named.append(f"{len(unknown) - _MOST_SHOWN} more")
    are = "are no words" if len(unknown) > 1 else "is no word"
    guess = f"; did you mean {listed(nearest)}?" if nearest else ""
    return f"{listed(named)} {are} that specrec knows{guess} (specrec concepts lists them)"


def _bare(written: str) -> str:
    """A word without what stands around it, fit to be shown on one line."""
    return "".join(filter(str.isprintable, _EDGES.sub("", written)))[:_LONGEST_SHOWN]
