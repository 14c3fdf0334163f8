import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from scipy.signal import resample_poly

from specrec.audio import decoding
from specrec.audio.decoding import decode
from specrec.audio.loading import check, load, resample
from specrec.audio.waveform import Waveform
from specrec.errors import AudioError, SkipReason
from tests.sounds import RATE, dominant_hz, tone, write

SOUNDFILE_FORMATS = ["wav", "flac", "mp3", "ogg", "opus", "aiff"]
FFMPEG_FORMATS = [("m4a", "aac"), ("m4a", "alac"), ("wma", "wmav2"), ("webm", "libopus")]


def reason_of(path: Path) -> SkipReason:
    with pytest.raises(AudioError) as caught:
        load(path, 22_050)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value.reason


@pytest.mark.parametrize(
    ("suffix", "codec"), [*((name, None) for name in SOUNDFILE_FORMATS), *FFMPEG_FORMATS]
)
def test_every_format_gives_the_tone_that_was_written(
    tmp_path: Path, suffix: str, codec: str | None
) -> None:
    rate = 48_000 if "opus" in (suffix, codec) or codec == "libopus" else RATE
    path = write(tmp_path / f"tone.{suffix}", tone(3, 880, rate), rate, codec)
    waveform = load(path, 22_050)
    assert waveform.sample_rate == 22_050
    assert waveform.samples.dtype == np.float32
    assert waveform.seconds == pytest.approx(3, abs=0.06)
    middle = waveform.samples[22_050:44_100]
    assert dominant_hz(middle, 22_050) == pytest.approx(880, abs=2)
    assert np.sqrt(2 * np.mean(middle**2)) == pytest.approx(0.3, rel=0.03)


def test_decoding_wav_is_exact_and_channels_are_averaged(tmp_path: Path) -> None:
    channels = np.random.default_rng(0).uniform(-0.5, 0.5, (RATE * 2, 6)).astype(np.float32)
    path = tmp_path / "six.wav"
    sf.write(path, channels, 96_000, subtype="FLOAT")
    waveform = decode(path)
    assert waveform.sample_rate == 96_000
    np.testing.assert_allclose(waveform.samples, channels.mean(axis=1), atol=1e-7)


def test_an_mp3_without_a_length_header_is_read_to_its_end(tmp_path: Path) -> None:
    # libsndfile ends such a file at a length guessed from its first frames.
    quiet, loud = tone(5, level=1e-3), np.random.default_rng(0).uniform(-0.5, 0.5, RATE * 5)
    path = tmp_path / "bare.mp3"
    write(path, np.concatenate([quiet, loud.astype(np.float32)]), RATE, "libmp3lame")
    data = path.read_bytes()
    at = max(data.find(b"Xing"), data.find(b"Info"))
    assert at > 0
    path.write_bytes(data[:at] + b"\0\0\0\0" + data[at + 4 :])
    assert decode(path).seconds == pytest.approx(10, abs=0.1)


def test_opus_is_decoded_as_by_its_own_library(tmp_path: Path) -> None:
    # libsndfile holds libopus; FFmpeg's decoder is its own, and about twice as fast.
    noise = 0.1 * np.random.default_rng(0).normal(size=(48_000 * 8, 2))
    path = write(tmp_path / "stereo.opus", noise + tone(8, 700, 48_000)[:, None], 48_000)
    expected, rate = sf.read(path, dtype="float32")
    waveform = decode(path)
    assert (waveform.sample_rate, len(waveform.samples)) == (rate, len(expected))
    np.testing.assert_allclose(waveform.samples, expected.mean(axis=1), atol=1e-3)


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [("wav", None), ("flac", None), ("mp3", None), ("ogg", None), ("opus", None), ("m4a", "alac")],
)
def test_a_part_equals_the_same_cut_of_the_whole(
    tmp_path: Path, suffix: str, codec: str | None
) -> None:
    rate = 48_000 if suffix == "opus" else RATE
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, rate * 8).astype(np.float32)
    path = write(tmp_path / f"noise.{suffix}", noise, rate, codec)
    whole, part = decode(path), decode(path, start_seconds=4.0, length_seconds=2.0)
    assert part.seconds == 2.0
    np.testing.assert_allclose(part.samples, whole.samples[4 * rate : 6 * rate], atol=2e-4)


def test_a_part_beyond_the_end_is_shorter_or_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "tone.wav", tone(3))
    assert decode(path, start_seconds=2.5, length_seconds=2.0).seconds == pytest.approx(0.5)
    with pytest.raises(AudioError) as caught:
        decode(path, start_seconds=4.0)
    assert caught.value.reason == SkipReason.TOO_SHORT


def test_content_that_can_not_be_used_has_its_own_reason(tmp_path: Path) -> None:
    bad = tone(3)
    bad[1000] = np.nan
    sf.write(tmp_path / "nan.wav", bad, RATE, subtype="FLOAT")
    bad[1000] = np.inf
    sf.write(tmp_path / "inf.wav", bad, RATE, subtype="FLOAT")
    write(tmp_path / "silent.flac", np.zeros(RATE * 3, np.float32))
    write(tmp_path / "dither.wav", np.sign(tone(3)) / 32768)
    write(tmp_path / "dc.wav", np.full(RATE * 3, 0.4, np.float32))
    write(tmp_path / "click.wav", tone(0.2))
    assert reason_of(tmp_path / "nan.wav") == SkipReason.NOT_FINITE
    assert reason_of(tmp_path / "inf.wav") == SkipReason.NOT_FINITE
    with pytest.raises(AudioError, match=": 1 sample is NaN or infinite"):
        load(tmp_path / "nan.wav", RATE)
    assert reason_of(tmp_path / "silent.flac") == SkipReason.SILENT
    assert reason_of(tmp_path / "dither.wav") == SkipReason.SILENT
    assert reason_of(tmp_path / "dc.wav") == SkipReason.CONSTANT
    assert reason_of(tmp_path / "click.wav") == SkipReason.TOO_SHORT


def test_quiet_music_is_not_silence(tmp_path: Path) -> None:
    path = write(tmp_path / "quiet.flac", tone(3, level=10 ** (-60 / 20)))
    assert load(path, 22_050).seconds == pytest.approx(3)


def test_files_that_are_not_audio_have_their_own_reason(tmp_path: Path) -> None:
    (tmp_path / "empty.mp3").touch()
    (tmp_path / "text.wav").write_text("not music\n" * 1000)
    (tmp_path / "text.mp3").write_text("not music\n" * 1000)
    (tmp_path / "random.mp3").write_bytes(np.random.default_rng(0).bytes(50_000))
    (tmp_path / "folder.wav").mkdir()
    os.mkfifo(tmp_path / "pipe.wav")
    assert reason_of(tmp_path / "empty.mp3") == SkipReason.EMPTY
    assert reason_of(tmp_path / "text.wav") == SkipReason.NOT_AUDIO
    assert reason_of(tmp_path / "text.mp3") == SkipReason.NOT_AUDIO
    assert reason_of(tmp_path / "random.mp3") == SkipReason.NOT_AUDIO
    assert reason_of(tmp_path / "folder.wav") == SkipReason.NOT_A_FILE
    assert reason_of(tmp_path / "pipe.wav") == SkipReason.NOT_A_FILE
    assert reason_of(tmp_path / "absent.wav") == SkipReason.MISSING
    assert reason_of(tmp_path / ("long" * 100 + ".wav")) == SkipReason.UNREADABLE


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_a_file_without_permission_is_unreadable(tmp_path: Path) -> None:
    path = write(tmp_path / "secret.wav", tone(2))
    path.chmod(0)
    # In a process that is not root, for whom every file is readable.
    program = (
        "import os, sys; from pathlib import Path;"
        "from specrec.audio.loading import load; from specrec.errors import AudioError\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "try: load(Path(sys.argv[1]), 22050)\n"
        "except AudioError as error: print(error.reason)"
    )
    for folder in [tmp_path, *tmp_path.parents][:-2]:
        if folder.stat().st_uid == os.getuid() and "pytest" in str(folder):
            folder.chmod(0o755)
    run = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False
    )
    assert run.stdout.strip() == "unreadable", run.stderr


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [("wav", None), ("flac", None), ("mp3", None), ("ogg", None), ("opus", None), ("aiff", None),
     ("wma", "wmav2"), ("webm", "libopus")],
)  # fmt: skip
def test_half_a_file_is_truncated(tmp_path: Path, suffix: str, codec: str | None) -> None:
    rate = 48_000
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, rate * 10).astype(np.float32)
    path = write(tmp_path / f"half.{suffix}", noise, rate, codec)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert reason_of(path) == SkipReason.TRUNCATED


@pytest.mark.parametrize(
    ("suffix", "codec"), [("flac", None), ("mp3", None), ("ogg", None), ("m4a", "aac")]
)
def test_garbage_inside_a_file_is_corrupt(tmp_path: Path, suffix: str, codec: str | None) -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, RATE * 10).astype(np.float32)
    path = write(tmp_path / f"bad.{suffix}", noise, RATE, codec)
    data = bytearray(path.read_bytes())
    third = len(data) // 3
    data[third : 2 * third] = np.random.default_rng(1).bytes(third)
    path.write_bytes(data)
    assert reason_of(path) == SkipReason.CORRUPT


def test_a_damaged_header_is_corrupt(tmp_path: Path) -> None:
    path = write(tmp_path / "headless.flac", tone(3))
    data = path.read_bytes()
    path.write_bytes(data[:4] + bytes(200) + data[204:])
    assert reason_of(path) == SkipReason.CORRUPT


def test_the_content_decides_not_the_suffix(tmp_path: Path) -> None:
    write(tmp_path / "tone.m4a", tone(3), RATE, "aac").rename(tmp_path / "tone.wav")
    assert load(tmp_path / "tone.wav", 22_050).seconds == pytest.approx(3, abs=0.05)


@pytest.mark.parametrize("name", ["caf\udce9.wav", "🎸 \"quoted\" 'name'.wav", "名" * 80 + ".wav"])
def test_any_name_can_be_decoded(tmp_path: Path, name: str) -> None:
    write(tmp_path / "tone.wav", tone(2)).rename(tmp_path / name)
    assert load(tmp_path / name, 22_050).seconds == pytest.approx(2)


def test_resampling_agrees_with_scipy_and_removes_what_does_not_fit() -> None:
    low, high = tone(2, 1000, 44_100), tone(2, 15_000, 44_100)
    resampled = resample(Waveform(low + high, 44_100), 22_050)
    expected = resample_poly(low, 1, 2)
    inner = slice(2000, -2000)
    np.testing.assert_allclose(resampled.samples[inner], expected[inner], atol=2e-3)
    assert resample(resampled, 22_050) is resampled


def test_check_accepts_a_tone() -> None:
    check(Path("tone"), Waveform(tone(2), RATE))


def test_a_disk_that_fails_is_not_the_file_s_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.wav", tone(2))

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(decoding, "read_head", fail)  # no disk fails at a test's wish
    with pytest.raises(AudioError, match=r"a\.wav: can't be read: Input/output error") as caught:
        load(path, 22_050)
    assert caught.value.reason == SkipReason.UNREADABLE
