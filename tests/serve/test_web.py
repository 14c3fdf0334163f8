"""The explorer: its files, and what happens when somebody uses it in a browser."""

import re
from urllib.parse import urljoin

import pytest
from fastapi.testclient import TestClient

from specrec.descriptors.vocabulary import noun
from specrec.recommend.library import Library
from tests.serve.browser import in_browser

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")


def test_all_parts_are_served_and_come_from_here_alone(client: TestClient) -> None:
    todo, parts = ["/"], {}
    while todo:
        path = todo.pop()
        answer = client.get(path)
        assert answer.status_code == 200, path
        parts[path] = answer.text
        known = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (known.status_code, known.content) == (304, b"")
        named = re.findall(r'(?:src|href)="(/page/[\w./]+)', answer.text)
        named += [urljoin(path, name) for name in re.findall(r'from "([\w./]+)"', answer.text)]
        todo += sorted({*named} - parts.keys() - {*todo})
    assert {"/", "/page/main.js", "/page/player.js", "/page/style.css"} <= parts.keys()
    assert sum(map(len, parts.values())) < 300_000
    links = re.findall(r"https?://[^\s\"'<)]+", "".join(parts.values()))
    assert {*links} <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<script(?! type=\"module\" src)|\son\w+=|\sstyle=", parts["/"])


@in_browser
def test_search_listen_and_ask_why(page: "playwright.Page", address: str, heard: Library) -> None:
    asked = heard.tracks.iloc[3]
    page.goto(address)
    held: list[playwright.Route] = []
    page.route("**/tracks?q=*", lambda route: held.append(route))
    page.locator("#search").fill(asked["title"].lower())
    page.keyboard.press("Enter")  # which takes what fits these words, though it is not there yet
    while not held:
        page.wait_for_timeout(10)
    held[0].continue_()
    expected = heard.neighbors(3, 11)
    page.locator(".neighbor").first.wait_for()
    shown = page.locator(".neighbor h2 .title").all_text_contents()
    assert shown == [neighbor.track.title for neighbor in expected]
    assert page.locator(".neighbor .sentence").first.text_content() == (
        expected[0].explanation.sentence if expected[0].explanation else None
    )

    # What matters most in the list has a color of its own, in the bars and over time.
    marked = "all => all.map((one) => [one.textContent, one.className])"
    *colors, (_, rest) = page.locator(".bar-key li").evaluate_all(marked)
    sums: dict[str, float] = {}
    for item in expected:
        assert item.explanation is not None
        parts = [part for part in item.explanation.contributions if part.value > 0]
        for part in parts[:5]:
            sums[part.feature] = sums.get(part.feature, 0) + part.value
    most = sorted(sums, key=lambda feature: -sums[feature])[:8]
    assert [text for text, _ in colors] == [noun(feature) for feature in most]
    assert len({kind for _, kind in colors} - {rest}) == 8
    bands = page.locator(".bands li").evaluate_all(marked)
    assert bands == [[text, dict(colors).get(text, rest)] for text, _ in bands]

    page.locator(".neighbor .small").first.click()
    page.locator(".why .hear").click()
    playwright.expect(page.locator(".player .time")).to_contain_text(re.compile("^0:0[1-9]"))
    first, second = page.locator(".why .spectrogram").all()
    assert first.locator(".playhead").is_visible()
    # At the end of the passage, which is of 5 s, the other track plays.
    windows = heard.explain(3, str(expected[0].track.track_id)).windows
    assert windows is not None
    most = windows.values.argmax() // windows.values.shape[1]  # of its windows adds most
    near_its_end = windows.query_spans[most, 1] - 0.2
    page.locator(".player").get_by_label("Position").fill(str(near_its_end))
    title = page.locator(".player .title")
    playwright.expect(title).to_contain_text(expected[0].track.title, timeout=60_000)
    assert second.locator(".playhead").is_visible()

    rows = page.locator(".sum tr:not(.total) .number").all_text_contents()
    total = page.locator(".sum .total .number").text_content()
    parts = sum(float(text.replace("\N{MINUS SIGN}", "-")) for text in rows)
    assert parts == pytest.approx(float(str(total)), abs=0.01)


@in_browser
def test_a_slider_asks_as_the_interface_does_and_is_a_link(
    page: "playwright.Page", address: str, heard: Library
) -> None:
    asked = heard.tracks["track_id"].iloc[5]
    page.goto(f"{address}/?track={asked}&steer=piano:2")
    page.locator(".neighbor").first.wait_for()
    turned = [item.track.title for item in heard.neighbors(5, 11, steer={"piano": 2})]
    assert page.locator(".neighbor h2 .title").all_text_contents() == turned
    slider = page.get_by_role("slider", name="piano")
    assert slider.input_value() == "2"
    slider.press("ArrowRight")
    page.wait_for_url("**steer=piano%3A3")
