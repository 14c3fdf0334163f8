"""A server that really runs, and a real browser; the tests of the page share them."""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import uvicorn
from fastapi import FastAPI

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_PROGRAM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))),
    None,
)
in_browser = pytest.mark.skipif(_PROGRAM is None, reason="no Chromium is installed")


@contextmanager
def running(app: FastAPI, port: int = 0) -> Iterator[str]:
    """Serve on this machine, in a thread, and give the address."""
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(60)
        assert not thread.is_alive()


@contextmanager
def chromium() -> Iterator["Browser"]:
    """A browser in which sound may play without a click.

    Its first context has a page that stays, in whose process the others are shown: to start one
    takes longer than most tests.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    options = ["--autoplay-policy=no-user-gesture-required", "--mute-audio"]
    options += ["--renderer-process-limit=1"]
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(
            executable_path=_PROGRAM, args=options, chromium_sandbox=False
        )
        opened.new_context().new_page()
        yield opened
        opened.close()


@contextmanager
def faultless(browser: "Browser", expected: str = "", **options: object) -> Iterator["Page"]:
    """A page on which nothing may go wrong, but what has `expected` in its message.

    It begins with nothing stored. With options, it is in a context of its own.
    """
    said: list[tuple[str, str]] = []
    opened = browser.new_page(**options) if options else browser.contexts[0].new_page()  # type: ignore[arg-type]
    opened.on("pageerror", lambda error: said.append((str(error), error.stack or "")))
    opened.on(
        "console",
        lambda line: line.type == "error" and said.append((line.text, line.location["url"])),
    )
    opened.set_default_timeout(30_000)
    try:
        yield opened
    finally:
        if opened.url.startswith("http"):
            opened.evaluate("localStorage.clear()")
        opened.close()
    wrong = [": ".join(one) for one in said if not expected or expected not in one[0]]
    if wrong:  # pytest does not rewrite the assertions of this module
        raise AssertionError("the page said:\n" + "\n".join(wrong))
