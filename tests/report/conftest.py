from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from specrec.report.page import measured
from specrec.report.page.data import Page
from specrec.study import clusters
from tests.pages import write_library, write_table


class Written(NamedTuple):
    """Pages and the folder that has them as `library.html` and `table.html`."""

    folder: Path
    library: Page
    table: Page


@pytest.fixture(scope="package", autouse=True)
def _few() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clusters, "KS", (2, 3))  # for speed, as the next
        patch.setattr(measured, "_CUE_TRACKS", 40)
        yield


@pytest.fixture(scope="package")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """The page of a library with audio, and of a table with hostile titles."""
    folder = tmp_path_factory.mktemp("pages")
    return Written(folder, write_library(folder), write_table(folder))
