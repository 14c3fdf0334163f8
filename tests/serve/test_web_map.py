"""The map of the page, in a real browser: what one points at is what is meant."""

from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from matplotlib.path import Path as Outline

from specrec.recommend.library import Library
from tests.serve.browser import faultless, in_browser

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
pytestmark = in_browser


@pytest.fixture
def api(named: Path) -> Library:
    return Library.open(named)


@pytest.fixture
def ground(client: TestClient) -> np.ndarray:
    """Where tracks are on the map, from 0 to 1, by the document for programs."""
    answer = client.get("/api/v1/map", params={"library": "named"})
    while answer.status_code == 202:
        answer = client.get("/api/v1/map", params={"library": "named"})
    points = np.array(answer.json()["points"])
    return (points - points.min(axis=0)) / np.ptp(points, axis=0).max()


def opened(page: "playwright.Page", address: str, more: str = "") -> None:
    page.goto(f"{address}/?view=map&library=named&arranged=pca{more}")
    page.locator(".legend").wait_for()


def ask(page: "playwright.Page", what: str, *given: object) -> object:
    """Asks the picture something: a function of the stage and of what is given."""
    return page.evaluate(
        f"async (given) => {{ const {{ stage }} = await import('/page/map/view.js');"
        f" return ({what})(stage, ...given); }}",
        list(given),
    )


def pixels(page: "playwright.Page", places: np.ndarray) -> np.ndarray:
    """Where places of the map are on the screen."""
    box = page.locator(".ink").bounding_box()
    found = ask(page, "(stage, all) => all.map(([x, y]) => stage.at(x, y))", places.tolist())
    return np.array(found) + np.array([box["x"], box["y"]])


def away_from_panels(page: "playwright.Page", spots: np.ndarray) -> np.ndarray:
    """The rows of those spots that nothing covers."""
    hit = "([x, y]) => document.elementFromPoint(x, y)?.className === 'ink'"
    return np.flatnonzero(page.evaluate(f"(all) => all.map({hit})", spots.tolist()))


def test_a_click_opens_the_track_that_is_there_with_lines_to_its_neighbors(
    browser: "playwright.Browser", address: str, api: Library, ground: np.ndarray
) -> None:
    with faultless(browser, expected="404") as page:  # for spectrograms: there is no audio
        opened(page, address)
        spots = pixels(page, ground)
        free = away_from_panels(page, spots)
        gaps = np.linalg.norm(spots[free, None] - spots[None], axis=2)
        gaps[np.arange(len(free)), free] = np.inf
        row = int(free[gaps.min(axis=1).argmax()])  # no other is as near
        page.mouse.click(*spots[row])
        title = page.locator(".side h2")
        playwright.expect(title).to_have_text(str(api.tracks["title"].iloc[row]))
        expected = api.neighbors(row, 10)
        playwright.expect(page.locator(".side .rows li")).to_have_count(10)
        shown = page.locator(".side .rows .title").all_text_contents()
        assert shown == [item.track.title for item in expected]
        rows = [api.collection.row_of(str(item.track.track_id)) for item in expected]
        assert ask(page, "(stage) => stage.rays") == rows
        page.get_by_role("link", name="More like this").click()
        page.wait_for_url(f"**track=t{row}")
        gone = page.locator(".asked .spectrogram .wrong")
        playwright.expect(gone).to_contain_text("is gone")

        # Whoever goes on by keys is not sent back to the beginning.
        items = page.locator(".neighbor")
        page.get_by_role("button", name="Show more").press("Enter")
        playwright.expect(items).to_have_count(40)
        playwright.expect(items.nth(20).locator("button").first).to_be_focused()
        page.get_by_text("Which come first").click()
        option = page.get_by_label("Other artists only")
        option.press("Space")
        page.wait_for_url("**other_artists=1")
        playwright.expect(option).to_be_checked()
        playwright.expect(option).to_be_focused()
        playwright.expect(items).to_have_count(20)
        items.last.get_by_role("button", name="More like this").press("Enter")
        page.wait_for_url("**track=*")
        assert page.evaluate("scrollY") == 0


def test_a_lasso_is_a_playlist_of_the_tracks_within(
    page: "playwright.Page", address: str, api: Library, ground: np.ndarray
) -> None:
    opened(page, address)
    spots = pixels(page, ground)
    free = away_from_panels(page, spots)
    middle = np.median(spots[free], axis=0)
    turn = np.linspace(0, 2 * np.pi, 24)[:-1]
    star = 110 + 40 * np.cos(5 * turn)  # not convex
    corners = middle + star[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    page.get_by_role("button", name="Draw around").click()
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner)
    page.mouse.up()
    inside = np.flatnonzero(Outline(corners).contains_points(spots))
    assert 10 < len(inside) < len(spots) / 2
    page.get_by_role("button", name=f"Add all {len(inside)} to").click()
    listed = page.locator("#playlist .title").all_text_contents()
    assert sorted(listed) == sorted(api.tracks["title"].iloc[inside])


def test_colors_follow_a_concept_and_differ_in_lightness(
    page: "playwright.Page", address: str, api: Library, ground: np.ndarray
) -> None:
    opened(page, address, "&color=piano")
    values = api.collection.concepts["piano"].to_numpy()
    codes = np.array(ask(page, "(stage) => [...stage.codes]"))
    assert (np.diff(codes[np.argsort(values, kind="stable")]) >= 0).all()
    assert (codes.min(), codes.max()) == (0, 254)
    page.locator(".look select").first.select_option("centroid_hz")
    page.wait_for_url("**color=centroid_hz**")
    playwright.expect(page.locator(".legend")).to_contain_text("unknown (120)")
    page.locator(".look select").first.select_option("artist")
    named = api.tracks["artist"].value_counts()[:8].sum()
    others = f"gray: all others ({len(api.tracks) - named})"
    playwright.expect(page.locator(".look")).to_contain_text(others)
    page.locator(".look select").first.select_option("centroid_hz")
    playwright.expect(page.locator(".legend")).to_contain_text("unknown (120)")
    for scheme, way in (("light", -1), ("dark", 1)):
        page.emulate_media(color_scheme=scheme)
        ramp = page.evaluate(
            "async () => (await import('/page/map/colors.js'))"
            ".paletteOf({labels: []}).slice(0, 255)"
        )
        lightness = np.array(ramp) @ [0.2126, 0.7152, 0.0722]
        assert (way * np.diff(lightness) >= -0.6).all()  # but for rounding to whole numbers
        assert abs(lightness[-1] - lightness[0]) > 100


def test_a_path_is_that_of_the_library_and_a_link(
    page: "playwright.Page", address: str, api: Library
) -> None:
    opened(page, address, "&track=t3&track=t200")
    path = api.interpolate("t3", "t200")
    titles = [api.tracks["title"].iloc[3], *(item.track.title for item in path)]
    playwright.expect(page.locator(".side .rows li")).to_have_count(len(titles))
    assert page.locator(".side .rows .title").all_text_contents() == titles
    rows = [3, *(api.collection.row_of(str(item.track.track_id)) for item in path)]
    assert ask(page, "(stage) => stage.path") == rows
    page.keyboard.press("Escape")
    playwright.expect(page.locator(".side")).to_be_hidden()


def test_keys_and_the_list_of_the_nearest_do_without_a_mouse(
    page: "playwright.Page", address: str, api: Library, ground: np.ndarray
) -> None:
    opened(page, address)
    page.locator(".ink").focus()
    for key in ("ArrowLeft", "ArrowUp", "+", "+"):
        page.keyboard.press(key)
    place = np.array(ask(page, "(stage) => stage.placeAt(...stage.middle)"))
    nearest = np.argsort(np.linalg.norm(ground - place, axis=1))
    names = api.tracks["artist"] + " \N{EN DASH} " + api.tracks["title"]
    listed = page.locator(".near button")
    playwright.expect(listed).to_have_text(names.iloc[nearest[:8]].tolist())
    playwright.expect(page.locator("#said")).to_contain_text(names.iloc[nearest[0]])
    page.keyboard.press("Enter")
    title = page.locator(".side h2")
    playwright.expect(title).to_have_text(str(api.tracks["title"].iloc[nearest[0]]))
    listed.nth(2).focus()
    page.keyboard.press("Enter")
    playwright.expect(title).to_have_text(str(api.tracks["title"].iloc[nearest[2]]))


def test_what_is_searched_for_stands_out(
    page: "playwright.Page", address: str, api: Library
) -> None:
    opened(page, address)
    page.locator("#search").press_sequentially("piece 11")
    found = np.sort(api.collection.name_search.find("piece 11"))
    shown = "(stage) => stage.shown && [...stage.shown].flatMap((one, row) => (one ? [row] : []))"
    for _ in range(100):
        if ask(page, shown) == found.tolist():
            break
        page.wait_for_timeout(50)
    assert ask(page, shown) == found.tolist()

    page.locator("#search").fill("calm piano")
    page.keyboard.press("Enter")
    playwright.expect(page.locator(".side h2")).to_have_text("“calm piano”")
    alike = api.neighbors(like="calm piano", k=100, explain=False)
    listed = page.locator(".side .rows .title").all_text_contents()
    assert listed == [item.track.title for item in alike]
    rows = [api.collection.row_of(str(item.track.track_id)) for item in alike]
    assert ask(page, shown) == sorted(rows)
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    playwright.expect(page.locator(".side")).to_be_hidden()
    assert ask(page, "(stage) => stage.shown") is None


def test_listening_is_off_until_it_is_switched_on(
    page: "playwright.Page", address: str, heard: Library
) -> None:
    page.goto(f"{address}/?view=map&arranged=pca")
    page.locator(".legend").wait_for()
    points = ask(page, "({ points }) => [...points.x].map((x, row) => [x, points.y[row]])")
    spots = pixels(page, np.array(points))
    row = int(away_from_panels(page, spots)[0])
    page.mouse.move(*spots[row])
    tip = page.locator(".tip")
    playwright.expect(tip).to_contain_text(str(heard.tracks["title"].iloc[row]))
    playwright.expect(page.locator(".player")).to_be_hidden()
    page.get_by_role("button", name="Hover to listen").click()
    page.mouse.move(*spots[row])
    playwright.expect(page.locator(".player .time")).to_contain_text("0:0")
    playwright.expect(page.locator(".player .title")).to_contain_text(
        str(heard.tracks["title"].iloc[row])
    )
