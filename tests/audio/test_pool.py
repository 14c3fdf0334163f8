import os
from pathlib import Path

import numpy as np

from specrec.audio import pool
from specrec.audio.loading import load
from specrec.audio.waveform import Waveform
from specrec.errors import AudioError, Reason
from tests.sounds import tone, write


def test_files_come_back_in_order_as_load_reads_them(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{hz}.wav", tone(1.5, hz)) for hz in range(200, 1400, 200)]
    (tmp_path / "bad.wav").write_text("no")
    paths.insert(3, tmp_path / "bad.wav")
    results = list(pool.load_many(paths, 22_050, workers=2))
    assert [position for position, _ in results] == list(range(len(paths)))
    for path, (_, loaded) in zip(paths, results, strict=True):
        if path.name == "bad.wav":
            assert isinstance(loaded, AudioError)
            assert loaded.reason == Reason.NOT_AUDIO
        else:
            assert isinstance(loaded, Waveform)
            np.testing.assert_array_equal(loaded.samples, load(path, 22_050).samples)


def _crash_on_request(waveform: Waveform) -> float:
    if waveform.seconds > 2:
        os._exit(11)
    return waveform.seconds


def test_a_crashing_decoder_costs_only_its_own_file(tmp_path: Path) -> None:
    names = ["a", "b", "crash", "c", "d", "e", "f", "g"]
    paths = [
        write(tmp_path / f"{name}.wav", tone(2.5 if name == "crash" else 1.5)) for name in names
    ]
    results = dict(pool.map_files(_crash_on_request, paths, 22_050, workers=2))
    assert sorted(results) == list(range(len(names)))
    for name, loaded in zip(names, (results[row] for row in sorted(results)), strict=True):
        if name == "crash":
            assert isinstance(loaded, AudioError)
            assert loaded.reason == Reason.CRASHED
        else:
            assert loaded == 1.5
