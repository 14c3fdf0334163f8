"""Are the cells that a map names the ones that matter? Mask them and embed again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from specrec.audio.waveform import Waveform
from specrec.bootstrap import Estimate, estimate_mean
from specrec.model.attribution import log_mels, map_cells, mask_cells
from specrec.model.encoder import Encoder
from specrec.shapes import Bool, Float, Float32, Float64

FRACTIONS = (0.1, 0.2, 0.3, 0.5, 0.7)
ORDERS = ("map", "energy", "edges", "random", "scattered")
"""Orders of cells: by what they add, by their level, by how fast the spectrogram changes there, and
at random: the map moved to a random place, or single cells, which break the picture up."""

Cells = Float[np.ndarray, "windows rows columns"]


@dataclass(frozen=True)
class Deletion:
    """What masking some cells of a query does to its similarity with a neighbor.

    The first cells of an order are masked (deletion), or all but the first (insertion): Samek et
    al. 2017, "Evaluating the visualization of what a deep neural network has learned". An area is
    the mean of a curve over `FRACTIONS`, as a share of the unmasked similarity.

    Attributes:
        pairs: Number of pairs.
        deletion: Area under the deletion curve, by order; lower is better.
        insertion: Area under the insertion curve, by order; higher is better.
        deletion_advantage: How much lower the map's deletion area is than each other order's,
            averaged over pairs.
        insertion_advantage: How much higher the map's insertion area is than each other order's.
        deletion_curves: Mean share of the similarity that is left after deletion, by order, at
            each fraction.
        insertion_curves: Mean share of the similarity that is left after insertion.
    """

    pairs: int
    deletion: dict[str, Estimate | None]
    insertion: dict[str, Estimate | None]
    deletion_advantage: dict[str, Estimate | None]
    insertion_advantage: dict[str, Estimate | None]
    deletion_curves: dict[str, list[float]]
    insertion_curves: dict[str, list[float]]


def measure_deletion(
    encoder: Encoder,
    pairs: Sequence[tuple[Waveform, Float32[np.ndarray, " dim"]]],
    on_progress: Callable[[int, int], None] | None = None,
) -> Deletion:
    """Masks the cells of queries in the order of their maps, and in others.

    Args:
        encoder: An encoder in evaluation mode.
        pairs: The audio of each query, at the encoder's rate, and its neighbor's embedding; the
            two should be similar.
        on_progress: Called after each pair.
    """
    curves = []
    for done, (waveform, neighbor) in enumerate(pairs, 1):
        curves.append(_curves(encoder, waveform, neighbor, seed=done))
        if on_progress:
            on_progress(done, len(pairs))
    # pairs, orders, deletion and insertion, fractions
    shares = np.stack(curves)
    areas = shares.mean(axis=3)
    number = np.arange(len(shares))

    def estimates(values: Float64[np.ndarray, "pairs orders"]) -> dict[str, Estimate | None]:
        return {name: estimate_mean(values[:, place], number) for place, name in enumerate(ORDERS)}

    deletion, insertion = areas[:, :, 0], areas[:, :, 1]
    return Deletion(
        len(shares),
        estimates(deletion),
        estimates(insertion),
        estimates(deletion - deletion[:, :1]),
        estimates(insertion[:, :1] - insertion),
        dict(zip(ORDERS, shares[:, :, 0].mean(axis=0).tolist(), strict=True)),
        dict(zip(ORDERS, shares[:, :, 1].mean(axis=0).tolist(), strict=True)),
    )


def first_cells(order: Cells, fraction: float) -> Bool[np.ndarray, "windows rows columns"]:
    """A mask of the given fraction of all cells, those with the highest values."""
    count = round(fraction * order.size)
    chosen = np.zeros(order.size, dtype=bool)
    chosen[np.argsort(-order.ravel(), kind="stable")[:count]] = True
    return chosen.reshape(order.shape)


def mean_of_cells(
    values: Float[np.ndarray, "windows n_mels frames"], shape: tuple[int, int, int]
) -> Float64[np.ndarray, "windows rows columns"]:
    """The mean of a spectrogram's values within each cell."""
    rows = np.arange(values.shape[1]) * shape[1] // values.shape[1]
    columns = np.arange(values.shape[2]) * shape[2] // values.shape[2]
    # Each cell's first row and column; reduceat adds up to the next one.
    starts = [np.unique(cells, return_index=True)[1] for cells in (rows, columns)]
    totals = np.add.reduceat(np.add.reduceat(values, starts[0], axis=1), starts[1], axis=2)
    sizes = np.bincount(rows)[:, None] * np.bincount(columns)
    means: np.ndarray = totals / sizes
    return means


def _curves(
    encoder: Encoder, waveform: Waveform, neighbor: Float32[np.ndarray, " dim"], seed: int
) -> Float64[np.ndarray, "orders two fractions"]:
    """Share of the similarity that is left, by order, for deletion and insertion."""
    cells = map_cells(encoder, waveform, neighbor)
    mels, shape = log_mels(encoder, waveform), cells.values.shape
    across, along = np.gradient(mels.astype(np.float64), axis=(1, 2))
    rng = np.random.default_rng(seed)
    orders = {
        "map": cells.values,
        "energy": mean_of_cells(mels, shape),
        "edges": mean_of_cells(np.hypot(across, along), shape),
        "random": np.roll(cells.values, rng.integers(1, np.array(shape) + 1), axis=(0, 1, 2)),
        "scattered": rng.random(shape),
    }
    first = [first_cells(orders[name], fraction) for name in ORDERS for fraction in FRACTIONS]
    masks = np.stack([*first, *(~mask for mask in first)])
    left = mask_cells(encoder, waveform, masks, neighbor) / cells.similarity
    return left.reshape(2, len(ORDERS), len(FRACTIONS)).transpose(1, 0, 2)
