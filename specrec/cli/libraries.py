"""Commands that maintain a library: merge, update, status, verify, remove, restore."""

from pathlib import Path

import click

from specrec.cli.app import app, json_option, library_argument
from specrec.cli.values import MAYBE_PATH, PATH
from specrec.errors import LibraryError, QueryError
from specrec.printing import counted, say, say_json


@app.command()
@click.argument("library", type=PATH, help="Folder of the library to write.")
@click.argument(
    "parts",
    metavar="PART...",
    nargs=-1,
    type=PATH,
    required=True,
    help="Folders that specrec index shard=... wrote.",
)
@click.option(
    "--partial", is_flag=True, help="Join them even if shards are missing or not finished."
)
def merge(library: Path, parts: tuple[Path, ...], partial: bool) -> None:
    """Join libraries of shares of the music into one library.

    The result is that of a single specrec index. Nothing is embedded, and the music need not be
    there. With --partial, the next specrec index of the library makes what is left.
    """
    from specrec.index.merging import merge_libraries
    from specrec.report.libraries import print_merge
    from specrec.report.progress import progress_bar

    with progress_bar("joining") as on_progress:
        report = merge_libraries(library, parts, partial, on_progress)
    print_merge(report, str(library))


@app.command()
@library_argument
@json_option
def update(library: Path, json: bool) -> None:
    """Bring a library up to date with its music.

    The settings are those of its last index run.
    """
    from specrec.index.build import build_library
    from specrec.recommend.library import Library
    from specrec.report.libraries import build_json, print_build
    from specrec.report.progress import progress_bar

    settings = Library.open(library).last_settings()
    with (
        progress_bar("reading") as on_scan,
        progress_bar("embedding") as on_embed,
        progress_bar("measuring") as on_measure,
    ):
        report = build_library(settings, on_scan, on_embed, on_measure)
    if json:
        say_json(build_json(report))
    else:
        print_build(report, str(library))


@app.command()
@library_argument
@json_option
def status(library: Path, json: bool) -> None:
    """Print what a library holds, and which files were skipped."""
    from specrec.index.maintenance import library_status
    from specrec.report.libraries import print_status
    from specrec.report.text import json_document

    found = library_status(library)
    if json:
        say_json(json_document(found.to_dict()))
    else:
        print_status(found, str(library))


@app.command()
@library_argument
@click.option(
    "--repair", is_flag=True, help="Keep what is intact; specrec index then makes the rest again."
)
@json_option
def verify(library: Path, repair: bool, json: bool) -> None:
    """Check that every byte of a library is as it was written."""
    from specrec.index.repair import repair_library, verify_library
    from specrec.report.libraries import print_repair, print_verification, verification_json
    from specrec.report.progress import progress_bar

    with progress_bar("verifying") as on_progress:
        found = verify_library(library, on_progress)
    if not json:
        print_verification(found, str(library))
    done = repair_library(library, found) if found.damage and repair else None
    if json:
        say_json(verification_json(found, done))
    elif done is not None:
        print_repair(done)
    if found.damage and done is None:
        raise LibraryError(
            f"{library}: damaged in {counted(len(found.damage), 'place')}; repair it with:"
            f" specrec verify {library} --repair"
        )


@app.command()
@library_argument
@click.argument(
    "tracks",
    metavar="TRACK...",
    nargs=-1,
    type=MAYBE_PATH,
    required=True,
    help="A track_id, a path, or words of a title and artist.",
)
def remove(library: Path, tracks: tuple[str, ...]) -> None:
    """Remove tracks from a library.

    From now on specrec index leaves their files out, which themselves stay as they are.
    """
    from specrec.recommend.library import Library
    from specrec.report.text import name_of

    opened = Library.open(library)
    for query in opened.remove(*tracks):
        say(f"removed {name_of(query.track)} ({query.track.path})")
    say(f"{counted(len(opened), 'track')} left; undo it with: specrec restore {library} --all")


@app.command()
@library_argument
@click.argument(
    "paths", metavar="[PATH]...", nargs=-1, help="Removed files, as specrec status lists them."
)
@click.option("--all", "everything", is_flag=True, help="Everything that was removed.")
def restore(library: Path, paths: tuple[str, ...], everything: bool) -> None:
    """Undo a removal: the next specrec index adds the files again."""
    from specrec.index.maintenance import restore_tracks

    if bool(paths) == everything:
        raise QueryError("give either paths or --all")
    back = restore_tracks(library, None if everything else paths)
    for path in back:
        say(f"restored {path}")
    again = f"{counted(len(back), 'file')}; now run specrec index again"
    say(again if back else "nothing was removed")
