"""The page that describes the REST interface, made from its OpenAPI document.

The usual pages load scripts from elsewhere, which neither works offline nor with our
Content-Security-Policy; `/openapi.json` can be given to any of them.
"""

from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Request, Response
from jinja2 import Environment, PackageLoader
from starlette.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

_PAGES = Environment(loader=PackageLoader("specrec.serve"), autoescape=True)


@router.get("/docs")
def docs(request: Request) -> HTMLResponse:
    """Describes every request, its parameters and its answers."""
    described = request.app.openapi()
    parts: dict[str, list[dict[str, Any]]] = {}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            tag = operation.get("tags", ["other"])[0]
            parts.setdefault(tag, []).append(operation | {"path": path, "method": method})
    schemas = described.get("components", {}).get("schemas", {})
    page = _PAGES.get_template("docs.html")
    return HTMLResponse(page.render(api=described, parts=parts, schemas=schemas, type_of=type_of))


@router.get("/docs.css")
def style() -> Response:
    """The style of that page."""
    content = files("specrec.serve").joinpath("templates", "docs.css").read_text()
    return Response(content, media_type="text/css")


def type_of(schema: dict[str, Any]) -> str:
    """Says in a few words what values a schema allows.

    >>> type_of({"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]})
    'list of string, or null'
    """
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return ", or ".join(type_of(one) for one in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return " or ".join(repr(one) for one in schema.get("enum", [schema.get("const")]))
    kind = str(schema.get("type", "any"))
    if kind == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    inside = schema.get("additionalProperties")
    if kind == "object" and isinstance(inside, dict):
        return f"object of {type_of(inside)}"
    return kind
