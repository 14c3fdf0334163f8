"""The page in a real browser: the Chromium that is installed, driven by Playwright."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from specrec.report.page.build import PageSettings, build_page
from specrec.report.page.render import write_page
from tests.pages import SECONDS
from tests.report.conftest import Written
from tests.serve.browser import chromium, in_browser

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
Browser, BrowserContext, Page = playwright.Browser, playwright.BrowserContext, playwright.Page
pytestmark = in_browser

# Texts whose color is nearer to their background's than WCAG 2.1 (1.4.3, level AA) allows.
_FAINT = """(() => {
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (color) => channels(color).slice(0, 3).map((value) => value / 255)
    .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const color = getComputedStyle(element).backgroundColor;
      if (!channels(color).length || (channels(color)[3] ?? 1) === 1) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const faint = [];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest("script, style, .quiet")) continue;
    const style = getComputedStyle(element);
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    const color = element.closest("svg") ? style.fill : style.color;
    const pair = [light(color), light(behind(element))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) {
      faint.push(`${walker.currentNode.data.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
    }
  }
  return faint;
})()"""
_PIXELS = "document.getElementById('map-canvas').toDataURL()"
_INKED = """((name) => {
  const canvas = document.getElementById(name), pen = canvas.getContext("2d");
  const bytes = pen.getImageData(0, 0, canvas.width, canvas.height).data;
  return bytes.filter((value, place) => place % 4 === 3 && value > 0).length;
})"""
_PRESSED = "(buttons) => buttons.map((item) => item.ariaPressed === 'true')"


@pytest.fixture(scope="module")
def folder(written: Written) -> Path:
    return written.folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def phone(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(is_mobile=True) as opened:
        opened.new_page()  # in whose process the others are shown
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.contexts[0].new_page() as opened:
        opened.set_viewport_size({"width": 1280, "height": 900})
        opened.set_default_timeout(60_000)
        yield opened


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """Errors and warnings of the console, and what was thrown and not caught, as they come."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on(
        "console",
        lambda message: message.type in ("error", "warning") and found.append(message.text),
    )
    return found


def show(page: Page, path: Path) -> None:
    page.goto(path.as_uri())


def open_details(page: Page) -> None:
    page.locator("details").evaluate_all("(all) => all.forEach((item) => { item.open = true; })")


@pytest.mark.parametrize("name", ["library.html", "table.html"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_opens_without_complaint_or_request_and_can_be_read(
    page: Page, complaints: list[str], folder: Path, name: str, scheme: str
) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.emulate_media(color_scheme=scheme)
    show(page, folder / name)
    assert complaints == []
    itself = ("data:", "blob:")  # what the page holds
    assert [url for url in requests if not url.startswith(itself)] == [(folder / name).as_uri()]
    open_details(page)
    assert page.evaluate(_FAINT) == []
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (int(ground.split("(")[1].split(",")[0]) > 128) == (scheme == "light")


def test_what_a_page_complains_of_and_asks_for_is_seen(
    page: Page, complaints: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "bad.html"
    path.write_text("<script>console.warn('careful'); missing();</script><img src=absent.png>")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    show(page, path)
    assert requests == [path.as_uri(), (tmp_path / "absent.png").as_uri()]
    assert sorted(complaints) == [
        "Failed to load resource: net::ERR_FILE_NOT_FOUND", "careful", "missing is not defined"
    ]  # fmt: skip


def test_the_check_of_contrast_finds_what_is_faint(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "faint.html"
    path.write_text('<body style="background:#fff"><p style="color:#888">grey<p>black')
    show(page, path)
    assert page.evaluate(_FAINT) == ["grey: 3.54"]


@pytest.mark.parametrize("name", ["library.html", "table.html"])
@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_needs_to_be_scrolled_sideways(
    browser: Browser, phone: BrowserContext, folder: Path, name: str, width: int
) -> None:
    context = phone if width < 600 else browser.contexts[0]
    with context.new_page() as page:
        page.set_viewport_size({"width": width, "height": 900})
        show(page, folder / name)
        open_details(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        widths = page.locator("tbody th").evaluate_all("(all) => all.map((th) => th.clientWidth)")
        assert min(widths) >= 80  # nothing is folded letter by letter


@pytest.mark.parametrize("name", ["library.html", "table.html"])  # with pictures, and without
def test_a_card_is_used_to_its_right_edge(page: Page, folder: Path, name: str) -> None:
    show(page, folder / name)
    edges = "(all) => all.map((item) => item.getBoundingClientRect().right)"
    cards, texts = (
        page.locator(f".answers {part}").evaluate_all(edges)
        for part in (".answer", ".answer > :last-child")
    )
    assert len(cards) > 0
    assert texts == pytest.approx(cards, abs=1)


def test_what_colors_the_map_can_be_chosen(page: Page, complaints: list[str], folder: Path) -> None:
    show(page, folder / "table.html")
    by_cluster = page.evaluate(_PIXELS)
    chooser, legend = page.locator("#map-color"), page.locator("#map-legend")
    assert {"cluster", "genre", "energy", "tempo"} <= set(
        chooser.locator("option").all_text_contents()
    )
    chooser.select_option(label="energy")
    assert page.evaluate(_PIXELS) != by_cluster
    assert "larger dots are higher" in legend.text_content()
    chooser.select_option(label="genre")
    assert "<i>rock</i> (30)" in legend.text_content()
    rock = page.evaluate(_PIXELS)
    legend.locator("button").first.click()
    assert page.evaluate(_PIXELS) != rock  # one group alone
    chooser.select_option(index=0)
    assert page.evaluate(_PIXELS) == by_cluster
    assert complaints == []


def test_a_page_of_three_tracks_has_three_marks(
    page: Page, complaints: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "three.csv"
    pd.DataFrame({"energy": [0.1, 0.5, 0.9], "valence": [0.2, 0.9, 0.4]}).to_csv(path)
    written = build_page(path, PageSettings())
    assert isinstance(written.queries, list)
    assert len({card.tile.track.title for card in written.queries}) == len(written.queries) == 3
    write_page(written, tmp_path / "three.html")
    show(page, tmp_path / "three.html")
    assert complaints == []
    assert page.evaluate(f"{_INKED}('map-canvas')") > 3 * 20


def test_a_search_marks_what_it_finds(page: Page, folder: Path) -> None:
    show(page, folder / "library.html")
    before = page.evaluate(_PIXELS)
    search, found = page.locator("#map-search"), page.locator("#map-matches button")
    search.fill("PIÈCE 23")  # neither case nor accents matter
    # 23, 230 ... 239
    assert page.locator("#map-found").text_content() == "11 of 240 tracks"
    assert page.evaluate(_PIXELS) != before
    assert found.first.text_content() == "Piece 23 by Artist 5"
    search.press("Enter")
    track = page.locator("#map-track")
    assert track.text_content().startswith("Piece 23 by Artist 5; cluster: ")
    found.nth(1).click()
    assert track.text_content().startswith("Piece 230 by Artist 57; ")
    search.fill("")
    assert found.count() == 0


def test_the_map_answers_to_the_mouse_and_to_arrow_keys(
    page: Page, complaints: list[str], folder: Path
) -> None:
    show(page, folder / "library.html")
    page.evaluate("document.documentElement.style.scrollBehavior = 'auto'")
    canvas, track = page.locator("#map-canvas"), page.locator("#map-track")
    canvas.evaluate("(item) => item.scrollIntoView({ block: 'center' })")
    box = canvas.bounding_box()
    points = page.evaluate("JSON.parse(document.getElementById('points').textContent)")
    for row in (0, 17):
        page.mouse.move(
            box["x"] + 14 + points["x"][row] / 1000 * (box["width"] - 28),
            box["y"] + 14 + (1 - points["y"][row] / 1000) * (box["height"] - 28),
        )
        title = track.text_content().split(" by ")[0]
        other = points["title"].index(title)
        assert abs(points["x"][other] - points["x"][row]) <= 2
        assert abs(points["y"][other] - points["y"][row]) <= 2
    canvas.focus()
    place = other
    for key, sign in (("ArrowRight", 1), ("ArrowLeft", -1)):
        page.keyboard.press(key)
        title = track.text_content().split(" by ")[0]
        assert sign * (points["x"][points["title"].index(title)] - points["x"][place]) > 0
        place = points["title"].index(title)
    page.keyboard.press("Escape")
    assert track.text_content() == "No track is chosen."
    assert complaints == []


def wait_until(page: Page, condition: str) -> None:
    """Waits as `Page.wait_for_function` does, which the page's policy forbids to evaluate text."""
    for _ in range(100):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came true: {condition}")


def test_one_excerpt_plays_at_a_time(page: Page, complaints: list[str], folder: Path) -> None:
    show(page, folder / "library.html")
    buttons = page.locator(".play")
    count = buttons.count()
    assert count > 8
    playing = "!document.getElementById('player').paused"
    for place in (0, 1):
        buttons.nth(place).click()
        wait_until(page, f"{playing} && document.getElementById('player').currentTime > 0")
        assert buttons.evaluate_all(_PRESSED) == [button == place for button in range(count)]
    seconds = page.evaluate("document.getElementById('player').duration")
    assert seconds == pytest.approx(SECONDS, abs=0.2)
    buttons.nth(1).press(" ")
    wait_until(page, f"!({playing})")
    assert buttons.evaluate_all(_PRESSED) == [False] * count
    assert complaints == []


def test_the_keyboard_reaches_every_control_in_the_order_of_the_page(
    page: Page, folder: Path
) -> None:
    show(page, folder / "library.html")
    reached = []
    for _ in range(200):
        page.keyboard.press("Tab")
        if not page.evaluate("document.activeElement !== document.body"):
            break
        reached.append(
            page.evaluate(
                "document.activeElement.id || document.activeElement.className"
                " || document.activeElement.localName"
            )
        )
        visible = page.evaluate(
            "(({ outlineStyle, outlineWidth }) =>"
            " outlineStyle !== 'none' && outlineWidth !== '0px')"
            "(getComputedStyle(document.activeElement))"
        )
        assert visible, reached[-1]
    assert reached[0] == "skip"
    controls = [reached.index(name) for name in ("map-color", "map-search", "map-canvas", "play")]
    assert controls == sorted(controls)
    for name, selector in (("play", ".play"), ("summary", "summary"), ("scroll", ".scroll")):
        assert reached.count(name) == page.locator(selector).count()


def test_on_paper_all_is_open_and_controls_are_gone(page: Page, folder: Path) -> None:
    show(page, folder / "library.html")
    shut = page.locator("details:not([open])")
    assert shut.count() > 0
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert shut.count() == 0
    page.emulate_media(media="print")
    for selector in (".play", ".controls", "#map-canvas", "nav"):
        assert not is_shown(page, selector), selector
    for selector in (".still", ".matrix", ".sum"):
        assert is_shown(page, selector), selector
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert shut.count() > 0


def test_without_scripts_the_map_is_a_picture_and_nothing_pretends_to_work(
    browser: Browser, folder: Path
) -> None:
    with browser.new_page(java_script_enabled=False) as page:
        show(page, folder / "library.html")
        assert is_shown(page, ".still")
        for selector in (".play", ".controls", "#map-canvas", ".chosen"):
            assert not is_shown(page, selector), selector


def is_shown(page: Page, selector: str) -> bool:
    """Whether anything that is selected can be seen."""
    return page.locator(selector).filter(visible=True).count() > 0
