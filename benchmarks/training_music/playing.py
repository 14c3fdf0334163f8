"""Plays an arrangement: fluidsynth, the synthesizer's own instruments, amplifiers, the room."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile
import soxr

from benchmarks.training_music.effects import (
    SAMPLE_RATE,
    Samples,
    amplifier,
    fitted,
    reverb,
    rms,
)
from benchmarks.training_music.midi import midi_file
from benchmarks.training_music.programs import run_program
from benchmarks.training_music.score import Arrangement, Note, Track
from specrec.synthesis.harmony import midi_to_hz
from specrec.synthesis.instruments import INSTRUMENTS

_FONT_RATE = 48_000
_OWN_LEVEL = 0.12
DRIVES = {"overdrive": (2.0, 6.0), "distortion": (8.0, 40.0)}


def play(
    arrangement: Arrangement, sound_font: Path, seconds: float, rng: np.random.Generator
) -> Samples:
    """The sound of a piece at 24 kHz, in mono, not yet mastered."""
    length = int(seconds * SAMPLE_RATE)
    mix = np.zeros(length)
    groups: dict[str, list[Track]] = {}
    for track in arrangement.tracks:
        if isinstance(track.instrument, str):
            mix += fitted(_own_instrument(track, length, rng), length)
        else:
            groups.setdefault(track.effect, []).append(track)
    for effect, tracks in groups.items():
        sound = _fluidsynth(tracks, sound_font, length)
        if effect:
            sound = amplifier(sound, float(rng.uniform(*DRIVES[effect])), rng)
        mix += sound
    room = float(rng.uniform(*arrangement.style.room))
    return reverb(mix, room, float(rng.uniform(0.1, 0.25) * min(2.0, 0.5 + room)), rng)


def _fluidsynth(tracks: list[Track], sound_font: Path, length: int) -> Samples:
    with TemporaryDirectory() as folder:
        score, sound = Path(folder) / "score.mid", Path(folder) / "sound.wav"
        score.write_bytes(midi_file(tracks))
        options = ["-n", "-i", "-q", "-R", "0", "-C", "0", "-g", "0.4", "-O", "float", "-T", "wav"]
        options += ["-r", str(_FONT_RATE), "-o", "synth.dynamic-sample-loading=1"]
        run_program("fluidsynth", *options, "-F", str(sound), str(sound_font), str(score))
        stereo, _ = soundfile.read(sound, dtype="float32")
    return fitted(np.asarray(soxr.resample(stereo.mean(axis=1), _FONT_RATE, SAMPLE_RATE)), length)


def _own_instrument(track: Track, length: int, rng: np.random.Generator) -> Samples:
    out = np.zeros(length)
    for note in track.notes:
        start = int(note.onset * SAMPLE_RATE)
        if track.instrument == "808":
            sound = _boom(note)
        else:
            hz = midi_to_hz(note.pitch)
            play_note = INSTRUMENTS[str(track.instrument)]
            sound = play_note(hz, note.seconds, SAMPLE_RATE, rng)
        sound = sound[: max(0, length - start)]
        out[start : start + sound.size] += note.velocity * sound
    return out * (_OWN_LEVEL * track.volume / rms(out))


def _boom(note: Note) -> Samples:
    """The bass drum of a drum machine, tuned and long: a sine that falls to its pitch."""
    time = np.arange(int(min(1.6, note.seconds + 0.1) * SAMPLE_RATE)) / SAMPLE_RATE
    hz = midi_to_hz(note.pitch) * (1.0 + 1.5 * np.exp(-time / 0.02))
    wave = np.tanh(2.5 * np.sin(2.0 * np.pi * np.cumsum(hz) / SAMPLE_RATE) * np.exp(-time / 0.7))
    return np.asarray(wave * np.minimum(1.0, (time[-1] - time) / 0.02))
