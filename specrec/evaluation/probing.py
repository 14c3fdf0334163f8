"""What a library's embeddings know of its tracks' features, beside what others know."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from specrec.bootstrap import Estimate
from specrec.catalog.splits import tied_groups
from specrec.errors import CatalogError
from specrec.evaluation.task import choose_rows
from specrec.explain.directions import find_directions
from specrec.model.probe import Probe
from specrec.model.probe_fit import errors_on_scale, fit_probe, measure
from specrec.progress import Progress
from specrec.recommend.collection import Collection
from specrec.shapes import Bool, Float, Int

GROUPS = ("artist", "album")


@dataclass(frozen=True, eq=False)
class Probing:
    """A probe, and how it compares.

    Attributes:
        probe: Fitted on the library's embeddings; it carries its own figures.
        coverage: Share of the held-out truths within the interval of their prediction, by
            feature; empty if no tracks were held out.
        alignment: How far each feature's direction still points its own way after all were made
            orthonormal, from 0 to 1, of those that name a group.
        baselines: R2 by baseline, then by feature: the mean of the fitted tracks, the same probe
            on shuffled values, and on request MFCC and an untrained encoder.
    """

    probe: Probe
    coverage: dict[str, float]
    alignment: dict[str, float]
    baselines: dict[str, dict[str, Estimate]]


def probe_library(
    collection: Collection,
    group_by: Sequence[str] = (),
    test: str | None = None,
    baselines: bool = False,
    on_embed: Progress | None = None,
) -> Probing:
    """Fits a probe on a library and measures it on tracks of groups that it has not seen.

    Args:
        collection: Its measured descriptors, and the columns of its table that are named as
            features, are the truth.
        group_by: Columns beside artist and album that tie tracks together.
        test: A condition for the tracks to measure on, `split == 'test'`; None to measure by
            cross-validation.
        baselines: Whether to decode the audio for MFCC and an untrained encoder.
        on_embed: Called meanwhile.

    Raises:
        CatalogError: If a column is missing, or no feature is known for enough tracks.
        AudioError: If a file can't be decoded any more.
    """
    columns = [*GROUPS, *group_by]
    missing = [name for name in columns if name not in collection.tracks]
    if missing:
        raise CatalogError(f"{collection.folder}: no column {missing[0]} to group by")
    groups = np.asarray(tied_groups(collection.tracks, columns))
    held_out = np.zeros(len(collection), dtype=bool)
    if test is not None:
        held_out[choose_rows(collection, test)] = True
    truth = collection.features

    def fit(vectors: Float[np.ndarray, "tracks _"], table: pd.DataFrame) -> Probe:
        fingerprint = collection.generation.fingerprint
        source = {"fitted_tracks": int((~held_out).sum()), "test": test, "grouped_by": columns}
        return fit_probe(vectors, table, groups, fingerprint, held_out, source)

    probe = fit(np.asarray(collection.embeddings), truth)
    others = {
        "mean": _predict_the_mean(probe, truth, held_out, groups),
        "shuffled": _r2(fit(np.asarray(collection.embeddings), _shuffled(truth, held_out))),
    }
    if baselines:
        paths = [collection.audio_root / path for path in collection.tracks["path"]]
        for name, vectors in _extracted(collection, paths, on_embed).items():
            others[name] = _r2(fit(vectors, truth))
    directions = find_directions(probe, collection.embeddings.shape[1])
    return Probing(
        probe,
        _coverage(probe, collection, truth, held_out) if test is not None else {},
        dict(zip(directions.names, directions.alignment.tolist(), strict=True)),
        others,
    )


def _r2(probe: Probe) -> dict[str, Estimate]:
    return {item.feature.name: item.r2 for item in probe.features}


def _predict_the_mean(
    probe: Probe,
    truth: pd.DataFrame,
    held_out: Bool[np.ndarray, " tracks"],
    groups: Int[np.ndarray, " tracks"],
) -> dict[str, Estimate]:
    figures = {}
    for item in probe.features:
        feature = item.feature
        scaled = feature.to_scale(truth[feature.name].to_numpy(np.float64))
        known = np.isfinite(scaled).all(axis=1)
        tested = known & held_out if held_out.any() else known
        mean = scaled[known & ~held_out].mean(axis=0)
        figures[feature.name], *_ = measure(
            feature, np.tile(mean, (int(tested.sum()), 1)), scaled[tested]
        )
    return figures


def _shuffled(truth: pd.DataFrame, held_out: Bool[np.ndarray, " tracks"]) -> pd.DataFrame:
    """Each track that is fitted on has another's values; those held out keep their own."""
    order = np.arange(len(truth))
    fitted = np.flatnonzero(~held_out)
    order[fitted] = np.random.default_rng(0).permutation(fitted)
    return truth.iloc[order].reset_index(drop=True)


def _extracted(
    collection: Collection, paths: Sequence[Path], on_embed: Progress | None
) -> dict[str, Float[np.ndarray, "tracks _"]]:
    # Here, not above: only what is made from audio needs torch.
    from specrec.evaluation.baselines import baseline_extractors
    from specrec.evaluation.extraction import extract

    made = baseline_extractors(collection.model.encoder)
    extractors = {"mfcc": made["mfcc_standardized"], "untrained": made["untrained"]}
    return extract(paths, extractors, on_embed)


def _coverage(
    probe: Probe, collection: Collection, truth: pd.DataFrame, held_out: Bool[np.ndarray, " tracks"]
) -> dict[str, float]:
    coverage = {}
    for item in probe.features:
        name = item.feature.name
        scaled = item.feature.to_scale(truth[name].to_numpy(np.float64))
        tested = held_out & np.isfinite(scaled).all(axis=1)
        predicted = probe.scaled(np.asarray(collection.embeddings[tested]), name)
        off = errors_on_scale(item.feature, predicted, scaled[tested])
        coverage[name] = float((off <= item.interval).mean())
    return coverage
