"""Features and concepts as tags in the files themselves."""

from pathlib import Path

import click

from specrec.cli.app import app, json_option, library_argument
from specrec.errors import StorageError
from specrec.printing import say, say_json


@app.command()
@library_argument
@click.option(
    "--write",
    metavar="bpm,key,mood,concepts",
    default="bpm,key",
    help="Which tags, separated by commas.",
)
@click.option("--only-missing", is_flag=True, help="Leave tags that say anything as they are.")
@click.option("--yes", is_flag=True, help="Write them; without it, nothing is changed.")
@json_option
def tag(library: Path, write: str, only_missing: bool, yes: bool, json: bool) -> None:
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
