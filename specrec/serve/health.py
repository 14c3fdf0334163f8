"""Whether the server answers: for Docker, systemd and load balancers, which have no password."""

from fastapi import APIRouter

router = APIRouter()


@router.get("/health", include_in_schema=False)
async def health() -> dict[str, str]:
    """Says that the server answers, and nothing about the music."""
    return {"status": "ok"}
