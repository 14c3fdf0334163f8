import base64
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
from PIL import Image

from specrec.cli import app
from specrec.descriptors.features import PROPERTIES
from specrec.descriptors.vocabulary import WORDS
from specrec.errors import CatalogError, QueryError, SkipReason, SpecrecError
from specrec.recommend.library import Library
from specrec.report.page import build, contents
from specrec.report.page.build import PageSettings, build_page, make_section
from specrec.report.page.data import Unavailable
from specrec.report.page.media import Medium, make_medium, silence_rest
from specrec.report.page.neighbors import query_card, score_bars
from specrec.report.page.render import render, write_page
from specrec.report.page.tracks import TrackList
from tests.libraries import write_planted
from tests.pages import RATE, SECONDS, hostile_table, hz_of
from tests.report.conftest import Written
from tests.sounds import dominant_hz, tone, write

_VOID = {"meta", "link", "img", "br", "input", "hr"}


class Outline(HTMLParser):
    """What stands in a page; complains where an element is not closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID and not self.get_starttag_text().endswith("/>"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not (tag in ("path", "rect", "image") and self.open[-1:] != [tag]):
            assert self.open.pop() == tag

    def values(self, name: str) -> Iterator[str]:
        for _, attributes in self.elements:
            if attributes.get(name) is not None:
                yield str(attributes[name])


@pytest.mark.parametrize("name", ["library.html", "table.html"])
def test_a_page_is_sound_html_that_names_nothing_outside_itself(
    written: Written, name: str
) -> None:
    outline = Outline((written.folder / name).read_text())
    ids = Counter(outline.values("id"))
    assert max(ids.values()) == 1
    for attribute in ("for", "aria-labelledby", "aria-describedby"):
        assert set(outline.values(attribute)) <= set(ids)
    for attribute in ("src", "href", "action", "poster", "srcset", "data"):
        for value in outline.values(attribute):
            assert value.startswith("data:") or value[1:] in ids, value
    tags = Counter(tag for tag, _ in outline.elements)
    assert not tags.keys() & {"iframe", "object", "embed", "base", "b", "i"}
    style = re.search(r"<style>(.*?)</style>", (written.folder / name).read_text(), re.DOTALL)
    assert style is not None
    assert not re.search(r"url\(|@import", style[1])


@pytest.mark.parametrize("name", ["library.html", "table.html"])
def test_headings_descend_by_one_and_pictures_and_tables_are_named(
    written: Written, name: str
) -> None:
    outline = Outline((written.folder / name).read_text())
    levels = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))
    tags = [tag for tag, _ in outline.elements]
    assert tags.count("caption") == tags.count("table")
    for tag, attributes in outline.elements:
        if tag == "img":
            assert len(attributes["alt"] or "") > 10
        if attributes.get("role") == "img":
            assert attributes["aria-label"]
        if tag == "th":
            assert attributes["scope"] in ("row", "col")


def test_titles_stay_text(written: Written) -> None:
    html = (written.folder / "table.html").read_text()
    for text in ("<script>alert", "<img src=x", "<b onmouseover", "<i>rock"):
        assert text not in html
    outline = Outline(html)
    assert not any(
        name.startswith("on") for _, attributes in outline.elements for name in attributes
    )
    assert not isinstance(written.table.map, Unavailable)
    given = set(hostile_table()["track_name"])
    assert set(written.table.map.points["title"]) == given
    points = re.search(r'id="points">(.*?)</script>', html, re.DOTALL)
    assert points is not None
    assert set(json.loads(points[1])["title"]) == given


def test_bars_add_up_to_the_score_and_each_begins_where_the_last_ended(written: Written) -> None:
    library = Library.open(written.folder / "planted")
    for item in library.neighbors("t0", 4, in_full=True):
        explanation = item.explanation
        assert explanation is not None
        parts, zero = score_bars(explanation)
        *terms, total = parts
        assert sum(part.value for part in terms) == pytest.approx(explanation.similarity, abs=1e-12)
        assert [part.kind for part in parts].count("unnamed") == 1
        scale = total.width / abs(total.value)  # percent of the width a unit of the score
        end = 0.0
        for part in terms:
            left, right = sorted((end, end + part.value))
            assert part.start == pytest.approx(zero + scale * left)
            assert part.start + part.width == pytest.approx(zero + scale * right)
            end += part.value
        assert all(0 <= part.start <= part.start + part.width <= 100 for part in parts)
        by_name = {part.name: part.value for part in terms}
        assert by_name["residual"] == pytest.approx(explanation.residual)


def test_features_left_over_share_a_bar(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("specrec.report.page.neighbors._MOST_PARTS", 1)
    library = Library.open(written.folder / "planted")
    explanation = library.neighbors("t0", 1, in_full=True)[0].explanation
    assert explanation is not None
    parts, _ = score_bars(explanation)
    largest = max(explanation.contributions, key=lambda item: abs(item.value))
    rest = sum(item.value for item in explanation.contributions if item is not largest)
    assert parts[1].name == "other features"
    assert parts[1].value == pytest.approx(rest)


def test_the_window_matrix_is_that_of_the_match(written: Written) -> None:
    library = Library.open(written.folder / "planted")
    card_of_query = query_card(library, TrackList.of_library(library.collection), "t0", 2)
    for card in card_of_query.matches:
        other = card.tile.track.title.removeprefix("Piece ")
        windows = library.explain("t0", f"t{other}").windows
        drawn = card.matrix
        assert windows is not None
        assert drawn is not None
        pixels = np.asarray(Image.open(io.BytesIO(_decoded(drawn.picture))).convert("RGB"))
        assert pixels.shape[:2] == windows.values.shape == (drawn.rows, drawn.columns)
        redness = pixels[..., 0].astype(float) - pixels[..., 2]
        assert (np.sign(redness) == np.sign(windows.values))[abs(windows.values) > 0.1].all()
        left, top, width, height = drawn.best
        starts = top * drawn.rows * 5.0, left * drawn.columns * 5.0  # windows of 5 s, 20 s long
        passage = windows.passage.query_start, windows.passage.neighbor_start
        assert starts == pytest.approx(passage)
        assert (width, height) == (1 / drawn.columns, 1 / drawn.rows)


def test_pictures_and_excerpts_are_of_the_tracks_themselves(written: Written) -> None:
    assert isinstance(written.library.queries, list)
    tiles = [match.tile for asked in written.library.queries for match in asked.matches]
    assert len(tiles) == 6
    for tile in tiles:
        assert tile.file is not None
        hz = hz_of(int(tile.track.title.removeprefix("Piece ")))
        _check(written.library.media[tile.file], hz, SECONDS)


def test_of_a_long_track_the_middle_is_shown_and_its_middle_played(tmp_path: Path) -> None:
    parts = [tone(8.0, 400, RATE), tone(30.0, 600, RATE), tone(8.0, 900, RATE)]
    medium = make_medium(True, write(tmp_path / "long.wav", np.concatenate(parts), RATE))
    assert (medium.start_seconds, medium.end_seconds) == pytest.approx((8.0, 38.0), abs=0.01)
    _check(medium, 600, 8.0)


def _check(medium: Medium, hz: float, seconds: float) -> None:
    image = Image.open(io.BytesIO(_decoded(medium.picture)))
    assert image.size == (400, 128)
    brightness = np.asarray(image.convert("L"), float)[:, 50:350].mean(axis=1)
    assert 127 - brightness.argmax() == pytest.approx(_mel_band(hz), abs=2)
    assert medium.sound is not None
    samples, rate = sf.read(io.BytesIO(_decoded(medium.sound)))
    assert rate == RATE
    assert len(samples) / rate == pytest.approx(seconds, abs=0.2)
    assert dominant_hz(samples, rate) == pytest.approx(hz, abs=2)


def _mel_band(hz: float) -> float:
    """The one of 128 whose center on Slaney's scale is nearest: 15 mels reach to 1 kHz, and 27
    more to 6.4 kHz; below 1 kHz, where all of ours are, the scale is linear."""
    highest = 15 + 27 * np.log(11_025 / 1000) / np.log(6.4)
    return 15 * hz / 1000 / highest * 129 - 1


def _decoded(uri: str) -> bytes:
    kind, _, content = uri.partition(";base64,")
    assert kind.startswith("data:")
    return base64.b64decode(content, validate=True)


def test_sounds_are_bounded_and_the_first_are_kept() -> None:
    given = {Path(name): Medium("", "x" * 10, 0.0, 30.0) for name in "abcd"}
    kept = silence_rest(given, most=25)
    assert [item.sound is not None for item in kept.values()] == [True, True, False, False]
    assert silence_rest(given) == given


def test_without_audio_and_probe_every_section_is_there_or_says_why(tmp_path: Path) -> None:
    folder = write_planted(tmp_path / "bare", probe=False)
    page = build_page(folder, PageSettings(count=1, k=2))
    assert "files are not at hand" in page.media_note
    html = render(page)
    assert "specrec probe" in html
    assert 'class="play"' not in html
    assert isinstance(page.queries, list)
    assert all(match.bars == [] for match in page.queries[0].matches)


def test_a_broken_section_costs_no_other(
    written: Written, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("of sorts")

    monkeypatch.setattr(build, "pick_galleries", broken)
    monkeypatch.setattr(build, "explain_words", broken)
    path = tmp_path / "table.csv"
    hostile_table().to_csv(path, index=False)
    page = build_page(path, PageSettings(count=1, k=2))
    assert page.unavailable()["glossary"] == "The glossary failed: ZeroDivisionError: of sorts."
    assert page.galleries == Unavailable("The gallery failed: ZeroDivisionError: of sorts.")
    assert not isinstance(page.map, Unavailable)
    assert "of sorts" in render(page)


def test_a_feature_that_does_not_vary_costs_no_gallery(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    values = np.linspace(0.1, 0.9, 40)
    pd.DataFrame({"energy": 0.5, "acousticness": values, "loudness": -60 * values}).to_csv(path)
    page = build_page(path, PageSettings(count=1, k=2))
    assert isinstance(page.galleries, list)
    titles = [gallery.title for gallery in page.galleries]
    assert titles == ["Highest acousticness", "Low against high acousticness"]


def test_an_error_of_ours_is_its_own_sentence() -> None:
    def lacking() -> int:
        raise SpecrecError("no label; give another")

    assert make_section("It", lacking) == Unavailable("No label; give another.")


def test_the_map_keeps_shape_and_says_what_it_shows(written: Written) -> None:
    drawn = written.table.map
    assert not isinstance(drawn, Unavailable)
    points = drawn.points
    assert drawn.shown == drawn.total == len(points["title"]) == 60
    assert min(points["x"]) >= 0
    assert max(points["x"]) <= 1000
    views = {view["name"]: view for view in points["views"]}
    assert list(views)[:2] == ["cluster", "genre"]
    table = hostile_table()
    energy = dict(zip(points["title"], views["energy"]["values"], strict=True))
    for title, value in zip(table["track_name"], table["energy"], strict=True):
        assert energy[title] == pytest.approx(value, abs=0.0051)
    clusters = views["cluster"]["values"]
    genres = views["genre"]["values"]
    halves = {(first, second) for first, second in zip(clusters, genres, strict=True)}
    assert {first for first, _ in halves} == set(range(len(views["cluster"]["labels"])))
    assert len(halves) == len(views["cluster"]["labels"])  # planted: no cluster has both genres


def test_all_reasons_and_features_have_words() -> None:
    assert set(contents._SKIPPED) == set(SkipReason)
    assert set(PROPERTIES) <= set(WORDS)
    assert all(words.meaning for words in WORDS.values())


def test_bad_input_is_refused_in_one_line(written: Written, tmp_path: Path) -> None:
    folder = written.folder / "planted"
    with pytest.raises(CatalogError, match="no column mood"):
        build_page(folder, PageSettings(labels=("mood",)))
    with pytest.raises(QueryError, match="neither a file nor"):
        build_page(folder, PageSettings(queries=("no such thing",)))
    from click.testing import CliRunner

    result = CliRunner().invoke(app, ["report", str(folder), "-o", str(tmp_path / "page.pdf")])
    assert isinstance(result.exception, QueryError)
    assert "only HTML" in str(result.exception)


def test_a_written_page_has_the_size_that_is_told(written: Written, tmp_path: Path) -> None:
    path = tmp_path / "new" / "page.html"
    assert write_page(written.table, path) == path.stat().st_size < 300_000
