from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from mutagen.id3 import ID3, TIT2
from specrec.recommend.track import track_of_file

from specrec.catalog import tags
from tests.sounds import tone, write


def test_a_servers_thread_leaves_tags_to_a_worker_that_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unbounded(path: Path) -> None:
        raise AssertionError(f"{path}: read where nothing bounds it")

    path = write(tmp_path / "a.mp3", tone(1))
    id3 = ID3()
    id3.add(TIT2(text="Here"))
    id3.save(path)
    assert track_of_file(path).title == "Here"
    unbounded.__module__, unbounded.__qualname__ = tags.__name__, "read_tags"
    monkeypatch.setattr(tags, "read_tags", unbounded)  # not in the worker
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(track_of_file, path).result().title == "Here"
