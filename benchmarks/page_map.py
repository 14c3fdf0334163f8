"""How soon does the map of a library stand in a browser, and how smoothly does it move?

    python benchmarks/page_map.py --output out/page_map

Libraries of 10,000 and 100,000 synthetic tracks, whose coordinates have the names of the shipped
model, are written once, and served; Chromium without a screen or a graphics card opens the map, so
that drawing and compositing are the processor's. The table has the size of the map's document and
how long the server takes for it once the map is computed; the time from navigation to the first
picture, the map being computed already; frames a second while the map is panned and zoomed for a
few seconds, one step a frame; how many of the dots a frame of these has, for a browser that can't
draw all in time draws a part until the map rests; how long the drawing of all dots takes; and what
t-SNE takes in the background. Medians over rounds.
"""

import http.client
import json
import statistics
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from serve import _library, _machine, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

SECONDS = 4
WIDTH, HEIGHT = 1360, 900
FIRST = """
async () => {
  const drawn = () => performance.getEntriesByName("map drawn")[0];
  while (!drawn()) await new Promise((resolve) => setTimeout(resolve, 20));
  return drawn().startTime / 1000;
}
"""
MOVE = """
async ([seconds, kind]) => {
  const { stage } = await import("/page/map/view.js");
  const over = document.querySelector(".ink");
  const start = performance.now();
  const took = [], shares = [];
  let frames = 0;
  await new Promise((resolve) => {
    const step = () => {
      const now = performance.now() - start;
      if (now > 1000 * seconds) return resolve();
      const forth = frames % 8 < 4; // so the map stays in view
      const key = kind === "pan" ? (forth ? "ArrowLeft" : "ArrowRight") : forth ? "+" : "-";
      over.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
      shares.push(stage.drawn / stage.points.count);
      frames += 1;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
  const fps = (1000 * frames) / (performance.now() - start);
  stage.fit();
  for (let round = 0; round < 10; round += 1) {
    const began = performance.now();
    stage.draw(false);
    took.push(performance.now() - began);
  }
  const middle = (values) => values.sort((one, other) => one - other)[values.length >> 1];
  return { fps, share: middle(shares), all_ms: middle(took) };
}
"""


@click.command(context_settings={"show_default": True})
@click.option(
    "--output", type=click.Path(path_type=Path), required=True, help="Folder for libraries."
)
@click.option(
    "--tracks", multiple=True, default=[10_000, 100_000], help="Size of a library; may be repeated."
)
@click.option("--rounds", type=click.IntRange(min=1), default=3)
@click.option("--tsne/--no-tsne", default=True, help="Also measure t-SNE, which takes minutes.")
def main(output: Path, tracks: tuple[int, ...], rounds: int, tsne: bool) -> None:
    """Prints a Markdown table."""
    print(_machine())
    print(
        "| tracks | document kB | served ms | first picture s | pan frames/s | zoom frames/s"
        " | share of dots | all dots ms | t-SNE s |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for count in tracks:
        with running(_library(output / f"{count}", count)) as server, browser() as open_page:
            address = f"http://127.0.0.1:{server.port}/?view=map&arranged=pca"
            size, served = _document(server.port, "pca")
            found = [_look(open_page, address) for _ in range(rounds)]
            middle = {name: statistics.median(item[name] for item in found) for name in found[0]}
            began = time.perf_counter()
            took = f"{_document(server.port, 'tsne', began)[1]:.0f}" if tsne else "-"
            print(
                f"| {count:,} | {size / 1000:,.0f} | {served:.0f} | {middle['first']:.2f}"
                f" | {middle['pan']:.0f} | {middle['zoom']:.0f} | {100 * middle['share']:.0f} %"
                f" | {middle['all_ms']:.1f} | {took} |",
                flush=True,
            )


def _look(open_page: Any, address: str) -> dict[str, float]:
    page: Page = open_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.goto(address)
    first = page.evaluate(FIRST)
    page.wait_for_load_state("networkidle")
    pan = page.evaluate(MOVE, [SECONDS, "pan"])
    zoom = page.evaluate(MOVE, [SECONDS, "zoom"])
    page.close()
    shares = {"share": pan["share"], "all_ms": pan["all_ms"]}
    return {"first": first, "pan": pan["fps"], "zoom": zoom["fps"]} | shares


def _document(port: int, method: str, began: float | None = None) -> tuple[int, float]:
    """Bytes of the map's document, and milliseconds to serve it, or seconds until it was there."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    while True:
        clock = time.perf_counter()
        connection.request("GET", f"/api/v1/map/points?method={method}")
        answer = connection.getresponse()
        content = answer.read()
        if answer.status == 200:
            break
        assert answer.status == 202, content[:200]
        time.sleep(1)
    if began is not None:
        return len(content), time.perf_counter() - began
    times = []
    for _ in range(5):
        clock = time.perf_counter()
        connection.request("GET", f"/api/v1/map/points?method={method}")
        assert json.loads(connection.getresponse().read())["tracks"]
        times.append(1000 * (time.perf_counter() - clock))
    return len(content), statistics.median(times)


@contextmanager
def browser() -> "Iterator[Any]":
    """Chromium; what it gives opens a page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--disable-gpu"], chromium_sandbox=False
        )
        yield opened.new_page
        opened.close()


if __name__ == "__main__":
    main()
