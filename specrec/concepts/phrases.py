"""Puts concepts into English as people speak it; another language would be another such file."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from specrec.concepts.vocabulary import Concept

_SINGULAR = {"have": "has", "are": "is"}


@dataclass(frozen=True)
class Statement:
    """One thing to say of a track, or of two that have it in common.

    Attributes:
        concept: What it is about.
        side: `high` if there is much of the concept, `low` if there is little.
        hedge: Whether to say it with caution: "likely have a piano", "are
            fairly calm".
    """

    concept: Concept
    side: Literal["high", "low"] = "high"
    hedge: bool = False

    @property
    def verb(self) -> str:
        """The verb of the phrase: `have` for instruments, `are` for qualities."""
        return self._phrase.partition(" ")[0]

    @property
    def rest(self) -> str:
        """What follows the verb; empty for a verb that stands alone."""
        return self._phrase.partition(" ")[2]

    @property
    def _phrase(self) -> str:
        phrase = self.concept.high if self.side == "high" else self.concept.low
        if phrase is None:
            raise ValueError(f"there is nothing to say of little {self.concept.name}")
        return phrase


def describe(statements: Sequence[Statement], of_one: bool = False) -> str:
    """Says things of several tracks in one predicate, which can follow "both" or "they".

    What has the same verb is said together, and what is likely at its end.

    Args:
        statements: What to say.
        of_one: Whether it is said of one track, to follow "it".

    Raises:
        ValueError: If there is nothing to say, or a statement has no words for its side.

    >>> from specrec.concepts.vocabulary import load_vocabulary
    >>> words = load_vocabulary()
    >>> describe([Statement(words["piano"]), Statement(words["calm"]), Statement(words["strings"])])
    'have a piano and strings and are calm'
    >>> describe([Statement(words["jazz"], hedge=True), Statement(words["drums"], "low")])
    'have no drums and are likely jazz'
    >>> describe([Statement(words["piano"]), Statement(words["calm"])], of_one=True)
    'has a piano and is calm'
    """
    if not statements:
        raise ValueError("there is nothing to say")
    by_verb: dict[str, list[Statement]] = {}
    for statement in statements:
        by_verb.setdefault(statement.verb, []).append(statement)
    # After "likely have a choir", another verb would seem to be hedged as well.
    ordered = sorted(by_verb.values(), key=lambda group: all(item.hedge for item in group))
    groups = [_group(group, of_one) for group in ordered]
    if len(groups) == 2 and len(statements) > 3:
        return f"{groups[0]}, and {groups[1]}"
    return listed(groups, comma=len(groups) > 2)


def _group(statements: Sequence[Statement], of_one: bool) -> str:
    """Joins statements that have one verb: "have drums and likely a piano"."""
    verb = statements[0].verb
    certain, doubtful = [], []
    for item in statements:
        if not item.hedge:
            certain.append(item.rest)
        elif verb == "are" and item.concept.kind == "amount":
            certain.append(f"fairly {item.rest}")
        else:
            doubtful.append(item.rest)
    said = _SINGULAR.get(verb, f"{verb}s") if of_one else verb
    if not certain and verb != "are":
        return f"likely {said} {listed(doubtful)}".rstrip()
    if doubtful:
        doubtful[0] = f"likely {doubtful[0]}"
    return f"{said} {listed(certain + doubtful)}".rstrip()


def listed(items: Sequence[str], comma: bool = False) -> str:
    """Lists items as a sentence does, optionally with a comma before the "and".

    >>> listed(["a piano", "strings", "drums"])
    'a piano, strings and drums'
    """
    if len(items) == 1:
        return items[0]
    return f"{', '.join(items[:-1])}{',' if comma else ''} and {items[-1]}"
