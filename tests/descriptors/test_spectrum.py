import librosa
import numpy as np
import pytest

from specrec.descriptors.spectrum import (
    HIGHEST_HZ,
    SAMPLE_RATE,
    Ends,
    mel_and_sparse_power,
    mel_power,
    percussive_share,
    power_spectrogram,
    spectral_shape,
)
from specrec.synthesis import STYLES, click_track, draw_piece, render, sweep, tone, white_noise

EULER = 0.5772156649


def shape(samples: np.ndarray) -> dict[str, float]:
    return spectral_shape(power_spectrogram(samples))


@pytest.mark.parametrize("hz", [200.0, 1000.0, 4000.0])
def test_a_sine_lies_where_its_frequency_is(hz: float) -> None:
    measured = shape(tone(hz, 4))
    assert measured["centroid_hz"] == pytest.approx(hz, rel=0.03)
    assert measured["rolloff_hz"] == pytest.approx(hz, abs=20)
    assert measured["bandwidth_hz"] < 60
    assert measured["flatness"] < 1e-4


def test_white_noise_fills_the_band() -> None:
    measured = shape(white_noise(10, np.random.default_rng(0)))
    assert measured["centroid_hz"] == pytest.approx(HIGHEST_HZ / 2, rel=0.01)
    assert measured["bandwidth_hz"] == pytest.approx(HIGHEST_HZ / np.sqrt(12), rel=0.01)
    assert measured["rolloff_hz"] == pytest.approx(0.85 * HIGHEST_HZ, rel=0.01)
    # Its power is exponential (chi-squared of two degrees): E log x = log E x - gamma.
    assert measured["flatness"] == pytest.approx(np.exp(-EULER), rel=0.01)
    assert measured["bass_share"] == pytest.approx(130 / 9980, rel=0.1)


def test_a_sweep_has_the_geometric_mean_of_its_ends() -> None:
    measured = shape(sweep(200, 3200, 20))
    assert measured["centroid_hz"] == pytest.approx(800, rel=0.03)


def test_bandwidth_and_centroid_are_librosas_frame_by_frame() -> None:
    music = render(draw_piece(STYLES["jazz"], np.random.default_rng(0), 4.0), SAMPLE_RATE)
    magnitude = np.abs(librosa.stft(music))
    hz = librosa.fft_frequencies(sr=SAMPLE_RATE)
    band = (hz >= 20) & (hz <= HIGHEST_HZ)
    inside = {"S": magnitude[band], "sr": SAMPLE_RATE, "freq": hz[band]}
    measured = shape(music)
    for name, function in (
        ("centroid_hz", librosa.feature.spectral_centroid),
        ("bandwidth_hz", librosa.feature.spectral_bandwidth),
        ("rolloff_hz", librosa.feature.spectral_rolloff),
    ):
        expected = np.exp(np.log(function(**inside)).mean())
        assert measured[name] == pytest.approx(expected, rel=1e-3)


def test_bass_share_is_that_of_one_fourier_transform() -> None:
    rng = np.random.default_rng(0)
    samples = tone(60, 8, amplitude=0.3) + tone(900, 8, amplitude=0.4)
    samples += white_noise(8, rng, amplitude=0.1)
    power = np.abs(np.fft.rfft(samples)) ** 2
    hz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    heard = (hz >= 20) & (hz <= HIGHEST_HZ)
    expected = power[heard & (hz < 150)].sum() / power[heard].sum()
    assert shape(samples)["bass_share"] == pytest.approx(expected, rel=0.01)


def test_percussion_is_parted_as_librosa_parts_it() -> None:
    music = render(draw_piece(STYLES["house"], np.random.default_rng(1), 6.0), SAMPLE_RATE)
    mel = mel_power(power_spectrogram(music))
    halved = np.sqrt(mel[::2].T)
    _, mask = librosa.decompose.hpss(halved, kernel_size=(15, 7), mask=True)
    expected = (mask * halved**2).sum() / (halved**2).sum()
    assert percussive_share(mel) == pytest.approx(expected, rel=1e-4)


def test_power_and_mel_bands_are_librosas() -> None:
    music = render(draw_piece(STYLES["jazz"], np.random.default_rng(0), 3.0), SAMPLE_RATE)
    power = np.abs(librosa.stft(music)) ** 2
    np.testing.assert_allclose(power_spectrogram(music), power.T, atol=1e-5 * power.max())
    filters = librosa.filters.mel(
        sr=SAMPLE_RATE, n_fft=2048, n_mels=128, fmin=30, fmax=HIGHEST_HZ, norm=None
    )
    identity = np.eye(1025, dtype=np.float32)
    # Ours are triangles on the mel scale, librosa's in Hz.
    np.testing.assert_allclose(mel_power(identity), filters.T, atol=0.01)


@pytest.mark.parametrize("samples", [SAMPLE_RATE, 100_000, 131_072])
def test_one_pass_gives_the_same_as_two(samples: int) -> None:
    music = white_noise(samples / SAMPLE_RATE, np.random.default_rng(0))
    mel, sparse = mel_and_sparse_power(music)
    power = power_spectrogram(music)
    np.testing.assert_allclose(sparse, power[::4], rtol=1e-6)
    np.testing.assert_allclose(mel, mel_power(power), rtol=1e-4)


def test_clicks_are_percussive_and_tones_are_not() -> None:
    both = click_track(120, 5) + tone(440, 5, amplitude=0.02)
    shares = [
        percussive_share(mel_power(power_spectrogram(samples)))
        for samples in (tone(440, 5), both, click_track(120, 5))
    ]
    assert shares[0] < 0.05 < shares[1] < 0.95 < shares[2]


def trim(samples: np.ndarray) -> np.ndarray:
    ends = Ends()
    for block in np.split(samples, [100, 1000, 30_000]):
        ends.add(block)
    return samples[slice(*ends.read())]


def test_only_the_silence_at_the_ends_is_left_out() -> None:
    silence = np.zeros(SAMPLE_RATE, dtype=np.float32)
    music = tone(440, 2)
    hushed = np.concatenate([silence, music, silence, music, silence])
    assert len(trim(hushed)) == pytest.approx(5 * SAMPLE_RATE, abs=1024)
    assert len(trim(silence)) == 0
    assert len(trim(np.concatenate([silence, music[:1000], silence]))) == 2 * SAMPLE_RATE + 1000
