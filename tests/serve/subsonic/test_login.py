import hashlib
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from specrec.serve.access import Access
from specrec.serve.app import make_app
from tests.serve.conftest import ADDRESS
from tests.serve.subsonic.conftest import KEY, PASSWORD, USER, answer_of

SALT = "c19b2d"
TOKEN = hashlib.md5((PASSWORD + SALT).encode()).hexdigest()


def code_of(stranger: TestClient, method: str = "ping", **parameters: Any) -> int | None:
    """The code of the error that is answered; None for success."""
    answer = answer_of(stranger.get(f"/rest/{method}", params={"f": "json", **parameters}))
    return answer["error"]["code"] if answer["status"] == "failed" else None


@pytest.mark.parametrize(
    "given",
    [
        {"u": USER, "t": TOKEN, "s": SALT},
        {"u": USER, "p": PASSWORD},
        {"u": USER, "p": "enc:" + PASSWORD.encode().hex()},
        {"apiKey": KEY},
    ],
)
def test_each_way_to_log_in(given: dict[str, str], stranger: TestClient) -> None:
    assert code_of(stranger, **given) is None
    assert answer_of(stranger.post("/rest/ping.view?f=json", data=given))["status"] == "ok"
    user = answer_of(stranger.get("/rest/getUser", params={"f": "json", **given}))["user"]
    assert (user["username"], user["streamRole"], user["adminRole"]) == (USER, True, False)


@pytest.mark.parametrize(
    ("code", "given"),
    [
        (10, {}),
        (10, {"u": USER}),
        (10, {"u": USER, "t": TOKEN}),
        (10, {"p": PASSWORD}),
        (40, {"u": USER, "p": "wrong"}),
        (40, {"u": USER, "p": "enc:zz"}),
        (40, {"u": "eve", "p": PASSWORD}),
        (40, {"u": USER, "t": TOKEN, "s": "other"}),
        (40, {"u": "eve", "t": TOKEN, "s": SALT}),
        (43, {"apiKey": KEY, "u": USER}),
        (43, {"u": USER, "p": PASSWORD, "t": TOKEN, "s": SALT}),
        (44, {"apiKey": "wrong"}),
        (44, {"apiKey": ""}),
        (20, {"apiKey": KEY, "v": "0.9"}),
        (30, {"apiKey": KEY, "v": "2.0.0"}),
    ],
)
def test_each_way_to_fail(code: int, given: dict[str, str], stranger: TestClient) -> None:
    for method in ("ping", "stream"):
        assert code_of(stranger, method, **given) == code


def test_extensions_are_told_to_everybody(stranger: TestClient, client: TestClient) -> None:
    told = [
        {one["name"]: one["versions"] for one in answer_of(answer)["openSubsonicExtensions"]}
        for answer in (
            stranger.get("/rest/getOpenSubsonicExtensions?f=json"),
            client.get("/rest/getOpenSubsonicExtensions.view?f=json"),
        )
    ]
    open_to_all = {"sonicSimilarity": [1], "formPost": [1]}
    assert told == [{**open_to_all, "apiKeyAuthentication": [1]}, open_to_all]


def test_a_token_needs_the_password_itself(served: FastAPI) -> None:
    settings = replace(served.state.settings, access=Access().for_user(USER, PASSWORD))
    with TestClient(make_app(served.state.shelf, settings), ADDRESS) as client:
        assert code_of(client, u=USER, t=TOKEN, s=SALT) == 42
        assert code_of(client, u=USER, p=PASSWORD) is None


def test_a_password_of_any_letters(served: FastAPI) -> None:
    settings = replace(served.state.settings, access=Access(USER, "sésame, ouvre-toi"))
    token = hashlib.md5(f"sésame, ouvre-toi{SALT}".encode()).hexdigest()
    with TestClient(make_app(served.state.shelf, settings), ADDRESS) as client:
        assert code_of(client, u=USER, t=token, s=SALT) is None
        for coding in ("utf-8", "latin-1"):  # as the protocol and as py-opensonic have it
            coded = "sésame, ouvre-toi".encode(coding).hex()
            assert code_of(client, u=USER, p=f"enc:{coded}") is None


def test_whose_a_key_is(stranger: TestClient) -> None:
    answer = answer_of(stranger.get("/rest/tokenInfo", params={"f": "json", "apiKey": KEY}))
    assert answer["tokenInfo"] == {"username": USER}
    assert code_of(stranger, "tokenInfo", u=USER, p=PASSWORD) == 10


def test_nobody_sees_another_account(stranger: TestClient) -> None:
    assert code_of(stranger, "getUser", apiKey=KEY, username="eve") == 50
