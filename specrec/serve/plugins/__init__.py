"""The routes of AudioMuse-AI that plugins of Navidrome, Jellyfin and Lyrion call.

What they send and read is theirs; reasons ride along in fields of their own. `item_id` is the id of
the media server, as `specrec link` has written it down; where a library is not linked, it is the
track_id.
"""

from fastapi import APIRouter

from specrec.serve.plugins import artists, mixes, tasks, tracks

router = APIRouter(prefix="/api", tags=["plugins"])
for part in (tracks, artists, mixes, tasks):
    router.include_router(part.router)

__all__ = ["router"]
