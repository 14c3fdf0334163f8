from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from specrec.audio.decoding import decode
from specrec.audio.encoding import encode_mp3, encode_wav, transcode
from specrec.audio.loading import load
from specrec.audio.waveform import Waveform
from specrec.errors import AudioError
from tests.sounds import dominant_hz, tone, write


def test_a_wav_keeps_every_sample_above_full_scale_too(tmp_path: Path) -> None:
    samples = tone(1.5, level=2.5, rate=16_000)
    path = tmp_path / "loud"
    path.write_bytes(encode_wav(Waveform(samples, 16_000)))
    again = decode(path)
    assert again.sample_rate == 16_000
    np.testing.assert_array_equal(again.samples, samples)


@pytest.mark.parametrize(
    ("container", "codec", "rate", "coded_rate"),
    [
        ("mp3", "libmp3lame", 44_100, 44_100),
        ("mp3", "libmp3lame", 96_000, 48_000),
        ("ogg", "libopus", 44_100, 48_000),
        ("ogg", "libopus", 24_000, 24_000),
    ],
)
def test_a_transcoded_file_is_the_same_sound_in_as_many_bits(
    tmp_path: Path, container: str, codec: str, rate: int, coded_rate: int
) -> None:
    left, right = tone(4, 500, rate), tone(4, 900, rate, 0.15)
    noise = 0.1 * np.random.default_rng(0).normal(size=(2, len(left)))
    original = write(tmp_path / "a.wav", (np.stack([left, right]) + noise).T, rate)
    data = transcode(original, container, codec, 64_000)
    assert len(data) * 8 / 4 == pytest.approx(64_000, rel=0.2)
    path = tmp_path / "again"
    path.write_bytes(data)
    assert sf.info(path).channels == 2
    assert decode(path).sample_rate in (coded_rate, 48_000)  # Opus decodes to 48 kHz or its own
    before, after = load(original, 22_050), load(path, 22_050)
    assert after.seconds == pytest.approx(4, abs=0.03)
    assert dominant_hz(after.samples, 22_050) == pytest.approx(500, abs=1)
    # Sample for sample the same sound, at the same place: only the noise is coded roughly.
    count = min(len(before.samples), len(after.samples))
    assert np.corrcoef(before.samples[:count], after.samples[:count])[0, 1] > 0.9


def test_mono_stays_mono(tmp_path: Path) -> None:
    original = write(tmp_path / "mono.wav", tone(2))
    path = tmp_path / "again.mp3"
    path.write_bytes(transcode(original, "mp3", "libmp3lame", 128_000))
    assert sf.info(path).channels == 1


def test_what_holds_no_audio_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("text")
    with pytest.raises(AudioError, match="can't re-encode"):
        transcode(tmp_path / "text.wav", "mp3", "libmp3lame", 128_000)


@pytest.mark.parametrize(("rate", "bits"), [(24_000, 32_000), (22_050, 64_000), (16_000, 24_000)])
def test_an_mp3_is_the_same_sound_in_as_many_bits_and_does_not_clip(
    tmp_path: Path, rate: int, bits: int
) -> None:
    data = encode_mp3(Waveform(tone(8, 700, rate, level=3.0), rate), bits)
    assert len(data) * 8 / 8 == pytest.approx(bits, rel=0.1)
    path = tmp_path / "a.mp3"
    path.write_bytes(data)
    again = load(path, rate)
    assert again.seconds == pytest.approx(8, abs=0.2)
    assert dominant_hz(again.samples, rate) == pytest.approx(700, abs=2)
    inside = again.samples[rate : 7 * rate]
    assert np.sqrt(np.mean(inside**2)) == pytest.approx(1 / np.sqrt(2), rel=0.1)  # peak 1


@pytest.mark.parametrize(("rate", "bits"), [(44_100, 32_000), (24_000, 320_000), (24_000, 0)])
def test_an_mp3_of_another_rate_is_refused(rate: int, bits: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        encode_mp3(Waveform(tone(1, rate=rate), rate), bits)
