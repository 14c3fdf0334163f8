"""The command itself, to which each module in this folder adds subcommands."""

from functools import partial
from importlib import import_module

import click

import specrec
from specrec.cli.values import MAYBE_PATH, PATH, WholeNumber

MODULES = {  # in the order of the help
    "demo": "demo",
    "index": "index",
    "query": "asking",
    "path": "asking",
    "explain": "asking",
    "concepts": "concepts",
    "features": "features",
    "compare": "features",
    "merge": "libraries",
    "update": "libraries",
    "status": "libraries",
    "verify": "libraries",
    "remove": "libraries",
    "restore": "libraries",
    "tag": "tag",
    "export": "export",
    "push": "push",
    "serve": "serve",
    "access": "serve",
    "link": "link",
    "report": "page",
    "clusters": "study",
    "cues": "study",
    "spectrograms": "pictures",
    "evaluate": "measuring",
    "probe": "measuring",
    "embed": "embed",
    "adapt": "adapt",
    "train": "train",
    "plot": "study",  # which adds to plot
    "models": "models",
}
"""The module of each command."""


class _Command(click.Command):
    """A command that every error of its arguments names."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parses arguments; Click's parser leaves the command out of some errors."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise


class Group(click.Group):
    """A command with subcommands."""

    command_class = _Command


class _Commands(Group):
    """The commands, whose modules are imported when they are asked for: all take their time."""

    group_class = Group

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*MODULES]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in MODULES:
            import_module(f"specrec.cli.{MODULES[cmd_name]}")
        return self.commands.get(cmd_name)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
)
@click.version_option(specrec.__version__, message="specrec %(version)s", help="Print the version.")
def app() -> None:
    """Recommend music by how it sounds, and say why."""


library_argument = click.argument("library", type=PATH, help="Folder that specrec index wrote.")
searched_argument = click.argument(
    "library",
    type=PATH,
    help="Folder that specrec index wrote, or the address to which specrec push sent it.",
)
source_argument = click.argument(
    "source",
    metavar="LIBRARY_OR_TABLE",
    type=PATH,
    help="Folder that specrec index wrote, or a table of features (CSV, TSV, Parquet).",
)
query_argument = click.argument(
    "query", type=MAYBE_PATH, help="A track_id, an audio file, or words of a title and artist."
)
neighbor_argument = click.argument(
    "neighbor", type=MAYBE_PATH, help="A track of the library, named in the same way."
)


def _all_of(conditions: tuple[str, ...]) -> str | None:
    """One condition that holds where all do; None if there are none."""
    if len(conditions) < 2:
        return next(iter(conditions), None)
    return " and ".join(f"({condition})" for condition in conditions)


where_option = click.option(
    "--where",
    metavar="CONDITION",
    multiple=True,
    callback=lambda _ctx, _option, conditions: _all_of(conditions),
    help="Only tracks for which it holds: \"genre == 'jazz' and 1990 < year <= 2000\","
    ' "60 <= duration_seconds < 300", "tempo_bpm > 120 or energy > 0.8".'
    " Of several, all must hold.",
)
output_option = click.option(
    "--output", "-o", metavar="FILE", type=PATH, required=True, help="PNG or SVG file to write."
)
optional_output_option = click.option(
    "--output", "-o", metavar="FILE", type=PATH, help="Also draw it, as a PNG or SVG file."
)
group_option = click.option(
    "--group",
    metavar="COLUMN",
    multiple=True,
    help="Tracks with the same value count as related, as those of an artist or an album do;"
    " may be repeated.",
)
label_option = partial(  # its default differs
    click.option,
    "--label",
    metavar="COLUMN",
    multiple=True,
    help="Measure whether tracks that share its value are found; may be repeated.",
)
seed_option = click.option(
    "--seed",
    metavar="NUMBER",
    type=WholeNumber(0, 2**32 - 1),
    default=0,
    help="Seed of all random choices; another one gives other results.",
)
baselines_option = click.option(
    "--baselines", is_flag=True, help="Also measure MFCC and other baselines; decodes the audio."
)
json_option = click.option("--json", is_flag=True, help="Print JSON.")
count_option = click.option(
    "-k", metavar="NUMBER", type=WholeNumber(min=1), default=10, help="How many neighbors."
)

overrides_argument = click.argument(
    "overrides", metavar="[KEY=VALUE]...", nargs=-1, type=MAYBE_PATH
)
HYDRA_SETTINGS = {"ignore_unknown_options": True, "help_option_names": []}
"""Settings of a command whose arguments, and options such as --help and --cfg, are Hydra's."""
