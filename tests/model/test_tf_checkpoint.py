from pathlib import Path

import numpy as np
import pytest

from specrec.errors import ModelError
from specrec.model.tf_checkpoint import TensorFlowCheckpoint
from tests.model.bundles import write_bundle, write_table

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def written_by_tensorflow() -> tuple[bytes, bytes]:
    """TensorFlow 2.15's SaveV2 wrote it, with the tensors that the next test expects."""
    index, data = DATA / "checkpoint.index", DATA / "checkpoint.data-00000-of-00001"
    return index.read_bytes(), data.read_bytes()


def test_reads_what_tensorflow_wrote(written_by_tensorflow: tuple[bytes, bytes]) -> None:
    checkpoint = TensorFlowCheckpoint(*written_by_tensorflow)
    for name, expected in {
        "block/kernel": np.arange(24, dtype=np.float32).reshape(2, 3, 4) / 7,
        "block/bias": np.linspace(-1, 1, 5).astype(np.float32),
        "block/scale": np.float32(0.25),
        "empty": np.zeros((0, 3)),
        "other/bias": np.full(300, -2.5),
    }.items():
        np.testing.assert_array_equal(checkpoint[name], expected, strict=False)
        assert checkpoint[name].shape == np.shape(expected)
    with pytest.raises(ModelError, match=r"step is damaged \(of type 9"):
        checkpoint["step"]
    with pytest.raises(ModelError, match="no block/nothing"):
        checkpoint["block/nothing"]


@pytest.mark.parametrize("entries_per_block", [1, 5, 1000])
def test_reads_any_number_of_blocks(entries_per_block: int) -> None:
    rng = np.random.default_rng(0)
    tensors = {
        f"layer_{i}/{kind}": rng.normal(size=(i + 1, 40)).astype(np.float32)
        for i in range(12)
        for kind in ("kernel", "kernel/Adam", "bias")
    }
    checkpoint = TensorFlowCheckpoint(*write_bundle(tensors, entries_per_block))
    for name, expected in tensors.items():
        np.testing.assert_array_equal(checkpoint[name], expected)


def test_every_flipped_byte_of_the_data_is_found() -> None:
    index, data = write_bundle({"a": np.ones(3, np.float32), "b": np.ones(2, np.float32)})
    for position in range(len(data)):
        broken = bytearray(data)
        broken[position] ^= 1
        checkpoint = TensorFlowCheckpoint(index, bytes(broken))
        name = "a" if position < 12 else "b"
        with pytest.raises(ModelError, match=f"{name} is damaged"):
            checkpoint[name]


def test_no_flipped_or_missing_byte_of_the_index_gives_other_tensors(
    written_by_tensorflow: tuple[bytes, bytes],
) -> None:
    index, data = written_by_tensorflow
    bias = np.linspace(-1, 1, 5).astype(np.float32)
    broken = [bytearray(index) for _ in index]
    for position, copy in enumerate(broken):
        copy[position] ^= 4
    for copy in [*broken, *(index[:length] for length in range(len(index)))]:
        try:
            read = TensorFlowCheckpoint(bytes(copy), data)["block/bias"]
        except ModelError:
            continue
        # A byte that nobody needs, such as the footer's padding.
        np.testing.assert_array_equal(read, bias)


def test_other_kinds_are_refused() -> None:
    tensors = {"a": np.ones(3, np.float32)}
    with pytest.raises(ModelError, match="several files"):
        TensorFlowCheckpoint(*write_bundle(tensors, shards=2))
    compressed = write_table([(b"", b"")], 1, kind=1)
    with pytest.raises(ModelError, match="compressed"):
        TensorFlowCheckpoint(compressed, b"")
    with pytest.raises(ModelError, match="damaged"):
        TensorFlowCheckpoint(b"PK something else altogether, and long enough to be a table", b"")
