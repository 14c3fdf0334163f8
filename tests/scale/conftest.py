"""A server that speaks S3, and a library for Milvus."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from specrec.recommend.library import Library
from tests.libraries import write_named
from tests.scale.milvus import COLUMNS, with_duplicates


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """A bucket of moto's server by its URL; processes that are started now find it by it, too."""
    fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")
    pytest.importorskip("s3fs", reason="s3fs is not installed")
    server = pytest.importorskip("moto.server", reason="moto's server is not installed")
    running = server.ThreadedMotoServer("127.0.0.1", port=0)
    running.start()
    with pytest.MonkeyPatch.context() as patch:
        host, port = running.get_host_and_port()
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        files = fsspec.filesystem("s3", skip_instance_cache=True)
        files.mkdir("bucket")
        yield "s3://bucket"
        files.rm("bucket", recursive=True)  # moto keeps it beyond its server
        files.clear_instance_cache()  # of those that know this server
    running.stop()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with all kinds of columns."""
    return write_named(tmp_path_factory.mktemp("named"), **COLUMNS)


@pytest.fixture(scope="module")
def local(folder: Path) -> Library:
    """That library, with duplicates."""
    return with_duplicates(folder)
