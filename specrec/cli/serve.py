"""The commands that answer over HTTP: serve, and access, which says who may use it."""

import gc
import sys
from pathlib import Path

import click

from specrec.cli.app import app
from specrec.cli.values import PATH, WholeNumber
from specrec.errors import QueryError
from specrec.printing import counted, say
from specrec.stopping import exit_code

_PACE = 700, 10, 10  # at which Python looks for garbage, unless it is told otherwise


@app.command()
@click.argument(
    "libraries",
    metavar="LIBRARY...",
    nargs=-1,
    type=PATH,
    required=True,
    help="Folders that specrec index wrote.",
)
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", help="The address to listen on.")
@click.option(
    "--port",
    metavar="NUMBER",
    type=WholeNumber(0, 65535),
    default=8765,
    help="The port to listen on; 0 takes one that is free.",
)
@click.option("--watch", is_flag=True, help="Bring libraries up to date when their music changes.")
@click.option(
    "--access",
    metavar="FILE",
    type=PATH,
    envvar="SPECREC_ACCESS",
    show_envvar=True,
    help="Who may use it, as specrec access wrote it.",
)
@click.option(
    "--public-name",
    metavar="NAME",
    multiple=True,
    help="A name by which a proxy is reached; may be repeated.",
)
@click.option("--log-requests", is_flag=True, help="Log each request on the error output.")
@click.option(
    "--helpers",
    metavar="NUMBER",
    type=WholeNumber(min=0),
    help="Processes that compute answers beside the server's own, each with its memory;"
    " one fewer than cores if not given, at most 4.",
)
def serve(
    libraries: tuple[Path, ...],
    host: str,
    port: int,
    watch: bool,
    access: Path | None,
    public_name: tuple[str, ...],
    log_requests: bool,
    helpers: int | None,
) -> None:
    """Serve libraries to browsers, players and music servers.

    Stop it with Ctrl-C.
    """
    from specrec.serve.access import read_access
    from specrec.serve.helpers import default_count
    from specrec.serve.run import run
    from specrec.serve.settings import ServeSettings
    from specrec.serve.shelf import Shelf

    settings = ServeSettings(
        host,
        port,
        None if access is None else read_access(access),
        tuple(name.lower() for name in public_name),
        watch,
        log_requests,
        default_count() if helpers is None else helpers,
    )
    shelf = Shelf(libraries)
    tracks = sum(len(shelf.library(name)) for name in shelf.names)

    def announce(url: str) -> None:
        say(f"{counted(tracks, 'track')} at {url} (interface: {url}docs)")
        sys.stdout.flush()  # for who reads the address from a pipe

    gc.set_threshold(*_PACE)  # short commands look for none, but this one runs for long
    try:
        run(shelf, settings, announce)
    except KeyboardInterrupt as error:
        sys.exit(exit_code(error))  # here, or Click would print an empty line


@app.command()
@click.argument("file", type=PATH, help="Access file of specrec serve.")
@click.option("--user", metavar="NAME", help="Set the user's name, and ask for the password.")
@click.option(
    "--readable",
    is_flag=True,
    help="Keep the password itself, not its hash: players that log in by Subsonic's"
    " tokens need that.",
)
@click.option("--new-key", metavar="NAME", help="Make an API key, named for who will use it.")
@click.option("--remove-key", metavar="NAME", help="Remove an API key.")
def access(
    file: Path, user: str | None, readable: bool, new_key: str | None, remove_key: str | None
) -> None:
    """Say who may use a server.

    A user has a password, and programs have API keys.

    The password is asked for, or read from the standard input; an API key is shown once. Without
    options, print who is in the file. A server that runs takes a change when it starts again.
    """
    from specrec.serve.access import Access, read_access, write_access

    if readable and user is None:
        raise QueryError("--readable goes with --user")
    known = read_access(file) if file.exists() or not (user or new_key) else Access()
    before = known
    if user is not None:
        known = known.for_user(user, _password(), readable)
    if remove_key is not None:
        known = known.without_key(remove_key)
    key = None
    if new_key is not None:
        known, key = known.with_new_key(new_key)
    if known != before:
        write_access(file, known)
    if key is not None:
        say(key)
    for line in known.lines():
        say(line, error=known != before)  # a note, where something else was asked for


def _password() -> str:
    """Asks for a password twice on a terminal; reads a line elsewhere."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\n")
