"""A library on disk without audio, whose embeddings hide features with known directions."""

from pathlib import Path

import numpy as np
import pandas as pd

from specrec.descriptors.measure import NAMES
from specrec.index.duplicates import COLUMNS
from specrec.index.generation import Contents, skipped_table
from specrec.index.generations import write_generation
from specrec.index.search import build_index
from specrec.index.segment_store import SegmentStore, store_key
from specrec.model.embedding import Embedded
from specrec.model.probe_fit import fit_probe

TRACKS, DIM, WINDOWS = 240, 32, 4
FINGERPRINT = "0123456789abcdef"
HEARD = ("centroid_hz", "percussive_share", "bass_share")


def write_planted(folder: Path, probe: bool = True) -> Path:
    """Three features have a direction each; tracks 0 and 1 are the brightest; the loudness of a
    track is measured, and in no embedding."""
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(TRACKS, 3))
    hidden[:2, 0] = 4.0, 3.8
    rest = rng.normal(size=(TRACKS, WINDOWS, DIM - 3)) + rng.normal(size=(TRACKS, 1, DIM - 3))
    repeated = np.repeat(hidden[:, None], WINDOWS, axis=1)
    windows = np.concatenate([repeated, rest], axis=2).astype(np.float32)
    embeddings = windows.mean(axis=1)
    descriptors = pd.DataFrame(np.nan, range(TRACKS), list(NAMES))
    noise = 0.1 * rng.normal(size=(TRACKS, 3))
    descriptors["centroid_hz"] = 1500 * 2 ** (0.6 * (hidden[:, 0] + noise[:, 0]))
    for place, name in enumerate(HEARD[1:], 1):
        descriptors[name] = 1 / (1 + np.exp(-hidden[:, place] - noise[:, place]))
    descriptors["loudness_lufs"] = rng.normal(-14, 3, size=TRACKS)
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
            fit_probe(embeddings, descriptors, np.arange(TRACKS) // 4, FINGERPRINT)
            if probe
            else None,
            tracks[["path", "content_id"]].assign(audio_id=tracks["content_id"]),
            skipped_table([], {}),
            embeddings,
            build_index(embeddings),
            pd.DataFrame(columns=[*COLUMNS]).astype(COLUMNS),
        ),
    )
    return folder
