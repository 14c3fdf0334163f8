import base64
import io
from pathlib import Path

import av
import mutagen
import numpy as np
import pytest
import soundfile
from fastapi.testclient import TestClient
from mutagen.flac import Picture
from mutagen.id3 import APIC
from mutagen.mp4 import MP4Cover
from PIL import Image

from specrec.recommend.library import Library
from specrec.serve.subsonic.covers import cover_of

FRONT = 3


def picture(color: str, kind: str = "PNG", size: tuple[int, int] = (60, 40)) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, color).save(made, kind)
    return made.getvalue()


def audio(path: Path, *pictures: tuple[int, bytes]) -> Path:
    """An audio file with pictures, each with the number of what it shows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".m4a":
        write_m4a(path)
    else:
        soundfile.write(path, np.zeros(8000), 8000)
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    blocks = [Picture() for _ in pictures]
    for block, (shown, data) in zip(blocks, pictures, strict=True):
        block.type, block.mime, block.data = shown, "image/png", data
    if path.suffix == ".flac":
        for block in blocks:
            file.add_picture(block)
    elif path.suffix == ".ogg":
        file["metadata_block_picture"] = [base64.b64encode(one.write()).decode() for one in blocks]
    elif path.suffix == ".m4a":
        file["covr"] = [MP4Cover(data) for shown, data in pictures if shown == FRONT]
    else:
        for number, (shown, data) in enumerate(pictures):
            file.tags.add(APIC(mime="image/png", type=shown, desc=str(number), data=data))
    file.save()
    return path


def write_m4a(path: Path) -> None:
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=44100)
        for _ in range(4):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.sample_rate = 44100
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.mark.parametrize("name", ["a.flac", "a.mp3", "a.ogg", "a.wav", "a.m4a"])
def test_the_front_cover_in_a_file(name: str, tmp_path: Path) -> None:
    front = picture("red")
    file = audio(tmp_path / name, (4, picture("blue")), (FRONT, front))
    (tmp_path / "cover.png").write_bytes(picture("green"))
    assert cover_of(file, tmp_path) == (front, "image/png")


def test_the_picture_in_the_folder(tmp_path: Path) -> None:
    file = audio(tmp_path / "a.flac")
    assert cover_of(file, tmp_path) is None
    (tmp_path / "holiday.jpg").write_bytes(picture("blue", "JPEG"))
    (tmp_path / "Folder.JPG").write_bytes(picture("blue", "JPEG"))
    cover = picture("green", "JPEG")
    (tmp_path / "cover.jpg").write_bytes(cover)
    assert cover_of(file, tmp_path) == (cover, "image/jpeg")


def test_a_picture_is_made_as_small_as_asked_for(tmp_path: Path) -> None:
    file = audio(tmp_path / "a.flac", (FRONT, picture("red", size=(300, 200))))
    made = cover_of(file, tmp_path, 30)
    assert made is not None
    with Image.open(io.BytesIO(made[0])) as image:
        assert image.size == (30, 20)
        assert Image.MIME[str(image.format)] == made[1]
        assert image.convert("RGB").getpixel((15, 10))[0] > 240  # type: ignore[index]
    assert cover_of(file, tmp_path, 5000) == (picture("red", size=(300, 200)), "image/png")


@pytest.mark.parametrize("data", [b"<html><script>alert(1)</script>", b"\x89PNG\r\n\x1a\n", b""])
def test_what_is_no_picture_is_not_sent(data: bytes, tmp_path: Path) -> None:
    file = audio(tmp_path / "a.flac", (FRONT, data))
    assert cover_of(file, tmp_path) is None
    beside = picture("green")
    (tmp_path / "cover.png").write_bytes(beside)
    assert cover_of(file, tmp_path, 30) is not None


def test_a_picture_of_too_many_pixels_is_not_opened(tmp_path: Path) -> None:
    large = io.BytesIO()
    Image.new("1", (9000, 9000)).save(large, "PNG")
    assert cover_of(audio(tmp_path / "a.flac", (FRONT, large.getvalue())), tmp_path, 100) is None


def test_no_picture_from_outside_the_music(tmp_path: Path) -> None:
    file = audio(tmp_path / "music" / "a.flac")
    (tmp_path / "secret.png").write_bytes(picture("red"))
    (tmp_path / "music" / "cover.png").symlink_to(tmp_path / "secret.png")
    assert cover_of(file, tmp_path / "music") is None


@pytest.mark.parametrize("method", ["stream", "download"])
def test_a_file_is_sent_as_it_is(method: str, client: TestClient, heard: Library) -> None:
    row = heard.tracks.iloc[1]
    file = (heard.collection.audio_root / row["path"]).read_bytes()
    given = {"id": row["track_id"], "format": "mp3", "maxBitRate": "128"}
    whole = client.get(f"/rest/{method}", params=given)
    assert whole.content == file
    assert whole.headers["content-type"] == "audio/flac"
    for answer in (
        client.get(f"/rest/{method}.view", params=given, headers={"range": "bytes=100-299"}),
        client.post(f"/rest/{method}", data=given, headers={"range": "bytes=100-299"}),
    ):
        assert answer.status_code == 206
        assert answer.content == file[100:300]
        assert answer.headers["content-range"] == f"bytes 100-299/{len(file)}"
    head = client.head(f"/rest/{method}", params=given)
    assert (head.headers["content-length"], head.content) == (str(len(file)), b"")
    beyond = client.get(f"/rest/{method}", params=given, headers={"range": f"bytes={len(file)}-"})
    assert (beyond.status_code, beyond.json()["status"]) == (416, 416)


def test_what_has_no_file_or_picture_is_said(client: TestClient, heard: Library) -> None:
    track_id = heard.tracks["track_id"].iloc[1]
    for method, asked in (("stream", "t1"), ("getCoverArt", "t1"), ("getCoverArt", track_id)):
        answer = client.get(f"/rest/{method}", params={"f": "json", "id": asked})
        assert answer.status_code == 200
        error = answer.json()["subsonic-response"]["error"]
        assert error["code"] == 70
        assert str(heard.collection.audio_root) not in error["message"]
