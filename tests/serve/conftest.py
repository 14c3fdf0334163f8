from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from specrec.recommend.library import Library
from specrec.serve import shelf
from specrec.serve.app import make_app
from specrec.serve.settings import ServeSettings
from specrec.serve.shelf import Shelf
from specrec.serve.subsonic import call
from specrec.synthesis.library import write_library
from tests.libraries import write_named
from tests.serve.browser import chromium, faultless, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ADDRESS = "http://127.0.0.1:8765"


@pytest.fixture(scope="session", autouse=True)
def _no_looking_for_garbage() -> Iterator[None]:
    """With each library that is opened, a server looks through all that is there, for speed. Here,
    where torch and pytest are loaded, too, that would take longer than most tests."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (shelf, call):
            patch.setattr(module, "settle", lambda: None)
        yield


@pytest.fixture(scope="session")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Twelve synthesized tracks with tags and features, embedded by the model that is shipped."""
    folder = tmp_path_factory.mktemp("heard")
    write_library(folder / "music", 12, seconds=11.0)
    return Library.build(folder / "music", folder / "heard", workers=1)


@pytest.fixture(scope="session")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a library of 240 tracks without audio, whose coordinates have names."""
    return write_named(tmp_path_factory.mktemp("named") / "named")


@pytest.fixture(scope="session")
def served(heard: Library, named: Path) -> FastAPI:
    """Both libraries, served on this machine alone."""
    return make_app(Shelf([heard.collection.folder, named]), ServeSettings())


@pytest.fixture
def client(served: FastAPI) -> Iterator[TestClient]:
    """A client of both libraries; `heard` is the first."""
    with TestClient(served, ADDRESS, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def address(served: FastAPI) -> Iterator[str]:
    """The address of a server that really runs."""
    with running(served) as address:
        yield address


@pytest.fixture(scope="package")
def browser() -> Iterator["Browser"]:
    """One browser for all tests of the page. While it is open, no other can be opened."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A page on which nothing may go wrong."""
    with faultless(browser) as opened:
        yield opened
