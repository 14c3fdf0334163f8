"""Tags are written, and everything else in a file stays."""

from pathlib import Path
from typing import Any

import av
import mutagen
import numpy as np
import pytest
from mutagen.apev2 import APEv2
from mutagen.asf import ASFByteArrayAttribute
from mutagen.flac import Picture
from mutagen.id3 import APIC, ID3, PRIV, TIT2, TXXX
from mutagen.mp4 import MP4Cover, MP4FreeForm

from specrec.catalog.identity import audio_id
from specrec.catalog.tag_writing import TaggedFile
from specrec.errors import StorageError, TagError
from tests.sounds import tone, write

NEW = {"bpm": "128", "key": "F#m", "mood": "happy", "concepts": "piano; calm"}
FORMATS = {
    "a.mp3": None,
    "a.flac": None,
    "a.ogg": None,
    "a.opus": None,
    "a.wav": None,
    "a.aiff": None,
    "a.m4a": "aac",
    "a.wma": "wmav2",
    "a.wv": "wavpack",
    "a.tta": "tta",
}


def _fill(path: Path) -> None:
    """Gives a file a title, an unusual tag, and a picture where the format takes one."""
    file = mutagen.File(path)
    assert file is not None
    if file.tags is None:
        file.add_tags()
    tags: Any = file.tags
    if isinstance(tags, ID3):
        tags.add(TIT2(encoding=3, text=["Tïtle"]))
        tags.add(TXXX(encoding=3, desc="INITIALKEY", text=["8A"]))
        tags.add(PRIV(owner="somebody", data=bytes(range(256))))
        tags.add(APIC(3, "image/png", 3, "", bytes(20_000)))
    elif path.suffix == ".m4a":
        tags["\xa9nam"] = ["Tïtle"]
        tags["----:com.example:thing"] = [MP4FreeForm(b"\x00\xff")]
        tags["covr"] = [MP4Cover(bytes(20_000))]
        tags["tmpo"] = [90]
    elif path.suffix == ".wma":
        tags["Title"] = ["Tïtle"]
        tags["WM/Picture"] = [ASFByteArrayAttribute(bytes(20_000))]
    else:
        tags["title"] = ["Tïtle", "second"]
        tags["strange"] = ["thing"]
        tags["bpm"] = ["90"]
    if path.suffix == ".flac":
        picture = Picture()
        picture.data = bytes(20_000)
        file.add_picture(picture)
    file.save()


def _samples(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=-1)


def _tags(path: Path) -> dict[str, str]:
    ours = {
        "tbpm",
        "tkey",
        "tmoo",
        "tit1",
        "bpm",
        "initialkey",
        "mood",
        "tmpo",
        "grouping",
        "\xa9grp",
    }
    tags: Any = mutagen.File(path).tags  # type: ignore[union-attr]
    names = [name for name in tags.keys() if name.split(":")[-1].casefold() not in ours]  # noqa: SIM118
    return {name: repr(tags[name]) for name in names if not name.startswith("WM/") or "Pic" in name}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("filled", [True, False])
def test_only_what_was_asked_for_changes(tmp_path: Path, name: str, filled: bool) -> None:
    path = write(tmp_path / name, tone(1, rate=48_000), 48_000, FORMATS[name])
    if filled:
        _fill(path)
    before, sound, samples = _tags(path) if filled else {}, audio_id(path), _samples(path)
    pictures = [picture.data for picture in getattr(mutagen.File(path), "pictures", [])]
    path.chmod(0o640)
    file = TaggedFile(path)
    assert file.value("bpm") in (None, "90")
    file.write(NEW)
    written = TaggedFile(path)
    assert {field: written.value(field) for field in NEW} == NEW
    assert {key: value for key, value in _tags(path).items() if key in before or filled} == before
    assert [picture.data for picture in getattr(mutagen.File(path), "pictures", [])] == pictures
    assert audio_id(path) == sound
    np.testing.assert_array_equal(_samples(path), samples)
    assert path.stat().st_mode & 0o777 == 0o640
    assert [item.name for item in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("a.mp3", ["TBPM", "TKEY", "TMOO"]),
        ("a.flac", ["BPM", "INITIALKEY", "MOOD"]),
        ("a.wav", ["TBPM", "TKEY", "TMOO"]),
        ("a.wv", ["BPM", "INITIALKEY", "MOOD"]),
        ("a.wma", ["WM/BeatsPerMinute", "WM/InitialKey", "WM/Mood"]),
        ("a.m4a", ["tmpo", "----:com.apple.iTunes:initialkey", "----:com.apple.iTunes:MOOD"]),
    ],
)
def test_the_usual_names(tmp_path: Path, name: str, names: list[str]) -> None:
    path = write(tmp_path / name, tone(1, rate=48_000), 48_000, FORMATS[name])
    TaggedFile(path).write(NEW)
    tags: Any = mutagen.File(path).tags  # type: ignore[union-attr]
    assert [name in tags for name in names] == [True] * 3


def _frame(name: bytes, data: bytes, size: bytes | None = None) -> bytes:
    return name + (size or len(data).to_bytes(4, "big")) + b"\0\0" + data


@pytest.mark.parametrize("version", [3, 4])
def test_frames_that_nobody_knows_stay_byte_for_byte(tmp_path: Path, version: int) -> None:
    path = write(tmp_path / "a.mp3", tone(1))
    frames = [
        _frame(b"XSOP", b"\x00unknown to ID3"),
        _frame(b"TYER", b"\x001999"),  # of version 3
        _frame(b"TIT2", b"\x00one\x00two"),
        _frame(b"APIC", b"\x09broken"),  # mutagen drops it where it parses it
        _frame(b"PRIV", b"me\x00" + bytes(100)),
    ]
    body = b"".join(frames)
    size = bytes((len(body) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    v1 = b"TAG" + "Tïtle".encode("latin-1").ljust(125, b"\xff")
    path.write_bytes(b"ID3" + bytes([version, 0, 0]) + size + body + path.read_bytes() + v1)
    TaggedFile(path).write(NEW)
    content = path.read_bytes()
    assert content[3] == version
    for frame in frames:
        assert frame in content
    assert content.endswith(v1)
    assert TaggedFile(path).value("key") == "F#m"


def test_old_and_several_kinds_of_tags_in_an_mp3(tmp_path: Path) -> None:
    sound = write(tmp_path / "plain.mp3", tone(1)).read_bytes()
    v1 = b"TAG" + b"A title".ljust(30, b"\0") + b"Somebody".ljust(30, b"\0") + bytes(64) + b"\x11"
    (tmp_path / "v1.mp3").write_bytes(sound + v1)
    body = b"TT2" + (8).to_bytes(3, "big") + b"\x00A title"
    (tmp_path / "v22.mp3").write_bytes(b"ID3\x02\0\0" + bytes([0, 0, 0, len(body)]) + body + sound)
    for name in ("v1.mp3", "v22.mp3"):
        TaggedFile(tmp_path / name).write(NEW)
        assert str(ID3(tmp_path / name)["TIT2"]) == "A title"
    assert (tmp_path / "v1.mp3").read_bytes().endswith(v1)
    (tmp_path / "ape.mp3").write_bytes(sound)
    ape = APEv2()
    ape["Title"] = "A title"
    ape.save(tmp_path / "ape.mp3")
    tail = (tmp_path / "ape.mp3").read_bytes()[len(sound) :]
    TaggedFile(tmp_path / "ape.mp3").write(NEW)
    assert (tmp_path / "ape.mp3").read_bytes().endswith(tail)


def test_what_can_not_be_tagged_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("no music")
    (tmp_path / "a.mp3").write_bytes(b"")
    (tmp_path / "a.flac").write_bytes(b"fLaC\x00\x00\x00\x22" + bytes(5))
    bad = write(tmp_path / "b.flac", tone(1))
    file = mutagen.File(bad)
    file["title"] = "QQQQ"  # type: ignore[index]
    file.save()  # type: ignore[union-attr]
    bad.write_bytes(bad.read_bytes().replace(b"QQQQ", b"Q\xffQQ", 1))
    for name, why in {
        "a.txt": "takes no tags",
        "a.mp3": "takes no tags|can't be read",
        "a.flac": "can't be read",
        "b.flac": "not UTF-8",
    }.items():
        content = (tmp_path / name).read_bytes()
        with pytest.raises(TagError, match=why):
            TaggedFile(tmp_path / name)
        assert (tmp_path / name).read_bytes() == content


def test_a_full_disk_costs_nothing(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    path = write(tmp_path / "a.wav", tone(1))
    content = path.read_bytes()
    file = TaggedFile(path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    for most in (len(content) // 2, len(content)):  # in the copy, and in its tags
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
        try:
            with pytest.raises(StorageError, match=r"a\.wav"):
                file.write(NEW)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert path.read_bytes() == content
        assert [item.name for item in tmp_path.iterdir()] == ["a.wav"]


def test_a_link_is_followed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", tone(1))
    (tmp_path / "link.flac").symlink_to(path)
    TaggedFile(tmp_path / "link.flac").write({"bpm": "99"})
    assert (tmp_path / "link.flac").is_symlink()
    assert TaggedFile(path).value("bpm") == "99"
