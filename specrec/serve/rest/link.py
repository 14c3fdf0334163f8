"""The media server to which a library is linked, and playlists that are sent to it."""

from fastapi import APIRouter, Response
from pydantic import ConfigDict, SecretStr
from starlette.exceptions import HTTPException

from specrec.errors import QueryError
from specrec.recommend.results import Track
from specrec.serve.asked import Chosen, row_of
from specrec.serve.links import Links
from specrec.serve.rest.answers import json_answer
from specrec.serve.rest.documents import Answer, Document

router = APIRouter(prefix="/link", tags=["playlists"])

_MOST_TRACKS = 10_000
_LONGEST_NAME = 500
_OTHERS = ("jellyfin", "lyrion")  # which do not speak the Subsonic API


class LinkAnswer(Answer):
    """The media server to which a library is linked, as `specrec link` did it."""

    server: str | None
    """Its address; null if the library is not linked."""
    protocol: str
    """`subsonic`, `jellyfin` or `lyrion`; empty where that was not noted."""
    user: str
    """Who asked it for its songs; empty if nobody had to log in."""
    tracks: int
    """Number of tracks that are songs of it."""
    takes_playlists: bool
    """Whether playlists can be sent to it."""


class PlaylistToSend(Document):
    """A playlist for the linked server, and who sends it."""

    model_config = ConfigDict(defer_build=False)

    name: str
    """Its name."""
    track_ids: list[str]
    """The tracks, in order."""
    user: str
    """The user of the linked server whose playlist it is."""
    password: SecretStr
    """The password of that user, which goes to the linked server alone and is not kept."""
    replace: bool = False
    """Whether a playlist of that name may be replaced."""


class SentAnswer(Answer):
    """What the linked server has now."""

    server: str
    """Its address."""
    playlist_id: str
    """Its id of the playlist."""
    replaced: bool
    """Whether the playlist took the place of one of the same name."""
    songs: int
    """Number of its songs."""
    unlinked: list[Track]
    """Tracks that were left out, for they are no songs of the server."""


@router.get("", response_model=LinkAnswer)
def link(library: Chosen) -> Response:
    """Says to which media server a library is linked."""
    links = Links.of(library.collection.folder)
    return json_answer(
        {
            "server": links.server or None,
            "protocol": links.protocol,
            "user": links.user,
            "tracks": len({*links.items.values()}),
            "takes_playlists": _takes_playlists(links),
        }
    )


@router.post("/playlists", response_model=SentAnswer, status_code=201)
def send(library: Chosen, body: PlaylistToSend) -> Response:
    """Sends a playlist to the media server to which the library is linked.

    It goes to that server alone, whose address only `specrec link` sets. If the user has a
    playlist of that name, the answer is 409 unless it may be replaced.
    """
    from specrec.serve.linking.sending import TakenNameError, send_playlist
    from specrec.serve.linking.servers import MediaServerError

    links = Links.of(library.collection.folder)
    _check(library.collection.folder.name, links, body)
    rows = {track_id: row_of(library, track_id) for track_id in body.track_ids}
    if not any(links.item_id(track_id) for track_id in rows):
        raise QueryError(
            f"none of these tracks is a song of {links.server}; run specrec link again if they are"
            " new there"
        )
    secret = body.password.get_secret_value()
    try:
        sent = send_playlist(links, body.user, secret, body.name, body.track_ids, body.replace)
    except TakenNameError as error:
        raise HTTPException(409, str(error)) from error
    except MediaServerError as error:
        raise HTTPException(502, str(error)) from error
    left_out = [library.resolve(rows[track_id]).track for track_id in sent.unlinked]
    content = {
        "server": links.server,
        "playlist_id": sent.playlist_id,
        "replaced": sent.replaced,
        "songs": sent.songs,
        "unlinked": [track.to_dict() for track in left_out],
    }
    return json_answer(content, 201)


def _takes_playlists(links: Links) -> bool:
    return bool(links.server) and links.protocol not in _OTHERS


def _check(name: str, links: Links, body: PlaylistToSend) -> None:
    """Refuses what can't be sent before anybody is asked."""
    if not links.server:
        raise QueryError(f"{name} is linked to no media server; see specrec link")
    if not _takes_playlists(links):
        raise QueryError(f"{links.server} does not speak the Subsonic API, which takes playlists")
    if not body.name.strip() or len(body.name) > _LONGEST_NAME:
        raise QueryError(f"name: must have from 1 to {_LONGEST_NAME} letters")
    if not body.user:
        raise QueryError("user: give the name of a user of the media server")
    if not 1 <= len(body.track_ids) <= _MOST_TRACKS:
        raise QueryError(f"track_ids: from 1 to {_MOST_TRACKS:,}, not {len(body.track_ids):,}")
