"""A library as a page to read."""

from pathlib import Path
from typing import Annotated

import typer

from specrec.cli.app import app
from specrec.errors import QueryError
from specrec.printing import say


@app.command()
def report(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="LIBRARY_OR_TABLE",
            help="Folder that index.py wrote, or a table of features (CSV, TSV, Parquet).",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="HTML", help="The page to write.")
    ],
    query: Annotated[
        list[str] | None,
        typer.Option(metavar="QUERY", help="A track to show with neighbors; may be repeated."),
    ] = None,
    queries: Annotated[
        int, typer.Option(min=1, max=20, help="Without --query: how many typical tracks to show.")
    ] = 3,
    k: Annotated[int, typer.Option("-k", min=1, max=20, help="How many neighbors of each.")] = 5,
    audio: Annotated[bool, typer.Option(help="Embed excerpts to listen to.")] = True,
    label: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Measure whether tracks that share its value are found; may be repeated.",
        ),
    ] = None,
) -> None:
    """Write one page of HTML about a library, which needs no network to be read."""
    from specrec.report.page.gather import PageSettings, gather
    from specrec.report.page.render import write_page
    from specrec.report.pictures import check_writable

    if output.suffix.lower() not in (".html", ".htm"):
        raise QueryError(f"{output}: only HTML is written; let it end in .html")
    check_writable(output)
    settings = PageSettings(tuple(query or ()), queries, k, audio, tuple(label or ()), _command())
    page = gather(source, settings)
    size = write_page(page, output)
    say(f"page written to {output} ({size / 1e6:.1f} MB)")
    for name, why in page.left_out().items():
        say(f"left out: {name}: {why}")


def _command() -> str:
    """What was typed."""
    import shlex
    import sys

    return shlex.join(["specrec", *sys.argv[1:]])
