"""Any damage of any file: one line, or the same answers as before; never others."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from specrec.errors import LibraryError, SpecrecError
from specrec.index.files import read_sealed, write_sealed
from specrec.index.maintenance import library_status, remove_tracks
from specrec.index.repair import repair_library, verify_library
from specrec.recommend.collection import Collection
from specrec.recommend.library import Library
from tests.libraries import TRACKS, write_planted

KINDS = ("a bit", "a page", "short", "empty", "missing", "long")
Answers = list[tuple[str | None, float, str]]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_planted(tmp_path_factory.mktemp("damage") / "library")
    remove_tracks(folder, ["t7"])
    return folder


def _damaged(content: bytes, kind: str, rng: np.random.Generator) -> bytes | None:
    place = int(rng.integers(len(content)))
    if kind == "a bit":
        changed = content[place] ^ 1 << int(rng.integers(8))
        return content[:place] + bytes([changed]) + content[place + 1 :]
    if kind == "a page":
        return content[:place] + bytes(len(content[place : place + 512])) + content[place + 512 :]
    if kind == "missing":
        return None
    return {"short": content[:place], "empty": b"", "long": content + content[:100]}[kind]


def _answers(library: Path) -> Answers:
    opened = Library.open(library)
    found: Answers = []
    for query in ("t3", "t200"):
        for neighbor in opened.neighbors(query, 4):
            sentence = neighbor.explanation.sentence
            found.append((neighbor.track.track_id, round(neighbor.similarity, 6), sentence))
            windows = opened.resolve(str(neighbor.track.track_id)).windows
            found.append((None, float(windows.astype(np.float32).sum()), ""))
    library_status(library)
    return found


def damages(library: Path, seed: int, rounds: int) -> Iterator[tuple[Path, str, bytes | None]]:
    """Files of a library, kinds of damage, and what they make of it."""
    rng = np.random.default_rng(seed)
    before = min((library / "generations").iterdir())  # of which two files stand for all
    segments = sorted(library.glob("segments/*/*"))[1:]  # the first stands for all
    files = sorted(
        path
        for path in library.rglob("*")
        if path.is_file()
        and path.name != ".lock"
        and path.parent not in segments
        and (path.parent != before or path.name in ("library.json", "tracks.arrow"))
    )
    for place, path in enumerate(files):
        for round_ in range(rounds):
            kind = KINDS[(place + round_ + seed) % len(KINDS)]
            made = _damaged(path.read_bytes(), kind, rng)
            if made != path.read_bytes():
                yield path.relative_to(library), kind, made


def test_no_damage_ends_in_a_traceback_or_another_answer(planted: Path, tmp_path: Path) -> None:
    check(planted, tmp_path, seed=0, rounds=1)


def check(planted: Path, place: Path, seed: int, rounds: int) -> dict[str, int]:
    """Damages a library in many ways, one at a time, and looks what comes of each."""
    expected, counts = _answers(planted), {"said": 0, "same": 0, "mended": 0}
    for path, kind, made in damages(planted, seed, rounds):
        library = Path(shutil.copytree(planted, place / "library"))
        if made is None:
            (library / path).unlink()
        else:
            (library / path).write_bytes(made)
        try:
            assert _answers(library) == expected, f"{path}: {kind}"
            counts["same"] += 1
        except SpecrecError as error:
            said = str(error)
            counts["said"] += 1
            if "specrec verify" not in said or "\n" in said:
                raise
        found = verify_library(library)
        if found.damage:
            repair_library(library, found)
            assert not verify_library(library).damage, f"{path}: {kind}"
            opened = Collection.open(library)
            assert "t7" not in set(opened.tracks["track_id"])
            assert len(opened) == TRACKS - 1, f"{path}: {kind}"
            counts["mended"] += 1
        shutil.rmtree(library)
    assert counts["said"] > 0 < counts["mended"]
    return counts


def test_no_byte_of_a_sealed_document_may_change(tmp_path: Path) -> None:
    path = tmp_path / "sealed.json"
    document = {"format_version": 4, "path": "\udc80\N{SNOWMAN}", "rows": [1.5, None, {"b": 1}]}
    write_sealed(path, document)
    content = path.read_bytes()
    stored = json.loads(content)
    plain = json.dumps(document, sort_keys=True).encode()
    assert stored == document | {"checksum": hashlib.sha256(plain).hexdigest()}
    assert read_sealed(path) == document
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(LibraryError, match=r"sealed\.json: .*damaged"):
            read_sealed(path)
    path.write_text(json.dumps(stored, indent=2))  # spelled otherwise, it says the same
    assert read_sealed(path) == document
