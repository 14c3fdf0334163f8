"""A library's folder that is kept at a URL is whole, whenever a copy was cut short."""

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from specrec.errors import StorageError
from specrec.index.generations import read_generation
from specrec.index.repair import verify_library
from specrec.index.segment_store import SegmentStore
from tests.index.test_build import Build
from tests.sounds import make_music

pytest.importorskip("fsspec", reason="fsspec is not installed")

from specrec.scale.remote_folder import RemoteFolder


@pytest.fixture(params=["file", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A folder by its URL, and one in a bucket of a server that speaks S3."""
    if request.param == "file":
        return f"file://{tmp_path}/there"
    return f"{request.getfixturevalue('bucket')}/parts/one"


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def test_a_library_comes_back_as_it_was(tmp_path: Path, url: str, build: Build) -> None:
    music, library, copy = (
        make_music(tmp_path / "music", 2),
        tmp_path / "library",
        tmp_path / "copy",
    )
    remote = RemoteFolder(url)
    remote.fetch(copy)
    assert not copy.exists()  # nothing is there yet
    for first in (2, 3, 4):  # generations and segments come and go
        build(music, library)
        remote.send(library)
        RemoteFolder(url).fetch(copy)
        make_music(music, 1, first=first)
        one, other = read_generation(library), read_generation(copy)
        assert one is not None
        assert other is not None
        pd.testing.assert_frame_equal(one.tracks, other.tracks)
        assert verify_library(copy).damage == []
    fresh = tmp_path / "fresh"
    RemoteFolder(url).fetch(fresh)
    assert files_of(fresh) == files_of(library)  # what was removed here is removed there


def test_what_was_cut_short_counts_as_not_there(
    tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    music, library = make_music(tmp_path / "music", 2), tmp_path / "library"
    build(music, library)
    before = tmp_path / "before"
    RemoteFolder(f"file://{before}").send(library)
    make_music(music, 1, first=2)
    build(music, library)
    key = next((library / "segments").iterdir()).name
    for step in range(len(set(files_of(library)) - set(files_of(before)))):
        there = Path(shutil.copytree(before, tmp_path / f"there {step}"))
        remote = RemoteFolder(f"file://{there}")
        put, left = remote._files.put_file, step

        def cut(source: str, place: str, put: Any = put) -> None:
            nonlocal left
            if left == 0:
                data = Path(source).read_bytes()  # the worst: half of a file is there
                Path(place).write_bytes(data[: len(data) // 2])
                raise OSError("the network is gone")
            left -= 1
            put(source, place)

        monkeypatch.setattr(remote._files, "put_file", cut)
        with pytest.raises(StorageError, match=r"can't be reached \(the network is gone\)"):
            remote.send(library)
        monkeypatch.undo()
        fetched = tmp_path / f"fetched {step}"
        RemoteFolder(f"file://{there}").fetch(fetched)
        for segment in SegmentStore(fetched, key)._segments.values():
            assert segment.damage() == []
        RemoteFolder(f"file://{there}").send(library)  # the next try ends well
        RemoteFolder(f"file://{there}").fetch(fetched)
        assert verify_library(fetched).damage == []
        generation = read_generation(fetched)
        assert generation is not None
        assert len(generation) == 3


def test_rights_below_a_folder_of_a_bucket_are_enough(
    tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = f"arn:aws:s3:::{bucket.removeprefix('s3://')}"
    rights = [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": place},
        {"Effect": "Allow", "Action": "s3:*Object", "Resource": f"{place}/mine/*"},
    ]
    iam = pytest.importorskip("boto3").client("iam", region_name="us-east-1")
    iam.create_user(UserName="user")
    policy = json.dumps({"Version": "2012-10-17", "Statement": rights})
    iam.put_user_policy(UserName="user", PolicyName="rights", PolicyDocument=policy)
    key = iam.create_access_key(UserName="user")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    monkeypatch.setattr("s3fs.S3FileSystem.cachable", False)
    library = tmp_path / "library"
    library.mkdir()
    (library / "CURRENT").write_text("000001")
    monkeypatch.setattr("moto.settings.INITIAL_NO_AUTH_ACTION_COUNT", 0)  # all need rights now
    RemoteFolder(f"{bucket}/mine/one").send(library)
    RemoteFolder(f"{bucket}/mine/one").fetch(tmp_path / "copy")
    with pytest.raises(StorageError, match=r"/other: can't be reached \(Forbidden\)"):
        RemoteFolder(f"{bucket}/other").send(library)
    assert files_of(tmp_path / "copy") == files_of(library)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, r'.* connect .* "http://127.0.0.1:1/bucket"'),
        ({"AWS_ACCESS_KEY_ID": None}, "Unable to locate credentials"),
    ],
)
def test_a_bucket_that_can_not_be_reached_is_one_line(
    bucket: str, variables: dict[str, str | None], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s3fs.S3FileSystem.cachable", False)
    monkeypatch.setattr("s3fs.S3FileSystem.retries", 1)
    none = {"AWS_CONFIG_FILE": "/", "AWS_SHARED_CREDENTIALS_FILE": "/"}  # not the user's own
    once = {"AWS_MAX_ATTEMPTS": "1", "AWS_EC2_METADATA_DISABLED": "true"}
    for name, value in (none | once | variables).items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    with pytest.raises(
        StorageError, match=rf"^{bucket}/parts: can't be reached \({said}\); check "
    ):
        RemoteFolder(f"{bucket}/parts").exists()


def test_a_place_that_is_none_is_one_line() -> None:
    with pytest.raises(StorageError, match=r"nonsense://x: can't be reached .*nonsense") as caught:
        RemoteFolder("nonsense://x")
    assert "\n" not in str(caught.value)
