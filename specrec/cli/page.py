"""The command that writes a library as an HTML page."""

from pathlib import Path
from typing import Annotated

import typer

from specrec.cli.app import LabelOption, app
from specrec.errors import QueryError
from specrec.printing import say


@app.command()
def report(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="LIBRARY_OR_TABLE",
            help="Folder that specrec index wrote, or a table of features (CSV, TSV, Parquet).",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="HTML file to write.")
    ],
    query: Annotated[
        list[str] | None,
        typer.Option(metavar="QUERY", help="A track to show with its neighbors; may be repeated."),
    ] = None,
    queries: Annotated[
        int,
        typer.Option(
            metavar="NUMBER",
            min=1,
            max=20,
            help="Without --query: how many typical tracks to show.",
        ),
    ] = 3,
    k: Annotated[
        int, typer.Option("-k", metavar="NUMBER", min=1, max=20, help="How many neighbors.")
    ] = 5,
    audio: Annotated[bool, typer.Option(help="Include excerpts to listen to.")] = True,
    label: LabelOption = [],  # noqa: B006 (typer copies it)
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
    settings = PageSettings(tuple(query or ()), queries, k, audio, tuple(label), _command())
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
