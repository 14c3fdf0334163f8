"""Measures whether a library should center its embeddings by its own mean.

Embeddings are centered by the mean of the model's training music. Here they are also centered by
the mean of the tracks that are searched ("own"), and by one that is drawn towards the model's
center in small libraries: sum / (tracks + 30) ("shrunken").

    python benchmarks/center.py LIBRARY LABEL --where "split == 'test'"

The table has the mean average precision of finding tracks of the same label by the model's
center, and how it changes: over queries, for all tracks with its 95 % bootstrap interval, and as a
mean over labels. Further rows are means over libraries drawn from the same tracks: of 10, 30 and
100 tracks, with as many tracks of each label, and with one label as frequent as all others
together.
"""

import argparse
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Int

from specrec.bootstrap import estimate_mean
from specrec.evaluation.task import choose_rows, label_tasks
from specrec.metrics import average_precision, ranked_relevance
from specrec.recommend.collection import Collection
from specrec.vectors import cosine_similarities

SHRINKAGE = {"own": 0, "shrunken": 30}
SIZES = (10, 30, 100)
DRAWS = 200

Rows = Int[np.ndarray, " drawn"]
Figures = Float[np.ndarray, "queries figures"]  # of each query: its label, and what is in the table


def main() -> None:
    """Prints one row a kind of library."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", help="folder of a library")
    parser.add_argument("label", help="column whose value related tracks share")
    parser.add_argument("--where", help="which tracks; all unless given")
    parser.add_argument("--each", type=int, default=5, help="tracks of each label, in balance")
    options = parser.parse_args()
    collection = Collection.open(options.library)
    rows = choose_rows(collection, options.where)
    task, _ = label_tasks(collection, rows, options.label)
    labels, rng = task.labels, np.random.default_rng(0)
    vectors = np.asarray(collection.embeddings[rows], dtype=np.float64)[task.rows]
    shift = np.linalg.norm(vectors.mean(axis=0)) / np.sqrt((vectors**2).sum(axis=1).mean())
    print(f"Distance of their mean from the model's center: {shift:.2f} of their typical length.\n")
    print("| library | model's | own | mean over labels | shrunken | mean over labels |")
    print("|---|---|---|---|---|---|")
    kinds = {f"any {size}": of_size(labels, size, rng) for size in SIZES if size < len(labels)}
    kinds["labels in balance"] = in_balance(labels, options.each, rng)
    kinds["one label is half"] = half_of_one_label(labels, options.each, rng)
    print_row(f"all {len(labels)}", [gains(vectors, labels)])
    for name, libraries in kinds.items():
        print_row(name, [gains(vectors[drawn], labels[drawn]) for drawn in libraries])


def gains(vectors: Float[np.ndarray, "tracks dim"], labels: Int[np.ndarray, " tracks"]) -> Figures:
    """Average precision by the model's center, and its change by each other one."""
    findable = labels[np.bincount(labels)[labels] > 1]
    before = average_precision(ranked_relevance(cosine_similarities(vectors), labels))
    figures = [findable, before]
    for constant in SHRINKAGE.values():
        center = vectors.sum(axis=0) / (len(vectors) + constant)
        ranked = ranked_relevance(cosine_similarities(vectors - center), labels)
        figures.append(average_precision(ranked) - before)
    return np.stack(figures, axis=1)


def of_size(
    labels: Int[np.ndarray, " tracks"], size: int, rng: np.random.Generator
) -> Iterator[Rows]:
    """Draws libraries of some tracks, whatever their labels."""
    for _ in range(DRAWS):
        yield rng.choice(len(labels), size, replace=False)


def in_balance(
    labels: Int[np.ndarray, " tracks"], each: int, rng: np.random.Generator
) -> Iterator[Rows]:
    """Draws libraries with as many tracks of each label that has that many."""
    enough = np.flatnonzero(np.bincount(labels) >= each)
    for _ in range(DRAWS):
        yield np.concatenate([draw(labels, label, each, rng) for label in enough])


def half_of_one_label(
    labels: Int[np.ndarray, " tracks"], each: int, rng: np.random.Generator
) -> Iterator[Rows]:
    """Draws libraries of which half has one label, and the others share the rest evenly."""
    counts = np.bincount(labels)
    enough = np.flatnonzero(counts >= each)
    frequent = np.flatnonzero(counts >= 2 * (len(enough) - 1))
    for _ in range(DRAWS if len(frequent) else 0):
        most = rng.choice(frequent)
        others = enough[enough != most]
        share = min(each, int(counts[most]) // len(others))
        parts = [draw(labels, label, share, rng) for label in others]
        yield np.concatenate([draw(labels, most, share * len(others), rng), *parts])


def draw(
    labels: Int[np.ndarray, " tracks"], label: int, count: int, rng: np.random.Generator
) -> Rows:
    """Draws tracks of a label."""
    return rng.choice(np.flatnonzero(labels == label), count, replace=False)


def print_row(name: str, libraries: list[Figures]) -> None:
    """Prints means over libraries; with an interval over the queries where there is but one."""
    libraries = [figures for figures in libraries if len(figures)]
    if not libraries:
        return
    means = np.mean([figures.mean(axis=0) for figures in libraries], axis=0)
    by_label = np.mean([mean_over_labels(figures) for figures in libraries], axis=0)
    cells = [name, f"{means[1]:.3f}"]
    for column in range(2, len(means)):
        found = estimate_mean(libraries[0][:, column]) if len(libraries) == 1 else None
        span = f" [{found.low:+.3f}, {found.high:+.3f}]" if found else ""
        cells += [f"{means[column]:+.3f}{span}", f"{by_label[column]:+.3f}"]
    print(f"| {' | '.join(cells)} |", flush=True)


def mean_over_labels(figures: Figures) -> Float[np.ndarray, " figures"]:
    """Counts each label once, however many tracks have it."""
    labels = np.unique(figures[:, 0])
    each = [figures[figures[:, 0] == label].mean(axis=0) for label in labels]
    mean: np.ndarray = np.mean(each, axis=0)
    return mean


if __name__ == "__main__":
    main()
