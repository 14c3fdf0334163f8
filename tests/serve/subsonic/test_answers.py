from typing import Any
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from specrec.serve.subsonic.answers import to_xml

NAMESPACE = "{http://subsonic.org/restapi}"


def plain(element: ElementTree.Element) -> dict[str, Any]:
    """An element as JSON would have it, with all values as text."""
    found: dict[str, Any] = dict(element.attrib)
    for child in element:
        found.setdefault(child.tag.removeprefix(NAMESPACE), []).append(plain(child))
    if element.text:
        found["value"] = element.text
    return found


def as_text(value: Any) -> Any:
    """A document with all values as text, and with a list wherever there is an element."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return {
            name: [as_text(value[name])] if isinstance(value[name], dict) else as_text(value[name])
            for name in value
            if value[name] != []
        }
    if isinstance(value, list):
        return [as_text(one) if isinstance(one, dict) else {"value": str(one)} for one in value]
    return str(value)


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("ping", {}),
        ("getOpenSubsonicExtensions", {}),
        ("getMusicFolders", {}),
        ("getArtists", {"musicFolderId": 0}),
        ("getGenres", {}),
        ("getAlbumList2", {"type": "alphabeticalByName"}),
        ("search3", {"query": "piece 7"}),
        ("getSonicSimilarTracks", {"id": "t7"}),
        ("getSong", {"id": "no such"}),
    ],
)
def test_xml_says_what_json_says(
    method: str, parameters: dict[str, Any], client: TestClient
) -> None:
    in_xml = client.get(f"/rest/{method}", params=parameters)
    in_json = client.get(f"/rest/{method}", params={**parameters, "f": "json"})
    assert in_xml.status_code == in_json.status_code == 200
    assert in_xml.headers["content-type"].startswith("application/xml")
    root = ElementTree.fromstring(in_xml.content)
    assert root.tag == f"{NAMESPACE}subsonic-response"
    assert plain(root) == as_text(in_json.json()["subsonic-response"])


def test_other_forms_are_refused(client: TestClient) -> None:
    answer = client.get("/rest/ping?f=jsonp&callback=alert")
    error = ElementTree.fromstring(answer.content).find(f"{NAMESPACE}error")
    assert error is not None
    assert error.attrib["code"] == "0"


@settings(max_examples=50)
@given(st.text(), st.text())
def test_any_text_stands_in_xml(title: str, mood: str) -> None:
    root = ElementTree.fromstring(to_xml({"song": {"title": title, "moods": [mood]}}))
    assert root.attrib["title"] == readable(title)
    # Between tags, all ends of lines are one to XML.
    assert (root[0].text or "") == readable(mood).replace("\r\n", "\n").replace("\r", "\n")


def readable(text: str) -> str:
    """A text with a sign for each that XML can't hold (its section 2.2)."""
    return "".join(
        "\ufffd" if (sign < " " and sign not in "\t\n\r") or sign in "\ufffe\uffff" else sign
        for sign in text
    )
