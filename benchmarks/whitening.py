"""Does a coordinate still mean its concept, once coordinates that go together have been whitened?

    python benchmarks/whitening.py LIBRARY...

For each coordinate of a library's model, its correlation over the tracks with the reading of the
concept or feature whose name it has, which is not whitened.
"""

import argparse

import numpy as np

from specrec.recommend.collection import Collection


def main() -> None:
    """Prints one row a library."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("libraries", nargs="+", metavar="LIBRARY", help="folder of a library")
    print("| library | coordinates | mean | below .8 | lowest |\n|---|---|---|---|---|")
    for library in parser.parse_args().libraries:
        collection = Collection.open(library)
        assert collection.probe is not None, library
        embeddings = np.asarray(collection.embeddings, dtype=np.float64)
        kept = {
            name: float(np.corrcoef(of_name, collection.probe.scaled(embeddings, name)[:, 0])[0, 1])
            for name, of_name in zip(collection.probe.coordinates, embeddings.T, strict=True)
        }
        lowest = ", ".join(
            f"{name} {kept[name]:.2f}" for name in sorted(kept, key=kept.__getitem__)[:5]
        )
        below = sum(value < 0.8 for value in kept.values())
        print(
            f"| {library} | {len(kept)} | {np.mean(list(kept.values())):.2f} | {below} | {lowest} |"
        )


if __name__ == "__main__":
    main()
