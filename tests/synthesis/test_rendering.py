"""Rendered pieces: each planted factor is measured, and moves alone."""

from dataclasses import replace
from itertools import pairwise

import librosa
import numpy as np
import pytest

from specrec.synthesis import STYLES, draw_piece, render
from specrec.synthesis.composition import compose
from specrec.synthesis.rendering import _parts

RATE = 22050


def piece_of(name, seconds=8.0, draw=0, **factors):
    return replace(draw_piece(STYLES[name], np.random.default_rng(draw), seconds), **factors)


def rms_db(wave):
    return 10 * np.log10(np.mean(np.square(wave, dtype=np.float64)))


def centroid_hz(wave):
    power = np.abs(librosa.stft(wave)) ** 2
    hz = librosa.fft_frequencies(sr=RATE)
    return float((power.sum(axis=1) @ hz) / power.sum())


def chroma(wave):
    return librosa.feature.chroma_stft(y=wave, sr=RATE, n_fft=4096, tuning=0.0).mean(axis=1)


def percussive_share(wave):
    harmonic, percussive = librosa.decompose.hpss(np.abs(librosa.stft(wave)))
    return float((percussive**2).sum() / ((percussive**2).sum() + (harmonic**2).sum()))


def low_share(wave):
    power = np.abs(np.fft.rfft(wave)) ** 2
    return float(power[np.fft.rfftfreq(wave.size, 1 / RATE) < 130.0].sum() / power.sum())


def flatness(wave):
    return float(np.median(librosa.feature.spectral_flatness(y=wave)))


def rising(values, factor):
    return all(later > factor * earlier for earlier, later in pairwise(values))


@pytest.mark.parametrize("name", STYLES)
def test_a_piece_fills_its_time_at_its_level(name):
    piece = piece_of(name, 6.0)
    wave = render(piece, RATE)
    assert wave.shape == (6 * RATE,)
    assert wave.dtype == np.float32
    assert np.abs(wave).max() <= 1.0
    assert rms_db(wave) == pytest.approx(piece.loudness_db, abs=0.01)
    seconds = wave.reshape(6, RATE)[:5]
    assert min(rms_db(second) for second in seconds) > piece.loudness_db - 20.0
    assert abs(wave.mean()) < 0.01


@pytest.mark.parametrize("name", ["folk", "techno", "ambient"])
@pytest.mark.parametrize("percussiveness", [0.0, 1.0])
def test_the_loudest_setting_never_clips(name, percussiveness):
    wave = render(piece_of(name, 4.0, percussiveness=percussiveness, loudness_db=-12.0), RATE)
    assert np.abs(wave).max() < 1.0
    assert rms_db(wave) == pytest.approx(-12.0, abs=0.05)


def test_rendering_is_determined_by_the_piece():
    piece = piece_of("jazz", 4.0)
    assert np.array_equal(render(piece, RATE), render(piece, RATE))
    other = render(replace(piece, seed=piece.seed + 1), RATE)
    assert not np.allclose(render(piece, RATE), other, atol=1e-3)


@pytest.mark.parametrize("sample_rate", [8000, 44100])
def test_other_sample_rates_sound_alike(sample_rate):
    piece = piece_of("folk", 4.0, brightness_hz=3000.0)
    wave = render(piece, sample_rate)
    assert wave.size == 4 * sample_rate
    resampled = librosa.resample(wave, orig_sr=sample_rate, target_sr=RATE)
    assert np.corrcoef(chroma(resampled), chroma(render(piece, RATE)))[0, 1] > 0.9


@pytest.mark.parametrize(("name", "draw"), [("house", 0), ("house", 1), ("techno", 0)])
def test_dance_pieces_keep_their_tempo(name, draw):
    piece = piece_of(name, 12.0, draw)
    envelope = librosa.onset.onset_strength(y=render(piece, RATE), sr=RATE, hop_length=256)
    found = librosa.feature.tempo(onset_envelope=envelope, sr=RATE, hop_length=256)[0]
    assert found == pytest.approx(piece.tempo_bpm, rel=0.03)


@pytest.mark.parametrize("name", ["folk", "house"])
def test_brightness_raises_the_centroid_and_leaves_the_harmony(name):
    pieces = [piece_of(name, brightness_hz=hz) for hz in (600.0, 1800.0, 6000.0)]
    waves = [render(piece, RATE) for piece in pieces]
    assert rising([centroid_hz(wave) for wave in waves], 1.08)
    assert np.corrcoef(chroma(waves[1]), chroma(waves[2]))[0, 1] > 0.9


def test_percussiveness_raises_the_percussive_share_and_leaves_the_notes():
    pieces = [piece_of("drum and bass", 3.0, percussiveness=share) for share in (0.02, 0.3, 0.8)]
    assert rising([percussive_share(render(piece, RATE)) for piece in pieces], 1.2)
    assert compose(pieces[0]) == compose(pieces[2])


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_percussiveness_is_the_share_of_power_in_the_dry_mix(share):
    pitched, drums = _parts(piece_of("jazz", 4.0, percussiveness=share), 4 * RATE, RATE)
    powers = np.mean(np.square([pitched, drums]), axis=1)
    assert powers == pytest.approx([1.0 - share, share], abs=1e-9)


def test_bass_raises_the_low_share():
    pieces = [piece_of("folk", percussiveness=0.0, bass=share) for share in (0.0, 0.3, 0.8)]
    assert rising([low_share(render(piece, RATE)) for piece in pieces], 1.5)


def test_noisiness_raises_the_flatness():
    pieces = [piece_of("folk", noisiness=level) for level in (0.0, 0.4, 1.0)]
    assert rising([flatness(render(piece, RATE)) for piece in pieces], 1.2)


def test_loudness_is_a_gain_and_nothing_else():
    quiet = render(piece_of("metal", 4.0, loudness_db=-32.0), RATE)
    loud = render(piece_of("metal", 4.0, loudness_db=-12.0), RATE)
    assert loud == pytest.approx(10.0 * quiet, abs=1e-5)


@pytest.mark.parametrize("name", STYLES)
def test_density_adds_events_and_moves_none(name):
    sparse, dense = (compose(piece_of(name, density=density)) for density in (0.2, 0.9))
    for part in ("chords", "lead", "bass", "drums"):
        few = {note.onset_seconds for note in getattr(sparse, part)}
        many = {note.onset_seconds for note in getattr(dense, part)}
        assert few <= many
    assert len(dense.lead) + len(dense.drums) > len(sparse.lead) + len(sparse.drums)


@pytest.mark.parametrize("name", ["folk", "metal", "lo-fi hip hop"])
def test_density_is_heard_as_onsets(name):
    counts = []
    for density in (0.1, 0.5, 0.95):
        wave = render(piece_of(name, density=density), RATE)
        counts.append(len(librosa.onset.onset_detect(y=wave, sr=RATE, hop_length=256)))
    assert rising(counts, 1.05)
    assert counts[-1] > 1.8 * counts[0]


@pytest.mark.parametrize("semitones", [2, 5])
def test_key_turns_the_chroma_and_leaves_the_rest(semitones):
    low = piece_of("folk", key=1)
    waves = [render(piece, RATE) for piece in (low, replace(low, key=1 + semitones))]
    before, after = (chroma(wave) for wave in waves)
    turns = [np.corrcoef(np.roll(before, turn), after)[0, 1] for turn in range(12)]
    assert np.argmax(turns) == semitones
    assert centroid_hz(waves[1]) == pytest.approx(centroid_hz(waves[0]), rel=0.35)


def test_tempo_scales_the_score():
    slow = piece_of("techno", 12.0, tempo_bpm=65.0)
    before, after = compose(slow), compose(replace(slow, tempo_bpm=130.0))
    for note, faster in zip(before.bass, after.bass, strict=False):
        assert faster.onset_seconds == pytest.approx(note.onset_seconds / 2)
        assert faster.pitch == note.pitch
    assert len(after.bass) > len(before.bass) > 10


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("name", STYLES)
def test_every_note_belongs_to_the_key(name, mode):
    score = compose(piece_of(name, 20.0, key=3, mode=mode, density=1.0))
    scale = {"major": {0, 2, 4, 5, 7, 9, 11}, "minor": {0, 2, 3, 5, 7, 8, 10, 11}}[mode]
    sounded = {(note.pitch - 3) % 12 for note in [*score.chords, *score.lead, *score.bass]}
    assert sounded <= scale
    assert len(sounded) >= 5


def test_families_are_told_apart_by_timbre():
    features, labels = [], []
    for label, style in enumerate(STYLES.values()):
        rng = np.random.default_rng([7, label])
        for _ in range(5):
            mfcc = librosa.feature.mfcc(y=render(draw_piece(style, rng, 3.0), RATE), sr=RATE)[1:]
            features.append(np.concatenate([mfcc.mean(axis=1), mfcc.std(axis=1)]))
            labels.append(label)
    points, families = np.array(features), np.array(labels)
    points = (points - points.mean(axis=0)) / points.std(axis=0)
    right = 0
    for left_out in range(len(points)):
        others = np.arange(len(points)) != left_out
        centers = [points[others & (families == f)].mean(axis=0) for f in range(len(STYLES))]
        distances = np.linalg.norm(np.array(centers) - points[left_out], axis=1)
        right += int(np.argmin(distances) == families[left_out])
    assert right / len(points) > 0.7


@pytest.mark.parametrize("name", STYLES)
def test_draws_stay_within_the_family(name):
    style = STYLES[name]
    rng = np.random.default_rng(3)
    pieces = [draw_piece(style, rng, 5.0) for _ in range(20)]
    assert all(style.tempo_bpm[0] <= piece.tempo_bpm <= style.tempo_bpm[1] for piece in pieces)
    assert all(piece.chord_instrument in style.chord_instruments for piece in pieces)
    assert len({piece.tempo_bpm for piece in pieces}) > 10
    assert len({piece.key for piece in pieces}) > 5
    assert draw_piece(style, np.random.default_rng(3), 5.0) == pieces[0]


@pytest.mark.parametrize(
    ("factor", "value"),
    [
        ("style", "polka"),
        ("seed", -1),
        ("seconds", 0.2),
        ("tempo_bpm", 12.0),
        ("key", 12),
        ("mode", "dorian"),
        ("progression", (0, 7)),
        ("progression", ()),
        ("noisiness", 1.1),
        ("percussiveness", -0.1),
        ("loudness_db", float("nan")),
        ("lead_instrument", "kazoo"),
    ],
)
def test_bad_factors_are_named(factor, value):
    with pytest.raises(ValueError, match=factor):
        piece_of("folk", **{factor: value})


def test_a_sample_rate_too_low_is_named():
    with pytest.raises(ValueError, match="sample_rate 4000"):
        render(piece_of("folk"), 4000)
