"""Takes the pictures of a server's page that are in docs/pictures.

    python benchmarks/page_pictures.py CORPUS_LIBRARY docs/pictures "Peer Gynt Morning"

A real Chromium opens a track, asks why its first neighbor was found, and plays the two passages
that are most alike; then it opens the map, colored by energy, and draws around tracks. Writes
`explorer.png` and `explorer_map.png`. Look at them: which tracks are within the circle depends on
the model.
"""

import math
import re
import shutil
from io import BytesIO
from pathlib import Path

import click
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright
from serve import running

from specrec.recommend.library import Library

CORNERS = 48  # of what is drawn around tracks
PLAYS, SETTLES, PATIENCE = 3000, 2000, 60_000  # ms
ARRANGED = """
async () => {
  const { stage } = await import("/page/map/view.js");
  while (stage.points.method !== "tsne") await new Promise((resolve) => setTimeout(resolve, 100));
}
"""
SOUND = "--autoplay-policy=no-user-gesture-required"


@click.command()
@click.argument("library", type=click.Path(path_type=Path))
@click.argument("output", type=click.Path(path_type=Path))
@click.argument("track")
@click.option("--around", type=(int, int), default=(970, 560), help="Where to draw, in pixels.")
@click.option("--radius", default=150, show_default=True, help="How far from there, in pixels.")
def main(library: Path, output: Path, track: str, around: tuple[int, int], radius: int) -> None:
    """Writes both pictures."""
    asked = Library.open(library).resolve(track).track
    program = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    with sync_playwright() as driver, running(library) as server:
        address = f"http://127.0.0.1:{server.port}"
        browser = driver.chromium.launch(
            executable_path=program, chromium_sandbox=False, args=[SOUND, "--mute-audio"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(f"{address}/?track={asked.track_id}")
        _ask_why(page)
        _save(page, output / "explorer.png")
        page = browser.new_page(viewport={"width": 1360, "height": 900})
        page.goto(f"{address}/?view=map&color=energetic")
        _draw_around(page, *around, radius)
        _save(page, output / "explorer_map.png")


def _ask_why(page: Page) -> None:
    """Opens the reasons for the first neighbor, and plays the most similar passages."""
    page.locator(".neighbor .small").first.click()
    why = page.locator(".why").first
    why.locator(".matrix").wait_for()
    why.get_by_role("button", name="Color what adds to it").click()
    expect(why.locator("canvas.cells")).to_have_count(2, timeout=PATIENCE)
    why.get_by_role("button", name="Hear one, then the other").click()
    page.wait_for_timeout(PLAYS)


def _draw_around(page: Page, x: int, y: int, radius: int) -> None:
    """Waits for the arrangement by neighbors, and draws a circle."""
    page.locator(".legend").wait_for()
    page.evaluate(ARRANGED)
    page.wait_for_timeout(SETTLES)
    page.get_by_role("button", name="Draw around").click()
    corners = [(x + radius * math.cos(t), y + radius * math.sin(t)) for t in _turn()]
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners:
        page.mouse.move(*corner)
    page.mouse.up()
    page.get_by_role("button", name=re.compile(r"^Add all \d+ to")).wait_for()
    page.mouse.move(700, 860)


def _save(page: Page, file: Path) -> None:
    """Writes what is shown, in 256 colors that keep those of the legend apart: half as large."""
    Image.open(BytesIO(page.screenshot())).convert("RGB").quantize(
        256, Image.Quantize.MAXCOVERAGE
    ).save(file, optimize=True)


def _turn() -> list[float]:
    return [2 * math.pi * number / CORNERS for number in range(CORNERS + 1)]


if __name__ == "__main__":
    main()
