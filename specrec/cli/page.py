"""The command that writes a library as an HTML page."""

from pathlib import Path

import click

from specrec.cli.app import app, label_option, source_argument
from specrec.cli.values import PATH, WholeNumber
from specrec.errors import QueryError
from specrec.printing import say


@app.command()
@source_argument
@click.option(
    "--output", "-o", metavar="FILE", type=PATH, required=True, help="HTML file to write."
)
@click.option(
    "--query",
    metavar="QUERY",
    multiple=True,
    help="A track to show with its neighbors; may be repeated.",
)
@click.option(
    "--queries",
    metavar="NUMBER",
    type=WholeNumber(1, 20),
    default=3,
    help="Without --query: how many typical tracks to show.",
)
@click.option(
    "-k", metavar="NUMBER", type=WholeNumber(1, 20), default=5, help="How many neighbors."
)
@click.option("--audio/--no-audio", default=True, help="Include excerpts to listen to.")
@label_option()
def report(
    source: Path,
    output: Path,
    query: tuple[str, ...],
    queries: int,
    k: int,
    audio: bool,
    label: tuple[str, ...],
) -> None:
    """Write a page of HTML about a library.

    It holds all that it shows, and opens without a network.
    """
    from specrec.report.page.build import PageSettings, build_page
    from specrec.report.page.render import write_page
    from specrec.report.pictures import check_writable

    if output.suffix.lower() not in (".html", ".htm"):
        raise QueryError(f"{output}: only HTML is written; let it end in .html")
    check_writable(output)
    settings = PageSettings(query, queries, k, audio, label, _command())
    page = build_page(source, settings)
    size = write_page(page, output)
    say(f"page written to {output} ({size / 1e6:.1f} MB)")
    for name, why in page.unavailable().items():
        say(f"left out: {name}: {why}")


def _command() -> str:
    """Returns the command line as it was typed."""
    import shlex
    import sys

    return shlex.join(["specrec", *sys.argv[1:]])
