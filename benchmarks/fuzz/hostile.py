"""Files made by hand to harm: what they may do, and what is to be said of them."""

import gzip
import io
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf
from mutagen.id3 import ID3, TXXX

from benchmarks.fuzz.sounds import FORMATS, RATE, make_sound


@dataclass(frozen=True)
class Hostile:
    """A hand-made file.

    Attributes:
        name: Of the file, with its suffix.
        data: Its bytes.
        refused: Reasons of which one must be given; none if it must be taken.
        seconds: Its length, if it must be taken.
    """

    name: str
    data: bytes
    refused: tuple[str, ...] = ()
    seconds: float = 0.0


def make_hostile(rng: np.random.Generator, sentinel: Path, port: int) -> list[Hostile]:
    """All of them.

    Args:
        rng: For the sounds in them.
        sentinel: An intact sound outside the folder, which none of them may reach.
        port: On which somebody listens, whom none of them may call.
    """
    texts = [*_texts(sentinel, port), *_archives(rng)]
    return [*texts, *_headers(rng), *_tags(rng), *_streams(rng), *_samples(rng)]


def _texts(sentinel: Path, port: int) -> list[Hostile]:
    """What FFmpeg takes for instructions."""
    refused = ("not_audio",)
    url = f"http://127.0.0.1:{port}/sound.mp3"
    sdp = (
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
        f"m=audio {port + 1} RTP/AVP 0\n"
    )
    hls = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{}\n#EXT-X-ENDLIST\n"
    dash = (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"'
        ' mediaPresentationDuration="PT5S"><Period><AdaptationSet mimeType="audio/mp4">'
        '<Representation id="1" bandwidth="1"><BaseURL>{}</BaseURL></Representation>'
        "</AdaptationSet></Period></MPD>"
    )
    texts = {
        "sdp.mp3": sdp,
        "sdp.wav": sdp + "a=recvonly\n",
        "session.sdp": sdp + "a=sendrecv\n",
        "hls http.mp3": hls.format(url),
        "hls http.m3u8": hls.format(url + "?again"),
        "hls beside.m3u8": hls.format("sentinel.mp3"),
        "hls file.m3u8": hls.format(sentinel.as_uri() + "?again"),
        "hls path.m3u8": hls.format(f"file:{sentinel}"),
        "hls file.m4a": hls.format(sentinel.as_uri()),
        "hls path.mp3": hls.format(sentinel),
        "hls crypto.aac": hls.format(f"crypto:{sentinel}"),
        "concat beside.mp3": "ffconcat version 1.0\nfile sentinel.mp3\n",
        "concat beside.ffconcat": "ffconcat version 1.0\nfile 'sentinel.mp3'\n",
        "concat.mp3": f"ffconcat version 1.0\nfile '{sentinel}'\n",
        "concat.wav": f"ffconcat version 1.0\nfile {url}\n",
        "metadata.flac": ";FFMETADATA1\ntitle=x\n",
        "playlist.mp3": f"[playlist]\nFile1={url}\nNumberOfEntries=1\n",
        "m3u.ogg": f"#EXTM3U\n{sentinel}\n{url}\n",
        "dash.m4a": dash.format(url),
        "image list.wma": f"{sentinel}\n",
        "html.flac": "<!DOCTYPE html><html><body><h1>404 Not Found</h1></body></html>",
        "html.mp3": "<!DOCTYPE html><html><body><h1>404 Not Found</h1></body></html>" * 100,
        "text.flac": "The file that you asked for has moved.\n",
        "text.wav": "x" * 100_000,
        "subtitles.mka": "1\n00:00:01,000 --> 00:00:04,000\nWords\n",
        "lyrics.opus": "[00:01.00]Words\n" * 200,
    }  # fmt: skip
    return [Hostile(name, text.encode(), refused) for name, text in texts.items()]


def _archives(rng: np.random.Generator) -> list[Hostile]:
    sound = FORMATS["mp3_cbr"].encode(make_sound(rng))
    refused = ("not_audio",)
    return [
        Hostile("gzip.mp3", gzip.compress(sound, mtime=0), refused),
        Hostile("gzip.wav", gzip.compress(bytes(1_000_000), mtime=0), refused),
        Hostile("zeros.mp3", bytes(200_000), refused),
        Hostile("zeros.flac", bytes(200_001), refused),
        Hostile("noise.mp3", rng.bytes(100_000), ("not_audio", "corrupt")),
        Hostile("noise.ac3", rng.bytes(100_000), ("not_audio", "corrupt")),
        Hostile("png.mp3", b"\x89PNG\r\n\x1a\n" + rng.bytes(10_000), refused),
    ]


def _headers(rng: np.random.Generator) -> list[Hostile]:
    """WAV, FLAC and AU headers that say what can't be, or what recorders write."""

    def whole() -> tuple[bytes, float]:
        sound = make_sound(rng)
        return FORMATS["wav_16"].encode(sound), len(sound) / RATE

    made = []
    for size in (0, 0x80000024, 0xFFFFFFFF):  # of a recorder that lost its power, or wrote a pipe
        data, seconds = whole()
        field = struct.pack("<I", size)
        data_size = struct.pack("<I", max(0, size - 36)) if size < 0xFFFFFFFF else field
        data = data[:4] + field + data[8:40] + data_size + data[44:]
        made.append(Hostile(f"size {size:08x}.wav", data, (), seconds))
    refused = ("not_audio", "corrupt", "truncated", "too_large")
    fields = {
        "1 hertz": (24, struct.pack("<I", 1)),
        "0 hertz": (24, struct.pack("<I", 0)),
        "4 gigahertz": (24, struct.pack("<I", 0xFFFFFFFF)),
        "0 channels": (22, struct.pack("<H", 0)),
        "65535 channels": (22, struct.pack("<H", 65_535)),
        "0 bits": (34, struct.pack("<H", 0)),
        "65535 bits": (34, struct.pack("<H", 65_535)),
        "codec ffff": (20, struct.pack("<H", 0xFFFE)),
    }
    for name, (place, value) in fields.items():
        data, _ = whole()
        data = data[:place] + value + data[place + len(value) :]
        made.append(Hostile(f"{name}.wav", data, refused))
    file, tone = io.BytesIO(), make_sound(rng)[: RATE * 2, :1]
    sf.write(file, np.repeat(tone, 255, axis=1)[: RATE * 2], RATE, format="WAV", subtype="PCM_16")
    made.append(Hostile("255 channels.wav", file.getvalue(), (), 2.0))
    sound = make_sound(rng)
    flac = bytearray(FORMATS["flac"].encode(sound))
    flac[21] &= 0xF0  # 36 bits of the number of samples: unknown, as a pipe leaves it
    flac[22:26] = bytes(4)
    made.append(Hostile("unknown length.flac", bytes(flac), (), len(sound) / RATE))
    flac = bytearray(FORMATS["flac"].encode(make_sound(rng)))
    flac[21] |= 0x0F
    flac[22:26] = b"\xff" * 4
    made.append(Hostile("a month long.flac", bytes(flac), refused))
    au = FORMATS["au"].encode(make_sound(rng))
    made.append(Hostile("1 hertz.au", au[:16] + struct.pack(">I", 1) + au[20:], refused))
    return made


def _tags(rng: np.random.Generator) -> list[Hostile]:
    """Sounds under tags that are large when they are read; the sound itself is whole."""

    def under(name: str, tag: bytes) -> Hostile:
        sound = make_sound(rng)
        return Hostile(name, tag + FORMATS["mp3_bare"].encode(sound), (), len(sound) / RATE)

    def id3(frames: bytes) -> bytes:
        size = bytes(len(frames) >> shift & 0x7F for shift in (21, 14, 7, 0))
        return b"ID3\x04\0\0" + size + frames

    def synchsafe(number: int) -> bytes:
        return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))

    plain = b"\x03" + bytes(250_000_000)  # text of zeros
    packed = zlib.compress(plain, 9)
    bomb = b"TIT2" + synchsafe(len(packed) + 4) + b"\0\x09" + synchsafe(len(plain)) + packed
    many = ID3()
    for number in range(20_000):
        many.add(TXXX(encoding=0, desc=str(number), text="x"))
    file = io.BytesIO()
    many.save(file)
    escapes = "\x1b[2J\x1b]0;owned\x07 $\\frac{1$ \x9b31m\u202egnp.\r\nsecond line\0"
    title = b"\x03" + escapes.encode()
    lies = b"TIT2" + synchsafe(2**28 - 1) + b"\0\0\x03A"
    return [
        under("bomb.mp3", id3(bomb)),
        under("20000 frames.mp3", file.getvalue()),
        under("escapes.mp3", id3(b"TIT2" + synchsafe(len(title)) + b"\0\0" + title)),
        under("lying frame.mp3", id3(lies)),
        under("many tags.mp3", id3(b"TIT2\0\0\0\x02\0\0\x03A") * 300),
    ]


def _streams(rng: np.random.Generator) -> list[Hostile]:
    """Sounds with what is no sound before, behind and between; all of the sound counts."""

    def made(name: str, format_name: str, *parts: bytes | None) -> Hostile:
        """A file of parts, each of which is a sound or, given as bytes, what it says."""
        data, seconds = b"", 0.0
        for part in parts:
            if part is None:
                sound = make_sound(rng)
                data, seconds = (
                    data + FORMATS[format_name].encode(sound),
                    seconds + len(sound) / RATE,
                )
            else:
                data += part
        return Hostile(name, data, (), seconds)

    ape_item = struct.pack("<II", 40_000, 2) + b"Cover Art (Front)\0" + rng.bytes(40_000)
    ape_foot = struct.pack("<8sIIIIQ", b"APETAGEX", 2000, len(ape_item) + 32, 1, 0x80000000, 0)
    ape_head = struct.pack("<8sIIIIQ", b"APETAGEX", 2000, len(ape_item) + 32, 1, 0xA0000000, 0)
    lyrics = b"LYRICSBEGININD0000200" + b"LYR10000" + b"a" * 10_000
    tails = {
        "apev2": ape_head + ape_item + ape_foot,
        "lyrics3": lyrics + b"%06dLYRICS200" % len(lyrics) + b"TAG" + bytes(125),
        "null bytes": bytes(30_000),
        "junk": rng.bytes(20_000).replace(b"\xff", b"\0"),
        "id3": b"ID3\x03\0\0\0\x01\x48\0" + bytes(26_624),
    }
    files = [
        made(f"{kind} behind {name}.mp3", name, None, tail)
        for name in ("mp3_bare", "mp3_vbr_bare")
        for kind, tail in tails.items()
    ]
    files += [
        made(f"{kind} inside.mp3", "mp3_bare", None, tail, None) for kind, tail in tails.items()
    ]
    files += [
        made(f"two in one {name}.mp3", name, None, None)
        for name in ("mp3_cbr", "mp3_vbr", "mp3_bare", "mp3_vbr_bare")
    ]
    return [*files, made("chain.ogg", "vorbis", None, None), made("chain.opus", "opus", None, None)]


def _samples(rng: np.random.Generator) -> list[Hostile]:
    def floats(sound: np.ndarray) -> bytes:
        return FORMATS["wav_float"].encode(sound.astype(np.float32))

    nan, infinite, huge = (make_sound(rng) for _ in range(3))
    nan[1000], infinite[1000, 0], huge[1000] = np.nan, np.inf, 3e38
    side = make_sound(rng)
    side[:, 1] = -side[:, 0]
    short = make_sound(rng)[: RATE // 2]
    return [
        Hostile("nan.wav", floats(nan), ("not_finite",)),
        Hostile("infinite.wav", floats(infinite), ("not_finite",)),
        Hostile("huge.wav", floats(huge), ("not_finite", "corrupt")),
        Hostile("out of phase.wav", floats(side), (), len(side) / RATE),
        Hostile("zeros.wav", floats(0 * side[: 2 * RATE]), ("silent",)),
        Hostile("constant.wav", floats(0 * side[: 2 * RATE] + 0.25), ("constant",)),
        Hostile("short.wav", floats(short), ("too_short",)),
        Hostile(
            "no samples.wav", FORMATS["wav_16"].encode(short[:0]), ("too_short", "corrupt", "empty")
        ),
        Hostile("empty.mp3", b"", ("empty",)),
        Hostile("one byte.flac", b"f", ("not_audio",)),
    ]
