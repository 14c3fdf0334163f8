"""Claims about visual cues in spectrograms, tested on the catalog at hand."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from specrec.audio.pool import map_paths
from specrec.bootstrap import Estimate
from specrec.catalog.splits import tied_groups
from specrec.errors import AudioError, CatalogError, QueryError
from specrec.progress import Progress
from specrec.recommend.by_features.sources import Source
from specrec.recommend.collection import Collection
from specrec.shapes import Int64
from specrec.study.association import cliffs_delta, holm, rank_correlation
from specrec.study.cluster_validation import sample
from specrec.study.dataset import known_of
from specrec.study.spectrogram_cues import cues_of_file

Verdict = Literal["supported", "not supported", "too little data", "not known here"]

MOST_TRACKS = 2000
"""Tracks whose spectrograms are studied; of a larger library a random sample."""

FEWEST_TRACKS, FEWEST_GROUPS = 30, 10
"""Below either, there is too little data."""

SMALL_CORRELATION = 0.1
"""A small effect (Cohen 1988); what is surely below it does not matter."""

SMALL_DELTA = 0.147
"""Cliff's delta from which an effect is small rather than negligible (Romano et al. 2006)."""

ALPHA = 0.05
"""Probability with which any claim at all is supported where none is true."""

_QUARTERS = (25, 75)


@dataclass(frozen=True)
class Claim:
    """A claim about spectrograms.

    Attributes:
        feature: Name of the feature that the claim is about.
        side: Whether it is about tracks with much or little of the feature.
        cue: The visual cue, a name of `spectrogram_cues.CUES`.
        more: Whether the claim is that these tracks have more of the cue, or less.
        words: The words of the claim.
    """

    feature: str
    side: Literal["high", "low"]
    cue: str
    more: bool
    words: str

    @property
    def sign(self) -> int:
        """Sign of the correlation that the claim predicts: 1 or -1."""
        return 1 if (self.side == "high") == self.more else -1


CLAIMS = (
    Claim("energy", "high", "upper_level_db", True, "brighter patterns in the upper frequencies"),
    Claim("energy", "high", "upper_density", True, "denser patterns in the upper frequencies"),
    Claim("energy", "low", "density", False, "sparse"),
    Claim("energy", "low", "darkness", True, "darker"),
    Claim("acousticness", "high", "time_roughness_db", False, "smooth textures (over time)"),
    Claim("acousticness", "high", "band_roughness_db", False, "smooth textures (over frequency)"),
    Claim("valence", "low", "darkness", True, "duller"),
    Claim("valence", "low", "irregularity", True, "irregular"),
)
"""Claims that the notebook that specrec grew from makes about its pictures."""


@dataclass(frozen=True)
class Finding:
    """The outcome of testing a claim.

    Attributes:
        claim: The claim.
        source: Where the feature's values are from; None if it is not known.
        tracks: Tracks with both the feature and the cue.
        groups: Groups of tracks that count as independent.
        correlation: Spearman's, with its 95 % bootstrap interval over groups; None if there is
            too little data.
        effect: Cliff's delta (1993) of the cue, tracks of the highest quarter of the feature
            against those of the lowest: from -1 to 1; None if there are no such quarters.
        low: Median of the cue in the lowest quarter.
        high: Median of the cue in the highest quarter.
        p: Share of resamples without a correlation of the claimed sign (one-sided).
        adjusted_p: `p` corrected for the number of claims by Holm's method (1979).
        verdict: `supported` if the interval excludes 0 on the claimed side, the adjusted
            p is below 0.05 and the effect small at least; `not supported` if the interval
            excludes a correlation of 0.1 on that side; else `too little data` to tell.
    """

    claim: Claim
    source: Source | None
    tracks: int
    groups: int
    correlation: Estimate | None
    effect: float | None
    low: float | None
    high: float | None
    p: float | None
    adjusted_p: float | None
    verdict: Verdict


@dataclass(frozen=True, eq=False)
class CueStudy:
    """Claims tested on a library.

    Attributes:
        findings: One finding a claim.
        cues: The visual cues, one row a studied track; NaN where a file failed.
        rows: Rows of the studied tracks in the library.
        skipped: Files that could not be used, with what was wrong.
        grouped_by: Columns whose values tie tracks into groups.
    """

    findings: tuple[Finding, ...]
    cues: pd.DataFrame
    rows: Int64[np.ndarray, " tracks"]
    skipped: tuple[AudioError, ...]
    grouped_by: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON, without the cues of each track."""
        return {
            "tracks": len(self.rows),
            "grouped_by": list(self.grouped_by),
            "skipped": [
                {"path": str(item.path), "reason": item.reason, "detail": item.detail}
                for item in self.skipped
            ],
            "findings": [asdict(item) for item in self.findings],
        }


def study_cues(
    collection: Collection,
    group: Sequence[str] = (),
    seed: int = 0,
    workers: int = 0,
    on_progress: Progress | None = None,
    most: int = MOST_TRACKS,
) -> CueStudy:
    """Measures the visual cues of a library's tracks and tests the claims.

    Args:
        collection: The library, of whose tracks the middle minute is read.
        group: Columns that tie tracks into groups, beside artist and album.
        seed: Seed of the sample, where there are more tracks than `most`.
        workers: Processes that read; 0 for one a core.
        on_progress: Called with the number of files done and the number of all.
        most: How many tracks are studied.

    Raises:
        CatalogError: If there is no such column.
        QueryError: If no file can be read.
    """
    missing = [name for name in group if name not in collection.tracks]
    if missing:
        have = ", ".join(map(str, collection.tracks.columns))
        raise CatalogError(f"no column {missing[0]} to group by; the tracks have {have}")
    rows = sample(len(collection), most, np.random.default_rng(seed))
    paths = [collection.audio_root / path for path in collection.tracks["path"].iloc[rows]]
    cues_of_tracks: list[dict[str, float]] = []
    skipped: list[AudioError] = []
    for place, found in map_paths(cues_of_file, paths, workers):
        if isinstance(found, AudioError):
            skipped.append(found)
        cues_of_tracks.append({} if isinstance(found, AudioError) else found)
        if on_progress is not None:
            on_progress(place + 1, len(paths))
    if len(skipped) == len(rows):
        raise QueryError(
            f"{collection.audio_root}: no track's audio can be read; first {skipped[0]}"
        )
    grouped_by = tuple(dict.fromkeys(("artist", "album", *group)))
    features, sources = known_of(collection.feature_sources)
    cues = pd.DataFrame(cues_of_tracks)
    groups = tied_groups(collection.tracks.iloc[rows], grouped_by)
    known = features.iloc[rows].reset_index(drop=True)
    findings = check_claims(CLAIMS, known, sources, cues, groups)
    return CueStudy(findings, cues, rows, tuple(skipped), grouped_by)


def check_claims(
    claims: Sequence[Claim],
    features: pd.DataFrame,
    sources: Mapping[str, Source],
    cues: pd.DataFrame,
    groups: Int64[np.ndarray, " tracks"],
    seed: int = 0,
) -> tuple[Finding, ...]:
    """Tests claims on measured cues.

    Args:
        claims: The claims.
        features: One row a track; NaN where nothing is known.
        sources: Where each feature's values are from.
        cues: The visual cues, one row a track, in the same order.
        groups: Number of the group of each track, such as its artist; groups are resampled whole.
        seed: Seed of the resamples.
    """
    tests = [_test(claim, features, sources, cues, groups, seed) for claim in claims]
    tested = [place for place, item in enumerate(tests) if item.p is not None]
    adjusted = holm([item.p for item in tests if item.p is not None])
    for place, p in zip(tested, adjusted, strict=True):
        tests[place] = replace(tests[place], adjusted_p=p, verdict=_decide(tests[place], p))
    return tuple(tests)


def _test(
    claim: Claim,
    features: pd.DataFrame,
    sources: Mapping[str, Source],
    cues: pd.DataFrame,
    groups: Int64[np.ndarray, " tracks"],
    seed: int,
) -> Finding:
    """A finding that is not corrected for the number of claims yet."""
    if claim.feature not in features:
        return Finding(claim, None, 0, 0, None, None, None, None, None, None, "not known here")
    values = features[claim.feature].to_numpy(np.float64, na_value=np.nan)
    cue = cues[claim.cue].to_numpy(np.float64)
    both = np.isfinite(values) & np.isfinite(cue)
    values, cue, own = values[both], cue[both], groups[both]
    source = sources.get(claim.feature)
    tracks, count = len(values), len(np.unique(own))
    if tracks < FEWEST_TRACKS or count < FEWEST_GROUPS:
        little: Verdict = "too little data"
        return Finding(claim, source, tracks, count, None, None, None, None, None, None, little)
    correlation, resampled = rank_correlation(values, cue, own, seed)
    against = int((claim.sign * resampled <= 0).sum())
    p = (1 + against) / (1 + len(resampled))
    first, last = np.percentile(values, _QUARTERS)
    effect = low = high = None
    if first < last:
        below, above = cue[values <= first], cue[values >= last]
        effect = cliffs_delta(above, below)
        low, high = float(np.median(below)), float(np.median(above))
    return Finding(
        claim, source, tracks, count, correlation, effect, low, high, p, None, "too little data"
    )


def _decide(finding: Finding, adjusted_p: float) -> Verdict:
    sign, correlation = finding.claim.sign, finding.correlation
    if correlation is None or finding.effect is None:
        return "too little data"
    least, most = sorted((sign * correlation.low, sign * correlation.high))
    if least > 0 and adjusted_p < ALPHA and sign * finding.effect >= SMALL_DELTA:
        return "supported"
    return "not supported" if most < SMALL_CORRELATION else "too little data"
