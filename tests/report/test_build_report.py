import re
from dataclasses import replace
from pathlib import Path

import pytest

from specrec.catalog.joins import Joined
from specrec.index.build import BuildReport
from specrec.index.plan import Plan
from specrec.index.repair import Repair, Verification
from specrec.report.libraries import print_build, print_repair, print_verification


@pytest.mark.parametrize(
    ("tracks", "empty_cells", "held"),
    [(114, 0, "114 rows"), (90, 3, "114 rows for 90 tracks, 3 empty cells")],
)
def test_an_index_run_says_what_the_table_of_features_knows(
    tracks: int, empty_cells: int, held: str, capsys: pytest.CaptureFixture[str]
) -> None:
    joined = Joined(Path("t.csv"), 114, tracks, empty_cells, files=7, known=6)
    print_build(BuildReport(7, 7, [], 0, None, joined, True, Plan()), "library")
    printed = " ".join(capsys.readouterr().out.split())
    assert f"t.csv ({held}) knows 6 of 7 files" in printed


def test_an_index_run_says_what_became_of_a_manifest_and_of_tags(
    capsys: pytest.CaptureFixture[str],
) -> None:
    remark = "not used: [manifest].csv: names none of the tracks"
    lost = {"a.mp3": "they take more than 2 s to read"}
    print_build(BuildReport(7, 7, [], 0, remark, None, True, Plan(), untagged=lost), "library")
    printed = capsys.readouterr().out
    assert remark in printed
    assert "1 without their tags:\n  a.mp3: they take more than 2 s to read\n" in printed


def test_of_one_thing_it_is_said_in_the_singular(capsys: pytest.CaptureFixture[str]) -> None:
    joined = Joined(Path("t.csv"), 2, 1, 1, files=1, known=1)
    report = BuildReport(1, 1, [], 1, None, joined, False, Plan(), unmeasured=1)
    print_build(report, "library")
    print_build(replace(report, dry_run=True), "library")
    print_repair(Repair(1, 1, 1))
    print_verification(Verification(1, [], [], False), "library")
    printed = " ".join(capsys.readouterr().out.split())
    assert re.findall(r"\b1 (?:other |empty )?\w+s\b", printed) == []
    assert len(re.findall(r"\b1 (?:other file|empty cell|track|file)\b", printed)) == 14
