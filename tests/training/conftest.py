import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from specrec.model import fetch
from tests.training.teachers import write_teachers


@pytest.fixture(scope="session")
def teachers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """The files of mn04 and musicnn with random weights, taken for the real ones."""
    mn04, musicnn = write_teachers(tmp_path_factory.mktemp("teachers"))
    with pytest.MonkeyPatch.context() as patch:
        digest = hashlib.sha256(musicnn.read_bytes()).hexdigest()
        patch.setitem(fetch.SHA256, fetch.WHEEL, digest)
        yield mn04, musicnn
