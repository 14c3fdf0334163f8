"""What musicnn alone tells of every concept: a linear map from its last hidden layer.

Of the two taggers that named the coordinates of `specrec-base`, users can fetch musicnn only, whose
50 tags are a part of the concepts. Its hidden layer tells more than its tags: a ridge regression
reads from it what both taggers together say, and is kept beside the card of the model `musicnn`.

python -m specrec.training.concept_map VIEWS HELD_OUT MN04 PACKAGE OUTPUT

VIEWS and HELD_OUT are folders of stored views (`specrec.training.views`), the second of tracks
that are not in the first; MN04 is the file of mn04's weights and PACKAGE that of musicnn; OUTPUT is
the file that is written.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from specrec.concepts.vocabulary import load_vocabulary
from specrec.errors import ModelError
from specrec.model.probe_fit import ridge
from specrec.model.registry import SHIPPED
from specrec.printing import say
from specrec.shapes import Float, Float32, Float64
from specrec.training.mn04 import MN04
from specrec.training.targets import fit_targets, read_outputs
from specrec.training.views import read_shards
from specrec.writing import write_file

CONCEPTS_FILE = SHIPPED / "musicnn" / "concepts.safetensors"
_EVERY = 8  # of the views the map is fitted on


@dataclass(frozen=True, eq=False)
class ConceptMap:
    """The scores of concepts as a map from musicnn's last hidden layer.

    Attributes:
        names: The concepts.
        weight: The score of concept k is `weight[k] . hidden + bias[k]`: 0 is usual in the music
            on which it was fitted, and 1 one standard deviation more.
        bias: See `weight`.
        r2: Share of the variance of both taggers' score that musicnn alone accounts for, on tracks
            that the map was not fitted on.
    """

    names: tuple[str, ...]
    weight: Float32[np.ndarray, "concepts hidden"]
    bias: Float32[np.ndarray, " concepts"]
    r2: Float32[np.ndarray, " concepts"]

    def scores(self, hidden: Float[np.ndarray, "*n hidden"]) -> Float64[np.ndarray, "*n concepts"]:
        """Reads the scores of all concepts."""
        read: np.ndarray = hidden.astype(np.float64) @ self.weight.T + self.bias
        return read


def fit_concept_map(
    names: tuple[str, ...],
    hidden: Float[np.ndarray, "views hidden"],
    scores: Float[np.ndarray, "views concepts"],
    unheard: Float[np.ndarray, "others hidden"],
    truth: Float[np.ndarray, "others concepts"],
) -> ConceptMap:
    """Fits a map on views, and measures it on views of other tracks."""
    folds = np.arange(len(hidden)) * 8 // len(hidden)  # views of a shard stay together
    weight, bias, _ = ridge(hidden.astype(np.float64), scores.astype(np.float64), folds)
    off = unheard.astype(np.float64) @ weight.T + bias - truth
    r2 = 1 - np.square(off).sum(axis=0) / np.square(truth - truth.mean(axis=0)).sum(axis=0)
    return ConceptMap(names, *(part.astype(np.float32) for part in (weight, bias, r2)))


def save_concept_map(fitted: ConceptMap, path: Path) -> None:
    """Writes a map, its weights in half precision."""
    tensors = {
        "weight": np.ascontiguousarray(fitted.weight, dtype=np.float16),
        "bias": fitted.bias,
        "r2": fitted.r2,
    }
    write_file(path, save(tensors, metadata={"names": json.dumps(fitted.names)}))


def load_concept_map(path: Path = CONCEPTS_FILE) -> ConceptMap:
    """Reads a map.

    Raises:
        ModelError: If the file is missing or damaged.
    """
    try:
        with safe_open(path, framework="np") as file:
            names = tuple(json.loads(file.metadata()["names"]))
            parts = [file.get_tensor(name) for name in ("weight", "bias", "r2")]
    except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise ModelError(f"{path}: missing or damaged ({error}); install specrec anew") from error
    return ConceptMap(names, *(part.astype(np.float32) for part in parts))


def main(views: Path, held_out: Path, mn04: Path, package: Path, output: Path) -> None:
    """Fits the map on stored views that both taggers heard."""
    outputs = read_outputs(mn04, package)
    everything = np.concatenate([shard.hidden[::_EVERY] for shard in read_shards(views)])
    others = np.concatenate([shard.hidden for shard in read_shards(held_out)])
    targets = fit_targets(list(load_vocabulary()), outputs, everything, whiten=0.0)
    fitted = fit_concept_map(
        targets.names,
        everything[:, MN04.dim :],
        targets.of(everything),
        others[:, MN04.dim :],
        targets.of(others),
    )
    save_concept_map(fitted, output)
    for name, r2 in zip(fitted.names, fitted.r2, strict=True):
        say(f"{name}: {r2:.2f}")
    say(f"on average {fitted.r2.mean():.2f}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
