"""Actors of a Ray cluster that are watched: what dies or hangs is replaced, none waits for ever.

These are plain actors, not those of Ray Data. There, actors on all cores leave none for the tasks
that feed them, and the job waits for ever (ray issue 44687); an actor that died may keep its place
(62746). Here nothing but the actors needs a core, each shard is built by at most one of them, and
what is left of a shard when its actor dies is built by the next.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

# Nothing is sent to Ray's makers, and workers run the Python of the cluster, even under `uv run`.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")

import ray
from ray.exceptions import RayError

from specrec.config import RayConfig, Shard
from specrec.errors import ConfigError, WorkerError
from specrec.scale.ray_builder import Outcome, Pulse

_START_SECONDS = 300.0  # imports, from a slow disk, with every core at work
_TRIES = 3  # of a shard, before it is given up
_TICK_SECONDS = 0.25
_BUSY_SHARE = 0.02  # of the time: a process that uses less of its core waits for something
_PULSE_SECONDS = 1.0  # at least, between two signs of life


@dataclass
class _Actor:
    handle: Any
    since: float = field(default_factory=time.monotonic)  # its last sign of life
    pulse: Pulse | None = None
    pulse_ref: Any = None
    asked: float = -_PULSE_SECONDS
    shard: Shard | None = None
    shard_ref: Any = None

    def hear(self, pulse: Pulse) -> None:
        """Notes a sign of life; only to be asked, without any work, is none."""
        before, now = self.pulse, time.monotonic()
        if before is not None:
            worked = pulse.cpu_seconds - before.cpu_seconds
            if before.files == pulse.files and worked < _BUSY_SHARE * (now - self.since):
                return
        self.pulse, self.since = pulse, now

    @property
    def is_free(self) -> bool:
        return self.pulse is not None and self.shard is None


class Fleet:
    """Actors that build shards.

    Args:
        make: Makes an actor, with the options that it is given.
        config: What each of them takes, and how many there may be.
        say: Called with a line on each actor that is lost.

    Raises:
        ConfigError: If no machine of the cluster has room for one.
    """

    def __init__(
        self, make: Callable[[dict[str, Any]], Any], config: RayConfig, say: Callable[[str], None]
    ) -> None:
        self._make = make
        self._config = config
        self._say = say
        room = _room(config)
        self._most = room if config.actors is None else config.actors
        self._actors: list[_Actor] = []
        self._tries: dict[Shard, int] = {}
        self.lost = 0

    def build(self, shards: Sequence[Shard]) -> Iterator[Outcome | list[Pulse]]:
        """Has all shards built.

        Yields:
            Each outcome; and in between, the signs of life of all actors.

        Raises:
            WorkerError: If no actor can be started.
        """
        waiting, left = deque(shards), len(shards)
        try:
            while left:
                self._fill(waiting)
                refs = [actor.shard_ref for actor in self._actors if actor.shard_ref is not None]
                if refs:
                    ray.wait(refs, timeout=_TICK_SECONDS)
                else:
                    time.sleep(_TICK_SECONDS)
                for actor in list(self._actors):
                    outcome = self._look_after(actor, waiting)
                    if outcome is not None:
                        left -= 1
                        yield outcome
                yield [actor.pulse for actor in self._actors if actor.pulse is not None]
        finally:
            for actor in self._actors:
                ray.kill(actor.handle)
            self._actors.clear()

    def _fill(self, waiting: deque[Shard]) -> None:
        """Gives free actors a shard each, and starts as many as there is work for."""
        for actor in self._actors:
            if waiting and actor.is_free:
                actor.shard = waiting.popleft()
                actor.shard_ref = actor.handle.build.remote(actor.shard)
                actor.since = time.monotonic()
        working = sum(actor.shard is not None for actor in self._actors)
        while len(self._actors) < min(self._most, working + len(waiting)):
            options = {"num_cpus": self._config.cpus, "num_gpus": self._config.gpus}
            # Two threads: one builds, the other one answers. What dies is replaced here.
            handle = self._make(options | {"max_concurrency": 2, "max_restarts": 0})
            self._actors.append(_Actor(handle))

    def _look_after(self, actor: _Actor, waiting: deque[Shard]) -> Outcome | None:
        """Takes what an actor has sent; replaces it if it is dead or shows no sign of life."""
        try:
            if actor.shard_ref is not None and ray.wait([actor.shard_ref], timeout=0)[0]:
                outcome: Outcome = ray.get(actor.shard_ref)
                actor.shard = actor.shard_ref = None
                return outcome
            if actor.pulse_ref is None:
                if time.monotonic() - actor.asked > _PULSE_SECONDS:
                    actor.asked, actor.pulse_ref = time.monotonic(), actor.handle.pulse.remote()
            elif ray.wait([actor.pulse_ref], timeout=0)[0]:
                pulse: Pulse = ray.get(actor.pulse_ref)
                actor.pulse_ref = None
                actor.hear(pulse)
        except RayError as error:
            return self._lose(actor, waiting, _reason(error))
        silent = time.monotonic() - actor.since
        if actor.pulse is None and silent > _START_SECONDS:
            self._refuse_to_wait()
        elif actor.shard is not None and silent > self._config.patience_seconds:
            return self._lose(actor, waiting, f"no sign of life for {silent:.0f} s")
        return None

    def _lose(self, actor: _Actor, waiting: deque[Shard], why: str) -> Outcome | None:
        """Ends an actor; another one takes its shard over, unless that has cost several already."""
        self._actors.remove(actor)
        ray.kill(actor.handle)
        self.lost += 1
        if actor.pulse is None and self.lost > _TRIES * self._most:
            raise WorkerError(f"Ray's processes die when they are started: {why}")
        if actor.shard is None:
            return None
        tries = self._tries[actor.shard] = self._tries.get(actor.shard, 0) + 1
        if tries == _TRIES:
            return Outcome(actor.shard, error=f"{tries} processes died of it, the last: {why}")
        self._say(f"a process died ({why}); another one goes on with shard {actor.shard}")
        waiting.appendleft(actor.shard)
        return None

    def _refuse_to_wait(self) -> None:
        """Says that no actor starts; if others work, the one that does not is waited for."""
        if any(actor.pulse is not None for actor in self._actors):
            return
        free = ray.available_resources()
        raise WorkerError(
            f"no process started within {_START_SECONDS:.0f} s: each takes ray.cpus="
            f"{self._config.cpus:g} and ray.gpus={self._config.gpus:g}, and of the cluster"
            f" {free.get('CPU', 0):g} cores and {free.get('GPU', 0):g} GPUs are free; end what"
            " holds the others, or set less"
        )


def _room(config: RayConfig) -> int:
    """How many actors the machines of the cluster have room for, each by itself."""
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    rooms = [
        min(
            int(machine.get(name, 0) // taken)
            for name, taken in (("CPU", config.cpus), ("GPU", config.gpus))
            if taken
        )
        for machine in machines
    ]
    if not sum(rooms):
        most = {name: max(item.get(name, 0) for item in machines) for name in ("CPU", "GPU")}
        raise ConfigError(
            f"ray.cpus={config.cpus:g} ray.gpus={config.gpus:g}: no machine of the cluster has so"
            f" many, the largest number is {most['CPU']:g} cores and {most['GPU']:g} GPUs; set less"
        )
    return sum(rooms)


def _reason(error: RayError) -> str:
    """The first line of an error of Ray's, whose messages have many."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".:") if lines else type(error).__name__
