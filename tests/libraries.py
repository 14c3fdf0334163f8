"""Libraries on disk without audio, whose embeddings hide what is known."""

from pathlib import Path

import numpy as np
import pandas as pd

from specrec.bootstrap import Estimate
from specrec.descriptors.features import PROPERTIES
from specrec.descriptors.measure import NAMES
from specrec.index.duplicates import COLUMNS
from specrec.index.generation import Contents, skipped_table
from specrec.index.generations import write_generation
from specrec.index.search_building import build_index
from specrec.index.segment_store import SegmentStore, store_key
from specrec.model.embedding import Embedded
from specrec.model.probe import Probe, ProbedFeature
from specrec.model.probe_fit import fit_probe

TRACKS, DIM, WINDOWS = 240, 32, 4
FINGERPRINT = "0123456789abcdef"
HEARD = ("centroid_hz", "percussive_share", "bass_share")
NAMED = (
    "singing",
    "female_voice",
    "piano",
    "calm",
    "drums",
    "jazz",
    "distorted_guitar",
    "centroid_hz",
)
"""The coordinates of the library that `write_named` writes."""


def write_planted(folder: Path, probe: bool = True) -> Path:
    """Three features have a direction each; tracks 0 and 1 are the brightest; the loudness of a
    track is measured, and in no embedding."""
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(TRACKS, 3))
    hidden[:2, 0] = 4.0, 3.8
    rest = rng.normal(size=(TRACKS, WINDOWS, DIM - 3)) + rng.normal(size=(TRACKS, 1, DIM - 3))
    repeated = np.repeat(hidden[:, None], WINDOWS, axis=1)
    windows = np.concatenate([repeated, rest], axis=2).astype(np.float32)
    descriptors = pd.DataFrame(np.nan, range(TRACKS), list(NAMES))
    noise = 0.1 * rng.normal(size=(TRACKS, 3))
    descriptors["centroid_hz"] = 1500 * 2 ** (0.6 * (hidden[:, 0] + noise[:, 0]))
    for place, name in enumerate(HEARD[1:], 1):
        descriptors[name] = 1 / (1 + np.exp(-hidden[:, place] - noise[:, place]))
    descriptors["loudness_lufs"] = rng.normal(-14, 3, size=TRACKS)
    groups = np.arange(TRACKS) // 4
    fitted = fit_probe(windows.mean(axis=1), descriptors, groups, FINGERPRINT) if probe else None
    return _write(folder, windows, descriptors, fitted)


def write_named(folder: Path, **columns: list[object]) -> Path:
    """Each coordinate is what its name says, and the brightness of every other track is measured;
    the model hears jazz no better than chance would."""
    rng = np.random.default_rng(0)
    center = rng.normal(size=(TRACKS, 1, len(NAMED)))
    windows = (center + 0.3 * rng.normal(size=(TRACKS, WINDOWS, len(NAMED)))).astype(np.float32)
    descriptors = pd.DataFrame(np.nan, range(TRACKS), list(NAMES))
    descriptors.loc[::2, "centroid_hz"] = 1500 * 2 ** windows.mean(axis=1)[::2, -1]
    return _write(folder, windows, descriptors, _reading(), columns)


def _reading() -> Probe:
    """A probe that takes each coordinate for what its name says."""
    good, bias = Estimate(0.9, 0.8, 1.0), np.zeros(len(NAMED), dtype=np.float32)
    bias[-1] = np.log2(1500)
    features = []
    for name in NAMED:
        auc = 0.55 if name == "jazz" else 0.95
        judged = (None, None, None) if name == "centroid_hz" else (auc, 1.0, -0.5)
        features.append(
            ProbedFeature(PROPERTIES[name], good, good, good, 0.3, 99, 99, 0.0, *judged)
        )
    weight = np.eye(len(NAMED), dtype=np.float32)
    return Probe(FINGERPRINT, tuple(features), weight, bias, np.ones_like(bias), {}, NAMED)


def _write(
    folder: Path,
    windows: np.ndarray,
    descriptors: pd.DataFrame,
    probe: Probe | None,
    columns: dict[str, list[object]] | None = None,
) -> Path:
    embeddings = windows.mean(axis=1)
    tracks = pd.DataFrame(
        {
            "track_id": [f"t{row}" for row in range(TRACKS)],
            "path": [f"track {row}.wav" for row in range(TRACKS)],
            "content_id": [f"c{row}" for row in range(TRACKS)],
            "title": [f"Piece {row}" for row in range(TRACKS)],
            "artist": [f"Artist {row // 4}" for row in range(TRACKS)],
            "album": pd.Series([None] * TRACKS, dtype="string"),
            "genre": pd.Series([None] * TRACKS, dtype="string"),
            "year": pd.Series([None] * TRACKS, dtype="Int64"),
            "duration_seconds": 20.0,
            "split": np.where(np.arange(TRACKS) < 80, "test", "train"),
            **(columns or {}),
        }
    )
    model = {
        "name": "planted",
        "fingerprint": FINGERPRINT,
        "folder": str(folder / "no model"),
        "window_seconds": 5.0,
    }
    manifest = {
        "created": "2026-01-01",
        "audio_root": str(folder / "no audio"),
        "model": model,
        "counts": {"tracks": TRACKS, "skipped": 0, "ignored": 0},
    }
    store = SegmentStore(folder, store_key(FINGERPRINT, None))
    for content_id, embedding, rows in zip(tracks["content_id"], embeddings, windows, strict=True):
        store.add(content_id, Embedded(embedding, rows.astype(np.float16), 20.0))
    store.flush()
    write_generation(
        folder,
        Contents(
            manifest,
            tracks,
            store.placement(tracks["content_id"].tolist()),
            descriptors,
            probe,
            tracks[["path", "content_id"]].assign(audio_id=tracks["content_id"]),
            skipped_table([], {}),
            embeddings,
            build_index(embeddings),
            pd.DataFrame(columns=[*COLUMNS]).astype(COLUMNS),
        ),
    )
    return folder
