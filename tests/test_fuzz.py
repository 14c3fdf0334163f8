"""The fuzz program, a little of it: benchmarks/fuzz tries thousands of cases by hand."""

from pathlib import Path

from benchmarks.fuzz.audio import WITHOUT_CHANCE, Trial, made_by_chance, made_by_hand
from benchmarks.fuzz.watch import listening


def test_no_audio_file_is_trusted(tmp_path: Path) -> None:
    with listening() as listener:
        trial = Trial(tmp_path, listener)
        trial.index(
            [
                *made_by_chance(range(0, WITHOUT_CHANCE + 200, 5), seed=1),
                *made_by_hand(1, trial.sentinel.path, listener.port),
            ]
        )
        faults = [fault for row in trial.rows.values() for fault in row.faults]
        assert sum(row.cases for row in trial.rows.values()) > 100
        assert faults == []
