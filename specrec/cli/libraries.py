"""Looking after a library."""

from typing import Annotated

import typer

from specrec.cli.app import JsonOption, LibraryArgument, app
from specrec.errors import LibraryError, QueryError
from specrec.printing import counted, say, say_json


@app.command()
def status(library: LibraryArgument, json: JsonOption = False) -> None:
    """Print what a library holds: tracks, skipped files, model, index, disk use."""
    from specrec.index.maintenance import library_status
    from specrec.report.libraries import print_status, status_json

    found = library_status(library)
    if json:
        say_json(status_json(found))
    else:
        print_status(found, str(library))


@app.command()
def verify(
    library: LibraryArgument,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Save what is whole; index.py then makes the rest anew."),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Read every byte of a library and compare it with what was written."""
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
            f"{library}: damaged in {counted(len(found.damage), 'place')}; mend it with:"
            f" specrec verify {library} --repair"
        )


@app.command()
def remove(
    library: LibraryArgument,
    tracks: Annotated[
        list[str], typer.Argument(metavar="TRACK...", help="track_id, path, or words, each.")
    ],
) -> None:
    """Take tracks out of a library; index.py leaves their files out from now on."""
    from specrec.index.maintenance import remove_tracks
    from specrec.recommend.library import Library
    from specrec.report.terminal import name_of

    opened = Library.open(library)
    found = [opened.track(opened.row_of(track)) for track in tracks]
    left = remove_tracks(library, [str(track.track_id) for track in found])
    for track in found:
        say(f"removed {name_of(track)} ({track.path})")
    say(f"{counted(left, 'track')} left; undo it with: specrec restore {library} --all")


@app.command()
def restore(
    library: LibraryArgument,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH]...", help="As specrec status lists them.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that was removed.")] = False,
) -> None:
    """Let index.py take in again what was removed."""
    from specrec.index.maintenance import restore_tracks

    if bool(paths) == everything:
        raise QueryError("give either paths or --all")
    back = restore_tracks(library, None if everything else paths)
    for path in back:
        say(f"restored {path}")
    say(f"{counted(len(back), 'file')}; now run index.py again" if back else "nothing was removed")
