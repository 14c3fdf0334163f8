import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from specrec.audio import ffmpeg
from specrec.audio.decoding import decode
from specrec.errors import AudioError, SkipReason
from tests.sounds import RATE, tone, write

SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n"
HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{0}\n#EXT-X-ENDLIST\n"
DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT5S"><Period><AdaptationSet><Representation id="1" '
    'mimeType="audio/mp4" bandwidth="128000"><BaseURL>{0}</BaseURL></Representation>'
    "</AdaptationSet></Period></MPD>"
)


class Server:
    """A listener that counts who connects."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.visits = 0
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with connection:
                if connection.recv(4) == b"stop":
                    return
                self.visits += 1

    def stop(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(b"stop")
        self._thread.join()
        self._socket.close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.mark.parametrize("name", ["list.m3u8", "list.mp3", "list"])
@pytest.mark.parametrize("text", [SDP, HLS, DASH, "ffconcat version 1.0\nfile '{0}'\n"])
def test_a_text_that_names_others_opens_none_of_them(
    text: str, name: str, tmp_path: Path, server: Server
) -> None:
    write(tmp_path / "other.wav", tone(3))
    local = ["other.wav", (tmp_path / "other.wav").as_uri(), str(tmp_path / "other.wav")]
    remote = [f"{kind}://127.0.0.1:{server.port}/other.ts" for kind in ("http", "tcp", "rtmp")]
    for target in [*local, *remote]:
        path = tmp_path / name
        path.write_text(text.format(target))
        with pytest.raises(AudioError) as caught:
            decode(path)
        assert caught.value.reason == SkipReason.NOT_AUDIO
    assert server.visits == 0


def box(name: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return (8 + len(body)).to_bytes(4, "big") + name + body


def rename_data_file(movie: bytes, name: bytes) -> bytes:
    """A QuickTime movie that says that its samples are in another file of its folder."""
    at = movie.index(b"dref") - 4
    size = int.from_bytes(movie[at : at + 4], "big")
    alias = bytearray(150)  # see FFmpeg's mov_read_dref: volume, file name, then tagged records
    alias[10], alias[11 : 11 + 3] = 3, b"vol"
    alias[50], alias[51 : 51 + len(name)] = len(name), name
    alias[130:134] = (1).to_bytes(2, "big") + (1).to_bytes(2, "big")  # levels up and down
    records = b"\0\2" + len(name).to_bytes(2, "big") + name + b"\xff\xff\0\0"
    other = box(b"dref", bytes(4), b"\0\0\0\1", box(b"alis", bytes(4), bytes(alias), records))
    moved = bytearray(movie[:at] + other + movie[at + size :])
    for parent in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
        start = moved.index(parent) - 4
        longer = int.from_bytes(moved[start : start + 4], "big") + len(other) - size
        moved[start : start + 4] = longer.to_bytes(4, "big")
    return bytes(moved)


def test_a_movie_that_refers_to_another_file_does_not_play_it(tmp_path: Path) -> None:
    own = write(tmp_path / "ours.mov", tone(3), codec="pcm_s16le")
    assert decode(own).seconds == 3
    movie = own.read_bytes()
    data = movie.index(b"mdat") + 4
    movie = movie[:data] + bytes(3 * 2 * RATE) + movie[data + 3 * 2 * RATE :]  # its own is silent
    path = tmp_path / "refers.mov"
    path.write_bytes(rename_data_file(movie, b"ours.mov"))
    with av.open(str(path), options={"enable_drefs": "1"}) as container:  # as others might
        heard = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    assert len(heard) == 3 * RATE
    assert heard.any()
    with pytest.raises(AudioError) as caught:
        decode(path)
    assert caught.value.reason == SkipReason.CORRUPT


def test_no_format_that_may_be_read_is_a_device_or_a_list() -> None:
    allowed = ffmpeg.FORMATS.split(",")
    assert not {"hls", "dash", "concat", "sdp", "rtsp", "rtp", "image2", "lavfi"} & set(allowed)
    known = {name for names in av.formats_available for name in names.split(",")}
    assert set(allowed) <= known
    assert not any(av.ContainerFormat(name, "r").no_file for name in allowed)
