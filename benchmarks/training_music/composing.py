"""From a style to a piece: who takes part, and every note of theirs."""

from itertools import pairwise

import numpy as np

from benchmarks.training_music.harmony import SCALES, chord_tones, nearest, pitches_within
from benchmarks.training_music.instruments import FAMILIES, PERCUSSION
from benchmarks.training_music.score import Arrangement, Note, Part, Style, Track

ODD_INSTRUMENT = 0.06
"""How often a part gets an instrument that its style does not expect."""
SECTION_BARS = 4
REST_CHANCE = 0.15
FORM = (0, 0, 1, 0)


def compose(style: Style, rng: np.random.Generator, seconds: float = 30.0) -> Arrangement:
    """Writes a piece of a style that lasts a given time or a little less."""
    arrangement = _frame(style, rng, seconds)
    density = float(rng.uniform(0.4, 1.0))
    taking_part = [part for part in style.parts if rng.random() < part.chance]
    for part in taking_part or list(style.parts[:1]):
        notes = _perform(arrangement, part, density, rng)
        if len(taking_part) > 2:
            notes = _with_rests(arrangement, notes, rng)
        instrument = _instrument(part, rng)
        effect = part.effect if instrument in range(24, 32) or part.role == "bass" else ""
        volume = part.volume * float(rng.uniform(0.75, 1.1))
        lead = part.role == "lead"
        arrangement.tracks.append(Track(instrument, notes, volume, effect, lead=lead))
    if style.drums and rng.random() < style.drums_chance:
        kit = int(rng.choice(style.kits))
        notes = _drums(arrangement, density, rng)
        volume = float(rng.uniform(0.6, 1.0))
        arrangement.tracks.append(Track(kit, notes, volume, drums=True))
    return arrangement


def melody(
    arrangement: Arrangement,
    rhythms: tuple[str, ...],
    center: int,
    rng: np.random.Generator,
    *,
    scale: str = "",
    density: float = 0.9,
    gate: float = 0.95,
    bend: float = 0.0,
    reach: int = 10,
) -> list[Note]:
    """A tune of two motifs in the form AABA that keeps to the chords on every beat.

    Args:
        arrangement: The piece it belongs to.
        rhythms: Patterns; each motif takes one.
        center: The MIDI pitch around which it moves.
        rng: The generator that draws it.
        scale: A scale of its own, on the piece's tonic.
        density: How many of the patterns' weaker notes are played, 0 to 1.
        gate: The share of the time until the next note for which one is held.
        bend: How likely a note is to slide up to its pitch.
        reach: How many semitones it may go up or down from the center.
    """
    steps, bar = len(arrangement.edges) - 1, arrangement.style.steps
    beat = bar // arrangement.style.beats
    classes = {(arrangement.key + tone) % 12 for tone in SCALES[scale]} if scale else None
    pitches = pitches_within(classes or set(arrangement.scale), center - reach, center + reach)
    motifs = []
    for _ in range(2):
        contour = np.cumsum(rng.normal(0.0, 1.6, 2 * bar))
        motifs.append((str(rng.choice(rhythms)), contour - contour.mean()))
    sounding = []
    for step in range(steps):
        rhythm, contour = motifs[FORM[step // (2 * bar) % len(FORM)]]
        force = _force(rhythm, step)
        if force and (force >= 9 or rng.random() < density):
            sounding.append((step, force, float(contour[step % (2 * bar)])))
    notes = []
    for (step, force, height), (following, _, _) in pairwise([*sounding, (steps, 9, 0.0)]):
        pitch = nearest(center + np.clip(1.5 * height, -reach, reach), pitches)
        if step % beat == 0:
            among = pitches_within(set(arrangement.chord_at(step)), center - reach, center + reach)
            pitch = nearest(pitch, among)
        slide = float(rng.choice([1.0, 2.0, 2.0])) if rng.random() < bend else 0.0
        until = min(following, step + bar)
        notes.append(_note(arrangement, step, until, pitch, force, gate, rng)._replace(bend=slide))
    return notes


def _frame(style: Style, rng: np.random.Generator, seconds: float) -> Arrangement:
    """A piece without its players: tempo, key, chords."""
    tempo = float(rng.uniform(*style.tempo))
    key = int(rng.integers(12))
    place = int(rng.integers(len(style.progressions)))
    scales = style.scales
    matched = len(scales) == len(style.progressions)
    scale = scales[place] if matched else str(rng.choice(scales))
    bars = max(1, int(seconds * tempo / 60.0 / style.beats))
    beats = np.arange(bars * style.steps + 1) * style.beats / style.steps
    whole, part = np.divmod(beats / style.swung_beats, 1.0)
    swing = float(rng.uniform(*style.swing))
    first, second = 2.0 * swing * part, 1.0 - 2.0 * (1.0 - swing) * (1.0 - part)
    swung = whole + np.where(part < 0.5, first, second)
    edges = swung * style.swung_beats * 60.0 / tempo
    cycle = [
        tuple((key + tone) % 12 for tone in chord_tones(symbol))
        for symbol in style.progressions[place].split()
    ]
    return Arrangement(
        style=style,
        tempo_bpm=tempo,
        key=key,
        scale=tuple((key + tone) % 12 for tone in SCALES[scale]),
        chords=[cycle[bar % len(cycle)] for bar in range(bars)],
        edges=edges.tolist(),
        tracks=[],
    )


def _instrument(part: Part, rng: np.random.Generator) -> int | str:
    """A GM program or an instrument of the synthesizer's own."""
    choice = part.instruments[int(rng.integers(len(part.instruments)))]
    odd, anything = rng.random() < ODD_INSTRUMENT, int(rng.integers(128))
    if isinstance(choice, int) or choice in FAMILIES:
        family = (choice,) if isinstance(choice, int) else FAMILIES[choice]
        return anything if odd else int(rng.choice(family))
    return anything if choice == "any" else choice


def _force(rhythm: str, step: int) -> int:
    mark = rhythm[step % len(rhythm)]
    return 0 if mark == "." else int(mark)


def _note(
    arrangement: Arrangement,
    step: int,
    until: int,
    pitch: int,
    force: float,
    gate: float,
    rng: np.random.Generator,
) -> Note:
    start, end = arrangement.edges[step], arrangement.edges[until]
    late = float(np.clip(rng.normal(), -2, 2)) * arrangement.style.looseness
    velocity = float(np.clip(0.3 + 0.07 * force + rng.normal(0.0, 0.04), 0.1, 1.0))
    return Note(max(0.0, start + late), gate * (end - start), int(pitch), velocity)


def _perform(
    arrangement: Arrangement, part: Part, density: float, rng: np.random.Generator
) -> list[Note]:
    """All notes of a player."""
    if part.role == "lead":
        return melody(
            arrangement, part.rhythms, part.center, rng,
            scale=part.scale, density=density, gate=part.gate, bend=part.bend,
        )  # fmt: skip
    rhythm = str(rng.choice(part.rhythms))
    steps, bar = len(arrangement.edges) - 1, arrangement.style.steps
    sounding = [step for step in range(steps) if _force(rhythm, step)]
    notes, count, voicing = [], 0, [part.center]
    for step, following in pairwise([*sounding, steps]):
        chord = arrangement.chord_at(step)
        until = min(following, (step // bar + 1) * bar)
        after = arrangement.chord_at(min(until, steps - 1))
        voicing = _voicing(chord, part.center, voicing)
        pitches = _pitches(arrangement, part, chord, after, voicing, count, until % bar == 0)
        count = 0 if until % bar == 0 and part.role == "bass" else count + 1
        force = _force(rhythm, step)
        for place, pitch in enumerate(pitches):
            note = _note(arrangement, step, until, pitch, force, part.gate, rng)
            notes.append(note._replace(onset=note.onset + place * part.strum))
    return notes


def _voicing(chord: tuple[int, ...], center: int, previous: list[int]) -> list[int]:
    """Each tone of the chord as near as can be to the middle of the voicing before."""
    middle = 0.5 * (float(np.mean(previous)) + center)
    return sorted(
        {nearest(middle, pitches_within({tone}, center - 12, center + 12)) for tone in chord}
    )


def _pitches(
    arrangement: Arrangement,
    part: Part,
    chord: tuple[int, ...],
    after: tuple[int, ...],
    voicing: list[int],
    count: int,
    last: bool,
) -> list[int]:
    """What a player plays at once, whose `count`th onset this is (of a bass: in its bar)."""
    lowest = part.center - 5
    root = lowest + (chord[0] - lowest) % 12
    if part.role == "chords":
        return voicing
    if part.role == "power":
        return [root, root + 7, root + 12]
    if part.role == "arpeggio":
        turn = part.figure[count % len(part.figure)]
        octave, place = divmod(turn, len(voicing))
        return [voicing[place] + 12 * octave]
    if part.role == "drone":
        tonic = lowest + (arrangement.key - lowest) % 12
        return [tonic, tonic + 7]
    if part.role == "walk" and last:  # to the next root by a semitone
        goal = lowest + (after[0] - lowest) % 12
        return [goal - 1 if root <= goal else goal + 1]
    turn = count % 4 if part.role == "walk" else part.figure[count % len(part.figure)]
    tone = chord[turn % len(chord)]
    return [root + (tone - chord[0]) % 12 + 12 * (turn // len(chord))]


def _with_rests(
    arrangement: Arrangement, notes: list[Note], rng: np.random.Generator
) -> list[Note]:
    """The player is silent in some sections of four bars, but not in all."""
    length = SECTION_BARS * arrangement.style.steps
    starts = arrangement.edges[::length]
    silent = rng.random(len(starts)) < REST_CHANCE
    silent[int(rng.integers(len(starts)))] = False
    section = [int(np.searchsorted(starts, note.onset, side="right")) - 1 for note in notes]
    return [note for note, place in zip(notes, section, strict=True) if not silent[max(0, place)]]


def _drums(arrangement: Arrangement, density: float, rng: np.random.Generator) -> list[Note]:
    steps, style = len(arrangement.edges) - 1, arrangement.style
    notes = []
    for drum, patterns in style.drums.items():
        rhythm = str(rng.choice(patterns))
        for step in range(steps):
            force = _force(rhythm, step)
            if force and (force >= 7 or rng.random() < density):
                note = _note(arrangement, step, step + 1, PERCUSSION[drum], force, 0.9, rng)
                notes.append(note)
    bar = style.steps
    for end in range(SECTION_BARS * bar, steps + 1, SECTION_BARS * bar):  # a fill now and then
        if "snare" in style.drums and rng.random() < 0.5:
            for step in range(end - bar // 4, end):
                drum = str(rng.choice(["snare", "low tom", "mid tom", "high tom"]))
                notes.append(_note(arrangement, step, step + 1, PERCUSSION[drum], 8, 0.9, rng))
    return notes
