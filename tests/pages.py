"""Pages for tests: of a library with audio, and of a table whose titles are hostile."""

from pathlib import Path

import numpy as np
import pandas as pd

from specrec.report.page.build import PageSettings, build_page
from specrec.report.page.data import Page
from specrec.report.page.render import write_page
from tests.libraries import TRACKS, write_planted
from tests.sounds import tone, write

HOSTILE = (
    "<script>alert('title')</script>",
    "</script><img src=x onerror=alert(1)>",
    "\"'><b onmouseover=alert(2)>&amp;",
    "שלום עולם",
    "夜に駆ける 🎵",
    "A" * 400,
    "http://example.org/",
    "\u202eright to left\u2028and a line",
)
RATE = 24_000
SECONDS = 3.0  # of each track's sound


def hz_of(row: int) -> int:
    """Of the tone that is the sound of a track."""
    return 300 + 2 * row


def write_library(folder: Path, queries: int = 2, k: int = 3) -> Page:
    """The page of a library each of whose tracks is a tone of its own; written beside it."""
    library = write_planted(folder / "planted")
    for row in range(TRACKS):
        write(library / "no audio" / f"track {row}.wav", tone(SECONDS, hz_of(row), RATE), RATE)
    page = build_page(library, PageSettings(count=queries, k=k, command="specrec report planted"))
    write_page(page, folder / "library.html")
    return page


def hostile_table() -> pd.DataFrame:
    """Tracks in two clear clusters, with titles and artists that want to be something else."""
    rng = np.random.default_rng(0)
    rows = 60
    loud = np.arange(rows) % 2
    return pd.DataFrame(
        {
            "track_id": [f"id{row}" for row in range(rows)],
            "track_name": [f"{HOSTILE[row % len(HOSTILE)]} {row}" for row in range(rows)],
            "artists": [HOSTILE[(row // 2) % len(HOSTILE)] for row in range(rows)],
            "track_genre": np.where(loud, "<i>rock</i>", "ambient"),
            "popularity": rng.permutation(rows),
            "energy": 0.2 + 0.6 * loud + rng.uniform(0, 0.1, rows),
            "acousticness": 0.8 - 0.6 * loud + rng.uniform(0, 0.1, rows),
            "valence": rng.uniform(0, 1, rows),
            "tempo": rng.uniform(80, 160, rows),
        }
    )


def write_table(folder: Path) -> Page:
    """The page of the hostile table; written beside it."""
    path = folder / "hostile <table>.csv"
    hostile_table().to_csv(path, index=False)
    page = build_page(path, PageSettings(count=2, k=3))
    write_page(page, folder / "table.html")
    return page
