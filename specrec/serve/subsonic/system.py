"""The server itself: what it supports, and who uses it."""

from typing import Any

from specrec.serve.subsonic.answers import MISSING, NOT_ALLOWED, RestError
from specrec.serve.subsonic.call import Call


def ping(call: Call) -> dict[str, Any]:
    """Answers nothing, successfully."""
    return {}


def get_license(call: Call) -> dict[str, Any]:
    """The license, which is always valid: specrec is free."""
    return {"license": {"valid": True}}


def get_open_subsonic_extensions(has_access: bool) -> dict[str, Any]:
    """What is supported beyond Subsonic.

    Args:
        has_access: Whether one logs in here, so that there are API keys.
    """
    names = ["formPost", "sonicSimilarity", *(["apiKeyAuthentication"] if has_access else [])]
    return {"openSubsonicExtensions": [{"name": name, "versions": [1]} for name in names]}


def token_info(call: Call) -> dict[str, Any]:
    """Whose an API key is."""
    if call.settings.access is None or not call.parameters.has("apiKey"):
        raise RestError(MISSING, "required parameter 'apiKey' is missing")
    return {"tokenInfo": {"username": call.user}}


def get_user(call: Call) -> dict[str, Any]:
    """What who asks may do: listen, download, and keep playlists."""
    if call.parameters.text("username", call.user) != call.user:
        raise RestError(NOT_ALLOWED, "only your own account can be shown")
    allowed = {"downloadRole", "playlistRole", "coverArtRole", "streamRole"}
    roles = (
        "adminRole", "settingsRole", "downloadRole", "uploadRole", "playlistRole", "coverArtRole",
        "commentRole", "podcastRole", "streamRole", "jukeboxRole", "shareRole",
        "videoConversionRole",
    )  # fmt: skip
    user = {"username": call.user, "scrobblingEnabled": False}
    places = [*range(len(call.shelf.names))]
    return {"user": {**user, **{role: role in allowed for role in roles}, "folder": places}}


def get_scan_status(call: Call) -> dict[str, Any]:
    """How many tracks there are; libraries are written by others, so nothing is scanned here."""
    return {"scanStatus": {"scanning": False, "count": len(call.all_music.songs)}}
