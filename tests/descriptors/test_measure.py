import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from scipy.stats import spearmanr

from specrec.audio.encoding import encode_wav, transcode
from specrec.audio.loading import load
from specrec.audio.waveform import Waveform
from specrec.descriptors.features import FEATURES, MEASURED
from specrec.descriptors.measure import (
    EXCERPT_SECONDS,
    NAMES,
    SAMPLE_RATE,
    measure,
    measure_file,
)
from specrec.synthesis import STYLES, Piece, cadence, draw_piece, render, tone, white_noise

Measured = list[tuple[Piece, dict[str, float]]]


def wave(samples: np.ndarray) -> Waveform:
    return Waveform(samples.astype(np.float32), SAMPLE_RATE)


def song(style: str, seed: int = 0, seconds: float = 12.0) -> Waveform:
    piece = draw_piece(STYLES[style], np.random.default_rng(seed), seconds)
    return wave(render(piece, SAMPLE_RATE))


@pytest.fixture(scope="module")
def pieces() -> Measured:
    """Thirty pieces, three of each style."""
    rng = np.random.default_rng(0)
    drawn = [draw_piece(style, rng, 10.0) for style in STYLES.values() for _ in range(3)]
    return [(piece, measure(wave(render(piece, SAMPLE_RATE)))) for piece in drawn]


def test_measures_what_it_names(pieces: Measured) -> None:
    for _, measured in pieces:
        assert measured.keys() == set(NAMES) >= {feature.name for feature in MEASURED}
        for name in ("pulse_clarity", "flatness", "percussive_share", "bass_share", "energy"):
            assert 0 <= measured[name] <= 1
        assert all(isinstance(value, float) for value in measured.values())


@pytest.mark.parametrize(
    ("name", "factor", "least"),
    [
        ("centroid_hz", "brightness_hz", 0.8),
        ("rolloff_hz", "brightness_hz", 0.75),
        ("bandwidth_hz", "brightness_hz", 0.8),
        ("percussive_share", "percussiveness", 0.9),
        ("bass_share", "bass", 0.6),
        ("loudness_lufs", "loudness_db", 0.9),
    ],
)
def test_ranks_pieces_as_the_planted_factor_does(
    pieces: Measured, name: str, factor: str, least: float
) -> None:
    planted = [getattr(piece, factor) for piece, _ in pieces]
    assert spearmanr(planted, [measured[name] for _, measured in pieces]).statistic > least


def test_onsets_are_as_many_as_tempo_and_density_make_them(pieces: Measured) -> None:
    planted = [piece.density * piece.tempo_bpm for piece, _ in pieces]
    rates = [measured["onset_rate_hz"] for _, measured in pieces]
    assert spearmanr(planted, rates).statistic > 0.5


def test_finds_the_planted_tempo_but_for_the_octave(pieces: Measured) -> None:
    ratios = np.array([measured["tempo_bpm"] / piece.tempo_bpm for piece, measured in pieces])
    ratios = ratios[np.isfinite(ratios)]
    exact = np.abs(ratios - 1) < 0.04
    octave = np.abs(np.outer(ratios, [1, 2, 0.5, 3, 1 / 3]) - 1).min(axis=1) < 0.04
    assert len(ratios) > 0.7 * len(pieces)
    assert octave.mean() > 0.9
    assert exact.mean() > 0.7


def test_finds_most_planted_keys(pieces: Measured) -> None:
    right = [measured["key"] == piece.key for piece, measured in pieces]
    mode = [(measured["majorness"] > 0) == (piece.mode == "major") for piece, measured in pieces]
    assert np.mean(right) > 0.6
    assert np.mean(mode) > 0.6


def test_one_factor_at_a_time_moves_its_own_descriptor() -> None:
    base = draw_piece(STYLES["house"], np.random.default_rng(2), 6.0)

    def of(name: str, **change: float) -> float:
        return measure(wave(render(replace(base, **change), SAMPLE_RATE)))[name]

    for name, factor, values in (
        ("percussive_share", "percussiveness", (0.05, 0.3, 0.6, 0.9)),
        ("bass_share", "bass", (0.05, 0.3, 0.6, 0.9)),
        ("centroid_hz", "brightness_hz", (800.0, 2000.0, 6000.0)),
        ("flatness", "noisiness", (0.0, 0.4, 1.0)),
    ):
        measured = [of(name, **{factor: value}) for value in values]
        assert measured == sorted(measured), name
        assert measured[-1] > 1.2 * measured[0], name


@pytest.mark.parametrize("decibels", [-12.0, 9.0])
def test_gain_changes_loudness_and_energy_only(decibels: float) -> None:
    quiet = song("jazz")
    loud = wave(quiet.samples * 10 ** (decibels / 20))
    before, after = measure(quiet), measure(loud)
    assert after["loudness_lufs"] - before["loudness_lufs"] == pytest.approx(decibels, abs=0.01)
    assert (after["energy"] > before["energy"]) == (decibels > 0)
    for name in set(NAMES) - {"loudness_lufs", "energy", "acousticness"}:
        assert after[name] == pytest.approx(before[name], rel=1e-3, abs=1e-4), name


def mp3(path: Path) -> bytes:
    return transcode(path, "mp3", "libmp3lame", 128_000)


def opus(path: Path) -> bytes:
    return transcode(path, "ogg", "libopus", 64_000)


def late(path: Path) -> bytes:
    original = load(path, SAMPLE_RATE)
    lead = np.zeros(round(0.4 * SAMPLE_RATE), dtype=np.float32)
    return encode_wav(wave(np.concatenate([lead, original.samples])))


@pytest.mark.parametrize("alter", [mp3, opus, late])
@pytest.mark.parametrize("style", ["folk", "drum and bass"])
def test_a_new_file_of_the_same_sound_measures_the_same(
    tmp_path: Path, style: str, alter: Callable[[Path], bytes]
) -> None:
    path, altered = tmp_path / "original.wav", tmp_path / "altered"
    path.write_bytes(encode_wav(song(style)))
    altered.write_bytes(alter(path))
    before, after = measure(load(path, SAMPLE_RATE)), measure(load(altered, SAMPLE_RATE))
    assert after["key"] == before["key"]
    assert after["tempo_bpm"] == pytest.approx(before["tempo_bpm"], rel=0.02)
    for name in ("centroid_hz", "bandwidth_hz", "rolloff_hz"):
        assert after[name] == pytest.approx(before[name], rel=0.02), name
    assert after["flatness"] == pytest.approx(before["flatness"], rel=0.15)
    assert after["onset_rate_hz"] == pytest.approx(before["onset_rate_hz"], rel=0.1)
    # LAME lowers the level by 0.45 dB.
    assert after["loudness_lufs"] == pytest.approx(before["loudness_lufs"], abs=0.5)
    assert after["loudness_range_lu"] == pytest.approx(before["loudness_range_lu"], abs=0.1)
    for name in (
        "pulse_clarity", "percussive_share", "bass_share", "tonal_clarity", "majorness",
    ):  # fmt: skip
        assert after[name] == pytest.approx(before[name], abs=0.03), name
    for name in ("energy", "acousticness"):
        assert after[name] == pytest.approx(before[name], abs=0.08), name


def test_a_constant_offset_is_no_bass() -> None:
    samples = tone(1000, 3, amplitude=0.1)
    assert measure(wave(samples + 0.3))["bass_share"] < 0.01


def test_of_a_long_track_the_middle_counts_and_all_of_its_loudness() -> None:
    edge = tone(3000, 40, amplitude=0.02)
    middle = np.tile(cadence(4, "major"), round(EXCERPT_SECONDS / 4))
    measured = measure(wave(np.concatenate([edge, middle, edge])))
    assert measured["key"] == 4
    assert measured["centroid_hz"] == pytest.approx(measure(wave(middle))["centroid_hz"], rel=0.01)
    assert measured["loudness_range_lu"] > 10


@pytest.mark.parametrize("rate", [SAMPLE_RATE, 44_100])
def test_a_file_is_measured_as_its_waveform_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate: int
) -> None:
    # Longer than the excerpt, and silent at its ends.
    quiet = np.zeros(3 * rate, dtype=np.float32)
    music = render(draw_piece(STYLES["folk"], np.random.default_rng(0), 40.0), rate)
    monkeypatch.setattr("specrec.descriptors.measure.EXCERPT_SECONDS", 20.0)
    path = tmp_path / "piece.flac"
    sf.write(path, np.concatenate([quiet, music, quiet, quiet]), rate)
    expected = measure(load(path, SAMPLE_RATE))
    assert measure_file(path) == pytest.approx(expected, rel=1e-6, nan_ok=True)


@pytest.mark.parametrize("lossy", [None, mp3, opus])
def test_a_file_too_long_to_be_held_is_measured_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lossy: Callable[[Path], bytes] | None
) -> None:
    path = tmp_path / "piece"
    piece = draw_piece(STYLES["folk"], np.random.default_rng(0), 40.0)
    path.write_bytes(encode_wav(Waveform(render(piece, 44_100), 44_100)))
    if lossy:
        path.write_bytes(lossy(path))
    monkeypatch.setattr("specrec.descriptors.measure.EXCERPT_SECONDS", 20.0)
    expected = measure_file(path)
    monkeypatch.setattr("specrec.descriptors.measure.HEAD_SECONDS", 5.0)
    # The excerpt is sought: decoder and resampler start anew there.
    assert measure_file(path) == pytest.approx(expected, rel=2e-3, abs=2e-3, nan_ok=True)


def test_the_memory_that_measuring_needs_does_not_grow_with_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("specrec.descriptors.measure.HEAD_SECONDS", 5.0)
    monkeypatch.setattr("specrec.descriptors.measure.EXCERPT_SECONDS", 5.0)
    rng, peaks = np.random.default_rng(0), {}
    for seconds in (60, 240):
        path = tmp_path / f"{seconds}.flac"
        sf.write(path, white_noise(seconds, rng), SAMPLE_RATE)
        tracemalloc.start()  # numpy's arrays are counted
        measure_file(path)
        peaks[seconds] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peaks[240] < 1.2 * peaks[60]  # a little is kept of each tenth of a second
    assert peaks[240] < 240 * SAMPLE_RATE * 4 / 2


def test_a_second_of_anything_has_all_names() -> None:
    click = np.zeros(SAMPLE_RATE)
    click[5000] = 1.0
    for samples in (click, tone(440, 1), white_noise(1, np.random.default_rng(0))):
        assert measure(wave(samples)).keys() == set(NAMES)


def test_silence_has_only_a_loudness() -> None:
    measured = measure(wave(np.zeros(2 * SAMPLE_RATE)))
    assert measured.keys() == set(NAMES)
    assert {name for name, value in measured.items() if np.isfinite(value)} == {"loudness_lufs"}


def test_refuses_another_sample_rate_and_less_than_a_second() -> None:
    with pytest.raises(ValueError, match="44100"):
        measure(Waveform(np.zeros(44_100, dtype=np.float32), 44_100))
    with pytest.raises(ValueError, match=r"0\.50 s"):
        measure(wave(np.zeros(SAMPLE_RATE // 2)))


def test_every_name_but_the_confidence_is_a_feature() -> None:
    assert set(NAMES) - set(FEATURES) == {"tempo_confidence"}
