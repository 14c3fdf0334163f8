"""What an adaptation gains, on tracks that it was kept from: figures before, after, and paired.

Whole artists and albums are kept out, since they would be known by their voices; the bootstrap
draws them whole for the same reason.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from specrec.bootstrap import Estimate, estimate_mean, interval
from specrec.concepts.labels import concepts_of_labels
from specrec.concepts.vocabulary import load_vocabulary
from specrec.metrics import average_precision, rank_candidates, roc_auc
from specrec.shapes import Bool, Float, Float64, Int
from specrec.vectors import cosine_similarities, unit

_FEWEST = 5  # tracks with a concept, and without it, by which its name is judged
_RESAMPLES = 300  # of areas under curves, which are no means


@dataclass(frozen=True)
class Gain:
    """One figure of a model before and after it was adapted.

    Attributes:
        name: What was measured.
        before: The figure before.
        after: The figure after.
        difference: After minus before, on the same resampled artists.
        tracks: Number of tracks behind it.
    """

    name: str
    before: float
    after: float
    difference: Estimate
    tracks: int

    @property
    def is_better(self) -> bool:
        """Whether it rose beyond chance."""
        return self.difference.low > 0

    @property
    def is_worse(self) -> bool:
        """Whether it fell beyond chance."""
        return self.difference.high < 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values, rounded, for a card or JSON."""
        numbers = {"before": self.before, "after": self.after, **asdict(self.difference)}
        rounded: dict[str, Any] = {name: round(value, 4) for name, value in numbers.items()}
        del rounded["value"]
        return rounded | {"gain": round(self.difference.value, 4), "tracks": self.tracks}


@dataclass(frozen=True, eq=False)
class Trial:
    """One adaptation without some of the tracks.

    Attributes:
        held_out: Which tracks it was kept from.
        embeddings: The embeddings of all tracks afterwards.
        scores: The scores of concepts afterwards.
    """

    held_out: Bool[np.ndarray, " tracks"]
    embeddings: Float64[np.ndarray, "tracks dim"]
    scores: Float64[np.ndarray, "tracks concepts"]


def agreement(
    before: Float[np.ndarray, "tracks concepts"],
    trials: Sequence[Trial],
    taught: Float[np.ndarray, "tracks concepts"],
    groups: Int[np.ndarray, " tracks"],
) -> Gain:
    """The cosine of the model's scores with the teacher's, around the means of the tracks."""
    truth = unit(taught - taught.mean(axis=0))

    def cosines(scores: Float[np.ndarray, "tracks concepts"]) -> Float64[np.ndarray, " tracks"]:
        found: np.ndarray = (unit(scores - scores.mean(axis=0)) * truth).sum(axis=1)
        return found

    first, second = cosines(before), np.full(len(before), np.nan)
    for trial in trials:
        second[trial.held_out] = cosines(trial.scores)[trial.held_out]
    return _paired("agreement with musicnn (cosine)", first, second, groups)


def retrieval(
    label: str,
    tracks: pd.DataFrame,
    before: Float[np.ndarray, "tracks dim"],
    trials: Sequence[Trial],
    groups: Int[np.ndarray, " tracks"],
) -> Gain | None:
    """How soon held-out tracks find others of the same label, among all others (mAP).

    Unless the label is the artist, tracks of the query's artist are left out.

    Returns:
        None if there is nothing to find.
    """
    codes, artists = (_codes(tracks, name) for name in (label, "artist"))
    candidates = ~np.eye(len(tracks), dtype=bool) & (codes >= 0)
    if label != "artist":
        candidates &= (artists[:, None] != artists) | (artists[:, None] < 0)
    relevant = candidates & (codes[:, None] == codes) & (codes[:, None] >= 0)
    queries = relevant.any(axis=1)
    if not queries.any():
        return None

    def found(
        embeddings: Float[np.ndarray, "tracks dim"], rows: Bool[np.ndarray, " tracks"]
    ) -> Float64[np.ndarray, " queries"]:
        order = rank_candidates(cosine_similarities(embeddings[rows], embeddings), candidates[rows])
        return average_precision(np.take_along_axis(relevant[rows], order, axis=1))

    first, second = (np.full(len(tracks), np.nan) for _ in range(2))
    for trial in trials:
        rows = trial.held_out & queries
        if rows.any():
            first[rows], second[rows] = found(before, rows), found(trial.embeddings, rows)
    return _paired(f"retrieval by {label} (mAP)", first, second, groups)


def truth_of_names(
    label: str,
    tracks: pd.DataFrame,
    names: Sequence[str],
    before: Float[np.ndarray, "tracks concepts"],
    trials: Sequence[Trial],
    groups: Int[np.ndarray, " tracks"],
) -> Gain | None:
    """How well scores of concepts tell the tracks that people's labels say have them (AUC).

    Returns:
        None if the labels say nothing of any concept, or of too few tracks.
    """
    after = np.full(before.shape, np.nan)
    for trial in trials:
        after[trial.held_out] = trial.scores[trial.held_out]
    seen = np.isfinite(after).all(axis=1)
    judged = [
        (names.index(name), known & seen, truth)
        for name, known, truth in concepts_of_labels(tracks[label], label, load_vocabulary())
        if name in names
    ]
    judged = [
        (place, known, truth)
        for place, known, truth in judged
        if min((truth & known).sum(), (known & ~truth).sum()) >= _FEWEST
    ]
    if not judged:
        return None

    def area(scores: np.ndarray, rows: Int[np.ndarray, " rows"]) -> float:
        areas = [
            roc_auc(scores[rows[known[rows]], place], truth[rows[known[rows]]])
            for place, known, truth in judged
        ]
        return float(np.nanmean(areas)) if np.isfinite(areas).any() else float("nan")

    everyone = np.arange(len(tracks))
    drawn = [area(after, rows) - area(before, rows) for rows in _resampled(groups)]
    first, second = area(before, everyone), area(after, everyone)
    count = int(np.any([known for _, known, _ in judged], axis=0).sum())
    what = f"names by {label} (mean AUC of {len(judged)})"
    return Gain(what, first, second, interval(second - first, np.array(drawn)), count)


def _paired(
    name: str,
    first: Float[np.ndarray, " tracks"],
    second: Float[np.ndarray, " tracks"],
    groups: Int[np.ndarray, " tracks"],
) -> Gain:
    known = np.isfinite(first) & np.isfinite(second)
    difference = estimate_mean((second - first)[known], groups[known])
    assert difference is not None  # there is a held-out track
    return Gain(
        name,
        float(first[known].mean()),
        float(second[known].mean()),
        difference,
        int(known.sum()),
    )


def _resampled(groups: Int[np.ndarray, " tracks"]) -> Iterator[Int[np.ndarray, " rows"]]:
    """Draws groups with replacement, and yields the rows of those drawn."""
    rng = np.random.default_rng(0)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    for _ in range(_RESAMPLES):
        yield np.concatenate([members[at] for at in rng.integers(0, len(members), len(members))])


def _codes(tracks: pd.DataFrame, name: str) -> Int[np.ndarray, " tracks"]:
    """Equal numbers for equal values, whatever their case; -1 where there is none."""
    if name not in tracks:
        return np.full(len(tracks), -1)
    values = tracks[name].astype("string").str.strip().str.casefold()
    codes: np.ndarray = pd.factorize(values)[0]
    return codes
