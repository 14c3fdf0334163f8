"""What would a library of many millions of tracks cost? Estimated from one that is there.

    python benchmarks/scale.py LIBRARY --cpu-seconds 8.7

Embedding costs what an hour of audio costs (`ingest.py` measures it), times the hours. Segments
take a fixed number of bytes a second of audio, tables and embeddings a fixed number a track; both
are taken from the library. Codes of the search index are estimated for `ivf_pq`, which large
libraries have. Nothing is measured at that size: where a law does not hold, the table is wrong.
"""

from pathlib import Path

import click

from specrec.recommend.library import Library

MILLIONS = (1, 10, 100)
CORES = 32
HOUR = 3600.0


@click.command(context_settings={"show_default": True})
@click.argument("library", type=click.Path(path_type=Path), help="A library of real music.")
@click.option(
    "--cpu-seconds", type=float, required=True, help="Processor time an hour of audio takes."
)
@click.option("--minutes", default=4.0, help="Length of a track.")
@click.option("--price", default=0.0446, help="US dollars a core costs an hour.")
def main(library: Path, cpu_seconds: float, minutes: float, price: float) -> None:
    """Prints a Markdown table: time, money and disk for 1, 10 and 100 million tracks."""
    opened = Library.open(library)
    tracks, dim = len(opened), opened.collection.embeddings.shape[1]
    seconds = float(opened.tracks["duration_seconds"].sum())
    a_second = _size(library / "segments") / seconds
    tables = sum(_size(path) for path in library.glob("generations/*/*") if path.stem in _TABLES)
    a_track = tables / tracks + 4 * dim
    codes = dim / 4 + 8  # 4 bits for two numbers, and an identifier
    print(f"| million tracks | core hours | on {CORES} cores | US dollars | segments | the rest |")
    print("|---|---|---|---|---|---|")
    for millions in MILLIONS:
        count = millions * 1e6
        hours = count * minutes * 60 / HOUR * cpu_seconds / HOUR
        print(
            f"| {millions} | {hours:,.0f} | {hours / CORES:,.1f} h | {hours * price:,.0f} |"
            f" {count * minutes * 60 * a_second / 1e9:,.0f} GB |"
            f" {count * (a_track + codes) / 1e9:,.1f} GB |"
        )
    print(
        f"\n{a_second:.1f} bytes a second of audio in segments, {a_track:,.0f} a track in tables"
        f" and embeddings, {codes:.0f} in the search index."
    )


_TABLES = {"tracks", "files", "placement", "descriptors"}


def _size(path: Path) -> int:
    inside = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in inside if file.is_file())


if __name__ == "__main__":
    main()
