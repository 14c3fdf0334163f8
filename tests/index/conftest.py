"""Libraries with layers."""

from collections.abc import Iterator

import pytest


@pytest.fixture
def layered() -> Iterator[None]:
    """Lets small libraries have layers, of up to five newer rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("specrec.index.layers.SMALL", 0)
        patch.setattr("specrec.index.layers._LEAST", 5)
        yield
