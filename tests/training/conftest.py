import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from specrec.model import fetch
from tests.training.teachers import write_teachers


@pytest.fixture(scope="package", autouse=True)
def one_thread() -> Iterator[None]:
    """The networks are so small that two threads spend their time waiting for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def teachers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """The files of mn04 and musicnn with random weights, taken for the real ones."""
    mn04, musicnn = write_teachers(tmp_path_factory.mktemp("teachers"))
    with pytest.MonkeyPatch.context() as patch:
        digest = hashlib.sha256(musicnn.read_bytes()).hexdigest()
        patch.setitem(fetch.SHA256, fetch.WHEEL, digest)
        yield mn04, musicnn
