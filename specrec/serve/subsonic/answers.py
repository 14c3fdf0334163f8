"""Answers as the protocol has them: one envelope, in XML or JSON, for success and failure."""

import json
import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from starlette.responses import Response

from specrec import __version__
from specrec.errors import SpecrecError
from specrec.serve.problems import without_paths

PROTOCOL = "1.16.1"
NAMESPACE = "http://subsonic.org/restapi"

GENERIC, MISSING = 0, 10
CLIENT_TOO_OLD, SERVER_TOO_OLD = 20, 30
WRONG_PASSWORD, NOT_SUPPORTED, CONFLICTING, WRONG_KEY = 40, 42, 43, 44
NOT_ALLOWED, NOT_FOUND = 50, 70

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class RestError(SpecrecError):
    """A request that is answered by one of the protocol's errors.

    Attributes:
        code: The code of the error.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def success(content: Mapping[str, Any], form: str) -> Response:
    """Makes the answer to a request that succeeded.

    Args:
        content: What is answered: members of the envelope. Members that are None are left out.
        form: `json` or `xml`.
    """
    return _envelope({"status": "ok"}, content, form)


def failure(code: int, message: str, form: str) -> Response:
    """Makes the answer to a request that failed, which is HTTP 200 in this protocol."""
    error = {"code": code, "message": without_paths(message)}
    return _envelope({"status": "failed"}, {"error": error}, form)


def _envelope(status: dict[str, Any], content: Mapping[str, Any], form: str) -> Response:
    head = {
        **status,
        "version": PROTOCOL,
        "type": "specrec",
        "serverVersion": __version__,
        "openSubsonic": True,
    }
    document = {"subsonic-response": _known({**head, **content})}
    if form == "json":
        return Response(json.dumps(document, allow_nan=False), media_type="application/json")
    return Response(to_xml(document), media_type="application/xml")


def _known(value: Any) -> Any:
    """Leaves out members that are None."""
    if isinstance(value, Mapping):
        return {name: _known(one) for name, one in value.items() if one is not None}
    return [_known(one) for one in value] if isinstance(value, list) else value


def to_xml(document: Mapping[str, Any]) -> bytes:
    """Writes a document of one member as the protocol's XML.

    A plain member is an attribute, but `value` is the element's text; an object is an element, and
    a list one element for each of its items.

    >>> to_xml({"genre": {"value": "Jazz", "songCount": 2}}).decode().splitlines()[1]
    '<genre xmlns="http://subsonic.org/restapi" songCount="2">Jazz</genre>'
    """
    ((name, content),) = document.items()
    root = ElementTree.Element(name, xmlns=NAMESPACE)
    _fill(root, content)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _fill(element: ElementTree.Element, content: Any) -> None:
    if not isinstance(content, Mapping):
        element.text = _text(content)
        return
    for name, value in content.items():
        if name == "value":
            element.text = _text(value)
        elif isinstance(value, Mapping | list):
            for one in value if isinstance(value, list) else [value]:
                _fill(ElementTree.SubElement(element, name), one)
        else:
            element.set(name, _text(value))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _NOT_IN_XML.sub("\ufffd", str(value))
