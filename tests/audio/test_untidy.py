"""Files as people have them: headers that were never finished, tags in odd places, joined parts."""

import gzip
import io
import struct
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile as sf

from specrec.audio import decoding
from specrec.audio.decoding import decode
from specrec.audio.loading import load
from specrec.audio.streaming import WindowPlan, window_blocks
from specrec.catalog.scan import scan_folder
from specrec.errors import AudioError, SkipReason
from tests.sounds import RATE, dominant_hz, tone, write


def reason_of(path: Path) -> SkipReason:
    with pytest.raises(AudioError) as caught:
        load(path, 22_050)
    return caught.value.reason


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    samples = np.random.default_rng(seed).uniform(-0.5, 0.5, round(seconds * RATE))
    return samples.astype(np.float32)


# --- MP3 ---

LOUD_SECONDS, QUIET_SECONDS = 3, 9


def bare_mp3(bit_rate: int | None) -> bytes:
    """Noise, then a tone, at a constant or a variable bit rate, without a frame that counts."""
    file = io.BytesIO()
    sound = np.concatenate([noise(LOUD_SECONDS), tone(QUIET_SECONDS, level=0.01)])
    options = {"write_xing": "0", "id3v2_version": "0"}
    with av.open(file, "w", format="mp3", options=options) as container:
        stream = container.add_stream("libmp3lame", rate=RATE, layout="mono")
        if bit_rate is None:
            stream.codec_context.qscale = True
            stream.codec_context.global_quality = 4 * 118
        else:
            stream.bit_rate = bit_rate
        stream.codec_context.open()
        frame = av.AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
        frame.sample_rate = RATE
        resampler = av.AudioResampler("fltp", "mono", RATE, stream.codec_context.frame_size)
        for part in [*resampler.resample(frame), *resampler.resample(None), None]:
            container.mux(stream.encode(part))
    assert b"Xing" not in file.getvalue()
    return file.getvalue()


@pytest.fixture(scope="module", params=[None, 64_000], ids=["variable", "constant"])
def mp3(request: pytest.FixtureRequest) -> bytes:
    return bare_mp3(request.param)


JUNK = np.random.default_rng(0).bytes(60_000)  # as a picture's bytes are


def apev2(picture: bytes) -> bytes:
    value = b"cover.jpg\0" + picture
    item = struct.pack("<II", len(value), 2) + b"Cover Art (Front)\0" + value
    fields = struct.pack("<III", 2000, len(item) + 32, 1)
    ends = [b"APETAGEX" + fields + struct.pack("<I", flag << 29) + bytes(8) for flag in (5, 4)]
    return ends[0] + item + ends[1]


def id3(picture: bytes) -> bytes:
    body = b"APIC" + len(picture).to_bytes(4, "big") + b"\0\0" + picture
    return b"ID3\3\0\0" + bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0)) + body


OTHER = {
    "apev2": apev2(8 * JUNK),  # longer than the sound
    "zeros, then apev2": bytes(1000) + apev2(8 * JUNK),
    "lyrics3": b"LYRICSBEGIN" + b"LYR09000" + b"la la " * 1500 + b"009019LYRICS200",
    "zeros": bytes(30_000),
    "junk": JUNK,
    "id3": id3(8 * JUNK),
}


@pytest.mark.parametrize(
    ("where", "name"),
    [(where, name) for where in ("end", "inside") for name in OTHER]
    + [("head", name) for name in OTHER if name != "zeros, then apev2"],
)
def test_an_mp3_is_read_to_its_end_whatever_else_it_holds(
    mp3: bytes, where: str, name: str, tmp_path: Path
) -> None:
    other = OTHER[name]
    parts = {"end": [mp3, other], "inside": [mp3, other, mp3], "head": [other, mp3]}[where]
    path = tmp_path / "song.mp3"
    path.write_bytes(b"".join(parts))
    seconds = (LOUD_SECONDS + QUIET_SECONDS) * parts.count(mp3)
    waveform = decode(path)
    assert waveform.seconds == pytest.approx(seconds, abs=0.15)
    assert dominant_hz(waveform.samples[-5 * RATE :], RATE) == pytest.approx(440, abs=1)


@pytest.fixture(scope="module", params=["mp3", "vbr.mp3", "aac", "ac3"])
def bare(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound of 24 s or more in a stream that does not say how long it is, 170 kB or more."""
    path: Path = tmp_path_factory.mktemp("bare") / f"sound.{request.param}"
    if path.suffix == ".mp3":
        is_variable = path.stem.endswith("vbr")
        path.write_bytes(4 * bare_mp3(None if is_variable else 64_000))
    else:
        write(path, noise(24), codec=path.suffix[1:])
    return path


@pytest.mark.parametrize("what", ["junk", "zeros"])
@pytest.mark.parametrize(("first", "last"), [(0.5, 1.0), (0.3, 0.7)], ids=["end", "inside"])
def test_much_that_is_no_sound_is_damage_where_no_length_is_stated(
    bare: Path, first: float, last: float, what: str, tmp_path: Path
) -> None:
    data = bare.read_bytes()
    start, stop = (round(place * len(data)) for place in (first, last))
    size = stop - start
    other = bytes(size) if what == "zeros" else np.random.default_rng(1).bytes(size)
    path = tmp_path / bare.name
    path.write_bytes(data[:start] + other + data[stop:])
    assert reason_of(path) == SkipReason.CORRUPT


def test_a_bare_stream_is_whole_under_tags_at_both_ends(bare: Path, tmp_path: Path) -> None:
    path = tmp_path / bare.name
    path.write_bytes(OTHER["id3"] + bare.read_bytes() + OTHER["apev2"])
    assert load(path, RATE).seconds == pytest.approx(load(bare, RATE).seconds, abs=0.1)


def test_windows_of_an_mp3_with_a_large_cover_are_read_by_seeking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.mp3", noise(60))
    plan = WindowPlan(RATE, 2.0, 3)
    (expected,) = window_blocks(path, plan)
    path.write_bytes(id3(8 * JUNK) + path.read_bytes())
    decoded = 0
    read = sf.SoundFile.read

    def counting(sound: sf.SoundFile, *args: Any, **options: Any) -> np.ndarray:
        nonlocal decoded
        samples: np.ndarray = read(sound, *args, **options)
        decoded += len(samples)
        return samples

    monkeypatch.setattr(sf.SoundFile, "read", counting)
    (found,) = window_blocks(path, plan)
    np.testing.assert_array_equal(found.windows, expected.windows)
    assert found.seconds == expected.seconds
    assert 6 * RATE <= decoded < 7 * RATE


def test_joined_mp3_files_are_read_all_though_the_first_counts_its_frames(tmp_path: Path) -> None:
    parts = [write(tmp_path / f"{hz}.mp3", tone(4, hz)) for hz in (300, 500, 700)]
    assert all(b"Info" in part.read_bytes() or b"Xing" in part.read_bytes() for part in parts)
    path = tmp_path / "joined.mp3"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    waveform = decode(path)
    assert waveform.seconds == pytest.approx(12, abs=0.3)
    assert dominant_hz(waveform.samples[-2 * RATE :], RATE) == pytest.approx(700, abs=1)


# --- Headers that do not know ---


def with_sizes(wav: bytes, riff: int, data: int) -> bytes:
    at = wav.index(b"data") + 4
    sizes = struct.pack("<I", riff), struct.pack("<I", data)
    return wav[:4] + sizes[0] + wav[8:at] + sizes[1] + wav[at + 4 :]


@pytest.mark.parametrize(
    ("riff", "data"),
    [(0, 0), (36, 0), (0xFFFFFFFF, 0xFFFFFFFF), (0x80000024, 0x80000000), (0x7FFFF024, 0x7FFFF000)],
)
def test_a_recording_whose_header_was_not_finished_is_all_there(
    riff: int, data: int, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.wav", noise(3))
    expected = decode(path).samples
    path.write_bytes(with_sizes(path.read_bytes(), riff, data))
    np.testing.assert_array_equal(decode(path).samples, expected)


@pytest.mark.parametrize(
    ("suffix", "mark", "skip", "unknown"),
    [("au", b".snd", 4, b"\xff" * 4), ("caf", b"data", 0, b"\xff" * 8)],
)
def test_streamed_au_and_caf_are_all_there(
    suffix: str, mark: bytes, skip: int, unknown: bytes, tmp_path: Path
) -> None:
    path = write(tmp_path / f"a.{suffix}", noise(3))
    expected, data = decode(path).samples, path.read_bytes()
    at = data.index(mark) + 4 + skip
    path.write_bytes(data[:at] + unknown + data[at + len(unknown) :])
    np.testing.assert_array_equal(decode(path).samples, expected)


@pytest.mark.parametrize("suffix", ["au", "caf", "w64", "rf64"])
def test_half_an_uncompressed_file_is_truncated(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"half.{suffix}"
    sf.write(path, noise(3), RATE, format=suffix.upper())
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert reason_of(path) == SkipReason.TRUNCATED


@pytest.mark.parametrize("suffix", ["wav", "aiff"])
def test_a_tag_before_a_header_does_not_change_what_it_states(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"tagged.{suffix}"
    sf.write(path, noise(3), RATE)
    expected = decode(path).samples
    tag = b"ID3\x03\0\0" + bytes([0, 6, 0, 0]) + bytes(6 << 14)  # 98 kB of padding
    whole = tag + path.read_bytes()
    path.write_bytes(whole)
    np.testing.assert_array_equal(decode(path).samples, expected)
    path.write_bytes(whole[: len(tag) + (len(whole) - len(tag)) // 2])
    assert reason_of(path) == SkipReason.TRUNCATED


def with_total(flac: bytes, samples: int) -> bytes:
    """STREAMINFO's total number of samples, 36 bits, changed."""
    field = (flac[21] & 0xF0 | samples >> 32).to_bytes(1, "big") + (samples & 0xFFFFFFFF).to_bytes(
        4, "big"
    )
    return flac[:21] + field + flac[26:]


@pytest.mark.parametrize("windows_per_track", [None, 2])
def test_flac_of_unknown_length_is_read_to_its_end(
    windows_per_track: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("specrec.audio.streaming.HEAD_SECONDS", 3.0)
    path = write(tmp_path / "a.flac", noise(8))
    plan = WindowPlan(RATE, 2.0, windows_per_track)
    expected = [block.windows for block in window_blocks(path, plan)]
    path.write_bytes(with_total(path.read_bytes(), 0))
    found = list(window_blocks(path, plan))
    np.testing.assert_array_equal(found[-1].windows, expected[-1])
    assert found[-1].seconds == 8
    path.write_bytes(with_total(path.read_bytes(), (1 << 36) - 1))
    with pytest.raises(AudioError) as caught:
        list(window_blocks(path, plan))
    assert caught.value.reason == SkipReason.TRUNCATED


# --- Several streams, several links, several channels ---


def write_movie(
    path: Path, sounds: list[np.ndarray], picture_seconds: float = 0.0, late: float = 0.0
) -> Path:
    """Several sound tracks, the last of them the default, and a picture."""
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("aac", rate=RATE, layout="mono") for _ in sounds]
        for stream in streams:
            stream.disposition = av.stream.Disposition(0)
        streams[-1].disposition = av.stream.Disposition.default
        if picture_seconds:
            picture = container.add_stream("mpeg4", rate=5)
            picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
            for number in range(round(picture_seconds * 5)):
                image = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "rgb24")
                image.pts, image.time_base = number, 1 / picture.codec_context.rate
                container.mux(picture.encode(image))
            container.mux(picture.encode(None))
        for stream, sound in zip(streams, sounds, strict=True):
            for at in range(0, len(sound) - 1023, 1024):
                frame = av.AudioFrame.from_ndarray(sound[None, at : at + 1024], "fltp", "mono")
                frame.sample_rate, frame.pts = RATE, at + round(late * RATE)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
@pytest.mark.parametrize(("picture", "late"), [(9.0, 0.0), (6.0, 2.0), (0.0, 2.0), (14.0, 8.0)])
def test_sound_is_whole_however_long_its_picture_is_and_whenever_it_starts(
    suffix: str, picture: float, late: float, tmp_path: Path
) -> None:
    path = write_movie(tmp_path / f"a.{suffix}", [tone(5)], picture, late)
    assert load(path, 22_050).seconds == pytest.approx(5, abs=0.1)
    (block,) = window_blocks(path, WindowPlan(22_050, 2.0, 1))
    assert block.seconds == pytest.approx(5, abs=0.1)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert reason_of(path) in (SkipReason.TRUNCATED, SkipReason.CORRUPT)  # half an MP4 has no table


def test_the_default_sound_track_is_taken(tmp_path: Path) -> None:
    path = write_movie(tmp_path / "a.m4a", [tone(3, 300), tone(3, 600)])
    assert dominant_hz(decode(path).samples, RATE) == pytest.approx(600, abs=1)


@pytest.mark.parametrize("suffix", ["ogg", "opus"])
def test_chained_streams_are_read_all_whatever_their_rates(suffix: str, tmp_path: Path) -> None:
    rates = (48_000, 24_000, 16_000)
    parts = [
        write(tmp_path / f"{rate}.{suffix}", tone(3, 700, rate)[:, None].repeat(channels, 1), rate)
        for rate, channels in zip(rates, (1, 2, 1), strict=True)
    ]
    path = tmp_path / f"chained.{suffix}"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    waveform = decode(path)
    assert waveform.sample_rate == 48_000
    assert waveform.seconds == pytest.approx(9, abs=0.05)
    for second in range(9):
        heard = waveform.samples[second * 48_000 + 4_800 : (second + 1) * 48_000 - 4_800]
        assert dominant_hz(heard, 48_000) == pytest.approx(700, abs=1)
        assert np.sqrt(2 * np.mean(heard**2)) == pytest.approx(0.3, rel=0.03)
    part = decode(path, start_seconds=4, length_seconds=2)
    np.testing.assert_allclose(part.samples, waveform.samples[4 * 48_000 : 6 * 48_000], atol=2e-4)
    path.write_bytes(path.read_bytes()[:-3000])
    assert reason_of(path) == SkipReason.TRUNCATED


@pytest.mark.parametrize("suffix", ["ogg", "opus"])
def test_chained_streams_of_one_serial_number_are_read_all(suffix: str, tmp_path: Path) -> None:
    path = write(tmp_path / f"a.{suffix}", tone(3, 700, 48_000), 48_000)
    path.write_bytes(2 * path.read_bytes())
    waveform = decode(path)
    assert waveform.seconds == pytest.approx(6, abs=0.03)
    assert dominant_hz(waveform.samples[-96_000:], 48_000) == pytest.approx(700, abs=1)


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "ogg"])
def test_channels_that_cancel_each_other_are_not_silent(suffix: str, tmp_path: Path) -> None:
    sound = tone(3, 700)
    path = write(tmp_path / f"a.{suffix}", np.stack([sound, -sound], axis=1))
    samples = load(path, RATE).samples[RATE : 2 * RATE]
    assert dominant_hz(samples, RATE) == pytest.approx(700, abs=1)
    assert np.sqrt(2 * np.mean(samples**2)) == pytest.approx(0.3, rel=0.05)


def test_where_channels_do_not_cancel_the_mean_stands(tmp_path: Path) -> None:
    left, right = noise(3), noise(3, seed=1)
    for other in (right, np.zeros_like(left), left - 1.9 * left):
        path = tmp_path / "a.wav"
        sf.write(path, np.stack([left, other], axis=1), RATE, subtype="FLOAT")
        np.testing.assert_allclose(decode(path).samples, (left + other) / 2, atol=1e-7)


# --- What is no music, or says something absurd ---


@pytest.mark.parametrize("name", ["a.flac", "a.mp3", "a.wav", "a.ac3", "a"])
def test_what_is_no_audio_is_said_to_be_none_whatever_its_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    for content in (b"<html><body>404 Not Found</body></html>", gzip.compress(JUNK), bytes(50_000)):
        path.write_bytes(content)
        assert reason_of(path) == SkipReason.NOT_AUDIO


def test_a_film_without_sound_is_not_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "silent.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(AudioError, match=r"it has no audio .* \(not_audio\)"):
        load(path, 22_050)


@pytest.mark.parametrize("rate", [0, 1, 999, 768_001, 2_000_000_000])
def test_an_absurd_sample_rate_is_damage(rate: int, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(2))
    data = path.read_bytes()
    path.write_bytes(data[:24] + struct.pack("<I", rate) + data[28:])
    assert reason_of(path) == SkipReason.CORRUPT


def test_more_channels_than_any_music_has_are_damage(tmp_path: Path) -> None:
    sf.write(tmp_path / "a.wav", np.zeros((RATE, 256), np.float32), RATE)
    assert reason_of(tmp_path / "a.wav") == SkipReason.CORRUPT


def test_a_small_file_that_decodes_to_hours_is_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "zeros.flac", np.zeros(8_000 * 120, np.float32), 8_000)
    assert path.stat().st_size < 6_000  # 50 bytes a second
    assert reason_of(path) == SkipReason.SILENT
    monkeypatch.setattr(decoding, "_FREE_SECONDS", 30.0)
    assert reason_of(path) == SkipReason.TOO_LARGE


def test_a_folder_scan_takes_what_a_query_can_read(tmp_path: Path) -> None:
    for name, kind in (("a.voc", "VOC"), ("a.sph", "NIST"), ("a.w64", "W64")):
        sf.write(tmp_path / name, noise(2), RATE, format=kind)
    for name, codec in (("a.ac3", "ac3"), ("a.eac3", "eac3"), ("a.tta", "tta"), ("a.mp2", "mp2")):
        write(tmp_path / name, noise(2), RATE, codec)
    scan = scan_folder(tmp_path)
    assert [file.path for file in scan.files] == sorted(path.name for path in tmp_path.iterdir())
    for file in scan.files:
        assert load(tmp_path / file.path, 22_050).seconds == pytest.approx(2, abs=0.1)
    for name in ("b.dts", "b.dsf", "b.dff", "b.ec3"):
        (tmp_path / name).touch()
    assert len(scan_folder(tmp_path).files) == len(scan.files) + 4


@pytest.mark.parametrize("kind", ["VOC", "NIST", "AU", "W64", "RF64", "CAF", "WAV", "AIFF"])
def test_what_is_cut_off_is_missed_in_every_format_that_states_its_length(
    kind: str, tmp_path: Path
) -> None:
    path = tmp_path / f"a.{kind.lower()}"
    sf.write(path, noise(5), RATE, subtype="PCM_16", format=kind)
    assert load(path, RATE).seconds == pytest.approx(5, abs=0.01)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 5])
    assert reason_of(path) == SkipReason.TRUNCATED
