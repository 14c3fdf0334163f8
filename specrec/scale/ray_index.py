"""An index run on a Ray cluster: its actors build parts of the library, which are then joined."""

import logging
import os
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from specrec.config import IndexConfig, Shard
from specrec.errors import ConfigError, LibraryError, message_of
from specrec.index.adapted import adapted_model
from specrec.index.generations import read_generation
from specrec.index.merging import MergeReport, merge_libraries
from specrec.model.registry import find_model
from specrec.progress import Progress
from specrec.scale.ray_builder import Builder, Outcome, part_name
from specrec.scale.remote_folder import RemoteFolder, is_url

try:
    import ray

    from specrec.scale.ray_fleet import Fleet
except ImportError as error:
    raise ConfigError(
        "backend=ray needs Ray; leave it out, or in specrec's folder:"
        " python3 -m uv sync --inexact --no-dev --extra ray"
    ) from error

_REACH_SECONDS = 10.0


@dataclass(frozen=True)
class RayReport:
    """Says what a run on a cluster did.

    Attributes:
        merged: What became of the parts.
        embedded: Number of files that this run embedded.
        lost: Number of processes that died and were replaced.
    """

    merged: MergeReport
    embedded: int
    lost: int


def index_with_ray(
    config: IndexConfig,
    say: Callable[[str], None],
    on_embed: Progress | None = None,
    on_merge: Progress | None = None,
) -> RayReport:
    """Builds a library on a Ray cluster, or brings it up to date.

    Each shard of the files becomes a part, which an actor builds as `build_library` does, reading
    the music itself; then the parts are joined. A run that was stopped goes on where it was, and so
    does a shard whose actor or machine died.

    Args:
        config: The settings of `conf/index.yaml`. All machines see `audio` and `model` at the same
            paths, and `ray.parts` unless that is a URL.
        say: Called with a line on what went wrong and was mended.
        on_embed: Called with the number of new files that are done, and how many there seem to be.
        on_merge: Called after each part that was joined.

    Raises:
        ConfigError: If a setting does not fit, or the cluster has no room for a process.
        StorageError: If the URL of the parts can't be reached.
        WorkerError: If no process starts.
        LibraryError: If a part could not be built; the others are there, for the next run.
    """
    library = Path(config.library).absolute()
    parts = config.ray.parts or str(library / "parts")
    parts = parts if is_url(parts) else str(Path(parts).expanduser().absolute())
    shards = [Shard(number, config.ray.shards) for number in range(1, config.ray.shards + 1)]
    _check(config, library, parts, part_name(shards[0]))
    config = replace(
        config,
        audio=str(Path(config.audio).expanduser().absolute()),
        model=str(adapted_model(library, find_model(config.model)).absolute()),
        library=str(library),
        workers=config.workers or max(1, round(config.ray.cpus)),
    )
    with _cluster(config.ray.address):
        fleet = Fleet(lambda options: _make(config, parts, options), config.ray, say)
        outcomes = _watch(fleet, shards, on_embed)
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    if failed:
        more = f"; and {len(failed) - 1} more parts failed" if len(failed) > 1 else ""
        raise LibraryError(f"shard {failed[0].shard}: {failed[0].error}{more}")
    folders = [_local(parts, library / "parts", part_name(shard)) for shard in shards]
    merged = merge_libraries(library, folders, on_progress=on_merge)
    return RayReport(merged, sum(outcome.embedded for outcome in outcomes), fleet.lost)


def _check(config: IndexConfig, library: Path, parts: str, first: str) -> None:
    """Refuses settings that make no sense here, and to embed a whole library once more.

    Raises:
        ConfigError: If it is refused.
        StorageError: If the URL of the parts can't be reached.
    """
    for name in ("shard", "dry_run"):
        if getattr(config, name):
            raise ConfigError(f"{name} is for backend=local; leave it out with backend=ray")
    part = f"{parts.rstrip('/')}/{first}"
    is_there = RemoteFolder(part).exists() if is_url(parts) else Path(part).is_dir()
    if not is_there and read_generation(library) is not None:
        raise ConfigError(
            f"{library}: {parts} does not hold its parts ({first} and so on), so all would be"
            " embedded once more; give the ray.parts and ray.shards with which it was built, or"
            " leave backend=ray out"
        )


def _make(config: IndexConfig, parts: str, options: dict[str, Any]) -> Any:
    return ray.remote(Builder).options(**options).remote(config, parts)


def _watch(fleet: Fleet, shards: list[Shard], on_embed: Progress | None) -> list[Outcome]:
    """Has all parts built; estimates how many files there are from the shards that have begun."""
    outcomes: list[Outcome] = []
    done: dict[Shard, tuple[int, int]] = {}
    finished: set[Shard] = set()
    for item in fleet.build(shards):
        if isinstance(item, Outcome):
            outcomes.append(item)
            finished.add(item.shard)
            done[item.shard] = item.files, item.files
        else:
            for pulse in item:
                if pulse.shard is not None and pulse.shard not in finished:
                    done[pulse.shard] = pulse.done, pulse.total
        total = sum(total for _, total in done.values())
        if on_embed and total:
            on_embed(sum(part for part, _ in done.values()), round(total / len(done) * len(shards)))
    return outcomes


def _local(parts: str, folder: Path, name: str) -> Path:
    """The folder of a part on this machine; of one at a URL, a copy that is brought up to date."""
    if not is_url(parts):
        return Path(parts) / name
    RemoteFolder(f"{parts.rstrip('/')}/{name}").fetch(folder / name)
    return folder / name


def start_ray(**options: Any) -> None:
    """Starts Ray or connects to it, as `ray.init` does, but SIGTERM stays with who has it.

    Ray's own handler would end the process in the middle of what it writes. Of a process that died
    it would print a paragraph among our results, whatever `log_to_driver` is.
    """
    handler = signal.getsignal(signal.SIGTERM)
    ray._private.worker._worker_logs_enabled = False  # there is no public way
    try:
        ray.init(log_to_driver=False, logging_level=logging.ERROR, **options)
    finally:
        if handler is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, handler)


@contextmanager
def _cluster(address: str | None) -> Iterator[None]:
    """Connects to a cluster, or starts one on this machine, unless the process has done so."""
    if ray.is_initialized():
        yield
        return
    if address is None and "RAY_ADDRESS" not in os.environ:
        start_ray(include_dashboard=False, object_store_memory=100 << 20)
    else:
        try:
            _reach(address or os.environ["RAY_ADDRESS"])
            start_ray(address=address or "auto")
        except (OSError, ValueError, RuntimeError) as error:
            said = message_of(error).splitlines()[0]
            raise ConfigError(
                f"ray.address: no cluster answers there ({said}); one that asks for a token does if"
                " RAY_AUTH_MODE=token is set"
            ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _reach(address: str) -> None:
    """Tries an address that names host and port, for Ray would try it for minutes.

    Raises:
        OSError: If nothing answers.
    """
    found = re.fullmatch(r"(?:ray://)?(.+):(\d+)", address)
    if found is not None:
        socket.create_connection((found[1].strip("[]"), int(found[2])), _REACH_SECONDS).close()
