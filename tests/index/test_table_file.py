from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from specrec.errors import LibraryError
from specrec.index import files
from specrec.index.files import checksums
from specrec.index.table_file import MappedTable, as_array, find_text, write_mapped_table

ROWS = 500


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    year = pd.array(rng.integers(1960, 2020, ROWS), "Int64")
    year[::7] = pd.NA
    return pd.DataFrame(
        {
            "title": pd.array([f"títle {row}" for row in range(ROWS)], "string"),
            "artist": pd.array([None if row % 3 else "a" * row for row in range(ROWS)], "string"),
            "year": year,
            "tempo_bpm": np.where(rng.random(ROWS) < 0.2, np.nan, rng.normal(120, 20, ROWS)),
        }
    )


def test_parts_of_a_mapped_table_are_those_of_the_frame(
    table: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "table.arrow"
    write_mapped_table(path, table)
    mapped = MappedTable(path, checksums(tmp_path))
    assert mapped.types.names == list(table.columns)
    pd.testing.assert_frame_equal(mapped.whole(), table)
    rows = np.array([499, 0, 7, 7])
    expected = table.iloc[rows].reset_index(drop=True)
    pd.testing.assert_frame_equal(mapped.rows(rows), expected)
    assert mapped.rows(rows[:0]).dtypes.equals(table.dtypes)
    assert mapped.columns("year", "title")["year"].null_count == table["year"].isna().sum()


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_a_text_is_found_in_the_first_row_that_holds_it_whole(kind: pa.DataType) -> None:
    whole = pa.array(["ab", None, "", "abab", "b", "bá", "ab"], kind)
    pieces = pa.chunked_array([whole[1:4], whole[:0], whole[4:], whole[:1]])
    texts = pieces.to_pylist()
    for wanted in ("ab", "abab", "b", "bá", "á", "ba", "none"):
        assert find_text(pieces, wanted) == (texts.index(wanted) if wanted in texts else None)
    assert find_text(pa.chunked_array([[None]]), "ab") is None
    assert find_text(pieces, "") is None


def test_numbers_are_those_that_arrow_gives(table: pd.DataFrame) -> None:
    stored = pa.Table.from_pandas(table)
    stored = pa.concat_tables([stored[13:200], stored[:0], stored[190:]])
    for name in ("title", "year", "tempo_bpm"):
        assert as_array(stored[name]).tolist() == pytest.approx(
            stored[name].to_numpy().tolist(), nan_ok=True
        )
    assert as_array(stored["year"][:0]).shape == (0,)


def test_damage_where_no_sample_is_taken_can_not_lead_out_of_the_file(
    table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "table.arrow"
    write_mapped_table(path, table)
    content = bytearray(path.read_bytes())
    ends = np.cumsum(table["artist"].str.len().fillna(0).to_numpy(np.int64))
    place = content.find(ends[3:9].tobytes())  # where the file says at which byte texts end
    assert place > 0
    content[place + 5] ^= 0xFF
    path.write_bytes(content)
    monkeypatch.setattr(files, "_WHOLE_UP_TO", 0)
    monkeypatch.setattr(files, "_sample", lambda path: "as before")
    mapped = MappedTable(path, {path.name: {"bytes": len(content), "sampled": "as before"}})
    assert mapped.columns("title")[0][0].as_py() == "títle 0"
    with pytest.raises(LibraryError, match="damaged"):
        mapped.columns("artist")
    with pytest.raises(LibraryError, match="damaged"):
        mapped.rows(np.array([0]))
