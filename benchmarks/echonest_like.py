"""Fits Echo-Nest-like energy and acousticness, and says how well they hold.

    python benchmarks/echonest_like.py CSV

CSV holds, a row a track, `track_id`, the eight Echo Nest features and the means over time of
librosa's statistics at 22,050 Hz, of which mfcc .. mfcc.19 and spectral_contrast ..
spectral_contrast.5 are used. What can be predicted is written to
`specrec/descriptors/echonest.json`.

No artist is given. Ids follow each other within an upload, so tracks whose ids are near are kept
in one fold. The penalty is chosen within the training folds.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd

from specrec.descriptors.echonest import CONTRASTS, FITTED, N_MFCC, smooth_spectrum

TARGETS = (
    "energy", "acousticness", "danceability", "valence",
    "instrumentalness", "liveness", "speechiness", "tempo",
)  # fmt: skip
LEAST_R2 = 0.5
PENALTIES = (3.0, 10.0, 30.0, 100.0, 300.0)
FOLDS, REPEATS, RESAMPLES = 5, 10, 2000
NEAR = 10  # ids
EDGE = 0.01  # how near 0 and 1 a value may come before its logit is held


def main() -> None:
    """Measures what can be predicted, prints it, and writes the fit of what can."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("csv", type=Path)
    table = pd.read_csv(parser.parse_args().csv).dropna().sort_values("track_id")
    statistics = read_statistics(table)
    uploads = (table.track_id.diff() > NEAR).cumsum().to_numpy()
    print(f"{len(table)} tracks of {uploads[-1] + 1} uploads, held-out R2 with 95 % interval")
    fitted = {}
    for name in TARGETS:
        values = table[name].to_numpy()
        r2, low, high = held_out_r2(statistics, values, uploads)
        print(f"{name:17s} {r2:6.3f}  [{low:6.3f}, {high:6.3f}]")
        if r2 > LEAST_R2:
            penalty = choose_penalty(statistics, values, uploads, np.random.default_rng(0))
            intercept, weights = fit(statistics, values, penalty)
            fitted[name] = {
                "held_out_r2": round(r2, 3),
                "interval_95": [round(low, 3), round(high, 3)],
                "intercept": intercept,
                "weights": weights.tolist(),
            }
    document = {
        "source": "Echo Nest features of tracks in FMA: A Dataset for Music Analysis "
        "(Defferrard, Benzi, Vandergheynst, Bresson 2017), and librosa statistics of their audio",
        "license": "CC BY 4.0",
        "tracks": len(table),
        "statistics": "mean mel spectrum in dB, smoothed by 20 MFCCs, at 16 frequencies; "
        "mean spectral contrast in dB in 6 octave bands",
        "lowest": statistics.min(axis=0).tolist(),
        "highest": statistics.max(axis=0).tolist(),
        "targets": fitted,
    }
    FITTED.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def read_statistics(table: pd.DataFrame) -> np.ndarray:
    """As `specrec.descriptors.echonest.predict` computes them from audio."""
    mfcc = ["mfcc", *(f"mfcc.{number}" for number in range(1, N_MFCC))]
    contrast = ["spectral_contrast", *(f"spectral_contrast.{n}" for n in range(1, CONTRASTS))]
    return np.hstack([smooth_spectrum(table[mfcc].to_numpy()), table[contrast].to_numpy()])


def fit(statistics: np.ndarray, values: np.ndarray, penalty: float) -> tuple[float, np.ndarray]:
    """Ridge regression of the logit, or of tempo as it is, on standardized statistics."""
    target = to_scale(values)
    mean, spread = statistics.mean(axis=0), statistics.std(axis=0)
    unit = (statistics - mean) / spread
    square = unit.T @ unit + penalty * np.eye(unit.shape[1])
    weights = np.linalg.solve(square, unit.T @ (target - target.mean())) / spread
    return float(target.mean() - mean @ weights), weights


def to_scale(values: np.ndarray) -> np.ndarray:
    """The logit of numbers from 0 to 1; tempo as it is."""
    if values.max() > 1:
        return values
    held = np.clip(values, EDGE, 1 - EDGE)
    return np.log(held / (1 - held))


def predict(
    statistics: np.ndarray,
    values: np.ndarray,
    uploads: np.ndarray,
    penalty: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Each track by a fit that saw nothing of its upload; a penalty of 0 is chosen anew."""
    folds = rng.permutation(np.arange(uploads.max() + 1) % FOLDS)[uploads]
    predicted = np.empty(len(values))
    for fold in range(FOLDS):
        held = folds == fold
        seen = ~held
        best = penalty or choose_penalty(
            statistics[seen], values[seen], np.unique(uploads[seen], return_inverse=True)[1], rng
        )
        intercept, weights = fit(statistics[seen], values[seen], best)
        predicted[held] = intercept + statistics[held] @ weights
    return predicted if values.max() > 1 else 1 / (1 + np.exp(-predicted))


def choose_penalty(
    statistics: np.ndarray, values: np.ndarray, uploads: np.ndarray, rng: np.random.Generator
) -> float:
    """The penalty with the highest held-out R2 within these tracks."""
    seed = int(rng.integers(2**31))
    scores = [
        r_squared(
            values, predict(statistics, values, uploads, penalty, np.random.default_rng(seed))
        )
        for penalty in PENALTIES
    ]
    return PENALTIES[int(np.argmax(scores))]


def held_out_r2(
    statistics: np.ndarray, values: np.ndarray, uploads: np.ndarray
) -> tuple[float, float, float]:
    """Mean over repeated, nested cross-validation; the interval resamples uploads."""
    rng = np.random.default_rng(0)
    rounds = [predict(statistics, values, uploads, 0.0, rng) for _ in range(REPEATS)]
    members = [np.flatnonzero(uploads == upload) for upload in range(uploads.max() + 1)]
    drawn = []
    for _ in range(RESAMPLES):
        rows = np.concatenate([members[u] for u in rng.integers(len(members), size=len(members))])
        drawn.append(r_squared(values[rows], rounds[rng.integers(REPEATS)][rows]))
    r2 = float(np.mean([r_squared(values, predicted) for predicted in rounds]))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return r2, float(low), float(high)


def r_squared(values: np.ndarray, predicted: np.ndarray) -> float:
    """Share of the variance that is predicted; negative for worse than the mean."""
    return float(1 - np.sum((values - predicted) ** 2) / np.sum((values - values.mean()) ** 2))


if __name__ == "__main__":
    main()
