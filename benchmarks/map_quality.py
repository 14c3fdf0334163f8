"""How well does a map keep neighbors?

    python benchmarks/map_quality.py LIBRARY [LIBRARY ...]

For each library, by sound: which share of each track's ten nearest neighbors is among the ten
nearest on the map; the trustworthiness of the map (Venna and Kaski 2001: 1 if no track on it is
near that is not), also for ten neighbors; and processor time. t-SNE is also made from a half and
from a fifth of the tracks, beside which the others are placed: so it is for more than
`neighbor_map.FITTED` tracks.
"""

import time
from pathlib import Path

import click
import numpy as np

NEIGHBORS = 10


@click.command()
@click.argument(
    "libraries",
    type=click.Path(path_type=Path),
    nargs=-1,
    required=True,
    help="Folders of libraries.",
)
def main(libraries: tuple[Path, ...]) -> None:
    """Prints a Markdown table."""
    from sklearn.manifold import trustworthiness

    from specrec.recommend.collection import Collection
    from specrec.study import neighbor_map
    from specrec.study.dataset import of_library
    from specrec.study.projection import project

    print("| library | map | neighbors kept | trustworthiness | CPU s |\n|---|---|---|---|---|")
    for folder in libraries:
        dataset = of_library(Collection.open(folder))
        count = len(dataset)
        ways = [("PCA", "PCA", count), ("t-SNE", "t-SNE", count)]
        ways += [(f"t-SNE of 1/{part}", "t-SNE", count // part) for part in (2, 5)]
        near = _nearest(dataset.vectors)
        for name, method, fitted in ways:
            neighbor_map.FITTED = fitted
            clock = time.process_time()
            points = project(dataset, method).points
            took = time.process_time() - clock
            both = [
                len({*one} & {*other}) for one, other in zip(near, _nearest(points), strict=True)
            ]
            kept = np.mean(both) / NEIGHBORS
            trust = trustworthiness(dataset.vectors, points, n_neighbors=NEIGHBORS)
            print(f"| {folder.name} ({count:,}) | {name} | {kept:.3f} | {trust:.3f} | {took:.1f} |")


def _nearest(places: np.ndarray) -> np.ndarray:
    from sklearn.neighbors import NearestNeighbors

    found: np.ndarray = (
        NearestNeighbors(n_neighbors=NEIGHBORS).fit(places).kneighbors(return_distance=False)
    )
    return found


if __name__ == "__main__":
    main()
