"""Whether the server answers: for Docker, systemd and load balancers, which have no password."""

from fastapi import APIRouter, Request

router = APIRouter()


@router.get("/health", include_in_schema=False)
async def health(request: Request) -> dict[str, str]:
    """Says that the server answers, and whether updates fail; nothing about the music."""
    watch = request.app.state.watch
    return {"status": "ok"} | ({} if watch is None else {"updates": watch.state})
