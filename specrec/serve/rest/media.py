"""What is heard and seen of a track."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi import Query as Parameter

from specrec.serve.asked import Chosen, Drawn, row_of
from specrec.serve.media import AudioFile, audio_file, media_type
from specrec.serve.rest.answers import Responses

router = APIRouter(prefix="/tracks/{track_id}", tags=["tracks"])

_PNG: Responses = {200: {"content": {"image/png": {}}, "description": "A picture."}}
_AUDIO: Responses = {
    200: {"content": {"audio/*": {}}, "description": "The whole file."},
    206: {"content": {"audio/*": {}}, "description": "The part that was asked for."},
}


@router.head("/audio", include_in_schema=False)
@router.get("/audio", response_class=AudioFile, responses=_AUDIO)
def audio(library: Chosen, track_id: str) -> AudioFile:
    """The file of a track as it is, or with the header `Range` a part of it."""
    path = audio_file(library, row_of(library, track_id))
    return AudioFile(path, media_type=media_type(path))


@router.get("/spectrogram.png", response_class=Response, responses=_PNG)
def spectrogram(
    request: Request,
    library: Chosen,
    drawn: Drawn,
    track_id: str,
    seconds: Annotated[
        float, Parameter(ge=1, le=600, description="Length of the part that is shown.")
    ] = 30.0,
    axes: Annotated[bool, Parameter(description="Whether with axes and a bar of colors.")] = False,
) -> Response:
    """The mel spectrogram of the middle of a track; 128 bands, as librosa draws it."""
    row = row_of(library, track_id)
    content = str(library.tracks["content_id"].array[row])
    headers = {"ETag": f'"{content}-{seconds:g}-{axes:d}"', "Cache-Control": "private, no-cache"}
    path = audio_file(library, row)
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(drawn.png(path, content, seconds, axes), 200, headers, "image/png")
