"""Fits the network that chooses a tempo, and says how well it holds on what it has not seen.

    python benchmarks/tempo_model.py

It learns from clicks in many patterns and from synthesized music of all styles, whose tempo is
known. Each kind of them is then judged by a network that was fitted on all the others: how often
is the tempo right, and how often did its confidence say so? The network that was fitted on all
is written to `specrec/descriptors/tempo.json`.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import click
import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from specrec.descriptors.rhythm import CANDIDATES_BPM, FITTED, NEAR, tempo_evidence
from specrec.descriptors.spectrum import SAMPLE_RATE, mel_power, power_spectrogram
from specrec.synthesis import STYLES, draw_piece, render

HIDDEN = 8
STEPS_TOGETHER, PASSES, RATE, DECAY = 64, 10, 1e-2, 1e-2
SLOWEST_BPM, FASTEST_BPM = 40.0, 220.0
TARGET = 0.03  # as near as this to the truth is what the fit wants

Hit = tuple[float, str, float]
"""Where in a beat something sounds, what, and how loudly."""

HALVES: list[Hit] = [(0, "high", 1.0), (1 / 2, "high", 0.35)]
THIRDS: list[Hit] = [(0, "high", 1.0), (1 / 3, "high", 0.35), (2 / 3, "high", 0.35)]
SWING: list[Hit] = [(0, "high", 1.0), (2 / 3, "high", 0.35)]
QUARTERS: list[Hit] = [
    (0, "high", 1.0), (1 / 4, "high", 0.25), (1 / 2, "high", 0.4), (3 / 4, "high", 0.25),
]  # fmt: skip
HATS: list[Hit] = [(0, "hat", 0.3), (1 / 2, "hat", 0.3)]

# Each kind of clicks: what sounds in each beat of a bar, and the noise beneath.
PATTERNS: dict[str, tuple[list[list[Hit]], float]] = {
    "even clicks": ([[(0, "high", 1.0)]], 0.0),
    "even clicks in noise": ([[(0, "high", 1.0)]], 0.05),
    "the first of three accented": ([[(0, "high", g)] for g in (1.0, 0.5, 0.5)], 0.0),
    "the first of four accented": ([[(0, "high", g)] for g in (1.0, 0.5, 0.5, 0.5)], 0.0),
    "weaker halves": ([HALVES], 0.0),
    "weaker thirds": ([THIRDS], 0.0),
    "swing": ([SWING], 0.0),
    "weaker quarters": ([QUARTERS], 0.0),
    "backbeat": ([[(0, "low", 1.0), *HATS], [(0, "snare", 1.0), *HATS]], 0.0),
}


@click.command(context_settings={"show_default": True})
@click.option("--number", type=click.IntRange(min=1), default=200, help="Of each kind.")
@click.option("--seed", default=0)
def main(number: int, seed: int) -> None:
    """Prints a Markdown table and writes the fit."""
    kinds = [*PATTERNS, *STYLES]
    jobs = [(kind, seed * 1_000_003 + n) for kind in kinds for n in range(number)]
    with ProcessPoolExecutor() as pool:
        bpm, evidence = zip(*pool.map(_example, jobs, chunksize=16), strict=True)
    x = torch.tensor(np.stack(evidence), dtype=torch.float32)
    right = torch.tensor(np.abs(np.log(CANDIDATES_BPM / np.array(bpm)[:, None])) < TARGET)
    of_kind = np.repeat(kinds, number)
    print("| kind, not fitted on | right | mean confidence |\n|---|---|---|")
    judged = []
    for kind in kinds:
        seen = torch.tensor(of_kind != kind)
        judged.append(_judge(_fit(x[seen], right[seen]), x[~seen], np.array(bpm)[~seen]))
        print(f"| {kind} | {judged[-1][0].mean():.0%} | {judged[-1][1].mean():.2f} |", flush=True)
    _print_calibration(*(np.concatenate(column) for column in zip(*judged, strict=True)))
    _write(_fit(x, right))


def _example(job: tuple[str, int]) -> tuple[float, np.ndarray]:
    kind, seed = job
    rng = np.random.default_rng([seed, sum(kind.encode())])
    if kind in STYLES:
        piece = draw_piece(STYLES[kind], rng, 20.0)
        bpm, samples = piece.tempo_bpm, render(piece, SAMPLE_RATE)
    else:
        bpm = float(np.exp(rng.uniform(np.log(SLOWEST_BPM), np.log(FASTEST_BPM))))
        samples = clicks(kind, bpm, float(rng.uniform(10, 30)), rng)
    return bpm, tempo_evidence(mel_power(power_spectrogram(samples)))


def clicks(kind: str, bpm: float, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Clicks in one of `PATTERNS`, with sounds and accents drawn anew."""
    bar, noise = PATTERNS[kind]
    sounds = {
        "high": _burst(rng.uniform(600, 2500), 0.02, rng),
        "low": _burst(rng.uniform(50, 200), 0.05, rng),
        "snare": _burst(None, 0.05, rng),
        "hat": _burst(None, 0.015, rng),
    }
    weaker = rng.uniform(0.6, 1.5)
    samples = noise * rng.standard_normal(round(seconds * SAMPLE_RATE))
    for start, sound, gain in _hits(bar, 60 / bpm, seconds, rng):
        body = sounds[sound] * (gain if gain == 1.0 else gain * weaker)
        there = samples[start : start + len(body)]
        there += body[: len(there)]
    return (0.3 * samples).astype(np.float32)


def _hits(
    bar: list[list[Hit]], beat: float, seconds: float, rng: np.random.Generator
) -> Iterator[tuple[int, str, float]]:
    first = rng.uniform(0, beat)
    for number in range(int((seconds - first) / beat)):
        for where, sound, gain in bar[number % len(bar)]:
            yield round((first + (number + where) * beat) * SAMPLE_RATE), sound, gain


def _burst(hz: float | None, decay: float, rng: np.random.Generator) -> np.ndarray:
    time = np.arange(SAMPLE_RATE // 10) / SAMPLE_RATE
    body = 0.5 * rng.standard_normal(len(time)) if hz is None else np.sin(2 * np.pi * hz * time)
    return np.asarray(body * np.exp(-time / decay))


def _fit(
    x: Float[Tensor, "examples candidates evidence"], right: Bool[Tensor, "examples candidates"]
) -> nn.Sequential:
    """Raises the probability of all candidates that are right, taken together."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Linear(x.shape[-1], HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, 1, bias=False)
    )
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=DECAY)
    steps = PASSES * -(-len(x) // STEPS_TOGETHER)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for _ in range(PASSES):
        for rows in torch.randperm(len(x)).split(STEPS_TOGETHER):
            odds = network(x[rows])[..., 0].log_softmax(1)
            loss = -odds.masked_fill(~right[rows], -torch.inf).logsumexp(1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return network


@torch.no_grad()
def _judge(
    network: nn.Sequential, x: Float[Tensor, "examples candidates evidence"], bpm: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Whether each was right, and the confidence."""
    odds = network(x)[..., 0].softmax(1).numpy()
    best = CANDIDATES_BPM[odds.argmax(1)]
    same = np.abs(np.log(CANDIDATES_BPM / best[:, None])) < NEAR
    return np.abs(best / bpm - 1) < NEAR, (odds * same).sum(1)


def _print_calibration(right: np.ndarray, confidence: np.ndarray) -> None:
    print("\n| confidence | number | right |\n|---|---|---|")
    for low, high in ((0, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01)):
        there = (low <= confidence) & (confidence < high)
        print(f"| {low} to {min(high, 1)} | {there.sum()} | {right[there].mean():.0%} |")
    print(f"| all: mean {confidence.mean():.2f} | {len(right)} | {right.mean():.0%} |")


def _write(network: nn.Sequential) -> None:
    first, output = network[0], network[2]
    document = {
        "source": "clicks in many patterns and music synthesized by specrec",
        "weights": _rounded(first.weight.T),
        "bias": _rounded(first.bias),
        "output": _rounded(output.weight[0]),
    }
    FITTED.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _rounded(values: Tensor) -> list[float]:
    return np.round(values.detach().double().numpy(), 4).tolist()


if __name__ == "__main__":
    main()
