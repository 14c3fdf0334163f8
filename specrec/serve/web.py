"""The explorer: the page at `/`, and the files that it consists of."""

import hashlib
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import APIRouter, Request
from fastapi.responses import Response

from specrec.serve.problems import NotFoundError

router = APIRouter(include_in_schema=False)

_TYPES = {
    "css": "text/css",
    "html": "text/html",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}


def _read(folder: Traversable, prefix: str = "") -> dict[str, bytes]:
    """The files below a folder, by their path."""
    found: dict[str, bytes] = {}
    for item in folder.iterdir():
        if item.is_dir():
            found |= _read(item, f"{prefix}{item.name}/")
        elif item.name.rpartition(".")[2] in _TYPES:
            found[prefix + item.name] = item.read_bytes()
    return found


_PAGE = _read(files("specrec.serve").joinpath("page"))
# Browsers fetch all modules at once, not each when they come to the import of it.
_PRELOADS = "".join(
    f'  <link rel="modulepreload" href="/page/{name}">\n'
    for name in sorted(_PAGE) if name.endswith(".js")
)  # fmt: skip
_PAGE["index.html"] = _PAGE["index.html"].replace(b"</head>", _PRELOADS.encode() + b"</head>")
_TAGS = {name: f'"{hashlib.sha256(content).hexdigest()[:16]}"' for name, content in _PAGE.items()}


@router.get("/")
async def page(request: Request) -> Response:
    """The page."""
    return await part(request, "index.html")


@router.get("/page/{name:path}")
async def part(request: Request, name: str) -> Response:
    """A file of the page.

    Raises:
        NotFoundError: If it has no such file.
    """
    if name not in _PAGE:
        raise NotFoundError(f"the page has no file {name!r}")
    kind = _TYPES[name.rpartition(".")[2]]
    # It is asked for each time: after an update, no part is an old one.
    headers = {"Cache-Control": "no-cache", "ETag": _TAGS[name]}
    if request.headers.get("if-none-match") == _TAGS[name]:
        return Response(status_code=304, headers=headers)
    return Response(_PAGE[name], media_type=kind, headers=headers)
