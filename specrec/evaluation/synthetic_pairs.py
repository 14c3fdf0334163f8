"""Pairs of synthesized tracks that share one factor, and differ in all others."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from specrec.synthesis import STYLES, Piece, draw_piece
from specrec.synthesis.styles import Range

FIELDS = {
    "tempo": "tempo_bpm",
    "brightness": "brightness_hz",
    "noisiness": "noisiness",
    "percussiveness": "percussiveness",
    "bass": "bass",
    "loudness": "loudness_db",
    "key": "key",
}
"""The factors that are planted, and the field of `Piece` that holds each."""

LEVELS: dict[str, dict[str, Range]] = {
    "tempo": {"low": (76, 82), "high": (126, 136)},
    "brightness": {"low": (1200, 1800), "high": (9000, 10_500)},
    "noisiness": {"low": (0.0, 0.0), "high": (0.8, 1.0)},
    "percussiveness": {"low": (0.0, 0.02), "high": (0.6, 0.75)},
    "bass": {"low": (0.03, 0.08), "high": (0.75, 0.9)},
    "loudness": {"low": (-27.0, -24.0), "high": (-13.0, -12.0)},
}
"""What is low and high: beyond what most of a synthesized library has."""

TRITONE = 6  # semitones: on the circle of fifths, too, no key is further away
TIED = {"brightness": "noisiness", "percussiveness": "bass"}
"""Factors that share a side unless one of them is planted: noise is bright, and drums have bass."""

_ANY = ("folk", "house", "techno", "chiptune", "metal", "jazz", "lo-fi hip hop")


@dataclass(frozen=True)
class PairRecipe:
    """How to draw a pair that shares a factor, such that the factor is audible.

    Attributes:
        factor: Name of the shared factor.
        side: `low`, `high`, or `same`.
        first: Sides of other factors in the first track, the second having the opposite; the
            rest are drawn at random. It keeps apart what would sound similar: a track without noise
            is as bright as another only with cymbals.
        families: Styles of the first and the second track.
        levels: Ranges that replace those of `LEVELS`.
    """

    factor: str
    side: str
    first: tuple[tuple[str, str], ...] = ()
    families: tuple[tuple[str, ...], tuple[str, ...]] = (_ANY, _ANY)
    levels: tuple[tuple[str, str, Range], ...] = ()


RECIPES = (
    PairRecipe("tempo", "low", families=(("folk", "house"), ("jazz", "lo-fi hip hop"))),
    PairRecipe(
        "tempo",
        "high",
        families=(("folk",), ("chiptune", "metal")),
        levels=(("tempo", "high", (150, 158)),),
    ),
    PairRecipe("brightness", "low", (("noisiness", "low"), ("percussiveness", "low"))),
    PairRecipe(
        "brightness",
        "high",
        (("noisiness", "low"), ("percussiveness", "high")),
        (("chiptune", "techno", "metal"), _ANY),
        (("brightness", "high", (10_500, 20_000)),),
    ),
    # Only high: without noise, flatness follows the brightness, which must differ. And at both
    # levels of brightness the treble, where noise shows, must be there.
    PairRecipe(
        "noisiness",
        "high",
        (("brightness", "low"), ("percussiveness", "low")),
        levels=(("noisiness", "high", (0.95, 1.0)), ("brightness", "low", (5500, 5750))),
    ),
    PairRecipe(
        "percussiveness",
        "high",
        (("bass", "high"),),
        (_ANY, ("folk", "jazz", "lo-fi hip hop", "drum and bass")),
    ),
    # Slow notes last; so does what has no attack.
    PairRecipe(
        "percussiveness",
        "low",
        (("tempo", "high"), ("bass", "high")),
        (("ambient",), ("orchestral",)),
        (("bass", "high", (0.6, 0.7)), ("noisiness", "high", (0.5, 0.7))),
    ),
    PairRecipe("bass", "high"),
    # A bass drum is bass, too: the percussive one of the pair must have none to speak of.
    PairRecipe(
        "bass",
        "low",
        (("percussiveness", "high"),),
        (("jazz",), _ANY),
        (("percussiveness", "high", (0.3, 0.4)),),
    ),
    PairRecipe("loudness", "low"),
    PairRecipe("loudness", "high"),
    # Drums and noise hide a key.
    PairRecipe(
        "key",
        "same",
        families=(("ambient", "chiptune", "techno"), ("orchestral", "folk")),
        levels=(("percussiveness", "high", (0.3, 0.4)), ("noisiness", "high", (0.3, 0.5))),
    ),
)


@dataclass(frozen=True)
class SyntheticPair:
    """Two pieces that share a factor.

    Attributes:
        factor: Name of the shared factor, a key of `FIELDS`.
        side: `low`, `high`, or `same`.
        first: A piece.
        second: Another, of another style, with every other factor on the other side.
    """

    factor: str
    side: str
    first: Piece
    second: Piece


def draw_pairs(per_factor: int, seed: int, seconds: float) -> list[SyntheticPair]:
    """Draws pairs for each factor; those of one factor take turns at its sides.

    Args:
        per_factor: Pairs for each factor.
        seed: The seed of all random draws.
        seconds: Length of the pieces.
    """
    rng = np.random.default_rng([seed, 7])
    pairs = []
    for factor in FIELDS:
        recipes = [recipe for recipe in RECIPES if recipe.factor == factor]
        pairs += [
            _draw_pair(recipes[turn % len(recipes)], rng, seconds) for turn in range(per_factor)
        ]
    return pairs


def _draw_pair(recipe: PairRecipe, rng: np.random.Generator, seconds: float) -> SyntheticPair:
    names = [str(rng.choice(recipe.families[0]))]
    names.append(str(rng.choice([name for name in recipe.families[1] if name not in names])))
    first, second = (draw_piece(STYLES[name], rng, seconds) for name in names)
    settled = dict(recipe.first)
    for factor in LEVELS:
        side = settled.setdefault(factor, ("low", "high")[rng.integers(2)])
        if factor in TIED and recipe.factor not in (factor, TIED[factor]):
            settled.setdefault(TIED[factor], side)
        sides = (side, "low" if side == "high" else "high")
        if factor == recipe.factor:
            sides = (recipe.side, recipe.side)
        levels = [_level(recipe, factor, side, rng) for side in sides]
        first = _with_level(first, factor, levels[0])
        second = _with_level(second, factor, levels[1])
    if recipe.factor == "key":
        second = replace(second, key=first.key, mode=first.mode)
    else:
        second = replace(second, key=(first.key + TRITONE) % 12)
    return SyntheticPair(recipe.factor, recipe.side, first, second)


def _level(recipe: PairRecipe, factor: str, side: str, rng: np.random.Generator) -> float:
    level = LEVELS[factor][side]
    for other, its_side, instead in recipe.levels:
        if (other, its_side) == (factor, side):
            level = instead
    return round(float(rng.uniform(*level)), 3)


def _with_level(piece: Piece, factor: str, level: float) -> Piece:
    changed: dict[str, Any] = {FIELDS[factor]: level}
    return replace(piece, **changed)
