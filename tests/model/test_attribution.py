from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch
from sklearn.metrics.pairwise import cosine_similarity

from specrec.audio.waveform import Waveform
from specrec.audio.windows import cut_windows
from specrec.config import MUSICNN, Architecture, FrontEnd
from specrec.explain.contributions import by_window
from specrec.explain.directions import find_directions
from specrec.index.build import BuildReport
from specrec.model import attribution
from specrec.model.attribution import CellMap, log_mels, map_cells, map_file, mask_cells
from specrec.model.embedding import embed_waveform
from specrec.model.encoder import Encoder
from specrec.model.model import load_model
from specrec.recommend.library import Library
from specrec.synthesis import STYLES, draw_piece, render
from tests.conftest import make_encoder
from tests.explain.planted import make_probe
from tests.model.misled import misled_blocks
from tests.sounds import make_music, write


def make(architecture: Architecture, **front_end: float) -> Encoder:
    torch.manual_seed(0)
    encoder = Encoder(FrontEnd(window_seconds=1.0, **front_end), architecture)  # type: ignore[arg-type]
    torch.nn.init.normal_(encoder.center, std=0.01)
    return encoder.eval()


ENCODERS: dict[str, Callable[[], Encoder]] = {
    "mel_cnn": make_encoder,
    "leveled": lambda: make_encoder(level_db=-20.0),
    "musicnn": lambda: make(Architecture(MUSICNN, (4, 4, 4, 4, 4, 4), 8), n_mels=96),
    "resnet18": lambda: make(Architecture("resnet18", embedding_dim=8)),
    "mobilenet": lambda: make(Architecture("mobilenet_v3_small", embedding_dim=8)),
    "specrec-base": lambda: load_model("specrec-base", device="cpu").encoder,
}


def sound(seconds: float, rate: int, seed: int = 0) -> Waveform:
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    tone = np.sin(2 * np.pi * (200 + 300 * seed) * time) * (1 + np.sin(2 * np.pi * time))
    noise = 0.05 * rng.normal(size=len(time))
    return Waveform((0.2 * tone + noise).astype(np.float32), rate)


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("seconds", [0.7, 4.37])
def test_cells_add_up_to_the_similarity(name: str, seconds: float) -> None:
    encoder = ENCODERS[name]()
    rate = encoder.front_end.sample_rate
    waveform = sound(seconds, rate)
    own = embed_waveform(encoder, waveform).embedding
    other = embed_waveform(encoder, sound(3.0, rate, seed=1)).embedding
    cells = map_cells(encoder, waveform, other)
    expected = cosine_similarity(own[None], other[None])[0, 0]
    assert cells.similarity == pytest.approx(expected, abs=1e-5)
    assert cells.resolves_frequency == (name != "musicnn")
    assert len(cells.row_edges_hz) == cells.values.shape[1] + 1
    assert (np.diff(cells.row_edges_hz) > 0).all()
    assert cells.spans[-1, 1] == pytest.approx(seconds, abs=1e-3)


def test_a_cell_is_what_the_head_makes_of_its_features() -> None:
    encoder = make_encoder()
    waveform, other = sound(2.0, 22_050), np.linspace(-1, 1, 24).astype(np.float32)
    cells = map_cells(encoder, waveform, other)
    with torch.no_grad():
        phi = encoder.feature_map(encoder.log_mel(torch.from_numpy(waveform.samples)[None]))[0]
        psi = torch.einsum("dc,cft->dft", encoder.head.weight, phi)
        psi = psi + (encoder.head.bias - encoder.center)[:, None, None]
        own = psi.mean(dim=(1, 2)).numpy()
    for f in range(psi.shape[1]):
        for t in range(0, psi.shape[2], 3):
            value = psi[:, f, t].numpy() @ other / np.linalg.norm(other) / np.linalg.norm(own)
            assert cells.values[0, f, t] == pytest.approx(value, abs=1e-4)


def test_the_map_of_a_group_adds_up_to_its_contribution() -> None:
    encoder = make_encoder()
    directions = find_directions(
        make_probe({"centroid_hz": np.eye(24)[3], "key": np.eye(24)[5:7]}), 24
    )
    waveform = sound(4.0, 22_050)
    own = embed_waveform(encoder, waveform).embedding.astype(float)
    other = np.linspace(-1, 1, 24)
    for group in range(2):
        axes = directions.of_group(group)
        cells = map_cells(encoder, waveform, other, axes)
        expected = (axes @ own) @ (axes @ other) / np.linalg.norm(own) / np.linalg.norm(other)
        assert cells.similarity == pytest.approx(expected, abs=1e-5)


def test_cells_add_up_to_the_score_of_an_embedding_from_other_arithmetic() -> None:
    encoder = load_model("specrec-base", device="cpu").encoder
    waveform = sound(6.2, encoder.front_end.sample_rate)
    other = np.linspace(-1, 1, len(encoder.center))
    embedding = torch.from_numpy(embed_waveform(encoder, waveform).embedding)
    own = embedding.bfloat16().float().numpy()  # as much as another processor may be off
    score = cosine_similarity(own[None], other[None])[0, 0]
    rounded, exact = (map_cells(encoder, waveform, other, own=given) for given in (None, own))
    assert rounded.similarity != pytest.approx(score, abs=1e-5)
    assert exact.similarity == pytest.approx(score, abs=1e-7)
    np.testing.assert_allclose(exact.values, rounded.values, rtol=0.02, atol=0.02)
    axes = np.eye(len(encoder.center))[3:5]
    group = map_cells(encoder, waveform, other, axes, own).similarity
    expected = own[3:5] @ other[3:5] / np.linalg.norm(own) / np.linalg.norm(other)
    assert group == pytest.approx(expected, abs=1e-7)


def test_the_maps_of_two_pieces_of_music_give_one_score() -> None:
    encoder = load_model("specrec-base", device="cpu").encoder
    rate = encoder.front_end.sample_rate
    rng = np.random.default_rng(3)
    pieces = [draw_piece(STYLES[style], rng, seconds=6.3) for style in ("jazz", "techno")]
    waveforms = [Waveform(render(piece, rate), rate) for piece in pieces]
    first, second = (embed_waveform(encoder, waveform).embedding for waveform in waveforms)
    one, other = map_cells(encoder, waveforms[0], second), map_cells(encoder, waveforms[1], first)
    expected = cosine_similarity(first[None], second[None])[0, 0]
    assert one.similarity == pytest.approx(expected, abs=1e-5)
    assert other.similarity == pytest.approx(expected, abs=1e-5)


def test_the_picture_shows_each_moment_once() -> None:
    encoder = make_encoder()
    cells = map_cells(encoder, sound(4.0, 22_050), np.ones(24))  # two windows, side by side
    picture = cells.picture(columns=2 * cells.values.shape[2])
    np.testing.assert_allclose(picture, np.concatenate(list(cells.values), axis=1))
    narrow = np.concatenate(list(cells.values), axis=1)
    few = cells.picture(columns=2)
    halves = np.stack([half.mean(axis=1) for half in np.split(narrow, 2, axis=1)], axis=1)
    np.testing.assert_allclose(few, halves)
    overlapping = map_cells(encoder, sound(3.0, 22_050), np.ones(24))
    assert np.isfinite(overlapping.picture()).all()


def test_masking_nothing_changes_nothing_and_all_leaves_a_flat_picture() -> None:
    encoder = make_encoder()
    waveform, other = sound(4.37, 22_050), np.linspace(-1, 1, 24)
    shape = map_cells(encoder, waveform, other).values.shape
    masks = np.stack([np.zeros(shape, dtype=bool), np.ones(shape, dtype=bool)])
    plain, flat = mask_cells(encoder, waveform, masks, other)
    own = embed_waveform(encoder, waveform).embedding
    assert plain == pytest.approx(cosine_similarity(own[None], other[None])[0, 0], abs=1e-5)
    with torch.no_grad():
        log_mel = encoder.log_mel(torch.from_numpy(cut_windows(waveform, 2.0)))
        usual = log_mel.mean(dim=(0, 2))[None, :, None].expand(1, -1, log_mel.shape[2])
        constant = (encoder(usual) - encoder.center).numpy()
    assert flat == pytest.approx(cosine_similarity(constant, other[None])[0, 0], abs=1e-5)
    assert flat != pytest.approx(plain, abs=1e-5)


def test_a_window_adds_as_much_over_cells_as_over_windows() -> None:
    encoder = make_encoder()
    own = embed_waveform(encoder, sound(4.37, 22_050))
    other = embed_waveform(encoder, sound(7.0, 22_050, seed=1))
    cells = map_cells(encoder, sound(4.37, 22_050), other.embedding)
    matrix = by_window(other.windows, own.windows, other.embedding, own.embedding)
    np.testing.assert_allclose(cells.values.mean(axis=(1, 2)), matrix.mean(axis=0), atol=1e-3)
    assert np.ptp(matrix.mean(axis=0)) > 0.01


def test_what_is_heard_later_does_not_change_the_map_of_a_window_before() -> None:
    encoder = make_encoder()  # whose windows are 2 s long
    first, second, third = (sound(2.0, 22_050, seed).samples for seed in range(3))
    direction = np.linspace(-1, 1, 24)
    one, other = (
        map_cells(encoder, Waveform(np.concatenate([first, later]), 22_050), direction).values
        for later in (second, third)
    )
    # Only the length of the whole track's embedding differs, which divides all cells.
    ratio = np.linalg.norm(one[0]) / np.linalg.norm(other[0])
    np.testing.assert_allclose(one[0], ratio * other[0], rtol=1e-3, atol=1e-6)
    assert abs(one[1] - ratio * other[1]).max() > 0.01


OTHER = np.linspace(-1, 1, 24)


@pytest.fixture(scope="module")
def two_minutes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Waveform]:
    """A file of two blocks of windows."""
    path = tmp_path_factory.mktemp("long") / "a.wav"
    write(path, sound(121.3, 22_050).samples, 22_050)
    return path, Waveform(sf.read(path, dtype="float32")[0], 22_050)


@pytest.fixture(scope="module")
def its_cells(two_minutes: tuple[Path, Waveform]) -> CellMap:
    return map_cells(make_encoder(), two_minutes[1], OTHER)


def test_a_file_gives_the_map_and_the_spectrograms_of_its_waveform(
    two_minutes: tuple[Path, Waveform], its_cells: CellMap
) -> None:
    encoder, (path, waveform) = make_encoder(), two_minutes
    cells, mels = map_file(encoder, path, OTHER)
    np.testing.assert_allclose(cells.values, its_cells.values, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(cells.spans, its_cells.spans)
    np.testing.assert_array_equal(cells.row_edges_hz, its_cells.row_edges_hz)
    np.testing.assert_allclose(mels, log_mels(encoder, waveform), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("held", "step"), [(3000, 2), (1, 128)])
def test_of_a_long_track_no_more_frames_are_kept_than_a_picture_needs(
    two_minutes: tuple[Path, Waveform],
    its_cells: CellMap,
    monkeypatch: pytest.MonkeyPatch,
    held: int,
    step: int,
) -> None:
    encoder, (path, waveform) = make_encoder(), two_minutes
    monkeypatch.setattr(attribution, "_FRAMES_HELD", held)
    own = np.linspace(1, 2, 24)
    cells, mels = map_file(encoder, path, OTHER, own)
    every = log_mels(encoder, waveform)  # 61 windows of 87 frames
    np.testing.assert_allclose(mels, every[:, :, ::step], rtol=1e-5, atol=1e-5)
    assert cells.similarity == pytest.approx(cosine_similarity(own[None], OTHER[None])[0, 0])
    assert np.corrcoef(cells.values.ravel(), its_cells.values.ravel())[0, 1] > 1 - 1e-6


def test_a_file_that_is_begun_anew_is_mapped_once(
    two_minutes: tuple[Path, Waveform], its_cells: CellMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attribution, "window_blocks", misled_blocks)
    cells, mels = map_file(make_encoder(), two_minutes[0], OTHER)
    assert len(mels) == len(cells.values)
    np.testing.assert_allclose(cells.values, its_cells.values, rtol=1e-5, atol=1e-6)


def test_some_masks_equal_a_loop_over_cells() -> None:
    encoder = make_encoder()
    waveform, other = sound(21.5, 22_050), np.linspace(-1, 1, 24)  # more windows than a batch
    shape = map_cells(encoder, waveform, other).values.shape
    masks = np.random.default_rng(0).random((2, *shape)) < 0.3
    found = mask_cells(encoder, waveform, masks, other)
    plain = encoder.log_mel(torch.from_numpy(cut_windows(waveform, 2.0)))
    usual = plain.mean(dim=(0, 2))
    for mask, similarity in zip(masks, found, strict=True):
        log_mel = plain.clone()
        for band in range(log_mel.shape[1]):
            for frame in range(log_mel.shape[2]):
                row = band * shape[1] // log_mel.shape[1]
                column = frame * shape[2] // log_mel.shape[2]
                log_mel[torch.from_numpy(mask[:, row, column]), band, frame] = usual[band]
        with torch.no_grad():
            embedding = (encoder(log_mel) - encoder.center).mean(dim=0).numpy()
        expected = cosine_similarity(embedding[None], other[None])[0, 0]
        assert similarity == pytest.approx(expected, abs=1e-5)


def test_windows_and_cells_of_a_library_give_its_own_scores(
    tmp_path: Path, build: Callable[[Path, Path], BuildReport]
) -> None:
    music = make_music(tmp_path / "music", 5)
    build(music, tmp_path / "library")
    library = Library.open(tmp_path / "library")
    for query in library.tracks["track_id"]:
        first = library.resolve(query)
        for neighbor in library.neighbors(query):
            second = library.resolve(str(neighbor.track.track_id))
            matrix = by_window(first.windows, second.windows, first.embedding, second.embedding)
            assert matrix.mean() == pytest.approx(neighbor.similarity, abs=1e-5)
