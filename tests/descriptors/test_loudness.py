from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile as sf
import torch
from scipy.signal import butter, sosfilt
from torchaudio.functional import loudness as torchaudio_loudness

from specrec.descriptors.loudness import (
    _K_WEIGHTING,
    QUIETEST_LUFS,
    LoudnessMeter,
    k_gain,
    loudness,
)
from specrec.descriptors.measure import measure_file
from specrec.descriptors.spectrum import SAMPLE_RATE
from specrec.synthesis import STYLES, draw_piece, render, sweep, tone, white_noise


def mono(samples: np.ndarray) -> dict[str, float]:
    return loudness(samples[None])


def by_ffmpeg(channels: np.ndarray, rate: int, layout: str) -> dict[str, float]:
    graph = av.filter.Graph()
    source = graph.add_abuffer(
        sample_rate=rate, format="fltp", layout=layout, time_base=Fraction(1, rate)
    )
    graph.link_nodes(source, graph.add("ebur128", "metadata=1"), graph.add("abuffersink"))
    graph.configure()
    frame = av.AudioFrame.from_ndarray(channels, format="fltp", layout=layout)
    frame.sample_rate, frame.pts = rate, 0
    graph.push(frame)
    graph.push(None)
    metadata = {}
    while True:
        try:
            metadata = graph.pull().metadata
        except av.EOFError:
            return {name: float(metadata[f"lavfi.r128.{name}"]) for name in ("I", "LRA")}


LAYOUTS = {
    "mono": ("mono", [[1.0, 0.0]]),
    "the same in both": ("stereo", [[1.0, 0.0], [1.0, 0.0]]),
    "one side": ("stereo", [[1.0, 0.0], [0.0, 0.0]]),
    "wide": ("stereo", [[1.0, 0.0], [0.0, 1.0]]),
    "each the other's negative": ("stereo", [[1.0, 0.0], [-1.0, 0.0]]),
    "nearly the other's negative": ("stereo", [[1.0, 0.0], [-0.99, 0.02]]),
    "5.1": ("5.1", [[1, 0], [0, 1], [0.3, 0.3], [4, 4], [0.7, -0.5], [-0.5, 0.7]]),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_of_all_channels_it_is_ffmpegs(name: str, tmp_path: Path) -> None:
    layout, gains = LAYOUTS[name]
    rng = np.random.default_rng(0)
    noise = np.stack([white_noise(8, rng, amplitude=0.1, sample_rate=44_100) for _ in range(2)])
    noise *= np.where(np.arange(noise.shape[1]) < 150_000, 0.3, 1.0)
    # Below 8 kHz, for what is above 11 kHz we do not hear.
    sound = sosfilt(butter(8, 8000, fs=44_100, output="sos"), noise).astype(np.float32)
    channels = np.array(gains, dtype=np.float32) @ sound
    expected = by_ffmpeg(channels, 44_100, layout)["I"]
    sf.write(tmp_path / "sound.wav", channels.T, 44_100, "FLOAT")
    write_matroska(tmp_path / "sound.mka", channels, layout)
    for file in ("sound.wav", "sound.mka"):
        measured = measure_file(tmp_path / file)["loudness_lufs"]
        assert measured == pytest.approx(expected, abs=0.1), file


def write_matroska(path: Path, channels: np.ndarray, layout: str) -> None:
    with av.open(path, "w") as container:
        stream = container.add_stream("pcm_f32le", rate=44_100, layout=layout)
        planes = np.ascontiguousarray(channels.T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(planes, format="flt", layout=layout)
        frame.sample_rate = 44_100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def test_a_full_scale_sine_of_997_hz_has_3_01_lufs_below_0() -> None:
    # BS.1770-4, annex 1: in one front channel.
    samples = tone(997, 5, amplitude=1.0)
    assert mono(samples)["loudness_lufs"] == pytest.approx(-3.01, abs=0.03)


def test_k_weighting_has_the_response_that_the_standard_prints_at_48_khz() -> None:
    b1, a1 = (
        [1.53512485958697, -2.69169618940638, 1.19839281085285],
        [1.0, -1.69065929318241, 0.73248077421585],
    )
    b2, a2 = [1.0, -2.0, 1.0], [1.0, -1.99004745483398, 0.99007225036621]
    for hz in (30.0, 60.0, 200.0, 1000.0, 2000.0):
        z = np.exp(-2j * np.pi * hz / 48_000)
        powers = z ** np.arange(3)
        expected = abs((b1 @ powers) * (b2 @ powers) / (a1 @ powers) / (a2 @ powers)) ** 2
        gain = k_gain(np.array([hz]))[0]
        # Near half its sample rate a bilinear transform bends the frequency axis.
        assert 10 * np.log10(gain / expected) == pytest.approx(0, abs=0.15 if hz > 500 else 0.03)


@pytest.mark.parametrize("style", ["drum and bass", "ambient", "metal"])
def test_agrees_with_a_filter_in_time(style: str) -> None:
    samples = render(draw_piece(STYLES[style], np.random.default_rng(0), 10.0), SAMPLE_RATE)
    weighted = np.square(sosfilt(_K_WEIGHTING, samples.astype(np.float64)))
    steps = weighted[: len(weighted) // 2205 * 2205].reshape(-1, 2205).mean(axis=1)
    blocks = np.convolve(steps, np.ones(4) / 4, mode="valid")
    loud = blocks[blocks > 10 ** ((-70 + 0.691) / 10)]
    loud = loud[loud > loud.mean() / 10]
    expected = -0.691 + 10 * np.log10(loud.mean())
    assert mono(samples)["loudness_lufs"] == pytest.approx(expected, abs=0.05)


def test_blocks_of_any_length_give_the_same() -> None:
    samples = white_noise(5, np.random.default_rng(0), amplitude=0.2)
    meter = LoudnessMeter()
    for block in np.split(samples, [0, 1, 1000, 1100, 5513, 60_000]):
        meter.add(block[None])
    assert meter.read() == pytest.approx(mono(samples), rel=1e-6)


def test_agrees_with_torchaudio_where_it_does_not_clip() -> None:
    rng = np.random.default_rng(0)
    parts = [white_noise(3, rng, amplitude=level) for level in (0.1, 0.001, 0.02, 0.15)]
    for samples in (np.concatenate(parts), sweep(60, 6000, 8, amplitude=0.2)):
        expected = float(torchaudio_loudness(torch.from_numpy(samples)[None], SAMPLE_RATE))
        # Its corner frequencies are rounded: 1500 Hz for 1682.
        assert mono(samples)["loudness_lufs"] == pytest.approx(expected, abs=0.4)


@pytest.mark.parametrize("decibels", [6.0, -20.0])
def test_gain_moves_the_loudness_and_not_its_range(decibels: float) -> None:
    rng = np.random.default_rng(0)
    samples = np.concatenate([white_noise(5, rng, amplitude=a) for a in (0.05, 0.2, 0.1)])
    before = mono(samples)
    after = mono(samples * np.float32(10 ** (decibels / 20)))
    assert after["loudness_lufs"] - before["loudness_lufs"] == pytest.approx(decibels, abs=0.01)
    assert after["loudness_range_lu"] == pytest.approx(before["loudness_range_lu"], abs=0.01)


def test_gating_ignores_pauses() -> None:
    music = white_noise(6, np.random.default_rng(0), amplitude=0.2)
    pauses = np.zeros(20 * SAMPLE_RATE, dtype=np.float32)
    whole = mono(np.concatenate([music, pauses]))["loudness_lufs"]
    assert whole == pytest.approx(mono(music)["loudness_lufs"], abs=0.3)


@pytest.mark.parametrize(
    ("levels", "expected"),
    # EBU Tech 3342, minimum requirements 1 to 4: a 1 kHz sine for 20 s at each level, in stereo.
    [((-20, -30), 10.0), ((-20, -15), 5.0), ((-40, -20), 20.0), ((-50, -35, -20, -35, -50), 15.0)],
)
def test_loudness_range_of_the_ebu_signals(levels: tuple[int, ...], expected: float) -> None:
    parts = [tone(1000, 20, amplitude=10 ** (level / 20)) for level in levels]
    measured = mono(np.concatenate(parts))["loudness_range_lu"]
    assert measured == pytest.approx(expected, abs=1.0)  # the standard's tolerance


def test_what_is_too_short_or_too_quiet_has_a_value_or_none() -> None:
    assert np.isnan(mono(tone(440, 2))["loudness_range_lu"])
    assert np.isfinite(mono(tone(440, 0.2))["loudness_lufs"])
    for quiet in (np.zeros(5 * SAMPLE_RATE, dtype=np.float32), tone(440, 5, amplitude=1e-5)):
        measured = mono(quiet)
        assert measured["loudness_lufs"] == QUIETEST_LUFS
        assert np.isnan(measured["loudness_range_lu"])
