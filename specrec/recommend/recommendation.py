"""An answer: the neighbors found, and what kept others out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from specrec.recommend.track import Neighbor, Track


@dataclass(frozen=True)
class Recommendation(Sequence[Neighbor]):
    """Neighbors, the best first; a sequence of them.

    Attributes:
        queries: What was asked for.
        neighbors: What was found.
        notes: One line each for what kept tracks out, such as `the filter left 3 of 793 tracks`,
            in the order in which it did.
        against: What the neighbors should not sound like.
    """

    queries: tuple[Track, ...]
    neighbors: tuple[Neighbor, ...]
    notes: tuple[str, ...] = ()
    against: tuple[Track, ...] = ()

    def __len__(self) -> int:
        return len(self.neighbors)

    def __iter__(self) -> Iterator[Neighbor]:
        return iter(self.neighbors)

    @overload
    def __getitem__(self, place: int) -> Neighbor: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Neighbor, ...]: ...

    def __getitem__(self, place: int | slice) -> Neighbor | tuple[Neighbor, ...]:
        return self.neighbors[place]
