"""Tags as people's programs write them, and as nobody should."""

import io
import socket
import sys
import time
from pathlib import Path

import av
import mutagen.apev2
import numpy as np
import pytest
from mutagen.id3 import ID3, TDRC, TIT2, TPE2
from mutagen.wave import WAVE

import specrec.catalog.tags
from specrec.catalog.catalog import read_catalog
from specrec.catalog.limits import OutOfTime, limited
from specrec.catalog.tags import Tags, read_tags
from tests.sounds import tone, write

RATE = 48_000
SAID = {"title": "Tïtle", "artist": "Ärtist", "album": "Album", "genre": "Jazz"}


def write_tagged(path: Path, codec: str, container: str | None = None, **tags: str) -> Path:
    """A second of sound with tags, written by FFmpeg."""
    with av.open(str(path), "w", format=container) as output:
        output.metadata.update(tags)
        stream = output.add_stream(codec, rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone(1, rate=RATE)[None], "fltp", "mono")
        frame.sample_rate = RATE
        size = stream.codec_context.frame_size or 1024
        to_codec = av.AudioResampler(stream.format.name, "mono", RATE, frame_size=size)
        for part in [*to_codec.resample(frame), *to_codec.resample(None)]:
            output.mux(stream.encode(part))
        output.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec", "container"),
    [
        ("a.wma", "libmp3lame", "asf"),
        ("a.wav", "pcm_s16le", None),  # LIST INFO
        ("a.mka", "libopus", None),
        ("a.webm", "libopus", None),
        ("a.caf", "pcm_s16le", None),
        ("a.wv", "wavpack", None),
        ("a.m4a", "aac", None),
        ("a.opus", "libopus", None),
    ],
)
def test_what_ffmpeg_writes_is_read(
    tmp_path: Path, name: str, codec: str, container: str | None
) -> None:
    path = write_tagged(tmp_path / name, codec, container, **SAID, date="1999-02-03")
    tags = read_tags(path)
    assert {name: getattr(tags, name) for name in SAID} == SAID
    assert tags.year == 1999
    assert tags.duration_seconds == pytest.approx(1, abs=0.05)
    # The album's artist stands for one that is missing.
    bare = write_tagged(path, codec, container, title="x", album_artist="Various")
    if name != "a.wav":  # LIST INFO has none
        assert read_tags(bare).artist == "Various"


def test_apev2_in_an_mp3(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp3", tone(1))
    tags = mutagen.apev2.APEv2()
    tags.update({**SAID, "title": "A title of more than thirty letters", "Year": "1959"})
    tags.save(path)
    read = read_tags(path)
    assert (read.title, read.artist, read.year) == (tags["title"][0], SAID["artist"], 1959)
    # Before version 1 of ID3, which cuts at 30 letters; after version 2.
    with path.open("ab") as file:
        file.write(b"TAG" + b"A title of more than thirty le".ljust(30, b"\0") + bytes(95))
    assert read_tags(path).title == tags["title"][0]
    id3 = ID3()
    id3.add(TIT2(text="Two"))
    id3.add(TPE2(text="Various"))
    id3.save(path, v1=0)
    assert (read_tags(path).title, read_tags(path).artist) == ("Two", SAID["artist"])


def test_a_tag_that_holds_no_text_costs_no_other(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp3", tone(1))
    tags = mutagen.apev2.APEv2()
    tags["Title"] = "Here"
    tags["Artist"] = mutagen.apev2.APEBinaryValue(b"\xff\0")
    tags["Album"] = mutagen.apev2.APEExtValue("http://example.org", mutagen.apev2.EXTERNAL)
    tags.save(path)
    read = read_tags(path)
    assert (read.title, read.artist, read.album) == ("Here", None, None)


def test_a_wavpack_has_a_year_and_its_album_an_artist(tmp_path: Path) -> None:
    path = write_tagged(tmp_path / "a.wv", "wavpack")
    tags = mutagen.apev2.APEv2()
    tags.update({"Year": "1971", "Album Artist": "Can"})
    tags.save(path)
    assert (read_tags(path).year, read_tags(path).artist) == (1971, "Can")


@pytest.mark.parametrize(
    ("date", "year"), [("0000", None), ("0000-00-00", None), ("17-08-1959", 1959), ("195", None)]
)
def test_what_is_no_year(tmp_path: Path, date: str, year: int | None) -> None:
    path = write_tagged(tmp_path / "a.flac", "flac", date=date)
    assert read_tags(path).year == year


def test_id3_in_a_wav_goes_before_its_list_info(tmp_path: Path) -> None:
    wav = WAVE(write_tagged(tmp_path / "a.wav", "pcm_s16le", title="short", artist="info"))
    wav.add_tags()
    wav.tags.add(TIT2(text="long"))
    wav.tags.add(TDRC(text="2001"))
    wav.save()
    assert (read_tags(tmp_path / "a.wav").title, read_tags(tmp_path / "a.wav").year) == (
        "long",
        2001,
    )


def test_a_text_that_names_a_server_opens_none(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        lines = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:{port}/a.ts\n"
        for name in ("a.mka", "a.caf", "a.wav", "a.mp3"):
            (tmp_path / name).write_text(lines + "#EXT-X-ENDLIST\n")
            assert read_tags(tmp_path / name) == Tags()
        with pytest.raises(TimeoutError):
            server.accept()


def test_damage_costs_no_more_than_tags_and_prints_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(1)
    for name, codec in [("a.mka", "libopus"), ("a.caf", "pcm_s16le"), ("a.m4a", "aac")]:
        path = write_tagged(tmp_path / name, codec, **SAID)
        whole = np.frombuffer(path.read_bytes(), np.uint8)
        for reach in 60 * [64, 1024]:
            damaged = whole.copy()
            damaged[rng.integers(0, reach, 8)] = rng.integers(0, 256, 8)
            path.write_bytes(damaged.tobytes())
            assert read_tags(path).lost is None
    assert capfd.readouterr().err == ""


def id3(*frames: tuple[bytes, bytes], declared: int | None = None) -> bytes:
    body = b"".join(name + _syncsafe(len(data)) + bytes(2) + data for name, data in frames)
    return b"ID3\x04\0\0" + _syncsafe(declared or len(body)) + body


def _syncsafe(number: int) -> bytes:
    return bytes(number >> shift & 127 for shift in (21, 14, 7, 0))


def test_a_hostile_tag_costs_one_file_its_tags(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = write(tmp_path / "sound.mp3", tone(1)).read_bytes()
    picture = 250 << 20
    header = id3((b"TIT2", b"\3Huge"), declared=picture)
    header += b"APIC" + _syncsafe(picture - 30) + bytes(2)
    with (tmp_path / "huge.mp3").open("wb") as file:
        file.write(header)
        file.truncate(picture + 10)  # a hole: it needs no disk
        file.seek(0, 2)
        file.write(sound)
    many = [(b"TXXX", b"\3k%d\0v" % number) for number in range(300_000)]
    (tmp_path / "many.mp3").write_bytes(id3(*many) + sound)
    monkeypatch.setattr(specrec.catalog.tags, "_SECONDS", 0.2)
    assert read_tags(tmp_path / "many.mp3") == Tags(lost="they take more than 0.2 s to read")
    assert "MB" in (read_tags(tmp_path / "huge.mp3").lost or "")
    (tmp_path / "many.mp3").unlink()
    catalog = read_catalog(tmp_path, workers=1)
    assert catalog.tracks["path"].tolist() == ["huge.mp3", "sound.mp3"]
    assert list(catalog.untagged) == ["huge.mp3"]
    assert catalog.skipped == []


def test_a_cover_of_20_mb_is_no_reason_to_lose_a_title(tmp_path: Path) -> None:
    cover = b"\0image/png\0\3\0" + bytes(20 << 20)
    sound = write(tmp_path / "a.mp3", tone(1)).read_bytes()
    (tmp_path / "a.mp3").write_bytes(id3((b"TIT2", b"\3Here"), (b"APIC", cover)) + sound)
    assert read_tags(tmp_path / "a.mp3").title == "Here"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded on Linux only")
def test_limits_end_what_goes_beyond_and_leave_no_trace() -> None:
    with pytest.raises(OutOfTime), limited(0.05, 1 << 30):
        _work_for_ever()
    with pytest.raises(MemoryError), limited(5.0, 1 << 26):
        np.ones(1 << 27, np.uint8)
    with limited(5.0, 1 << 28):
        assert len(np.ones(1 << 26, np.uint8)) == 1 << 26
    assert len(np.ones(1 << 28, np.uint8)) == 1 << 28


@pytest.mark.skipif(sys.platform != "linux", reason="timed by a signal that Windows lacks")
def test_a_limit_holds_and_prints_nothing_where_ffmpeg_passes_over_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    class Slow(io.BytesIO):
        def seek(self, offset: int, whence: int = 0) -> int:
            began = time.process_time()
            while time.process_time() < began + 0.1:
                pass
            return super().seek(offset, whence)

    sound = Slow(write(tmp_path / "a.mp3", tone(1)).read_bytes())
    with pytest.raises(OutOfTime), limited(0.05, 1 << 30):
        av.open(sound).close()
    assert capfd.readouterr().err == ""


def _work_for_ever() -> None:
    while True:
        pass


def test_bytes_in_another_encoding_are_left_out_of_a_text(tmp_path: Path) -> None:
    path = write_tagged(tmp_path / "a.wav", "pcm_s16le", title="Beyonc?! now")
    path.write_bytes(path.read_bytes().replace(b"Beyonc?!", b"Beyonc\xe9!"))
    title = read_tags(path).title
    assert title is not None
    assert title.startswith("Beyonc")
    assert title.endswith("! now")
    assert title.encode().decode() == title  # no surrogates: a table can hold it
