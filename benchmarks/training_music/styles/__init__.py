"""The styles that are made, in the order in which they take turns."""

from itertools import chain, zip_longest

from benchmarks.training_music.score import Style
from benchmarks.training_music.styles.classical import CLASSICAL
from benchmarks.training_music.styles.electronic import ELECTRONIC
from benchmarks.training_music.styles.latin import LATIN
from benchmarks.training_music.styles.rock import ROCK
from benchmarks.training_music.styles.roots import ROOTS
from benchmarks.training_music.styles.soul import SOUL
from benchmarks.training_music.styles.world import WORLD

_GROUPS = (ROOTS, SOUL, LATIN, ROCK, ELECTRONIC, CLASSICAL, WORLD)
STYLES: dict[str, Style] = {
    style.name: style for style in chain(*zip_longest(*_GROUPS)) if style is not None
}
