import io
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from specrec.descriptors.mel_db import NOTEBOOK
from specrec.recommend.library import Library
from specrec.report.spectrograms import Drawing, draw_file


@pytest.fixture
def file(heard: Library) -> Path:
    return heard.collection.audio_root / heard.tracks["path"].iloc[0]


@pytest.fixture
def address(heard: Library) -> str:
    return f"/api/v1/tracks/{heard.tracks['track_id'].iloc[0]}"


def test_a_file_is_sent_whole_or_in_part(client: TestClient, file: Path, address: str) -> None:
    content = file.read_bytes()
    whole = client.get(f"{address}/audio")
    assert whole.content == content
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["content-type"] == "audio/flac"
    part = client.get(f"{address}/audio", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(content)}"
    end = client.get(f"{address}/audio", headers={"Range": "bytes=-7"})
    assert (end.status_code, end.content) == (206, content[-7:])
    beyond = client.get(f"{address}/audio", headers={"Range": f"bytes={len(content)}-"})
    assert (beyond.status_code, beyond.json()["status"]) == (416, 416)
    assert beyond.headers["content-range"] == f"bytes */{len(content)}"
    assert beyond.headers["content-type"] == "application/problem+json"
    wrong = client.get(f"{address}/audio", headers={"Range": "lines=1-2"})
    assert (wrong.status_code, wrong.json()["status"]) == (400, 400)
    known = client.get(f"{address}/audio", headers={"If-None-Match": whole.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    head = client.head(f"{address}/audio")
    assert (head.headers["content-length"], head.content) == (str(len(content)), b"")


def test_no_link_leads_out_of_the_music(
    client: TestClient, file: Path, address: str, tmp_path: Path
) -> None:
    aside = tmp_path / "aside.flac"
    file.rename(aside)
    try:
        assert client.get(f"{address}/audio").status_code == 404
        file.symlink_to(aside)
        for what in ("audio", "spectrogram.png"):
            answer = client.get(f"{address}/{what}")
            assert answer.status_code == 404
            assert str(tmp_path) not in answer.text
        file.unlink()
    finally:
        aside.rename(file)
    assert client.get(f"{address}/audio").status_code == 200


def test_a_spectrogram_is_that_of_the_command(client: TestClient, file: Path, address: str) -> None:
    answer = client.get(f"{address}/spectrogram.png", params={"seconds": 3})
    assert answer.headers["content-type"] == "image/png"
    expected = draw_file(Drawing(NOTEBOOK, 3.0), file)
    pictures = [Image.open(io.BytesIO(content)) for content in (answer.content, expected)]
    np.testing.assert_array_equal(*map(np.asarray, pictures))
    again = {"If-None-Match": answer.headers["etag"]}
    same = client.get(f"{address}/spectrogram.png", params={"seconds": 3}, headers=again)
    assert (same.status_code, same.content) == (304, b"")
