"""From a piece to sound: play each part, mix by shares of power, add the room, set the level."""

import numpy as np
from scipy.signal import butter, lfilter, oaconvolve, sosfilt

from specrec.shapes import Float, Float32, Float64
from specrec.synthesis.composition import Hit, Note, compose
from specrec.synthesis.drums import DRUMS
from specrec.synthesis.harmony import midi_to_hz
from specrec.synthesis.instruments import INSTRUMENTS, Instrument
from specrec.synthesis.piece import Piece
from specrec.synthesis.styles import STYLES

LOWEST_SAMPLE_RATE = 8000
DRUM_LEVELS = {
    "kick": 1.0, "tom": 0.8, "snare": 0.7, "clap": 0.6, "closed_hat": 0.3, "open_hat": 0.32,
    "ride": 0.35, "shaker": 0.25, "brush": 0.4,
}  # fmt: skip
LOUDEST_NOISE = 0.35
CREST_LIMIT = 3.5
FADE_SECONDS = 1.0


def render(piece: Piece, sample_rate: int = 22050) -> Float32[np.ndarray, " samples"]:
    """The sound of a piece, mono, `round(piece.seconds * sample_rate)` samples in [-1, 1].

    The same piece and rate give the same samples; the RMS of the whole is `loudness_db`.

    Raises:
        ValueError: If `sample_rate` is below 8000, which cuts the drums away.
    """
    if sample_rate < LOWEST_SAMPLE_RATE:
        raise ValueError(
            f"sample_rate {sample_rate} is too low for music; give {LOWEST_SAMPLE_RATE} or more"
        )
    samples = round(piece.seconds * sample_rate)
    room, hiss = (np.random.default_rng([piece.seed, part]) for part in (5, 6))
    mix = _reverberate(*_parts(piece, samples, sample_rate), piece, sample_rate, room)
    mix = _unit(mix) + LOUDEST_NOISE * piece.noisiness**2 * _pink_noise(samples, hiss)
    if piece.brightness_hz < sample_rate / 2:
        low_pass = butter(2, piece.brightness_hz, fs=sample_rate, output="sos")
        mix = sosfilt(low_pass, mix)
    fade = np.minimum(1.0, np.arange(samples)[::-1] / (FADE_SECONDS * sample_rate))
    level = 10.0 ** (piece.loudness_db / 20.0)
    return (level * _limit(mix * fade)).astype(np.float32)


def _parts(
    piece: Piece, samples: int, sample_rate: int
) -> tuple[Float64[np.ndarray, " samples"], Float64[np.ndarray, " samples"]]:
    """The pitched instruments and bass, and the drums, at their shares of the power."""
    style, score = STYLES[piece.style], compose(piece)
    parts = (
        (score.chords, piece.chord_instrument, (1.0 - piece.bass) * (1.0 - style.lead_share)),
        (score.lead, piece.lead_instrument, (1.0 - piece.bass) * style.lead_share),
        (score.bass, piece.bass_instrument, piece.bass),
    )
    pitched = np.zeros(samples)
    for place, (notes, name, share) in enumerate(parts):
        rng = np.random.default_rng([piece.seed, 10 + place])
        part = _play(notes, INSTRUMENTS[name], samples, sample_rate, rng)
        pitched += np.sqrt(share) * _unit(part)
    since_beat = np.arange(samples) / sample_rate * piece.tempo_bpm / 60.0 % 1.0
    pitched *= 1.0 - style.pump * np.exp(-since_beat / 0.25)
    drums = _strike(score.drums, samples, sample_rate, np.random.default_rng([piece.seed, 4]))
    return (
        np.sqrt(1.0 - piece.percussiveness) * _unit(pitched),
        np.sqrt(piece.percussiveness) * _unit(drums),
    )


def _play(
    notes: list[Note],
    instrument: Instrument,
    samples: int,
    sample_rate: int,
    rng: np.random.Generator,
) -> Float64[np.ndarray, " samples"]:
    """Plays all notes of one part; notes of one pitch and length are made once and reused."""
    part = np.zeros(samples)
    sounds: dict[tuple[int, float], np.ndarray] = {}
    for note in notes:
        sound = (note.pitch, round(note.gate_seconds, 2))
        if sound not in sounds:
            sounds[sound] = instrument(midi_to_hz(note.pitch), sound[1], sample_rate, rng)
        _add(part, sounds[sound], note.onset_seconds, note.velocity, sample_rate)
    return part


def _strike(
    hits: list[Hit], samples: int, sample_rate: int, rng: np.random.Generator
) -> Float64[np.ndarray, " samples"]:
    part = np.zeros(samples)
    sounds = {drum: strike(sample_rate, rng) for drum, strike in DRUMS.items()}
    for hit in hits:
        gain = DRUM_LEVELS[hit.drum] * hit.velocity
        _add(part, sounds[hit.drum], hit.onset_seconds, gain, sample_rate)
    return part


def _add(
    part: Float64[np.ndarray, " samples"],
    sound: Float32[np.ndarray, " sound"],
    onset_seconds: float,
    gain: float,
    sample_rate: int,
) -> None:
    """Adds a sound to a part, in place; what would go beyond the part's end is cut off."""
    start = round(onset_seconds * sample_rate)
    target = part[start : start + sound.size]
    target += gain * sound[: target.size]


def _reverberate(
    pitched: Float64[np.ndarray, " samples"],
    drums: Float64[np.ndarray, " samples"],
    piece: Piece,
    sample_rate: int,
    rng: np.random.Generator,
) -> Float64[np.ndarray, " samples"]:
    """The mix in a room, whose echo is noise that fades and darkens after a short silence."""
    style = STYLES[piece.style]
    time = np.arange(int(style.reverb_seconds * sample_rate)) / sample_rate
    decay = np.exp(-6.9 * time / style.reverb_seconds)
    tail = rng.standard_normal(time.size) * decay
    tail = lfilter([0.45], [1.0, -0.55], tail) * (time > 0.012)
    tail = sosfilt(butter(1, 180.0, "highpass", fs=sample_rate, output="sos"), tail)
    tail /= np.sqrt(np.sum(tail**2))
    wet = oaconvolve(pitched + 0.4 * drums, tail)[: pitched.size]
    return np.asarray(pitched + drums + style.reverb_share * wet)


def _pink_noise(samples: int, rng: np.random.Generator) -> Float64[np.ndarray, " samples"]:
    """Noise at RMS 1 that falls by about 3 dB per octave (Kellet's economy filter)."""
    white = rng.standard_normal(samples)
    poles, gains = (0.99765, 0.963, 0.57), (0.099046, 0.2965164, 1.0526913)
    pink = 0.1848 * white
    for pole, gain in zip(poles, gains, strict=True):
        pink += lfilter([gain], [1.0, -pole], white)
    return _unit(pink)


def _unit(wave: Float[np.ndarray, " samples"]) -> Float64[np.ndarray, " samples"]:
    """The wave at RMS 1; silence stays silent."""
    power = float(np.mean(np.square(wave, dtype=np.float64)))
    return np.asarray(wave / np.sqrt(power) if power > 0 else wave, dtype=np.float64)


def _limit(wave: Float64[np.ndarray, " samples"]) -> Float64[np.ndarray, " samples"]:
    """The wave at RMS 1 with peaks rounded off below 4, so that -12 dB can't clip.

    `x / (1 + |x / limit|^4)^(1/4)` leaves quiet samples alone. Rounding lowers the RMS and the
    crest rises again as it's restored, hence the repetition.
    """
    for _ in range(3):
        wave = _unit(wave)
        squared = np.square(wave / CREST_LIMIT)
        wave = wave / np.sqrt(np.sqrt(1.0 + np.square(squared)))
    return np.clip(_unit(wave), -3.9, 3.9)
