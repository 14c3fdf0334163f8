"""Is it true what sentences say of concepts, by the word of the taggers that taught them?

    python benchmarks/claims.py LIBRARY --mn04 mn04_as.pt --musicnn musicnn-0.1.0-py3-none-any.whl \
        --views CACHE/views/... [--where "split == 'test'"]

LIBRARY is of a model with named coordinates, and its audio is where it was. The chosen tracks are
explained by their nearest among them, with the measured features hidden. Both taggers hear six
windows of each, spread evenly; of a track they say what `heard_concepts` reads from the mean of
their hidden layers. A presence is true if it is there in both tracks, an absence if neither tagger
hears anything of it in either, and an amount if their score is half a standard deviation on that
side. What is usual is fitted on the stored views of the training.
"""

import argparse
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32

from specrec.audio.loading import load
from specrec.bootstrap import estimate_mean
from specrec.concepts.vocabulary import load_vocabulary
from specrec.descriptors.features import CONCEPTS
from specrec.evaluation.claims import hide_measured
from specrec.evaluation.pairs import ExplainedPair, explain_pairs
from specrec.evaluation.task import choose_rows
from specrec.explain.explanation import Reason
from specrec.explain.sentences import named_reasons
from specrec.recommend.collection import Collection
from specrec.training.mn04 import MN04, load_mn04
from specrec.training.musicnn import MusicnnTagger, load_musicnn
from specrec.training.naming import heard_concepts
from specrec.training.targets import fit_targets, read_outputs
from specrec.training.views import LEVEL, read_shards

RATE, SECONDS, WINDOWS = 22050, 5, 6
AMOUNT = 0.5  # standard deviations from which on a tagger hears much or little of an amount


def main() -> None:
    """Prints the share of claims that are true, of all and by concept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("library", type=Path)
    for name in ("mn04", "musicnn", "views"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--where")
    options = parser.parse_args()
    collection = Collection.open(options.library)
    rows = choose_rows(collection, options.where)
    teachers = load_mn04(options.mn04), load_musicnn(options.musicnn)
    hidden = np.zeros((len(collection), 0), np.float32)
    for row in rows.tolist():
        heard = hear(collection.audio_root / collection.tracks["path"].iloc[row], *teachers)
        hidden = hidden if hidden.size else np.zeros((len(collection), len(heard)), np.float32)
        hidden[row] = heard
    outputs = read_outputs(options.mn04, options.musicnn)
    views = np.concatenate([shard.hidden for shard in read_shards(options.views)])
    targets = fit_targets(list(load_vocabulary()), outputs, views, whiten=0.0)
    scores = targets.of(hidden)
    by_column = {concept.column: concept for concept in load_vocabulary()}
    concepts = [by_column[name] for name in targets.names]
    there, nowhere = heard_concepts(concepts, outputs, hidden, scores)
    for place, name in enumerate(targets.names):
        if CONCEPTS[name].kind == "amount":
            there[:, place], nowhere[:, place] = (
                scores[:, place] > AMOUNT,
                scores[:, place] < -AMOUNT,
            )
    checked: dict[str, list[bool]] = defaultdict(list)
    queries: dict[str, list[int]] = defaultdict(list)
    for pair, reason in claims(collection, rows):
        place = targets.names.index(reason.feature)
        truth = (there if reason.side == "high" else nowhere)[:, place]
        for name in ("all", f"all with {reason.verdict!r}", f"{reason.feature} {reason.side}"):
            checked[name].append(bool(truth[[pair.query, pair.neighbor]].all()))
            queries[name].append(pair.query)
    print("| claims of | number | true |\n|---|---|---|")
    for name, count in Counter({name: len(found) for name, found in checked.items()}).most_common():
        share = estimate_mean(np.array(checked[name]), np.array(queries[name]))
        assert share is not None
        interval = f"{100 * share.low:.0f} to {100 * share.high:.0f}"
        print(f"| {name} | {count} | {100 * share.value:.1f} % ({interval}) |")


@torch.inference_mode()
def hear(path: Path, mn04: MN04, musicnn: MusicnnTagger) -> Float32[np.ndarray, " hidden"]:
    """The mean of the taggers' hidden layers over windows of a file, each made equally loud."""
    samples, length = load(path, RATE).samples, RATE * SECONDS
    samples = np.resize(samples, max(len(samples), length))
    starts = np.linspace(0, len(samples) - length, WINDOWS).astype(int)
    views = torch.from_numpy(np.stack([samples[start : start + length] for start in starts]))
    views = views * (LEVEL / views.square().mean(dim=1, keepdim=True).sqrt().clamp(min=1e-4))
    hidden = torch.cat([mn04(views, RATE), musicnn.hear(views, RATE)], dim=1)
    mean: np.ndarray = hidden.mean(dim=0).numpy()
    return mean


def claims(collection: Collection, rows: np.ndarray) -> list[tuple[ExplainedPair, Reason]]:
    """What the sentences of the chosen tracks and their nearest say of concepts."""
    pairs = explain_pairs(hide_measured(collection.explainer), rows, rows)
    return [
        (pair, reason)
        for pair in pairs
        for reason in named_reasons(pair.explanation.reasons)
        if reason.feature in CONCEPTS
    ]


if __name__ == "__main__":
    main()
