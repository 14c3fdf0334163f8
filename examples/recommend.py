"""Prints what sounds like a track, and why; writes a playlist.

specrec demo
python examples/recommend.py specrec-demo/library "Hidden Street" --playlist hidden-street.m3u8
"""

import argparse
from pathlib import Path

import specrec


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", help="folder that specrec index wrote")
    parser.add_argument("query", help="a track_id, an audio file, or words of a title")
    parser.add_argument("--playlist", type=Path, help="M3U8 file to write")
    options = parser.parse_args()

    library = specrec.Library.open(options.library)
    neighbors = library.neighbors(options.query, k=10, per_artist=2)

    for neighbor in neighbors:
        print(f"{neighbor.rank:2} {neighbor.similarity:.3f} {neighbor.track.title}")
        print(f"   {neighbor.explanation.sentence}")
    for note in neighbors.notes:
        print(note)

    # The parts of the best match's score add up to it.
    best = neighbors[0].explanation
    named = sum(part.value for part in best.contributions) + best.others
    print(f"{best.similarity:.3f} = {named:.3f} named + {best.residual:.3f} residual")

    if options.playlist:
        root = library.collection.audio_root
        paths = [str(root / neighbor.track.path) for neighbor in neighbors]
        options.playlist.write_text("\n".join(["#EXTM3U", *paths]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except specrec.SpecrecError as error:
        raise SystemExit(f"error: {error}") from None
