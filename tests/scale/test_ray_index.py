"""A library that was built on a Ray cluster, of this machine, equals one built by one process."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from specrec.config import IndexConfig, RayConfig, Shard
from specrec.errors import ConfigError, LibraryError, SpecrecError, WorkerError
from specrec.index import segment_store
from specrec.index.build import build_library
from specrec.index.generations import read_generation
from tests.index.test_merging import TABLES, name_in
from tests.sounds import make_music, tone, write

ray = pytest.importorskip("ray", reason="Ray is not installed")

from specrec.scale import ray_builder, ray_fleet  # noqa: E402
from specrec.scale.ray_index import index_with_ray, start_ray  # noqa: E402


@pytest.fixture(scope="module", autouse=True)
def cluster(bucket: str) -> Iterator[None]:
    handler = signal.getsignal(signal.SIGTERM)
    start_ray(num_cpus=2, include_dashboard=False, object_store_memory=100 << 20)
    assert signal.getsignal(signal.SIGTERM) is handler
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> IndexConfig:
    """Settings for music in two shares, with files that can't be used."""
    folder = tmp_path_factory.mktemp("ray")
    music = make_music(folder / "music", 4)
    for number in (1, 2):  # so many in each share that one can be stopped in the middle
        for place in range(5):
            name = name_in(f"{number}/2", f"song {place}")
            write(music / name, tone(2 + place, 200 + 90 * place + 31 * number, 22_050), 22_050)
    (music / name_in("1/2", "text")).write_text("text")
    (music / name_in("2/2", "nothing")).touch()
    return IndexConfig(
        str(music),
        str(folder / "single"),
        str(model_folder),
        workers=1,
        batch_size=1,
        backend="ray",
        ray=RayConfig(shards=2, actors=2),
    )


@pytest.fixture(scope="module")
def single(config: IndexConfig) -> Path:
    build_library(replace(config, backend="local"))
    return Path(config.library)


def assert_same(library: Path, single: Path) -> None:
    one, other = read_generation(library), read_generation(single)
    assert one is not None
    assert other is not None
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(one, table), getattr(other, table), obj=table)
    np.testing.assert_allclose(one.embeddings, other.embeddings, atol=1e-5)


class Killer:
    """Sends a signal to a process that builds a share when it has embedded some files of it."""

    def __init__(self, times: int, sent: signal.Signals = signal.SIGKILL, files: int = 1) -> None:
        self.left, self.sent, self.files = times, sent, files
        self.killed: set[int] = set()

    def __call__(self, pulses: list[Any]) -> None:
        for pulse in pulses:
            if self.left and pulse.done >= self.files and pulse.process not in self.killed:
                os.kill(pulse.process, self.sent)
                self.killed.add(pulse.process)
                self.left -= 1


def watched(monkeypatch: pytest.MonkeyPatch, killer: Killer) -> None:
    build = ray_fleet.Fleet.build

    def look(self: Any, shards: Any) -> Iterator[Any]:
        for item in build(self, shards):
            if isinstance(item, list):
                killer(item)
            yield item

    monkeypatch.setattr(ray_fleet.Fleet, "build", look)
    monkeypatch.setattr(ray_fleet, "_TICK_SECONDS", 0.02)
    monkeypatch.setattr(ray_fleet, "_PULSE_SECONDS", 0.1)


def test_a_cluster_of_which_a_process_dies_builds_what_one_process_builds(
    tmp_path: Path,
    config: IndexConfig,
    single: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines: list[str] = []
    seen: list[tuple[int, int]] = []
    config = replace(config, library=str(tmp_path / "library"))
    with monkeypatch.context() as patch:
        killer = Killer(1)
        watched(patch, killer)
        report = index_with_ray(config, lines.append, lambda *now: seen.append(now))
    assert len(killer.killed) == report.lost == 1
    (line,) = lines
    assert "a process died" in line
    assert "another one goes on with shard" in line
    assert capsys.readouterr() == ("", "")  # nothing of Ray's own
    assert seen[-1][0] == seen[-1][1]
    assert_same(tmp_path / "library", single)
    again = index_with_ray(replace(config, ray=replace(config.ray, actors=1)), lines.append)
    assert (again.embedded, again.lost, again.merged.changed) == (0, 0, False)
    with pytest.raises(ConfigError, match=r"does not hold its parts .*give the ray\.parts"):
        index_with_ray(replace(config, library=str(single)), lines.append)


def test_what_can_not_be_built_is_one_line_and_a_process_that_hangs_is_replaced(
    tmp_path: Path,
    config: IndexConfig,
    single: Path,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Classes of a function are sent to Ray's processes, which would import all of this file else.
    class Faulty(ray_builder.Builder):
        """Dies whenever it is to build the first share."""

        def build(self, shard: Shard) -> ray_builder.Outcome:
            if shard.number == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().build(shard)

    class Hasty(ray_builder.Builder):
        """Sends each file as soon as it is embedded."""

        def __init__(self, *settings: Any) -> None:
            super().__init__(*settings)
            ray_builder._SEND_SECONDS = segment_store._SECONDS_A_SEGMENT = 0.0

    lines: list[str] = []
    url = f"{bucket}/parts"  # kept in a bucket, from where the next run takes it
    config = replace(config, library=str(tmp_path / "library"), ray=replace(config.ray, parts=url))
    with monkeypatch.context() as patch:
        patch.setattr("specrec.scale.ray_index.Builder", Faulty)
        patch.setattr(ray_fleet, "_TRIES", 2)
        with pytest.raises(LibraryError, match="shard 1/2: 2 processes died of it, the last: "):
            index_with_ray(config, lines.append)
    assert len(lines) == 1
    assert not (tmp_path / "library").exists()
    monkeypatch.setattr("specrec.scale.ray_index.Builder", Hasty)
    watched(monkeypatch, Killer(1, signal.SIGSTOP, files=2))  # of which the first was sent by then
    report = index_with_ray(
        replace(config, ray=replace(config.ray, patience_seconds=8.0)), lines.append
    )
    assert report.lost >= 1
    assert "no sign of life for" in lines[1]
    assert_same(tmp_path / "library", single)
    part = read_generation(tmp_path / "library" / "parts" / "001-of-002")
    assert part is not None
    assert 0 < report.embedded < len(part)  # of the first share only, and not all of it once more


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"ray": RayConfig(cpus=64)}, r"ray\.cpus=64 .*no machine of the cluster has so many.* 2 "),
        ({"ray": RayConfig(gpus=1)}, r"ray\.gpus=1: no machine .* 0 GPUs; set less"),
        (
            {"ray": RayConfig(parts="s3://no-such-bucket/parts")},
            r"s3://no-such-bucket/parts/001-of-032: can't be reached"
            r" \(The specified bucket does not exist\); check ",
        ),
        ({"shard": "1/2"}, "shard is for backend=local; leave it out with backend=ray"),
        ({"dry_run": True}, "dry_run is for backend=local"),
    ],
)
def test_settings_that_do_not_fit_are_one_line(
    tmp_path: Path, config: IndexConfig, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(SpecrecError, match=said):
        index_with_ray(replace(config, library=str(tmp_path / "new"), **settings), print)
    assert not (tmp_path / "new").exists()


def test_a_cluster_without_free_cores_is_named(
    tmp_path: Path, config: IndexConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_fleet, "_START_SECONDS", 1.0)
    holder = ray.remote(ray_builder.Builder).options(num_cpus=2).remote(config, "")
    ray.get(holder.pulse.remote())
    try:
        with pytest.raises(WorkerError, match=r"no process started .* 0 cores .*end what holds"):
            index_with_ray(replace(config, library=str(tmp_path / "new")), print)
    finally:
        ray.kill(holder)
