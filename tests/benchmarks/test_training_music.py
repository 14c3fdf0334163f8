"""The program that makes training music, as far as it needs no other program."""

import io
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from benchmarks.training_music.__main__ import main
from benchmarks.training_music.composing import compose, melody
from benchmarks.training_music.effects import SAMPLE_RATE, leveled
from benchmarks.training_music.harmony import SCALES, chord_tones
from benchmarks.training_music.instruments import FAMILIES, KITS, PERCUSSION
from benchmarks.training_music.midi import midi_file
from benchmarks.training_music.score import Note, Style, Track
from benchmarks.training_music.singing import pulses
from benchmarks.training_music.styles import STYLES
from benchmarks.training_music.texts import rap_lines, sentence
from benchmarks.training_music.tracks import encode_opus
from specrec.synthesis.instruments import INSTRUMENTS

Event = tuple[int, int, int, int]


def _read(content: bytes) -> list[tuple[int, int, list[Event], list[tuple[int, int]]]]:
    """Each track as mido reads it: channel, program, notes, pitch bends."""
    found = []
    file = mido.MidiFile(file=io.BytesIO(content))
    assert file.ticks_per_beat * 2 == 1000  # milliseconds, at the default tempo
    for track in file.tracks:
        now, sounding, notes, bends, program = 0, {}, [], [], None
        for message in track:
            now += message.time
            if message.type == "program_change":
                program = (message.channel, message.program)
            elif message.type == "note_on":
                sounding.setdefault(message.note, []).append((now, message.velocity))
            elif message.type == "note_off":
                start, velocity = sounding[message.note].pop(0)
                notes.append((start, now, message.note, velocity))
            elif message.type == "pitchwheel":
                bends.append((now, message.pitch))
        assert program is not None
        assert not any(sounding.values())
        found.append((*program, sorted(notes), bends))
    return found


def _written(track: Track) -> list[Event]:
    return sorted(
        (
            round(1000 * note.onset),
            max(round(1000 * note.onset) + 1, round(1000 * (note.onset + note.seconds))),
            note.pitch,
            max(1, min(127, round(127 * note.velocity))),
        )
        for note in track.notes
    )


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES.keys())
def test_a_midi_file_holds_the_composed_notes(style: Style) -> None:
    arrangement = compose(style, np.random.default_rng(7), seconds=12.0)
    assert any(track.notes for track in arrangement.tracks)
    tracks = [track for track in arrangement.tracks if isinstance(track.instrument, int)]
    read = _read(midi_file(tracks))
    assert [program for _, program, _, _ in read] == [track.instrument for track in tracks]
    assert [channel == 9 for channel, _, _, _ in read] == [track.drums for track in tracks]
    pitched = [channel for channel, _, _, _ in read if channel != 9]
    assert len(set(pitched)) == len(pitched)
    for track, (_, _, notes, _) in zip(tracks, read, strict=True):
        # Of notes that overlap on one key, MIDI can't say which ends: starts and ends are the same.
        written = _written(track)
        for place in range(4):
            assert sorted(note[place] for note in notes) == sorted(note[place] for note in written)


@pytest.mark.parametrize("milliseconds", [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152])
def test_long_rests_are_written_as_they_should(milliseconds: int) -> None:
    note = Note(milliseconds / 1000, 0.25, 60, 0.5)
    [(_, program, notes, _)] = _read(midi_file([Track(17, [note])]))
    assert (program, notes) == (17, [(milliseconds, milliseconds + 250, 60, 64)])


def test_a_slide_begins_below_and_ends_at_the_pitch() -> None:
    [(_, _, _, bends)] = _read(midi_file([Track(25, [Note(1.0, 0.5, 60, 0.5, bend=2.0)])]))
    assert bends[0] == (1000, -8192)  # two semitones, all of the default range
    assert bends[-1] == (1090, 0)
    assert bends == sorted(bends)


def test_what_is_no_gm_instrument_is_refused() -> None:
    with pytest.raises(ValueError, match="saw_lead is no GM instrument"):
        midi_file([Track("saw_lead", [])])
    with pytest.raises(ValueError, match="more players"):
        midi_file([Track(0, [])] * 16)


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES.keys())
def test_styles_hold_what_exists(style: Style) -> None:
    rhythms = [rhythm for patterns in style.drums.values() for rhythm in patterns]
    rhythms += [rhythm for part in style.parts for rhythm in part.rhythms]
    assert all(set(rhythm) <= set(".123456789") for rhythm in rhythms)
    assert all(len(r) % style.steps == 0 or style.steps % len(r) == 0 for r in rhythms)
    assert set(style.drums) <= set(PERCUSSION)
    assert set(style.kits) <= set(KITS)
    assert {*style.scales, *(part.scale for part in style.parts)} <= {*SCALES, ""}
    known = {*FAMILIES, *INSTRUMENTS, *range(128), "any", "808"}
    assert {name for part in style.parts for name in part.instruments} <= known
    roles = {"chords", "power", "arpeggio", "bass", "walk", "lead", "drone"}
    assert {part.role for part in style.parts} <= roles
    assert all(chord_tones(symbol) for line in style.progressions for symbol in line.split())


def test_all_of_general_midi_is_heard() -> None:
    programs = sorted(program for family in FAMILIES.values() for program in family)
    assert programs == list(range(128))
    asked = {name for style in STYLES.values() for part in style.parts for name in part.instruments}
    heard = {program for name in asked & set(FAMILIES) for program in FAMILIES[str(name)]}
    heard |= {name for name in asked if isinstance(name, int)}
    assert set(range(128)) - heard <= {113, 115, 118}  # unpitched: only now and then, as "any"
    assert {kit for style in STYLES.values() for kit in style.kits} == set(KITS)


@pytest.mark.parametrize(
    ("symbol", "tones"),
    [("1", (0, 4, 7)), ("57", (7, 11, 14, 17)), ("b7", (10, 14, 17)), ("2m7", (2, 5, 9, 12)),
     ("7h", (11, 14, 17, 21)), ("#4o", (6, 9, 12, 15)), ("4M7", (5, 9, 12, 16)),
     ("15", (0, 7, 12))],
)  # fmt: skip
def test_chords(symbol: str, tones: tuple[int, ...]) -> None:
    assert chord_tones(symbol) == tones


@pytest.mark.parametrize("symbol", ["", "8", "1x", "b", "m7"])
def test_what_is_no_chord_is_refused(symbol: str) -> None:
    with pytest.raises(ValueError, match="is no chord"):
        chord_tones(symbol)


def test_a_melody_is_of_the_chord_on_every_beat_and_of_the_scale_between() -> None:
    arrangement = compose(STYLES["trance"], np.random.default_rng(3))
    notes = melody(arrangement, ("9.8.7.8.9.8.7.8.",), 70, np.random.default_rng(4), density=1.0)
    starts = [round(1000 * edge) for edge in arrangement.edges]
    for note in notes:
        step = starts.index(round(1000 * note.onset))
        chord = arrangement.chord_at(step)
        assert note.pitch % 12 in (chord if step % 4 == 0 else {*arrangement.scale})
        assert 60 <= note.pitch <= 80
    assert len(notes) > 100


def test_pieces_are_drawn_by_their_seed_alone() -> None:
    first, again, other = (
        compose(STYLES["salsa"], np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert first.tracks == again.tracks
    assert first.tracks != other.tracks


def test_pulses_are_the_sum_of_all_harmonics() -> None:
    hz = np.full(2400, 200.0)
    turns = np.cumsum(hz) / SAMPLE_RATE
    harmonics = sum(np.cos(2.0 * np.pi * k * turns) for k in range(1, 56))
    np.testing.assert_allclose(pulses(hz), harmonics / np.sqrt(55 / 2), atol=1e-6)


def test_levels_are_kept_and_nothing_clips() -> None:
    noise = np.random.default_rng(0).normal(size=48_000)
    assert 20 * np.log10(leveled(noise, -20.0).std()) == pytest.approx(-20.0, abs=0.1)
    assert np.abs(leveled(100.0 * noise, -3.0)).max() < 0.98


def test_a_file_has_the_same_bytes_each_time_and_the_sound_that_libsndfile_writes() -> None:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, SAMPLE_RATE).astype(np.float32)
    ours, plain = encode_opus(samples), io.BytesIO()
    assert encode_opus(samples) == ours
    soundfile.write(plain, samples, SAMPLE_RATE, format="OGG", subtype="OPUS")
    assert ours != plain.getvalue()  # whose serial number is drawn
    plain.seek(0)
    for written, heard in zip(soundfile.read(io.BytesIO(ours)), soundfile.read(plain), strict=True):
        np.testing.assert_array_equal(written, heard)


def test_lines_rhyme_in_pairs_and_sentences_end() -> None:
    lines = rap_lines(np.random.default_rng(0), 4, 6)
    assert [len(line) for line in lines] == [6] * 4
    assert lines[0][-1] != lines[1][-1]
    assert sentence(np.random.default_rng(0), "ja").endswith(".")


def test_a_missing_program_is_said_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = CliRunner().invoke(main, [str(tmp_path / "out")])
    assert result.exit_code == 2
    assert result.output == "error: fluidsynth is missing; on Debian: apt install fluidsynth\n"
    assert not (tmp_path / "out").exists()
