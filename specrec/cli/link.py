"""The command that links a library to a media server: link."""

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from specrec.cli.app import app, json_option, library_argument
from specrec.errors import QueryError
from specrec.printing import counted, say, say_json

if TYPE_CHECKING:  # what a command needs is imported when it runs
    from specrec.serve.linking.matching import Song
    from specrec.serve.linking.run import LinkReport

_SHOWN = 20


@app.command()
@library_argument
@click.option(
    "--subsonic", metavar="URL", help="A server that speaks the Subsonic API, as Navidrome."
)
@click.option("--jellyfin", metavar="URL", help="A Jellyfin server.")
@click.option("--lyrion", metavar="URL", help="A Lyrion Music Server.")
@click.option(
    "--user", metavar="NAME", default="", show_default=False, help="A user of the server."
)
@click.option(
    "--plain-password",
    is_flag=True,
    help="Send the password itself, not its salted hash, which some servers don't take.",
)
@json_option
def link(
    library: Path,
    subsonic: str | None,
    jellyfin: str | None,
    lyrion: str | None,
    user: str,
    plain_password: bool,
    json: bool,
) -> None:
    """Link a library to a media server.

    The ids of that server are then understood by specrec serve.

    Songs are found by their paths, else by their tags and durations. The password is asked for, or
    taken from SPECREC_SUBSONIC_PASSWORD; Jellyfin's API key from SPECREC_JELLYFIN_API_KEY, and
    Lyrion's password, if --user is given, from SPECREC_LYRION_PASSWORD. Run it again after the
    server has given new ids.
    """
    from specrec.recommend.collection import Collection
    from specrec.report.progress import progress_bar
    from specrec.report.text import json_document
    from specrec.serve.linking import servers
    from specrec.serve.linking.run import link_library
    from specrec.serve.links import Links

    given = {
        name: url
        for name, url in (("subsonic", subsonic), ("jellyfin", jellyfin), ("lyrion", lyrion))
        if url is not None
    }
    if len(given) != 1:
        raise QueryError("give one server: --subsonic, --jellyfin or --lyrion, with its URL")
    if subsonic is not None and not user:
        raise QueryError("give --user, the name of a user of the server")
    if jellyfin is not None and user:
        raise QueryError("--user goes with --subsonic or --lyrion; Jellyfin takes an API key")
    if subsonic is None and plain_password:
        raise QueryError("--plain-password goes with --subsonic")
    opened = Collection.open(library)
    ((kind, url),) = given.items()
    if kind == "subsonic":
        secret = _secret("SPECREC_SUBSONIC_PASSWORD", f"Password of {user}")
        list_songs = partial(servers.subsonic_songs, url, user, secret, plain_password)
    elif kind == "jellyfin":
        list_songs = partial(
            servers.jellyfin_songs, url, _secret("SPECREC_JELLYFIN_API_KEY", "API key")
        )
    else:
        secret = _secret("SPECREC_LYRION_PASSWORD", f"Password of {user}") if user else ""
        list_songs = partial(servers.lyrion_songs, url, user, secret)
    with progress_bar("listing songs") as on_progress:
        server = Links(url, protocol=kind, user=user, plain_password=plain_password)
        report = link_library(opened, server, list_songs, on_progress)
    if json:
        say_json(json_document(report.to_dict()))
    else:
        _print(report, library)


def _print(report: "LinkReport", library: Path) -> None:
    """Says what was linked, and lists what could not be; of many the first."""
    say(
        f"{library}: {counted(report.by_path + report.by_tags, 'song')} of {report.songs:,} linked,"
        f" {report.by_path:,} by path and {report.by_tags:,} by tags and duration"
    )
    _list("may be one of several tracks", [song for song, _ in report.ambiguous])
    _list("not in the library", report.unknown)
    if report.unlinked:
        say(f"{counted(len(report.unlinked), 'track')} of the library not on the server:")
        _show([f"{track.path}" for track in report.unlinked])


def _list(what: str, songs: "Sequence[Song]") -> None:
    if songs:
        say(f"{counted(len(songs), 'song')} {what}:")
        names = [" - ".join(filter(None, (song.artist, song.title))) for song in songs]
        _show(
            [
                f"{name} ({song.path or song.item_id})"
                for name, song in zip(names, songs, strict=True)
            ]
        )


def _name(song: "Song") -> str:
    return f"{song.artist} - {song.title}" if song.artist else song.title


def _show(lines: list[str]) -> None:
    for line in lines[:_SHOWN]:
        say(f"  {line}")
    if len(lines) > _SHOWN:
        say(f"  and {len(lines) - _SHOWN:,} more; --json lists all")


def _secret(variable: str, what: str) -> str:
    """A secret from the environment, else from who sits at the terminal."""
    secret = os.environ.get(variable)
    if secret:
        return secret
    if not sys.stdin.isatty():
        raise QueryError(f"set {variable}; there is no terminal to ask for it")
    return str(click.prompt(what, hide_input=True, err=True))
