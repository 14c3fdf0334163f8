"""What subsonic-api, a client of npm, reads from a running server.

It is installed by `npm install subsonic-api` in some folder, which SUBSONIC_API names.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from specrec.recommend.library import Library
from tests.serve.subsonic.conftest import KEY, PASSWORD, USER

CLIENT = Path(os.environ.get("SUBSONIC_API", ".")) / "node_modules/subsonic-api/lib/index.js"
pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not CLIENT.exists(), reason="subsonic-api is not installed"
)


@pytest.mark.parametrize("way", ["get", "post"])
@pytest.mark.parametrize(
    "auth", [{"apiKey": KEY}, {"username": USER, "password": PASSWORD}], ids=["key", "token"]
)
def test_each_method(way: str, auth: dict[str, str], port: int, heard: Library) -> None:
    song, other = heard.tracks["track_id"].iloc[[2, 8]]
    script, address = Path(__file__).with_name("client.mjs"), f"http://127.0.0.1:{port}"
    command = ["node", script, CLIENT.resolve(), address, json.dumps(auth), way, song, other]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    answers: dict[str, Any] = json.loads(done.stdout)
    size = (heard.collection.audio_root / heard.tracks["path"].iloc[2]).stat().st_size
    assert answers.pop("stream") == {"status": 200, "type": "audio/flac", "bytes": size}
    assert answers.pop("download") == {"status": 200, "type": "audio/flac", "bytes": size}
    assert answers.pop("getCoverArt")["type"] == "application/json"
    failed = {name for name, answer in answers.items() if answer["status"] == "failed"}
    assert failed == {"scrobble", "star", "getPodcasts"}
    assert len(answers["search3"]["searchResult3"]["song"]) == 252
    assert answers["findSonicPath"]["sonicMatch"][0]["similarity"] == 1
    near = [one["entry"]["id"] for one in answers["getSonicSimilarTracks"]["sonicMatch"]]
    assert near == [one.track.track_id for one in heard.neighbors(2, 5)]
