"""What plugins ask about the server itself, and what specrec does not do for them."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from specrec.serve.asked import Studied
from specrec.serve.plugins.errors import PluginRoute

router = APIRouter(route_class=PluginRoute)

_INDEX = "specrec index brings a library up to date, or specrec serve --watch"
_NO_LYRICS = "specrec knows no lyrics; /api/similar_tracks compares by sound"
_ELSEWHERE = {
    "/analysis/start": _INDEX,
    "/clustering/start": "specrec clusters groups a library",
    "/hyperbolic/similar": "specrec has one space of sounds, that of /api/similar_tracks",
    "/lyrics/search/text": _NO_LYRICS,
    "/radios/run": "specrec makes no playlists on a media server",
    "/sem_grove/search": _NO_LYRICS,
    "/sonic_fingerprint/generate": "specrec does not know who has heard what",
}


@router.get("/health")
def health() -> dict[str, str]:
    """Says that the server runs."""
    return {"status": "ok"}


@router.get("/active_tasks")
def active_tasks(request: Request, studies: Studied) -> dict[str, Any]:
    """The task that runs now, if any: an update of a library, else a study; no request starts one.

    `progress` is in percent; null where it is not known.
    """
    watch, study = request.app.state.watch, studies.running
    if watch is not None and watch.state == "updating":
        return _task("library update", None)
    if study is not None:
        return _task("study", 100 * study.done // study.of if study.of else None)
    return {}


def _task(kind: str, progress: int | None) -> dict[str, Any]:
    return {
        "task_id": kind.replace(" ", "_"),
        "parent_task_id": None,
        "task_type": kind,
        "status": "PROGRESS",
        "progress": progress,
        "details": {},
    }


@router.get("/last_task")
def last_task() -> dict[str, Any]:
    """The last task: there was none."""
    return {
        "task_id": None,
        "task_type": None,
        "status": "NO_PREVIOUS_MAIN_TASK",
        "details": {"log": ["No task is run by request."]},
    }


def not_done_here(request: Request) -> JSONResponse:
    """Says what to use in place of what specrec does not do for a plugin."""
    instead = _ELSEWHERE[request.url.path.removeprefix("/api")]
    return JSONResponse({"error": f"not done here: {instead}"}, 501)


for path in _ELSEWHERE:
    router.add_api_route(path, not_done_here, methods=["GET", "POST"], include_in_schema=False)
