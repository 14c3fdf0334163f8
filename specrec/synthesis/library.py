"""A folder of tagged tracks by invented artists, with the truth about each beside them."""

import csv
import io
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, fields, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from mutagen.flac import FLAC

from specrec.errors import CatalogError
from specrec.stopping import uninterrupted
from specrec.synthesis.piece import Piece, draw_piece
from specrec.synthesis.rendering import LOWEST_SAMPLE_RATE, render
from specrec.synthesis.styles import STYLES, Range, Style
from specrec.writing import storing, write_file

TRUTH_FILE = "truth.csv"
ARTIST_SHARE = 0.4
TRACKS_PER_PROCESS = 12
RANGES = (
    "tempo_bpm", "brightness_hz", "noisiness", "percussiveness", "bass", "density", "loudness_db",
)  # fmt: skip
CHOICES = ("chord_instruments", "lead_instruments", "bass_instruments")

ADJECTIVES = (
    "Amber", "Autumn", "Blue", "Borrowed", "Bright", "Broken", "Crimson", "Distant", "Early",
    "Electric", "Empty", "Endless", "Faded", "Falling", "First", "Floating", "Gentle", "Glass",
    "Golden", "Green", "Hidden", "Hollow", "Last", "Little", "Lonely", "Lost", "Lunar", "Midnight",
    "Northern", "Open", "Paper", "Quiet", "Restless", "Salt", "Second", "Silver", "Sleeping",
    "Slow", "Velvet", "Winter",
)  # fmt: skip
NOUNS = (
    "Afternoon", "Arcade", "Avenue", "Bay", "Bridge", "Circle", "City", "Coast", "Comet", "Door",
    "Engine", "Field", "Fire", "Garden", "Harbor", "Hour", "Island", "Lantern", "Letter", "Light",
    "Machine", "Map", "Meadow", "Mirror", "Morning", "Mountain", "Ocean", "Orchard", "Parade",
    "Rain", "River", "Road", "Room", "Shadow", "Signal", "Snow", "Station", "Street", "Summer",
    "Window",
)  # fmt: skip
FIRST_NAMES = (
    "Ada", "Bruno", "Cleo", "Dario", "Elin", "Farah", "Gus", "Hana", "Ivo", "Juno", "Kofi", "Lena",
    "Milo", "Nadia", "Otis", "Petra", "Quentin", "Rosa", "Soren", "Tova",
)  # fmt: skip
LAST_NAMES = (
    "Abernall", "Brandt", "Calloway", "Delmare", "Ekstrom", "Fennick",
    "Galvano", "Hollis", "Imada", "Jarrow", "Kestrel", "Lindqvist", "Marlowe", "Novak", "Orlov",
    "Pellerin", "Quill", "Rademaker", "Sato", "Thorne",
)  # fmt: skip


@dataclass(frozen=True)
class _Track:
    """A piece with its tags and its place, `path`, relative to the folder."""

    path: str
    title: str
    artist: str
    album: str
    year: int
    sample_rate: int
    piece: Piece


@dataclass(frozen=True)
class _Artist:
    name: str
    albums: tuple[tuple[str, int], ...]
    style: Style


def write_library(
    folder: Path,
    tracks: int = 100,
    seconds: float = 20.0,
    seed: int = 0,
    sample_rate: int = 22050,
    on_progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Fills a folder with tagged FLAC files (16 bit, mono) and `truth.csv`.

    The families take turns, so that each has its share of the tracks. A family has two to four
    artists, each with a narrower range of its factors and one or two albums. The genre tag is
    the family. `truth.csv` is written last, so where it stands the library is whole: files that
    have gone missing since are rendered again, the others are left alone.

    From 24 tracks on, processes are spawned to share the work; a script that calls this at its
    top level needs the usual `if __name__ == "__main__":`.

    Args:
        folder: The folder to write to; it is made if need be.
        tracks: How many tracks to write, at least 1. A track is the same however many follow it.
        seconds: The length of each track, 1 to 3600.
        seed: The seed, 0 or more; the same seed gives the same bytes of audio.
        sample_rate: The sample rate in Hz, at least 8000.
        on_progress: Called as `on_progress(done, total)` after each track rendered.

    Returns:
        The path of `truth.csv`: one row per track, with its path, tags and all factors of `Piece`.

    Raises:
        ValueError: If a number is out of range.
        CatalogError: If the folder holds another library's truth.
        StorageError: If the folder can't be written.
    """
    if tracks < 1 or seed < 0:
        raise ValueError(f"tracks {tracks} must be at least 1 and seed {seed} at least 0")
    if sample_rate < LOWEST_SAMPLE_RATE:
        raise ValueError(f"sample_rate {sample_rate} is below {LOWEST_SAMPLE_RATE}; give 22050")
    plan = _plan(tracks, seconds, seed, sample_rate)
    truth_path, truth = folder / TRUTH_FILE, _truth(plan)
    if truth_path.exists() and truth_path.read_bytes() != truth:
        raise CatalogError(
            f"{truth_path} belongs to another library; remove it or choose an empty folder"
        )
    missing = [track for track in plan if not (folder / track.path).exists()]
    if truth_path.exists() and not missing:
        return truth_path
    _render_all(folder, missing if truth_path.exists() else plan, on_progress)
    write_file(truth_path, truth)
    return truth_path


def _plan(tracks: int, seconds: float, seed: int, sample_rate: int) -> list[_Track]:
    """Plans what to render. Everything about a track comes from `seed` and its number."""
    naming = np.random.default_rng([seed, 0])
    titles = naming.permutation([f"{first} {last}" for first in ADJECTIVES for last in NOUNS])
    albums = iter(naming.permutation([f"The {first} {last}" for first in NOUNS for last in NOUNS]))
    names = iter(naming.permutation([f"{a} {b}" for a in FIRST_NAMES for b in LAST_NAMES]))
    rosters = []
    for style in STYLES.values():
        rosters.append(
            [_artist(style, names, albums, naming) for _ in range(naming.integers(2, 5))]
        )
    plan = []
    for number in range(tracks):
        turn, family = divmod(number, len(rosters))
        turn, place = divmod(turn, len(rosters[family]))
        artist = rosters[family][place]
        album, year = artist.albums[turn % len(artist.albums)]
        part, word = divmod(number, len(titles))
        title = f"{titles[word]} {part + 1}" if part else str(titles[word])
        piece = draw_piece(artist.style, np.random.default_rng([seed, 1, number]), seconds)
        path = f"{artist.name}/{artist.name} - {title}.flac"
        plan.append(_Track(path, title, artist.name, album, year, sample_rate, piece))
    return plan


def _artist(
    style: Style, names: Iterator[str], albums: Iterator[str], rng: np.random.Generator
) -> _Artist:
    """An artist of a family, who has a part of each range and one instrument for each role."""
    narrowed: dict[str, Any] = {name: _part_of(getattr(style, name), rng) for name in RANGES}
    for name in CHOICES:
        narrowed[name] = (str(rng.choice(getattr(style, name))),)
    year = int(rng.integers(1985, 2021))
    discography = [(str(next(albums)), year + 3 * later) for later in range(rng.integers(1, 3))]
    return _Artist(str(next(names)), tuple(discography), replace(style, **narrowed))


def _part_of(whole: Range, rng: np.random.Generator) -> Range:
    low, high = whole
    width = ARTIST_SHARE * (high - low)
    start = rng.uniform(low, high - width)
    return start, start + width


def _truth(plan: list[_Track]) -> bytes:
    """The table as CSV in UTF-8; a progression is written as degrees with spaces between them."""
    text = io.StringIO()
    tags = [field.name for field in fields(_Track) if field.name != "piece"]
    factors = [field.name for field in fields(Piece)]
    table = csv.DictWriter(text, [*tags, *factors], lineterminator="\n")
    table.writeheader()
    for track in plan:
        row = {name: getattr(track, name) for name in tags} | asdict(track.piece)
        row["progression"] = " ".join(map(str, track.piece.progression))
        table.writerow(row)
    return text.getvalue().encode()


def _render_all(
    folder: Path, tracks: list[_Track], on_progress: Callable[[int, int], None] | None
) -> None:
    """Renders a few tracks in this process, and more of them in spawned ones."""
    workers = min(os.cpu_count() or 1, len(tracks) // TRACKS_PER_PROCESS)
    if workers < 2:
        for done, track in enumerate(tracks, start=1):
            _write_track(folder, track)
            if on_progress is not None:
                on_progress(done, len(tracks))
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        try:
            with uninterrupted():
                written = [pool.submit(_write_track, folder, track) for track in tracks]
            for done, future in enumerate(as_completed(written), start=1):
                future.result()
                if on_progress is not None:
                    on_progress(done, len(tracks))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _write_track(folder: Path, track: _Track) -> None:
    """Renders, writes and tags a file beside its final name, then moves it there."""
    path = folder / track.path
    with storing(folder):
        path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    waveform = render(track.piece, track.sample_rate)
    soundfile.write(unfinished, waveform, track.sample_rate, subtype="PCM_16", format="FLAC")
    tags = FLAC(unfinished)
    tags["title"], tags["artist"], tags["album"] = track.title, track.artist, track.album
    tags["genre"], tags["date"] = track.piece.style, str(track.year)
    tags.save()
    unfinished.replace(path)
