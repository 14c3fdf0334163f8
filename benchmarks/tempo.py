"""How often is the tempo right? Ours beside librosa's, where it is known.

    python benchmarks/tempo.py

Even clicks, clicks with weaker ones halfway between them, and synthesized music of all styles. An
estimate within 4 % of the truth is right; one of its simple multiples and fractions is an octave
off. The rest, of ours, is nearly all music in which no pulse is found.
"""

from collections.abc import Iterator

import click
import librosa
import numpy as np

from specrec.descriptors.rhythm import NEAR, rhythm
from specrec.descriptors.spectrum import SAMPLE_RATE, mel_power, power_spectrogram
from specrec.synthesis import STYLES, click_track, draw_piece, render

ONE = np.ones(1)
OCTAVES = np.array([2, 1 / 2, 3, 1 / 3, 3 / 2, 2 / 3, 4, 1 / 4])


@click.command(context_settings={"show_default": True})
@click.option("--pieces", type=click.IntRange(min=1), default=12, help="Of each style.")
@click.option("--seconds", type=click.FloatRange(min=5), default=20.0, help="Length of each.")
@click.option("--seed", default=0)
def main(pieces: int, seconds: float, seed: int) -> None:
    """Prints a Markdown table."""
    found: dict[str, list[tuple[float, float]]] = {}
    for kind, bpm, samples in _known(pieces, seconds, np.random.default_rng(seed)):
        ours = rhythm(mel_power(power_spectrogram(samples)))["tempo_bpm"]
        strength = librosa.onset.onset_strength(y=samples, sr=SAMPLE_RATE)
        theirs = float(librosa.feature.tempo(onset_envelope=strength, sr=SAMPLE_RATE)[0])
        found.setdefault(kind, []).append((ours / bpm, theirs / bpm))
    print("| | number | specrec: right | an octave off | none | librosa: right | an octave off |")
    print("|---|---|---|---|---|---|---|")
    for kind, ratios in found.items():
        ours, theirs = np.array(ratios).T
        shares = [_near(ours, ONE), _near(ours, OCTAVES), float(np.isnan(ours).mean())]
        shares += [_near(theirs, ONE), _near(theirs, OCTAVES)]
        print(f"| {kind} | {len(ratios)} | {' | '.join(f'{share:.0%}' for share in shares)} |")


def _known(
    pieces: int, seconds: float, rng: np.random.Generator
) -> Iterator[tuple[str, float, np.ndarray]]:
    for bpm in np.geomspace(40, 220, 48):
        clicks = click_track(float(bpm), seconds)
        yield "even clicks", float(bpm), clicks
        if bpm <= 160:
            weaker = np.float32(0.4) * click_track(2 * float(bpm), seconds)
            yield "clicks and weaker ones between", float(bpm), clicks + weaker
    for style in STYLES.values():
        for _ in range(pieces):
            piece = draw_piece(style, rng, seconds)
            yield "music", piece.tempo_bpm, render(piece, SAMPLE_RATE)


def _near(ratios: np.ndarray, factors: np.ndarray) -> float:
    return float((np.abs(ratios[:, None] / factors - 1) < NEAR).any(axis=1).mean())


if __name__ == "__main__":
    main()
