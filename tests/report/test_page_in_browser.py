from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from specrec.report.page.gather import PageSettings, gather
from specrec.report.page.render import write_page
from tests.browser import Browser, browse, find_chromium
from tests.pages import SECONDS
from tests.report.conftest import Written

_PROGRAM = find_chromium()
pytestmark = pytest.mark.skipif(_PROGRAM is None, reason="no Chromium or Chrome is installed")

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
_TRACK = "document.getElementById('map-track').textContent"
_PRESSED = "[...document.querySelectorAll('.play')].map((item) => item.ariaPressed === 'true')"


@pytest.fixture(scope="module")
def folder(written: Written) -> Path:
    return written.folder


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    assert _PROGRAM is not None
    with browse(_PROGRAM, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.mark.parametrize("name", ["library.html", "table.html"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_opens_without_complaint_or_request_and_can_be_read(
    browser: Browser, folder: Path, name: str, scheme: str
) -> None:
    browser.open(folder / name, prefers_color_scheme=scheme)
    assert browser.complaints() == []
    assert browser.requests() == [(folder / name).as_uri()]
    browser.run("document.querySelectorAll('details').forEach((item) => { item.open = true; })")
    assert browser.run(_FAINT) == []
    ground = browser.run("getComputedStyle(document.body).backgroundColor")
    assert (int(ground.split("(")[1].split(",")[0]) > 128) == (scheme == "light")


def test_the_check_of_contrast_finds_what_is_faint(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "faint.html"
    page.write_text('<body style="background:#fff"><p style="color:#888">grey<p>black')
    browser.open(page)
    assert browser.run(_FAINT) == ["grey: 3.54"]


@pytest.mark.parametrize("name", ["library.html", "table.html"])
@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_needs_to_be_scrolled_sideways(
    browser: Browser, folder: Path, name: str, width: int
) -> None:
    browser.open(folder / name, width)
    browser.run("document.querySelectorAll('details').forEach((item) => { item.open = true; })")
    assert browser.run("document.documentElement.scrollWidth") <= width
    narrowest = "[...document.querySelectorAll('tbody th')].map((cell) => cell.clientWidth)"
    assert browser.run(f"Math.min(...{narrowest})") >= 80  # nothing is folded letter by letter


@pytest.mark.parametrize("name", ["library.html", "table.html"])  # with pictures, and without
def test_a_card_is_used_to_its_right_edge(browser: Browser, folder: Path, name: str) -> None:
    browser.open(folder / name, 1280)
    edge = "(item) => item.getBoundingClientRect().right"
    cards, texts = (
        browser.run(f"[...document.querySelectorAll('.answers {part}')].map({edge})")
        for part in (".answer", ".answer > :last-child")
    )
    assert len(cards) > 0
    assert texts == pytest.approx(cards, abs=1)


def test_what_colors_the_map_can_be_chosen(browser: Browser, folder: Path) -> None:
    browser.open(folder / "table.html")
    by_cluster = browser.run(_PIXELS)
    options = browser.run("[...document.getElementById('map-color').options].map((o) => o.text)")
    assert {"cluster", "genre", "energy", "tempo"} <= set(options)
    _select(browser, options.index("energy"))
    by_energy = browser.run(_PIXELS)
    assert by_energy != by_cluster
    legend = "document.getElementById('map-legend').textContent"
    assert "larger dots are higher" in browser.run(legend)
    _select(browser, options.index("genre"))
    assert "<i>rock</i> (30)" in browser.run(legend)
    rock = browser.run(_PIXELS)
    browser.run("document.querySelector('#map-legend button').click()")
    assert browser.run(_PIXELS) != rock  # one group alone
    _select(browser, 0)
    assert browser.run(_PIXELS) == by_cluster
    assert browser.complaints() == []


def _select(browser: Browser, place: int) -> None:
    browser.run(
        "{ const chooser = document.getElementById('map-color');"
        f" chooser.value = '{place}'; chooser.dispatchEvent(new Event('change')); }}"
    )


def test_a_page_of_three_tracks_has_three_marks(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "three.csv"
    pd.DataFrame({"energy": [0.1, 0.5, 0.9], "valence": [0.2, 0.9, 0.4]}).to_csv(path)
    page = gather(path, PageSettings())
    assert isinstance(page.asked, list)
    assert len({asked.tile.title for asked in page.asked}) == len(page.asked) == 3
    write_page(page, tmp_path / "three.html")
    browser.open(tmp_path / "three.html")
    assert browser.complaints() == []
    inked = f"{_INKED}('map-canvas')"
    assert browser.run(inked) > 3 * 20


def test_a_search_marks_what_it_finds(browser: Browser, folder: Path) -> None:
    browser.open(folder / "library.html")
    before = browser.run(_PIXELS)
    browser.run("document.getElementById('map-search').focus()")
    browser.write("PIÈCE 23")  # neither case nor accents matter
    found = browser.run("document.getElementById('map-found').textContent")
    assert found == "11 of 240 tracks"  # 23, 230 ... 239
    assert browser.run(_PIXELS) != before
    names = browser.run(
        "[...document.querySelectorAll('#map-matches button')].map((item) => item.textContent)"
    )
    assert names[0] == "Piece 23 by Artist 5"
    browser.press("Enter")
    assert browser.run(_TRACK).startswith("Piece 23 by Artist 5; cluster: ")
    browser.run("document.querySelectorAll('#map-matches button')[1].click()")
    assert browser.run(_TRACK).startswith("Piece 230 by Artist 57; ")
    browser.run(
        "{ const search = document.getElementById('map-search');"
        " search.value = ''; search.dispatchEvent(new Event('input')); }"
    )
    assert browser.run("document.getElementById('map-matches').childElementCount") == 0


def test_the_map_answers_to_the_mouse_and_to_arrow_keys(browser: Browser, folder: Path) -> None:
    browser.open(folder / "library.html")
    browser.run("document.documentElement.style.scrollBehavior = 'auto'")
    browser.run("document.getElementById('map-canvas').scrollIntoView({ block: 'center' })")
    box = browser.run(
        "(({ x, y, width, height }) => [x, y, width, height])"
        "(document.getElementById('map-canvas').getBoundingClientRect())"
    )
    points = browser.run("JSON.parse(document.getElementById('points').textContent)")
    for row in (0, 17):
        browser.point_at(
            box[0] + 14 + points["x"][row] / 1000 * (box[2] - 28),
            box[1] + 14 + (1 - points["y"][row] / 1000) * (box[3] - 28),
        )
        title = browser.run(_TRACK).split(" by ")[0]
        other = points["title"].index(title)
        assert abs(points["x"][other] - points["x"][row]) <= 2
        assert abs(points["y"][other] - points["y"][row]) <= 2
    browser.run("document.getElementById('map-canvas').focus()")
    place = other
    for key, sign in (("ArrowRight", 1), ("ArrowLeft", -1)):
        browser.press(key)
        title = browser.run(_TRACK).split(" by ")[0]
        assert sign * (points["x"][points["title"].index(title)] - points["x"][place]) > 0
        place = points["title"].index(title)
    browser.press("Escape")
    assert browser.run(_TRACK) == "No track is chosen."
    assert browser.complaints() == []


def test_one_excerpt_plays_at_a_time(browser: Browser, folder: Path) -> None:
    browser.open(folder / "library.html")
    count = browser.run("document.querySelectorAll('.play').length")
    assert count > 8
    playing = "!document.getElementById('player').paused"
    for place in (0, 1):
        browser.run(f"document.querySelectorAll('.play')[{place}].click()")
        browser.wait_for(f"{playing} && document.getElementById('player').currentTime > 0")
        assert browser.run(_PRESSED) == [button == place for button in range(count)]
    seconds = browser.run("document.getElementById('player').duration")
    assert seconds == pytest.approx(SECONDS, abs=0.2)
    browser.run("document.querySelectorAll('.play')[1].focus()")
    browser.press(" ")
    browser.wait_for(f"!({playing})")
    assert browser.run(_PRESSED) == [False] * count
    assert browser.complaints() == []


def test_the_keyboard_reaches_every_control_in_the_order_of_the_page(
    browser: Browser, folder: Path
) -> None:
    browser.open(folder / "library.html")
    reached = []
    for _ in range(200):
        browser.press("Tab")
        if not browser.run("document.activeElement !== document.body"):
            break
        reached.append(
            browser.run(
                "document.activeElement.id || document.activeElement.className"
                " || document.activeElement.localName"
            )
        )
        visible = browser.run(
            "(({ outlineStyle, outlineWidth }) =>"
            " outlineStyle !== 'none' && outlineWidth !== '0px')"
            "(getComputedStyle(document.activeElement))"
        )
        assert visible, reached[-1]
    assert reached[0] == "skip"
    controls = [reached.index(name) for name in ("map-color", "map-search", "map-canvas", "play")]
    assert controls == sorted(controls)
    for name, selector in (("play", ".play"), ("summary", "summary"), ("scroll", ".scroll")):
        shown = browser.run(f"document.querySelectorAll('{selector}').length")
        assert reached.count(name) == shown


def test_on_paper_all_is_open_and_controls_are_gone(browser: Browser, folder: Path) -> None:
    browser.open(folder / "library.html")
    shut = "document.querySelectorAll('details:not([open])').length"
    assert browser.run(shut) > 0
    browser.run("dispatchEvent(new Event('beforeprint'))")
    assert browser.run(shut) == 0
    browser.call("Emulation.setEmulatedMedia", media="print")
    shown = "[...document.querySelectorAll('{}')].some((item) => item.checkVisibility())"
    for selector in (".play", ".controls", "#map-canvas", "nav"):
        assert not browser.run(shown.format(selector)), selector
    for selector in (".still", ".matrix", ".sum"):
        assert browser.run(shown.format(selector)), selector
    browser.run("dispatchEvent(new Event('afterprint'))")
    assert browser.run(shut) > 0


def test_without_scripts_the_map_is_a_picture_and_nothing_pretends_to_work(
    browser: Browser, folder: Path
) -> None:
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(folder / "library.html")
        shown = "[...document.querySelectorAll('{}')].some((item) => item.checkVisibility())"
        assert browser.run(shown.format(".still"))
        for selector in (".play", ".controls", "#map-canvas", ".chosen"):
            assert not browser.run(shown.format(selector)), selector
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
