"""What a track is known by: tags may change, sound may not."""

import struct
from pathlib import Path

import av
import mutagen
import numpy as np
import pytest
from mutagen.apev2 import APEv2
from mutagen.flac import Picture
from mutagen.id3 import APIC, TIT2

from specrec.audio.payload import sounding_spans
from specrec.catalog.identity import audio_id, content_id
from tests.sounds import tone, write

FORMATS = {
    "a.wav": None,
    "a.aiff": None,
    "a.flac": None,
    "a.ogg": None,
    "a.opus": None,
    "a.mp3": None,
    "a.m4a": "aac",
    "a.wma": "wmav2",
}


def _retag(path: Path, title: str) -> None:
    """Adds a title and, where the format takes it, a large cover."""
    file = mutagen.File(path)
    assert file is not None
    if file.tags is None:
        file.add_tags()
    if path.suffix in (".wav", ".aiff", ".mp3"):
        file.tags.add(TIT2(encoding=3, text=[title]))
        file.tags.add(APIC(3, "image/png", 3, "", bytes(100_000)))
    elif path.suffix == ".m4a":
        file["\xa9nam"] = [title * 2000]
    elif path.suffix == ".wma":
        file["Title"] = [title * 2000]
    else:
        file["title"] = [title * 40_000]  # more than a page of Ogg
        if path.suffix == ".flac":
            picture = Picture()
            picture.data = bytes(50_000)
            file.add_picture(picture)
    file.save()


def _packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


@pytest.mark.parametrize("name", FORMATS)
def test_tags_change_the_bytes_and_not_the_sound(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, tone(3, 440, 48_000), 48_000, FORMATS[name])
    before, bytes_before, packets = audio_id(path), content_id(path), _packets(path)
    for title in ("short", "another, much longer one"):
        _retag(path, title)
        assert _packets(path) == packets  # FFmpeg finds the same sound
        assert audio_id(path) == before
        assert content_id(path) != bytes_before
    mutagen.File(path).delete()
    assert audio_id(path) == before
    other = write(tmp_path / f"b{path.suffix}", tone(3, 441, 48_000), 48_000, FORMATS[name])
    assert audio_id(other) != before


def test_tags_at_the_end_of_an_mp3_do_not_sound(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp3", tone(2))
    before = audio_id(path)
    tags = APEv2()
    tags["Title"] = "a title"
    tags.save(path)
    assert audio_id(path) == before
    lyrics = b"LYRICSBEGINLYR00005words"
    path.write_bytes(
        path.read_bytes() + lyrics + b"%06dLYRICS200" % len(lyrics) + b"TAG" + bytes(125)
    )
    assert audio_id(path) == before


def test_matroska_sounds_in_its_clusters(tmp_path: Path) -> None:
    source = write(tmp_path / "a.mp3", tone(2))
    ids = []
    for title in ("one", "another title"):
        path = tmp_path / f"{title}.mka"
        with av.open(str(source)) as read, av.open(str(path), "w") as written:
            written.metadata["title"] = title
            stream = written.add_stream_from_template(read.streams.audio[0])
            for packet in read.demux(audio=0):
                if packet.size:
                    packet.stream = stream
                    written.mux(packet)
        ids.append((audio_id(path), content_id(path)))
    assert ids[0][0] == ids[1][0]
    assert ids[0][1] != ids[1][1]


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3", "a.m4a", "a.wma"])
def test_whatever_the_bytes_the_spans_lie_in_the_file(tmp_path: Path, name: str) -> None:
    whole = write(tmp_path / name, tone(1), codec=FORMATS[name]).read_bytes()
    damaged = tmp_path / "damaged"
    rng = np.random.default_rng(0)
    for _ in range(60):
        content = bytearray(whole[: rng.integers(1, len(whole))])
        for place in rng.integers(0, min(200, len(content)), size=5):
            content[place] = rng.integers(256)
        damaged.write_bytes(content)
        with damaged.open("rb") as file:
            spans = list(sounding_spans(file))
        assert all(0 <= start <= stop <= len(content) for start, stop in spans)
        assert spans == sorted(spans)


@pytest.mark.parametrize("head", ["wav", "flac", "id3"])
def test_files_whose_structure_leads_nowhere_are_told_apart_by_all_their_bytes(
    tmp_path: Path, head: str
) -> None:
    fmt = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16000, 32000, 2, 16)
    unpadded = b"LIST\x07\0\0\0INFOabc"  # what comes next is not where it should be
    heads = {
        "wav": b"RIFF\xff\xff\0\0WAVE" + fmt + unpadded + b"data\x10\x27\0\0",
        "flac": b"fLaC\0\0\0\x22" + bytes(34) + b"\x04\xff\xff\xff",
        "id3": b"ID3\4\0\0\x7f\x7f\x7f\x7f",
    }
    for name in ("one", "other"):
        (tmp_path / name).write_bytes(heads[head] + 1000 * name.encode())
    assert audio_id(tmp_path / "one") != audio_id(tmp_path / "other")
