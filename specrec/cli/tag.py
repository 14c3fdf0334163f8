"""Features and concepts as tags in the files themselves."""

from typing import Annotated

import typer

from specrec.cli.app import JsonOption, LibraryArgument, app
from specrec.errors import StorageError
from specrec.printing import say, say_json


@app.command()
def tag(
    library: LibraryArgument,
    write: Annotated[
        str,
        typer.Option(
            "--write", metavar="bpm,key,mood,concepts", help="Which tags, separated by commas."
        ),
    ] = "bpm,key",
    only_missing: Annotated[
        bool, typer.Option("--only-missing", help="Leave tags that say anything as they are.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Write them; without it, nothing is changed.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Write tempo, key, mood and concepts into the files.

    Without --yes it only prints what would change. A tag is written where its value is likely
    right: a clear tempo, a clear key, a mood from the valence and energy of a table, concepts that
    are surely there ("piano; calm", as the grouping). A grouping of your own stays. All else in a
    file stays as it is, and no file is embedded again.
    """
    from specrec.recommend.collection import Collection
    from specrec.recommend.tagging import parse_fields, plan_tags, write_tags
    from specrec.report.progress import progress_bar
    from specrec.report.tagging import print_tag_plan, print_tags_written, tags_json

    fields = parse_fields(write)
    opened = Collection.open(library)
    with progress_bar("reading tags") as on_progress:
        plan = plan_tags(opened, fields, only_missing, on_progress)
    if not json:
        print_tag_plan(plan)
    done = None
    if yes:
        with progress_bar("writing tags") as on_progress:
            done = write_tags(opened.audio_root, plan, on_progress)
    if json:
        say_json(tags_json(plan, done))
    elif done is not None:
        print_tags_written(done, str(library))
    elif plan.changes:
        say("nothing was written; --yes writes them")
    if done is not None and done.failed and not done.files:
        raise StorageError(f"{opened.audio_root}: none of the {len(done.failed)} files was written")
