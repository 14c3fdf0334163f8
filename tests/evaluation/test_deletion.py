import numpy as np
import pytest

from specrec.audio.waveform import Waveform
from specrec.evaluation.deletion import (
    FRACTIONS,
    ORDERS,
    first_cells,
    mean_of_cells,
    measure_deletion,
)
from specrec.model.attribution import map_cells, mask_cells
from specrec.model.embedding import embed_waveform
from specrec.model.encoder import Encoder
from specrec.model.model import load_model
from specrec.synthesis.piece import draw_piece
from specrec.synthesis.rendering import render
from specrec.synthesis.styles import STYLES


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_model("specrec-base", device="cpu").encoder


def piece(style: str, seed: int) -> Waveform:
    drawn = draw_piece(STYLES[style], np.random.default_rng(seed), 15.0)
    return Waveform(render(drawn, 22_050), 22_050)


def test_the_first_cells_are_the_highest() -> None:
    order = np.random.default_rng(0).random((2, 3, 5))
    chosen = first_cells(order, 0.2)
    assert chosen.sum() == 6
    assert order[chosen].min() > order[~chosen].max()
    assert (first_cells(order, 0.5) | chosen == first_cells(order, 0.5)).all()


def test_cells_hold_the_mean_of_what_lies_in_them() -> None:
    values = np.arange(2 * 8 * 6, dtype=float).reshape(2, 8, 6)
    cells = mean_of_cells(values, (2, 4, 3))
    expected = values.reshape(2, 4, 2, 3, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(cells, expected)


def test_what_the_map_names_matters_more_than_chance(encoder: Encoder) -> None:
    styles = ("folk", "house", "metal", "chiptune")
    waveforms = [piece(style, 0) for style in styles]
    neighbors = [embed_waveform(encoder, piece(style, 1)).embedding for style in styles]
    measured = measure_deletion(encoder, list(zip(waveforms, neighbors, strict=True)))
    assert measured.pairs == 4
    assert set(measured.deletion) == set(ORDERS)
    for advantage in (measured.deletion_advantage, measured.insertion_advantage):
        assert advantage["random"] is not None
        assert advantage["random"].value > 0
        assert advantage["map"] is not None
        assert advantage["map"].value == 0
    # One point of a curve, worked out on its own.
    cells = map_cells(encoder, waveforms[0], neighbors[0])
    mask = first_cells(cells.values, FRACTIONS[1])[None]
    (left,) = mask_cells(encoder, waveforms[0], mask, neighbors[0])
    alone = measure_deletion(encoder, [(waveforms[0], neighbors[0])])
    assert alone.deletion_curves["map"][1] == pytest.approx(left / cells.similarity, abs=1e-5)
