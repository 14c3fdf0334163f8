"""Voices that sing: the sound of spoken words on the pitches of a melody.

A channel vocoder: speech gives the spectral envelope of each instant and whether it has a pitch;
pulses at the melody's pitch, with vibrato and glides, or noise are given that envelope. The
vowel of each word is drawn out to the length of its note.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import istft, stft

from benchmarks.training_music.effects import SAMPLE_RATE, Samples, fitted, rms
from benchmarks.training_music.score import Note
from benchmarks.training_music.speech import Speaker, say
from specrec.synthesis.harmony import midi_to_hz

_WINDOW, _HOP = 512, 120
_QUEFRENCIES = 44
"""How fine the envelope is: ripples finer than 24 kHz / 44 belong to the pitch of the speech."""


@dataclass(frozen=True)
class Singer:
    """Who sings.

    Attributes:
        speaker: The voice whose words they are.
        center: The MIDI pitch around which they sing.
        formants: By how much all resonances are higher than the speaker's; a child's by 1.2.
        vibrato: How wide, in semitones.
        vibrato_hz: How fast.
        breath: The share of noise in what has a pitch.
        glide: Seconds from one pitch to the next.
        growl: From 0 to 1: how rough.
        effort: From -1 (soft and dark) to 1 (loud and bright).
    """

    speaker: Speaker
    center: int
    formants: float
    vibrato: float
    vibrato_hz: float
    breath: float
    glide: float
    growl: float = 0.0
    effort: float = 0.0


@dataclass(frozen=True)
class _Syllable:
    """The envelope of a spoken word, frames by bins, and the voiced share of each frame."""

    envelope: np.ndarray
    voiced: np.ndarray


def sing(
    singer: Singer, notes: list[Note], words: list[str], seconds: float, rng: np.random.Generator
) -> Samples:
    """A melody, one word a note; the words repeat."""
    length = int(seconds * SAMPLE_RATE)
    frames = length // _HOP + 1
    spoken = {word: _analyzed(singer, word) for word in dict.fromkeys(words[: len(notes)])}
    envelope = np.zeros((frames, _WINDOW // 2 + 1))
    voiced = np.zeros(frames)
    pitch = np.full(frames, float(notes[0].pitch if notes else 60))
    for number, note in enumerate(notes):
        first = int(note.onset * SAMPLE_RATE / _HOP)
        count = min(frames - first, max(8, int(note.seconds * SAMPLE_RATE / _HOP)))
        if count < 4:
            continue
        syllable = spoken[words[number % len(words)]]
        where = _drawn_out(syllable, count)
        level = note.velocity * _swell(count)
        envelope[first : first + count] = syllable.envelope[where] * level[:, None]
        voiced[first : first + count] = syllable.voiced[where]
        pitch[first:] = note.pitch
        pitch[first : first + count] -= note.bend * np.exp(-np.arange(count) * _HOP / 2400.0)
    source = _source(singer, pitch, gaussian_filter1d(voiced, 2.0), notes, length, rng)
    _, _, spectrum = stft(source, SAMPLE_RATE, "hann", _WINDOW, _WINDOW - _HOP)
    shared = min(spectrum.shape[1], frames)
    smooth = gaussian_filter1d(envelope[:shared], 1.5, axis=0)
    tilt = (np.arange(1, smooth.shape[1] + 1) / 20.0) ** (0.35 * singer.effort)
    _, sung = istft(
        spectrum[:, :shared] * (smooth * tilt).T, SAMPLE_RATE, "hann", _WINDOW, _WINDOW - _HOP
    )
    sung = fitted(np.asarray(sung), length)
    if singer.growl:
        sung = np.tanh((0.5 + 3.0 * singer.growl) * sung / rms(sung))
    return np.asarray(sung * (0.1 / rms(sung)))


def _analyzed(singer: Singer, word: str) -> _Syllable:
    """The spoken word as envelopes, its resonances shifted to the singer's."""
    speech = say(singer.speaker, word, 130)
    _, _, spectrum = stft(speech, SAMPLE_RATE, "hann", _WINDOW, _WINDOW - _HOP)
    magnitude = np.abs(spectrum).T + 1e-6
    cepstrum = np.fft.irfft(np.log(magnitude), axis=1)
    cepstrum[:, _QUEFRENCIES:-_QUEFRENCIES] = 0.0
    envelope = np.exp(np.fft.rfft(cepstrum, axis=1).real)
    bins = np.arange(envelope.shape[1])
    envelope = np.stack([np.interp(bins / singer.formants, bins, row) for row in envelope])
    hz = bins * SAMPLE_RATE / _WINDOW
    low = (magnitude[:, (hz > 100) & (hz < 1500)] ** 2).sum(axis=1)
    high = (magnitude[:, hz > 3000] ** 2).sum(axis=1)
    return _Syllable(envelope, np.clip(low / (low + 2.0 * high + 1e-9), 0.0, 1.0) ** 0.5)


def _drawn_out(syllable: _Syllable, count: int) -> np.ndarray:
    """Which frame of a word is heard when: its vowels are drawn out, its consonants as spoken."""
    frames = len(syllable.voiced)
    if count <= frames:
        return np.linspace(0, frames - 1, count).astype(int)
    weight = (syllable.voiced * syllable.envelope.sum(axis=1)) ** 3 + 1e-9
    lasting = np.cumsum(1.0 + (count - frames) * weight / weight.sum())
    return np.searchsorted(lasting, np.arange(count), side="right").clip(0, frames - 1)


def _swell(count: int) -> np.ndarray:
    edge = np.minimum(np.arange(count) + 1, count - np.arange(count))
    return np.minimum(1.0, edge / 6.0)


def _source(
    singer: Singer,
    pitch: np.ndarray,
    voiced: np.ndarray,
    notes: list[Note],
    length: int,
    rng: np.random.Generator,
) -> Samples:
    """Pulses at the melody's pitch where there is one, noise elsewhere; both of unit power."""
    a_second = SAMPLE_RATE / _HOP
    gliding = gaussian_filter1d(pitch, max(1.0, singer.glide * a_second / 2.0))
    time = np.arange(pitch.size) / a_second
    since = np.full(pitch.size, 10.0)
    for note in notes:
        first = int(note.onset * a_second)
        since[first:] = time[: pitch.size - first]
    depth = singer.vibrato * np.clip((since - 0.15) / 0.3, 0.0, 1.0)
    drift = gaussian_filter1d(rng.normal(size=pitch.size), 30.0) * 1.2
    jitter = rng.normal(size=pitch.size) * (0.04 + 0.8 * singer.growl)
    phase = 2.0 * np.pi * singer.vibrato_hz * time + rng.uniform(0, 6.28)
    semitones = gliding + depth * np.sin(phase) + drift + jitter
    frame_of = np.arange(length) / _HOP
    hz = midi_to_hz(0) * 2.0 ** (np.interp(frame_of, np.arange(pitch.size), semitones) / 12.0)
    pitched = pulses(hz)
    share = np.interp(frame_of, np.arange(voiced.size), voiced)
    noise = rng.normal(size=length)
    mixed = share * pitched + np.sqrt(1.0 - share**2 + singer.breath * share) * 0.5 * noise
    return np.asarray(mixed)


def pulses(hz: np.ndarray) -> Samples:
    """All harmonics up to 11 kHz, equally strong (Dirichlet's kernel), of unit power."""
    half = np.pi * np.cumsum(hz) / SAMPLE_RATE
    count = np.floor(11_000.0 / hz)
    below = np.sin(half)
    safe = np.where(np.abs(below) < 1e-6, 1e-6, below)
    ratio = np.sin((2.0 * count + 1.0) * half) / safe
    kernel = np.where(np.abs(below) < 1e-6, 2.0 * count + 1.0, ratio)
    return (kernel - 1.0) / np.sqrt(2.0 * count)
