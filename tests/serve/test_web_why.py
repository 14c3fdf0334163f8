"""Why, listening and steering, as somebody does it in a browser."""

import re
from typing import Any

import pytest
from fastapi import FastAPI

from specrec.recommend.library import Library
from tests.serve.browser import faultless, in_browser, running

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
expect = playwright.expect

pytestmark = in_browser
Page = Any  # playwright.Page, which need not be installed


def open_why(page: "Page", address: str, library: Library, row: int = 3) -> "Page":
    """Opens a track's first neighbor, and gives what explains it."""
    page.goto(f"{address}/?track={library.tracks['track_id'].iloc[row]}")
    page.locator(".neighbor .small").first.click()
    why = page.locator(".why").first
    why.locator(".matrix").wait_for()
    return why


def clock(span: "list[float]") -> str:
    start, end = (f"{round(second) // 60}:{round(second) % 60:02d}" for second in span)
    return f"{start}–{end}"  # noqa: RUF001


def test_a_click_on_a_cell_plays_both_passages(page: "Page", address: str, heard: Library) -> None:
    why = open_why(page, address, heard)
    (near,) = heard.neighbors(3, 1)
    windows = heard.explain(3, str(near.track.track_id)).windows
    assert windows is not None
    rows, columns = windows.values.shape
    grid = why.locator(".matrix")
    box = grid.bounding_box()
    grid.click(position={"x": box["width"] * 0.5 / columns, "y": box["height"] * 1.5 / rows})
    told = why.locator(".readout").text_content()
    spans = clock(windows.query_spans[1].tolist()), clock(windows.neighbor_spans[0].tolist())
    assert told.startswith(f"{spans[0]} with {spans[1]}")
    adds = windows.values[1, 0] / windows.values.size
    assert float(told.split()[-1]) == pytest.approx(adds, abs=5e-5)
    title = page.locator(".player .title")
    expect(title).to_have_text(re.compile(re.escape(str(heard.tracks["title"].iloc[3]))))
    started = round(windows.query_spans[1, 0])
    expect(page.locator(".player .time")).to_have_text(re.compile(f"^0:0[{started + 1}-9]"))
    near_its_end = float(windows.query_spans[1, 1]) - 0.2
    page.locator(".player").get_by_label("Position").fill(str(near_its_end))
    expect(title).to_contain_text(near.track.title)

    # The same by keys, and then both at once: each playhead moves.
    grid.focus()
    grid.press("ArrowRight")
    column = windows.neighbor_spans[1].tolist()
    expect(why.locator(".readout")).to_contain_text(f"{spans[0]} with {clock(column)}")
    grid.press("Shift+Enter")
    expect(title).to_have_text(re.compile("^Left: .* Right: "))
    heads = why.locator(".playhead")
    places = heads.evaluate_all("heads => heads.map((head) => parseFloat(head.style.left))")
    page.wait_for_function(
        "([one, other]) => { const now = [...document.querySelectorAll('.why .playhead')]"
        ".map((head) => parseFloat(head.style.left));"
        " return now[0] > one + 2 && now[1] > other + 2; }",
        arg=places,
    )


def test_reasons_cells_and_another_track(page: "Page", address: str, heard: Library) -> None:
    why = open_why(page, address, heard)
    (near,) = heard.neighbors(3, 1)
    match = heard.explain(3, str(near.track.track_id))
    located = [item for item in match.explanation.reasons if item.query_passages]
    buttons = why.locator(".reasons button")
    assert buttons.count() == len(located)
    if located:
        buttons.first.focus()
        first = located[0]
        assert first.query_passages is not None
        assert first.neighbor_passages is not None
        spans = [*first.query_passages.spans, *first.neighbor_passages.spans]
        assert why.locator(".glow").count() == len(spans)

    why.get_by_text("Why this one and not another?").click()
    other = heard.neighbors(3, 3)[2].track
    why.get_by_role("combobox").press_sequentially(other.title[:8])
    why.get_by_role("option", name=other.title).first.click()
    lead = match.similarity - heard.explain(3, str(other.track_id)).similarity
    total = why.locator(".what-if .total .number")
    assert float(total.text_content().replace("\N{MINUS SIGN}", "-")) == pytest.approx(
        lead, abs=6e-4
    )

    color = why.get_by_role("button", name="Color what adds to it")
    color.click()
    expect(why.locator("canvas.cells")).to_have_count(2)
    color.click()
    expect(why.locator("canvas.cells")).to_have_count(0)


def test_seeking_and_the_keys_of_the_player(page: "Page", address: str, heard: Library) -> None:
    page.goto(f"{address}/?track={heard.tracks['track_id'].iloc[0]}")
    frame = page.locator(".asked .spectrogram")
    length = heard.tracks["duration_seconds"].iloc[0]
    frame.click(position={"x": frame.bounding_box()["width"] / 2, "y": 20})
    time = page.locator(".player .time")
    expect(time).to_have_text(re.compile(f"^0:0[{int(length / 2)}-{int(length / 2) + 3}]"))
    assert frame.locator(".playhead").is_visible()
    page.locator("h1").click()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name=re.compile("^Play")).first).to_be_visible()
    stands = time.text_content()
    page.keyboard.press("ArrowLeft")
    expect(time).not_to_have_text(stands)
    assert time.text_content() < stands
    page.keyboard.press("Space")
    expect(page.locator(".player .round").first).to_have_attribute(
        "aria-label", re.compile("^Pause")
    )


def test_filters_leave_what_they_say(page: "Page", address: str, heard: Library) -> None:
    page.goto(f"{address}/?track={heard.tracks['track_id'].iloc[5]}")
    page.get_by_text("Only some tracks").click()
    box = page.get_by_label("With much of …")
    text = box.locator("option").nth(1).text_content()
    where = box.locator("option").nth(1).get_attribute("value")
    box.select_option(index=1)
    page.wait_for_url("**filter=*")
    left = int(heard.collection.matching(where).sum())
    assert text.endswith(f"({left})")
    expect(page.locator("summary .remark").first).to_have_text(re.compile(f"^{left} tracks?$"))
    expected = [item.track.title for item in heard.neighbors(5, 20, where=where, explain=False)]
    expect(page.locator(".neighbor h2 .title")).to_have_text(expected)

    out = next(item.track for item in heard.neighbors(5, 11) if item.track.title not in expected)
    page.get_by_text("Is a track missing?").click()
    page.get_by_label("Its title, artist or file").fill(out.title)
    page.keyboard.press("Enter")
    told = page.locator(".standings li").filter(has_text=out.title).first
    expect(told).to_contain_text(f"The filter leaves it out: {where}.")


def test_a_slider_says_what_it_costs(page: "Page", address: str, heard: Library) -> None:
    asked = str(heard.tracks["track_id"].iloc[5])
    page.goto(f"{address}/?track={asked}&steer=piano:3")
    turned = heard.neighbors(5, 10, steer={"piano": 3}, explain=False)
    rows = {item.track.track_id: item.similarity for item in heard.neighbors(5, 11, explain=False)}
    before = sum(item.similarity for item in heard.neighbors(5, 10, explain=False)) / 10
    after = sum(rows[item.track.track_id] for item in turned) / 10
    expect(page.locator(".cost")).to_have_text(
        f"The first ten are {after:.2f} similar on average; without the sliders {before:.2f}."
    )


def test_what_is_gone_is_said_at_its_place(
    browser: "playwright.Browser", address: str, heard: Library
) -> None:
    root = heard.collection.audio_root
    file = root / heard.tracks["path"].iloc[7]
    track = heard.tracks["track_id"].iloc[7]
    file.rename(file.with_suffix(".away"))
    try:
        with faultless(browser, expected="404") as page:
            page.goto(f"{address}/?track={track}&track=vanished")
            expect(page.locator(".gone")).to_contain_text("no track has the id 'vanished'")
            expect(page.locator(".asked .spectrogram .wrong")).to_contain_text("is gone")
            page.locator(".asked .large").click()
            expect(page.locator(".player .wrong")).to_contain_text("is gone")
            page.locator(".gone button").click()
            expect(page.locator(".neighbor h2 .title").first).to_be_visible()
    finally:
        file.with_suffix(".away").rename(file)


def test_a_file_that_is_no_music_is_said_where_it_would_play(
    browser: "playwright.Browser", address: str, heard: Library
) -> None:
    file = heard.collection.audio_root / heard.tracks["path"].iloc[8]
    music = file.read_bytes()
    file.write_bytes(b"These are words, not music. " * 500)
    try:
        with faultless(browser, expected="422") as page:
            page.goto(f"{address}/?track={heard.tracks['track_id'].iloc[8]}")
            page.locator(".asked .large").click()
            expect(page.locator(".player .wrong")).to_contain_text("can't decode")
            expect(page.locator(".asked .spectrogram .wrong")).to_contain_text("finds audio")
    finally:
        file.write_bytes(music)


def test_the_page_waits_for_a_server_that_is_away(
    browser: "playwright.Browser", served: FastAPI, heard: Library
) -> None:
    with faultless(browser, expected="ERR_CONNECTION_REFUSED") as page:
        with running(served) as address:
            page.goto(f"{address}/?track={heard.tracks['track_id'].iloc[2]}")
            page.locator(".neighbor").first.wait_for()
        page.get_by_role("button", name="More like this").first.click()
        expect(page.locator(".away")).to_be_visible()
        near = heard.neighbors(2, 1)[0].track.title
        with running(served, int(address.rpartition(":")[2])):
            expect(page.locator("h1")).to_have_text(f"Sounds like {near}, and why")
            expect(page.locator(".away")).to_have_count(0)
            # Pictures are asked for again, too.
            expect(page.locator(".asked .spectrogram .wrong")).to_be_hidden()


def test_all_goes_by_keys_on_a_phone(
    browser: "playwright.Browser", address: str, heard: Library
) -> None:
    size = {"width": 390, "height": 844}
    with faultless(browser, viewport=size, has_touch=True) as page:
        page.goto(address)
        page.keyboard.press("/")
        page.keyboard.type(str(heard.tracks["title"].iloc[3])[:6])
        page.get_by_role("option").first.wait_for()
        ground = "all => new Set(all.map((one) => getComputedStyle(one).backgroundColor)).size"
        assert page.get_by_role("option").evaluate_all(ground) == 1
        page.keyboard.press("ArrowDown")
        assert page.get_by_role("option").evaluate_all(ground) == 2  # the marked one stands out
        page.keyboard.press("Enter")
        page.locator(".neighbor").first.wait_for()

        def tab_to(selector: str) -> None:
            for _ in range(80):
                page.keyboard.press("Tab")
                if page.evaluate(f"document.activeElement.matches({selector!r})"):
                    return
            raise AssertionError(f"no key leads to {selector}")

        tab_to(".neighbor .small")
        page.keyboard.press("Enter")
        page.locator(".matrix").wait_for()
        tab_to(".matrix")
        page.keyboard.press("Enter")
        expect(page.locator(".player .time")).to_have_text(re.compile("^0:0[1-9]"))
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        small = page.locator(".neighbor .actions button, .player button").evaluate_all(
            "all => all.filter((one) => one.getBoundingClientRect().height < 24).length"
        )
        assert small == 0  # WCAG 2.2, target size
