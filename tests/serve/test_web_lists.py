"""Playlists and the library's own page, used in a browser."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from specrec.index.maintenance import library_status, open_generation, remove_tracks
from specrec.recommend.library import Library
from specrec.serve.app import make_app
from specrec.serve.playlists import Playlists
from specrec.serve.settings import ServeSettings
from specrec.serve.shelf import Shelf
from tests.serve.browser import faultless, in_browser, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
playwright.expect.set_options(timeout=60_000)
pytestmark = in_browser


@pytest.fixture(autouse=True)
def no_playlists(heard: Library) -> Iterator[None]:
    """Playlists of one test are not there in the next."""
    yield
    shutil.rmtree(heard.collection.folder / "playlists", ignore_errors=True)


def _collect(page: "Page", address: str, heard: Library, count: int) -> list[str]:
    """Adds the first neighbors of a track to the playlist, opens its view; their titles."""
    page.goto(f"{address}/?track={heard.tracks['track_id'].iloc[0]}")
    adders = page.locator(".neighbor > .plain")
    for place in range(count):
        adders.nth(place).click()
    page.get_by_role("link", name="Playlists").click()
    titles = [item.track.title for item in heard.neighbors(0, count)]
    assert _titles(page) == titles
    return titles


def _titles(page: "Page") -> list[str]:
    playwright.expect(page.locator(".entries")).to_be_visible()
    return page.locator(".entries .title").all_text_contents()


def _save(page: "Page", name: str) -> None:
    page.get_by_label("Name of the playlist").fill(name)
    page.get_by_role("button", name="Save", exact=True).click()
    playwright.expect(page.locator(".shelf").get_by_text(name)).to_be_visible()


def _drag(page: "Page", grip: "Locator", onto: "Locator") -> None:
    start, end = grip.bounding_box(), onto.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + 5, end["y"] + end["height"] / 2, steps=5)
    page.mouse.up()


def test_a_playlist_is_ordered_undone_saved_and_opened_elsewhere(
    page: "Page", browser: "Browser", address: str, heard: Library
) -> None:
    a, b, c, d = _collect(page, address, heard, 4)
    seconds = sum(round(item.track.duration_seconds or 0) for item in heard.neighbors(0, 4))
    assert f"4 tracks, {seconds // 60}:{seconds % 60:02}" in str(
        page.locator(".list-head .byline").text_content()
    )
    grips = page.locator(".grip")
    grips.nth(0).focus()
    page.keyboard.press("ArrowDown")
    assert _titles(page) == [b, a, c, d]
    page.keyboard.press("End")  # the keyboard is still at the same track
    assert _titles(page) == [b, c, d, a]
    _drag(page, grips.nth(3), page.locator(".entries li").nth(0))
    assert _titles(page) == [a, b, c, d]
    _drag(page, grips.nth(0), page.locator(".entries li").nth(2))
    assert _titles(page) == [b, c, a, d]
    page.locator(".entries li").nth(1).get_by_role("button", name="Remove").click()
    assert _titles(page) == [b, a, d]
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert _titles(page) == [a, b, c, d]
    page.get_by_role("button", name="Redo").click()
    assert _titles(page) == [b, c, a, d]

    _save(page, "Sunday")
    (kept,) = Playlists(heard.collection.folder).all()
    for kind in ("m3u8", "jspf"):
        page.locator(".menu summary").click()
        with page.expect_download() as download:
            page.get_by_role("button", name=kind.upper()).click()
        route = f"{address}/api/v1/playlists/{kept.id}/playlist.{kind}?library=heard"
        written, expected = download.value.path().read_text(), page.request.get(route).text()
        page.locator(".menu summary").click()
        assert download.value.suggested_filename == f"Sunday.{kind}"
        if kind == "jspf":
            assert json.loads(written) == json.loads(expected)
        else:
            assert written.strip() == expected.strip()
    page.reload()
    assert _titles(page) == [b, c, a, d]
    playwright.expect(page.locator(".state")).to_have_text("Saved")
    with faultless(browser, locale="en") as other:  # which has nothing stored
        other.goto(f"{address}/?view=playlists")
        other.locator(".shelf").get_by_role("button", name=re.compile("^Sunday")).click()
        assert _titles(other) == [b, c, a, d]


def test_a_list_that_was_changed_elsewhere_is_not_overwritten(
    browser: "Browser", address: str, heard: Library
) -> None:
    store = Playlists(heard.collection.folder)
    with faultless(browser, "412") as page:
        _collect(page, address, heard, 2)
        _save(page, "Mine")
        (kept,) = store.all()
        body = {"name": "Theirs", "track_ids": list(kept.track_ids[:1])}
        page.request.put(f"{address}/api/v1/playlists/{kept.id}", data=body)
        page.locator(".entries li").nth(0).get_by_role("button", name="Remove").click()
        page.get_by_role("button", name="Save", exact=True).click()
        notice = page.locator(".notice")
        playwright.expect(notice).to_contain_text("was changed elsewhere")
        assert [one.name for one in store.all()] == ["Theirs"]
        notice.get_by_role("button", name="Save mine as a new one").click()
        playwright.expect(notice).to_be_hidden()
        assert {one.name: one.track_ids for one in store.all()} == {
            "Mine": kept.track_ids[1:],
            "Theirs": kept.track_ids[:1],
        }
        page.get_by_role("button", name="Delete Theirs").click()
        playwright.expect(notice).to_contain_text("was deleted")
        assert [one.name for one in store.all()] == ["Mine"]
        notice.get_by_role("button", name="Undo").click()
        playwright.expect(page.locator(".shelf").get_by_text("Theirs")).to_be_visible()


def test_a_playlist_plays_through(page: "Page", address: str, heard: Library) -> None:
    first, second = _collect(page, address, heard, 2)
    page.get_by_role("button", name="Play", exact=True).click()
    title = page.locator(".player .title")
    playwright.expect(title).to_contain_text(first)
    playwright.expect(page.locator(".player .time")).to_contain_text(re.compile("^0:0[1-9]"))
    page.locator(".player").get_by_label("Position").fill("10.5")
    playwright.expect(title).to_contain_text(second)
    playwright.expect(page.locator(".entries .plays .title")).to_have_text(second)


def test_a_journey_and_suggestions_are_those_of_the_interface(
    page: "Page", address: str, heard: Library
) -> None:
    ids = heard.tracks["track_id"]
    page.goto(f"{address}/?view=playlists&track={ids.iloc[1]}&track={ids.iloc[7]}")
    page.locator(".way li").first.wait_for()
    path = heard.interpolate(1, 7, 8)
    expected = [heard.resolve(1).track.title, *(step.track.title for step in path)]
    assert page.locator(".way .title").all_text_contents() == expected
    said = [step.explanation.sentence for step in path if step.explanation]
    assert page.locator(".way .sentence").all_text_contents() == said
    page.get_by_role("button", name="Put it into the playlist").click()
    assert _titles(page) == expected

    page.get_by_role("button", name="Suggest tracks").click()
    page.locator(".fill li").first.wait_for()
    there = [heard.resolve(1), *(heard.resolve(str(step.track.track_id)) for step in path)]
    near = [item.track.title for item in heard.neighbors(there, 10)]
    assert not {*near} & {*expected}
    assert page.locator(".fill .title").all_text_contents() == near
    page.locator(".fill li").nth(0).get_by_role("button", name="Add").click()
    assert _titles(page) == [*expected, near[0]]
    page.locator(".fill").get_by_role("button", name="Add all").click()
    assert _titles(page) == [*expected, *near]
    page.get_by_role("button", name="Undo").click()
    assert _titles(page) == [*expected, near[0]]


@pytest.fixture
def spoiled(heard: Library, tmp_path: Path) -> Library:
    """A library in which a recording is there twice, and a file can't be used."""
    music, folder = tmp_path / "music", tmp_path / "spoiled"
    shutil.copytree(heard.collection.audio_root, music)
    shutil.copytree(heard.collection.folder, folder)
    parts = [soundfile.read(music / path) for path in heard.tracks["path"].iloc[2:4]]
    joined = np.concatenate([samples for samples, _ in parts])
    for name in ("once.flac", "twice.wav"):
        soundfile.write(music / name, joined, parts[0][1])
    (music / "broken.mp3").write_bytes(b"no sound in it")
    return Library.build(music, folder, workers=1)


def _look_until(page: "Page", tracks: str) -> None:
    """Lets the page look again until it shows that many tracks."""
    shown = page.locator(".figures dd").first
    for _ in range(300):
        if shown.text_content() == tracks:
            break
        page.clock.fast_forward(3000)
        page.wait_for_timeout(100)
    playwright.expect(shown).to_have_text(tracks)


def test_the_librarys_page_shows_what_python_knows_and_takes_decisions(
    browser: "Browser", spoiled: Library
) -> None:
    folder = spoiled.collection.folder
    assert len(open_generation(folder).duplicates) == 1
    app = make_app(Shelf([folder]), ServeSettings())
    with running(app) as address, faultless(browser) as page:
        page.clock.install()  # so that what looks every few seconds need not be waited for
        page.goto(f"{address}/?view=library")
        figures = page.locator(".figures div")
        figures.first.wait_for()
        shown = dict(line.split("\n") for line in figures.all_inner_texts())
        status = library_status(folder)
        assert (shown["tracks"], shown["duplicate"]) == (f"{status.tracks}", "1")
        assert (status.skipped, shown["file skipped"]) == ({"not_audio": 1}, "1")
        assert shown["minutes of audio"] == f"{60 * status.hours:.0f}"
        card = open_generation(folder).card
        assert card is not None
        in_training = [name for name in card.figures if name.startswith("valid/")]
        told = page.locator('[data-part="figures"] table').last.locator("tr")
        playwright.expect(told).to_have_count(len(in_training))
        files = page.get_by_label("Files that need a look").first
        files.get_by_label("Find a file").fill("BROKEN")
        playwright.expect(files.locator("li")).to_have_count(1)
        playwright.expect(files.locator("li")).to_contain_text("broken.mp3")
        files.get_by_label("Find a file").fill("x")
        playwright.expect(files.locator("li")).to_have_count(0)

        copies = page.locator(".copies li")
        assert [text.split()[0] for text in copies.locator(".byline").all_text_contents()] == [
            "once.flac", "twice.wav",
        ]  # fmt: skip
        page.get_by_role("button", name="Switch between them").click()
        playwright.expect(page.locator(".player .time")).to_contain_text(re.compile("^0:0[1-9]"))
        page.get_by_role("button", name="Keep this one: once.flac").click()
        playwright.expect(page.locator(".copies")).to_have_count(0)
        playwright.expect(page.locator(".figures dd").first).to_have_text("13")
        (gone,) = {*spoiled.tracks["path"]} - {*open_generation(folder).tracks["path"]}
        assert gone == "twice.wav"
        page.get_by_role("button", name="Put back").click()
        playwright.expect(page.locator(".copies li")).to_have_count(2)
        assert open_generation(folder).tracks["path"].tolist() == spoiled.tracks["path"].tolist()

        ids = spoiled.tracks.set_index("path")["track_id"]
        other = ids[spoiled.collection.tracks["path"].iloc[0]]
        page.goto(f"{address}/?view=playlists&track={ids['once.flac']}&track={other}")
        page.get_by_role("button", name="Put it into the playlist").click()
        page.get_by_role("button", name="Suggest tracks").click()
        page.locator(".fill li").first.wait_for()
        copy = spoiled.neighbors(ids["once.flac"], 1, duplicates=True)[0].track
        assert copy.track_id == ids["twice.wav"]
        assert copy.title not in page.locator(".fill .title").all_text_contents()
        page.get_by_role("link", name="Library").click()
        playwright.expect(page.locator(".copies li")).to_have_count(2)

        # Somebody else changes the library.
        remove_tracks(folder, [spoiled.tracks["track_id"].iloc[5]])
        _look_until(page, "13")
        playwright.expect(page.locator("#said")).to_have_text(re.compile("has changed"))
        remove_tracks(folder, [ids["once.flac"]])
        _look_until(page, "12")
        page.get_by_role("link", name="Playlists").click()
        notice = page.locator(".notice")
        playwright.expect(notice).to_contain_text("no longer in the library: once")
        notice.get_by_role("button", name="Take out").click()
        assert "once" not in _titles(page)
