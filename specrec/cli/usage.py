"""Messages for a command line that can't be read: one line, with a suggestion."""

import click
from click.exceptions import NoArgsIsHelpError

from specrec.printing import nearest, say

_PICTURE = "-o FILE"
_SPACE = "--by sound or --by features"
_RENAMED = {
    "clusters": {"--on": _SPACE, "--plot": _PICTURE, "-k": "--clusters NUMBER"},
    "compare": {"--hybrid": "specrec query LIBRARY QUERY --by both --sound-weight WEIGHT"},
    "cues": {"--plot": _PICTURE},
    "demo": {"--folder": "-o FOLDER"},
    "explain": {"--plot": _PICTURE},
    "plot clusters": {"--on": _SPACE, "-k": "--clusters NUMBER"},
    "plot contrast": {"-n": "--tracks NUMBER"},
    "plot gallery": {"-k": "--tracks NUMBER"},
    "plot map": {"--on": _SPACE, "-k": "--clusters NUMBER", "--umap": "--method umap"},
    "probe": {"--model": "-o MODEL"},
}
"""Former names of options, by command."""


def print_usage_error(error: click.UsageError) -> None:
    """Prints on the error output what is wrong with a command line, and how to correct it."""
    if isinstance(error, NoArgsIsHelpError):
        click.echo(error.message)
        return
    command = "specrec" if error.ctx is None else error.ctx.command_path
    message = error.format_message()
    if isinstance(error, click.NoSuchOption | click.NoSuchCommand):
        message = error.message.removesuffix(".")
        meant = _meant(error)
        if meant is not None:
            message += f"; did you mean {meant!r}?"
    if isinstance(error, click.NoSuchOption):
        renamed = _RENAMED.get(command.removeprefix("specrec "), {}).get(error.option_name)
        if renamed is not None:
            message = f"{error.option_name} is now {renamed}"
    message = message[:1].lower() + message[1:].removesuffix(".")
    say(f"error: {message} (see {command} --help)", error=True)


def _meant(error: click.NoSuchOption | click.NoSuchCommand) -> str | None:
    """Finds what is most like an unknown option or command; hyphens make no two options alike."""
    if error.ctx is None:
        return None
    command = error.ctx.command
    if isinstance(error, click.NoSuchCommand):
        names = command.list_commands(error.ctx) if isinstance(command, click.Group) else []
        return nearest(error.command_name, names)
    options = {
        spelling.lstrip("-"): spelling
        for option in command.get_params(error.ctx)
        if isinstance(option, click.Option)
        for spelling in (*option.opts, *option.secondary_opts)
    }
    return options.get(nearest(error.option_name.lstrip("-"), options) or "")
