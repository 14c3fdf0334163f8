"""How fast is the page of a server, and how large?

    python benchmarks/page.py --output out/page

Libraries of 10,000 and of 100,000 synthetic tracks, whose coordinates have the names of the shipped
model, are written once, and `specrec serve` is started on each. A real Chromium opens `/` and the
neighbors of a track, each time with empty caches: until all that it asks for itself is shown. Then
words are typed, letter by letter: from the key to the list that is painted. Browser and server
share the machine, over loopback.
"""

import shutil
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import click
from library import write
from playwright.sync_api import Browser, Page, sync_playwright

SIZES = (10_000, 100_000)
LOADS = 15
TYPED = ("piece 00000", "artist 42", "album 7", "piece ff", "nothing of this")
PORT = 8799

_TYPE = """
async (words) => {
  const box = document.getElementById("search"), list = document.getElementById("found");
  const took = [];
  for (let end = 1; end <= words.length; end += 1) {
    if (words[end - 1] === " ") continue;
    const shown = new Promise((resolve) =>
      new MutationObserver((_, watcher) => { watcher.disconnect(); resolve(); })
        .observe(list, { childList: true }));
    box.value = words.slice(0, end);
    const start = performance.now();
    box.dispatchEvent(new Event("input"));
    await shown;
    await new Promise(requestAnimationFrame);
    took.push(performance.now() - start);
  }
  return took;
}
"""


@click.command()
@click.option(
    "--output", type=click.Path(path_type=Path), required=True, help="Where the libraries lie."
)
def main(output: Path) -> None:
    """Prints the sizes and a table of times."""
    sizes = _sizes()
    print(
        f"Script {sizes['js'] / 1000:.0f} kB, style {sizes['css'] / 1000:.0f} kB, uncompressed.\n"
    )
    print("| tracks | what | median ms | slowest ms | n |\n|---|---|---|---|---|")
    program = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, chromium_sandbox=False)
        for tracks in SIZES:
            library = _library(output / f"{tracks}", tracks)
            with _serving(library) as address:
                _measure(browser, address, tracks)


def _sizes() -> Counter[str]:
    """Bytes of the page's files, by their kind."""
    sizes: Counter[str] = Counter()
    for file in (Path(__file__).parents[1] / "specrec" / "serve" / "page").iterdir():
        sizes[file.suffix.removeprefix(".")] += file.stat().st_size
    return sizes


def _library(folder: Path, tracks: int) -> Path:
    from specrec.model.card import read_card
    from specrec.model.probe import load_probe
    from specrec.model.registry import find_model

    if not (folder / "CURRENT").exists():
        folder.mkdir(parents=True, exist_ok=True)
        model = find_model("specrec-base")
        write(folder, tracks, tracks // 50, load_probe(model, read_card(model).fingerprint))
    return folder


@contextmanager
def _serving(library: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "specrec.cli", "serve", str(library), "--port", str(PORT)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{PORT}"
    try:
        for _ in range(600):
            try:
                urlopen(f"{address}/health").close()
                break
            except OSError:
                time.sleep(0.1)
        urlopen(f"{address}/api/v1/tracks?q=a").close()  # the words are sorted
        yield address
    finally:
        server.terminate()
        server.wait()


def _measure(browser: Browser, address: str, tracks: int) -> None:
    for name, query, sign in (
        ("load of /", "", ".invitation"),
        ("load of a track", "?track=0000000000000005", ".neighbor"),
    ):
        times = [_load(browser, f"{address}/{query}", sign) for _ in range(LOADS)]
        _print(tracks, name, times)
    page = browser.new_page()
    page.goto(address)
    page.locator(".invitation").wait_for()
    page.evaluate(_TYPE, TYPED[0])  # the first is not counted
    times = [one for words in TYPED for one in page.evaluate(_TYPE, words)]
    _print(tracks, "a letter of a search", times)
    page.close()


def _load(browser: Browser, address: str, sign: str) -> float:
    context = browser.new_context()
    page: Page = context.new_page()
    start = time.perf_counter()
    page.goto(address)
    page.locator(sign).first.wait_for()
    took = 1000 * (time.perf_counter() - start)
    context.close()
    return took


def _print(tracks: int, name: str, times: list[float]) -> None:
    median, slowest = statistics.median(times), max(times)
    print(f"| {tracks:,} | {name} | {median:.0f} | {slowest:.0f} | {len(times)} |")


if __name__ == "__main__":
    main()
