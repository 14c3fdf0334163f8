"""Voices that speak: espeak-ng in many voices, one after the other, at once, or on the beat."""

from dataclasses import dataclass

import numpy as np
import soxr

from benchmarks.training_music.effects import SAMPLE_RATE, Samples, band, fitted, rms
from benchmarks.training_music.programs import run_program
from benchmarks.training_music.score import Arrangement
from benchmarks.training_music.texts import rap_lines, sentence

_ESPEAK_RATE = 22_050
_WAV_HEADER = 44
MALE = ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "adam", "andy", "benjamin", "boris",
        "david", "edward", "gustave", "iven", "john", "max", "michel", "paul", "robert", "victor",
        "Denis", "Hugo", "Marco", "Michael", "norbert", "travis", "klatt", "klatt3")  # fmt: skip
FEMALE = ("f1", "f2", "f3", "f4", "f5", "anika", "aunty", "belinda", "linda", "steph", "shelby",
          "sandro", "Alicia", "Andrea", "Annie", "steph2", "kaukovalta", "grandma")  # fmt: skip
WHISPERS = ("whisper", "whisperf")
LANGUAGES = (
    "en-us", "en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-029", "es", "es-419", "fr", "de",
    "it", "pt", "pt-br", "nl", "sv", "pl", "ro", "cs", "fi", "hu", "tr", "el", "ru", "sw", "id",
    "vi", "ja", "cmn", "ko", "hi", "ta", "fa", "ar", "eo", "la",
)  # fmt: skip


@dataclass(frozen=True)
class Speaker:
    """A voice of espeak-ng.

    Attributes:
        language: Its language.
        variant: Its sound.
        pitch: From 0 to 99.
        words_a_minute: From 80 to 450.
    """

    language: str
    variant: str
    pitch: int
    words_a_minute: int

    @property
    def word_list(self) -> str:
        """The language whose words it is given."""
        base = self.language.split("-")[0]
        return "en" if base == "en" else base


def draw_speaker(
    rng: np.random.Generator, variants: tuple[str, ...] = (*MALE, *FEMALE), language: str = ""
) -> Speaker:
    """A voice among these variants."""
    return Speaker(
        language=language or str(rng.choice(LANGUAGES)),
        variant=str(rng.choice(variants)),
        pitch=int(rng.integers(20, 85)),
        words_a_minute=int(rng.integers(115, 215)),
    )


def say(speaker: Speaker, text: str, words_a_minute: int | None = None) -> Samples:
    """What the voice says, without the silence around it, at 24 kHz and an RMS of 0.1.

    Raises:
        ProgramError: If espeak-ng fails.
    """
    rate = int(np.clip(words_a_minute or speaker.words_a_minute, 80, 450))
    voice = f"{speaker.language}+{speaker.variant}"
    options = ["-v", voice, "-p", str(speaker.pitch), "-s", str(rate), "--stdout"]
    wav = run_program("espeak-ng", *options, "--", text)
    samples = np.frombuffer(wav[_WAV_HEADER:], dtype="<i2").astype(np.float64) / 32768.0
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    if loud.size < 200:
        return np.zeros(SAMPLE_RATE // 10)
    samples = samples[loud[0] : loud[-1] + 1]
    resampled = np.asarray(soxr.resample(samples, _ESPEAK_RATE, SAMPLE_RATE))
    return resampled * (0.1 / rms(resampled))


def talk(speaker: Speaker, seconds: float, rng: np.random.Generator) -> Samples:
    """Sentences with pauses between them."""
    length = int(seconds * SAMPLE_RATE)
    said: list[Samples] = []
    while sum(part.size for part in said) < length:
        said.append(say(speaker, sentence(rng, speaker.word_list)))
        said.append(np.zeros(int(rng.uniform(0.1, 0.7) * SAMPLE_RATE)))
    return fitted(np.concatenate(said), length)


def crowd(seconds: float, rng: np.random.Generator, people: int) -> Samples:
    """Many who talk at once, each shifted in pitch."""
    length = int(seconds * SAMPLE_RATE)
    mix = np.zeros(length)
    for _ in range(people):
        voice = talk(draw_speaker(rng), 8.0, rng)
        shifted = np.asarray(
            soxr.resample(voice, SAMPLE_RATE, SAMPLE_RATE * rng.uniform(0.8, 1.25))
        )
        start = int(rng.integers(shifted.size))
        mix += float(rng.uniform(0.3, 1.0)) * np.resize(np.roll(shifted, start), length)
    return np.asarray(mix / np.sqrt(people))


def chant(arrangement: Arrangement, seconds: float, rng: np.random.Generator) -> Samples:
    """A crowd that shouts a few words together, on the first beats of the bars."""
    length = int(seconds * SAMPLE_RATE)
    mix = np.zeros(length)
    text = " ".join(rap_lines(rng, 1, int(rng.integers(2, 4)))[0]) + "!"
    bars = arrangement.edges[:: arrangement.style.steps][:-1]
    every = int(rng.integers(1, 3))
    for _ in range(10):
        speaker = draw_speaker(rng, language="en-us")
        shout = _as_long_as(speaker, text, 0.6 * (bars[1] - bars[0] if len(bars) > 1 else 2.0))
        for start in bars[::every]:
            _add(mix, shout, start + float(rng.normal(0.0, 0.03)))
    return np.asarray(np.tanh(4.0 * mix / rms(mix) / 4.0))


def rap(
    arrangement: Arrangement, speaker: Speaker, seconds: float, rng: np.random.Generator
) -> Samples:
    """A line for each bar, spoken fast and on the beat: whole lines, or a word on each eighth."""
    mix = np.zeros(int(seconds * SAMPLE_RATE))
    bar, edges = arrangement.style.steps, arrangement.edges
    starts = range(0, len(edges) - bar, bar)
    word_by_word = rng.random() < 0.5
    seconds_a_bar = 240.0 / arrangement.tempo_bpm
    words = int(np.clip(3.2 * seconds_a_bar, 4, 11))
    rhythm = rng.permutation(np.arange(0, bar, bar // 16))[:words]
    for number, (start, line) in enumerate(
        zip(starts, rap_lines(rng, len(starts), words), strict=True)
    ):
        if number % 8 == 7 and rng.random() < 0.5:
            continue  # a bar to breathe
        if number % 4 == 0:
            rhythm = np.sort(rng.permutation(np.arange(0, bar, max(1, bar // 16)))[:words])
        if word_by_word:
            for word, step in zip(line, rhythm, strict=True):
                _add(mix, say(speaker, word, 260), edges[start + int(step)])
        else:
            spoken = _as_long_as(
                speaker, " ".join(line), 0.93 * (edges[start + bar] - edges[start])
            )
            _add(mix, spoken, edges[start])
    return band(np.tanh(1.5 * mix / rms(mix)), 90.0, 11_000.0)


def _as_long_as(speaker: Speaker, text: str, seconds: float) -> Samples:
    """The text spoken as fast as it takes to last that long."""
    once = say(speaker, text, 220)
    faster = int(220 * once.size / (seconds * SAMPLE_RATE))
    return say(speaker, text, faster)[: int(1.15 * seconds * SAMPLE_RATE)]


def _add(mix: Samples, part: Samples, seconds: float) -> None:
    start = max(0, int(seconds * SAMPLE_RATE))
    part = part[: max(0, mix.size - start)]
    mix[start : start + part.size] += part
