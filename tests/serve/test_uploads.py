import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from fastapi.testclient import TestClient

from specrec.recommend.library import Library
from specrec.serve.app import make_app
from specrec.serve.settings import Limits, ServeSettings
from specrec.serve.shelf import Shelf
from specrec.serve.uploads import _place
from tests.serve.conftest import ADDRESS

NEIGHBORS = "/api/v1/neighbors"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of temporary files, in which nothing may be left."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    yield tmp_path / "temporary"
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_file_of_the_library_is_that_track(
    client: TestClient, heard: Library, temporary: Path
) -> None:
    file = heard.collection.audio_root / heard.tracks["path"].iloc[2]
    answer = client.post(NEIGHBORS, params={"k": 3}, content=file.read_bytes())
    asked = {"track_id": heard.tracks["track_id"].iloc[2], "k": 3}
    assert answer.json() == client.get(NEIGHBORS, params=asked).json()


def test_a_file_from_outside_is_embedded_and_deleted(
    client: TestClient, heard: Library, temporary: Path, tmp_path: Path
) -> None:
    whole = heard.collection.audio_root / heard.tracks["path"].iloc[2]
    samples, rate = soundfile.read(whole)
    soundfile.write(tmp_path / "part.wav", samples[: 6 * rate], rate)
    asked = {"k": 3, "name": "../../My song.wav"}
    answer = client.post(NEIGHBORS, params=asked, content=(tmp_path / "part.wav").read_bytes())
    assert answer.status_code == 200
    found = answer.json()
    expected = heard.neighbors(tmp_path / "part.wav", 3)
    assert [item["track"]["track_id"] for item in found["neighbors"]] == [
        item.track.track_id for item in expected
    ]
    assert found["neighbors"][0]["similarity"] == pytest.approx(expected[0].similarity, abs=1e-5)
    assert (found["query"]["title"], found["query"]["path"]) == ("My song", "My song.wav")
    assert str(temporary) not in answer.text


def test_what_is_no_audio_is_refused_in_one_line(client: TestClient, temporary: Path) -> None:
    answer = client.post(NEIGHBORS, params={"name": "a.mp3"}, content=b"no audio" * 100)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("a.mp3: ")
    assert client.post(NEIGHBORS).status_code == 400


def test_a_file_is_as_long_as_the_limit_at_most(heard: Library, temporary: Path) -> None:
    settings = ServeSettings(limits=Limits(upload_bytes=1000))
    app = make_app(Shelf([heard.collection.folder]), settings)
    with TestClient(app, ADDRESS) as client:
        assert client.post(NEIGHBORS, content=b"a" * 1001).status_code == 413

        def blocks() -> Iterator[bytes]:  # without a length in the head
            yield from [b"a" * 400] * 3

        assert client.post(NEIGHBORS, content=blocks()).status_code == 413
        assert client.post(NEIGHBORS, content=b"a" * 1000).status_code == 422


def test_a_file_that_takes_too_long_is_given_up(heard: Library, temporary: Path) -> None:
    whole = heard.collection.audio_root / heard.tracks["path"].iloc[2]
    app = make_app(
        Shelf([heard.collection.folder]), ServeSettings(limits=Limits(embed_seconds=0.0))
    )
    samples, rate = soundfile.read(whole)
    part = io.BytesIO()
    soundfile.write(part, samples[: 3 * rate], rate, format="WAV")
    with TestClient(app, ADDRESS) as client:
        answer = client.post(NEIGHBORS, params={"name": "a.wav"}, content=part.getvalue())
    assert answer.status_code == 422
    assert answer.json()["detail"] == "a.wav: not read in 0 s (timed_out)"


def test_only_so_many_are_embedded_at_once(client: TestClient) -> None:
    with _place(), _place():
        answer = client.post(NEIGHBORS, content=b"a")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert client.post(NEIGHBORS, content=b"a").status_code == 422


def test_a_file_may_not_play_longer_than_the_limit(heard: Library, temporary: Path) -> None:
    app = make_app(
        Shelf([heard.collection.folder]), ServeSettings(limits=Limits(upload_seconds=5.0))
    )
    file = heard.collection.audio_root / heard.tracks["path"].iloc[2]
    with TestClient(app, ADDRESS) as client:
        answer = client.post(NEIGHBORS, params={"name": file.name}, content=file.read_bytes())
    assert answer.status_code == 413
    assert "longer than" in answer.json()["detail"]
