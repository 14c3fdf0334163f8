import base64
import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from specrec.cli import app
from specrec.serve.access import Access, AccessError, read_access, write_access


def cheap_hash(password: str) -> str:
    """The PHC string of a password's scrypt hash that takes no time."""
    salt = b"salt of 16 bytes"
    derived = hashlib.scrypt(password.encode(), salt=salt, n=16, r=8, p=1, dklen=32)
    texts = [base64.b64encode(part).decode().rstrip("=") for part in (salt, derived)]
    return f"$scrypt$ln=4,r=8,p=1${texts[0]}${texts[1]}"


@pytest.fixture
def hashed() -> Access:
    return Access("ada", password_hash=cheap_hash("a long password"))


def test_a_password_is_known_by_its_hash(hashed: Access) -> None:
    for _ in range(2):  # found out, then remembered
        assert hashed.knows_password("ada", "a long password")
        assert not hashed.knows_password("eve", "a long password")
        assert not hashed.knows_password("ada", "a long passwore")
    assert hashed.remembers("ada", "a long password")
    assert not hashed.remembers("ada", "a long passwore")


def test_the_hash_is_scrypt() -> None:
    access = Access().for_user("ada", "a long password")
    assert access.password is None
    assert access.password_hash is not None
    _, name, costs, *texts = access.password_hash.split("$")
    assert (name, costs) == ("scrypt", "ln=15,r=8,p=3")
    salt, derived = (base64.b64decode(text + "==") for text in texts)
    again = hashlib.scrypt(b"a long password", salt=salt, n=2**15, r=8, p=3, maxmem=2**26, dklen=32)
    assert again == derived


def test_a_token_is_the_md5_of_password_and_salt(hashed: Access) -> None:
    access = Access().for_user("ada", "sesame, open", readable=True)
    token = hashlib.md5(b"sesame, openc19b2d").hexdigest()
    assert access.knows_token("ada", token, "c19b2d") is True
    assert access.knows_token("ada", token, "c19b2e") is False
    assert access.knows_token("eve", token, "c19b2d") is False
    assert access.knows_password("ada", "sesame, open")
    assert hashed.knows_token("ada", token, "c19b2d") is None


def test_a_key_is_shown_once_and_can_be_removed() -> None:
    access, key = Access().with_new_key("player")
    assert access.knows_key(key)
    assert not access.knows_key(key[:-1])
    assert not access.knows_key("")
    assert key not in repr(access)
    assert key not in str(access.keys)
    assert not access.without_key("player").knows_key(key)
    with pytest.raises(AccessError, match="'player' already"):
        access.with_new_key("player")
    with pytest.raises(AccessError, match="there are: player"):
        access.without_key("radio")


def test_nothing_secret_is_in_a_representation() -> None:
    access = Access().for_user("ada", "sesame, open", readable=True)
    assert "sesame" not in repr(access)


def test_the_file_is_for_its_owner_alone(tmp_path: Path, hashed: Access) -> None:
    file = tmp_path / "access.json"
    write_access(file, hashed)
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_access(file).knows_password("ada", "a long password")
    for mode in (0o604, 0o640, 0o620):
        file.chmod(mode)
        with pytest.raises(AccessError, match="chmod 600"):
            read_access(file)


GOOD = {
    "format_version": 1,
    "user": "ada",
    "password": "a long password",
    "password_hash": None,
    "api_keys": {},
}
BAD = [
    {"format_version": 2},
    {"user": 3},
    {"password": 5},
    {"password_hash": "x"},
    {"api_keys": ["x"]},
    {"api_keys": {"x": 1}},
]


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", "[" * 60_000, " " * 70_000, *(json.dumps(GOOD | bad) for bad in BAD)],
)
def test_what_is_no_access_file_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "access.json"
    file.write_text(json.dumps(GOOD))
    file.chmod(0o600)
    assert read_access(file).user == "ada"
    file.write_text(content)
    with pytest.raises(AccessError, match="not an access file"):
        read_access(file)


def test_a_hash_that_would_cost_too_much_is_refused(tmp_path: Path, hashed: Access) -> None:
    file = tmp_path / "access.json"
    write_access(file, hashed)
    file.write_text(file.read_text().replace("ln=4", "ln=40"))
    with pytest.raises(AccessError, match="not an access file"):
        read_access(file)


def test_the_command_writes_and_says_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "access.json"
    run = CliRunner().invoke

    def access(*options: str, typed: str = "") -> tuple[str, str]:
        done = run(app, ["access", str(file), *options], input=typed, catch_exceptions=False)
        return done.stdout, done.stderr

    assert access("--user", "ada", typed="sesame, open\n") == (
        "",
        "user ada: password kept as a hash, so Subsonic's tokens can't be checked\n"
        "API keys: none\n",
    )
    key, said = access("--new-key", "player")
    assert read_access(file).knows_key(key.strip())
    assert key.strip() not in said
    assert key.strip() not in file.read_text()
    assert "sesame" not in file.read_text()
    _, said = access("--user", "ada", "--readable", "--remove-key", "player", typed="open sesame\n")
    assert "readable" in said
    assert json.loads(file.read_text())["password"] == "open sesame"
    assert json.loads(file.read_text())["api_keys"] == {}
    with pytest.raises(AccessError, match="at least 8"):
        access("--user", "ada", typed="short\n")
