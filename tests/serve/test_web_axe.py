"""What axe-core finds wrong with the views of the page, for those who hear or magnify it."""

from collections.abc import Callable
from typing import Any

import pytest

from specrec.recommend.library import Library
from tests.serve.browser import faultless, in_browser

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
axe = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
)

Page = Any  # playwright.Page, which need not be installed


def _open_all(page: Page) -> None:
    page.locator(".neighbor .small").first.click()
    page.locator(".matrix").wait_for()
    page.locator("details").evaluate_all("all => all.forEach((one) => (one.open = true))")
    page.locator(".filters select").first.wait_for()


def _nothing(page: Page) -> None:
    pass


# A view: what its address has, what shows that it is there, and what is done before it is judged.
VIEWS: dict[str, tuple[str, str, Callable[[Page], None]]] = {
    "start": ("", ".invitation", _nothing),
    "neighbors": ("?track={0}&not={1}", ".neighbor", _nothing),
    "why": ("?track={0}&by=both", ".neighbor", _open_all),
    "map": ("?view=map&arranged=pca", ".legend", _nothing),
    "playlists": ("?view=playlists&track={0}&track={1}", ".way li", _nothing),
    "library": ("?view=library", ".clusters li", _nothing),
}


@in_browser
@pytest.mark.parametrize("view", VIEWS)
def test_nothing_serious_is_wrong_for_assistive_technology(
    browser: "playwright.Browser", address: str, heard: Library, view: str
) -> None:
    query, sign, prepare = VIEWS[view]
    with faultless(browser) as page:
        page.goto(f"{address}/{query.format(*heard.tracks['track_id'].iloc[[3, 1]])}")
        page.locator(sign).first.wait_for()
        prepare(page)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = axe.Axe().run(page).response
            assert found["testEngine"]["name"] == "axe-core"
            serious = [
                item for item in found["violations"] if item["impact"] in ("serious", "critical")
            ]
            wrong = [(item["id"], item["nodes"][0]["html"]) for item in serious]
            assert (scheme, wrong) == (scheme, [])
