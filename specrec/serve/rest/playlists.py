"""Playlists: saved beside the library, and written for players."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Literal
from urllib.parse import quote

import numpy as np
from fastapi import APIRouter, Header, Request, Response
from fastapi import Query as Parameter

from specrec.errors import QueryError
from specrec.printing import visible
from specrec.recommend.library import Library
from specrec.recommend.results import Track
from specrec.report.playlists import Entry, jspf, m3u8
from specrec.serve.asked import Chosen, LibraryName
from specrec.serve.playlists import Playlist, Playlists
from specrec.serve.rest.answers import json_answer
from specrec.serve.rest.documents import PlaylistAnswer, PlaylistBody, PlaylistsAnswer

IfMatch = Annotated[
    str | None,
    Header(
        description="The playlist's ETag: if it is another now, somebody else has changed it, and"
        " nothing is done (412)."
    ),
]

router = APIRouter(prefix="/playlists", tags=["playlists"])

_MOST_TRACKS = 10_000
_LONGEST_NAME = 500

Locations = Annotated[
    Literal["addresses", "paths"],
    Parameter(
        description="`addresses` of the audio on this server, or `paths` in the folder of music,"
        " for a player that reads the file from there."
    ),
]


@router.get("", response_model=PlaylistsAnswer)
def playlists(library: Chosen) -> Response:
    """Lists the playlists of a library."""
    return json_answer({"playlists": [_item(one) for one in _kept(library).all()]})


@router.post("", response_model=PlaylistAnswer, status_code=201)
def create(library: Chosen, body: PlaylistBody) -> Response:
    """Saves a new playlist of tracks that the library holds."""
    saved = _kept(library).save(_checked(library, "", body, ()))
    return _answer(library, saved, 201)


@router.get("/{id}", response_model=PlaylistAnswer)
def playlist(library: Chosen, id: str) -> Response:
    """One playlist, with its tracks."""
    return _answer(library, _kept(library).get(id))


@router.put("/{id}", response_model=PlaylistAnswer)
def replace(library: Chosen, id: str, body: PlaylistBody, if_match: IfMatch = None) -> Response:
    """Saves a playlist anew; tracks that it held before may be gone from the library."""
    before = _kept(library).get(id)
    checked = _checked(library, id, body, before.track_ids)
    return _answer(library, _kept(library).save(checked, _version(if_match)))


@router.delete("/{id}", status_code=204, response_class=Response)
def delete(library: Chosen, id: str, if_match: IfMatch = None) -> Response:
    """Deletes a playlist."""
    _kept(library).delete(id, _version(if_match))
    return Response(status_code=204)


@router.get(
    "/{id}/playlist.m3u8",
    response_class=Response,
    responses={200: {"content": {"audio/x-mpegurl": {}}, "description": "An M3U playlist."}},
)
def as_m3u8(
    request: Request,
    library: Chosen,
    id: str,
    name: LibraryName = None,
    locations: Locations = "addresses",
) -> Response:
    """A playlist for players (extended M3U in UTF-8); tracks that are gone are left out."""
    kept = _kept(library).get(id)
    text = m3u8(_entries(request, library, name, kept, locations), kept.name)
    return Response(text, media_type="audio/x-mpegurl; charset=utf-8", headers=_file(kept, "m3u8"))


@router.get(
    "/{id}/playlist.jspf",
    response_class=Response,
    responses={200: {"content": {"application/jspf+json": {}}, "description": "A JSPF playlist."}},
)
def as_jspf(
    request: Request,
    library: Chosen,
    id: str,
    name: LibraryName = None,
    locations: Locations = "addresses",
) -> Response:
    """A playlist in JSPF, the JSON form of XSPF; tracks that are gone are left out."""
    kept = _kept(library).get(id)
    entries = _entries(request, library, name, kept, locations)
    text = json.dumps(jspf(entries, kept.name, kept.comment), ensure_ascii=False)
    return Response(text, media_type="application/jspf+json", headers=_file(kept, "jspf"))


def _kept(library: Library) -> Playlists:
    return Playlists(library.collection.folder)


def _checked(library: Library, id: str, body: PlaylistBody, before: Sequence[str]) -> Playlist:
    if not body.name.strip() or len(body.name) > _LONGEST_NAME:
        raise QueryError(f"name: must have from 1 to {_LONGEST_NAME} letters")
    if len(body.track_ids) > _MOST_TRACKS:
        raise QueryError(f"track_ids: at most {_MOST_TRACKS:,}, not {len(body.track_ids):,}")
    known = set(before)
    for track_id in body.track_ids:
        if track_id not in known and library.collection.row_of(track_id) is None:
            raise QueryError(f"track_ids: no track has the id {track_id!r}")
    return Playlist(id, body.name, tuple(body.track_ids), body.comment)


def _version(if_match: str | None) -> str | None:
    """The version that a client has seen; None if it takes any."""
    return None if if_match in (None, "*") else str(if_match).removeprefix("W/").strip('"')


def _answer(library: Library, playlist: Playlist, status: int = 200) -> Response:
    tracks = [None if track is None else track.to_dict() for track in _tracks(library, playlist)]
    content = {"playlist": _item(playlist), "tracks": tracks}
    return json_answer(content, status, ETag=f'"{playlist.version}"')


def _item(playlist: Playlist) -> dict[str, object]:
    return asdict(playlist) | {"version": playlist.version}


def _tracks(library: Library, playlist: Playlist) -> list[Track | None]:
    rows = [library.collection.row_of(track_id) for track_id in playlist.track_ids]
    there = np.array([row for row in rows if row is not None], np.int64)
    found = iter(library.collection.tracks_at(there))
    return [None if row is None else next(found) for row in rows]


def _entries(
    request: Request, library: Library, name: str | None, playlist: Playlist, locations: str
) -> list[Entry]:
    entries = []
    for track in _tracks(library, playlist):
        if track is None:
            continue
        if locations == "paths":
            place = track.path if visible(track.path) == track.path else quote(track.path)
        else:
            address = request.url_for("audio", track_id=quote(track.track_id or "", safe=""))
            place = str(address if name is None else address.include_query_params(library=name))
        entries.append(Entry(track, place))
    return entries


def _file(playlist: Playlist, kind: str) -> dict[str, str]:
    name = quote(f"{playlist.name.replace('/', '-')}.{kind}", safe="")
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
