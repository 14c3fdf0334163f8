"""Messages for a command line that can't be read: one line, with a suggestion."""

from typing import TYPE_CHECKING, Any

from specrec.printing import say

if TYPE_CHECKING:
    from typer import TyperException

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


def print_usage_error(error: "TyperException") -> None:
    """Prints on the error output what is wrong with a command line, and how to correct it."""
    message = error.format_message()
    if "\n" in message:  # the help, of which a command without arguments consists
        print(message)  # noqa: T201 (our own text)
        return
    context: Any = getattr(error, "ctx", None)
    command = "specrec" if context is None else context.command_path
    option: str = getattr(error, "option_name", "")
    renamed = _RENAMED.get(command.removeprefix("specrec "), {}).get(option)
    if renamed is not None:
        message = f"{option} is now {renamed}"
    elif similar := getattr(error, "possibilities", None):
        message = f"no such option: {option}; did you mean {similar[0]}?"
    else:
        message = message[:1].lower() + message[1:].removesuffix(".")
        message = message.replace(". Did", "; did").replace("'.", "'")
    say(f"error: {message} (see {command} --help)", error=True)
