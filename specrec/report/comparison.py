"""Recommendations by features, and the two recommenders compared, on the terminal."""

from collections.abc import Mapping, Sequence

from specrec.descriptors.vocabulary import noun, value_text
from specrec.recommend.by_both import HybridSpace
from specrec.recommend.by_features.recommender import FeatureRecommender
from specrec.recommend.space import Space
from specrec.report.console import Console, escape
from specrec.report.table import Table, print_tables
from specrec.report.text import INTERVALS, interval, name_of, percent, percent_interval
from specrec.study.comparison import Disagreement, QueryComparison
from specrec.study.library_comparison import JUDGED, AgreedQuery, LibraryComparison

_TELLING = 0.005  # the least part of a score that is printed as more than 0.00
_LISTED = 3  # queries on which two systems agree most and least
_METRICS = {"cosine": "the cosine", "euclidean": "the Euclidean distance"}


def print_basis(features: FeatureRecommender, notes: Sequence[str] = ()) -> None:
    """Says what was compared and of which tracks, after a table of neighbors."""
    settings, space = features.settings, features.space
    named = []
    for name, weight in zip(space.names, space.weights, strict=True):
        named.append(noun(name) if weight == 1 else f"{noun(name)} (times {weight:g})")
    lines = [
        f"by {_METRICS[settings.metric]} of {', '.join(named)}: {_origin(features.sources)},"
        f" {'unscaled' if settings.scaling == 'none' else f'{settings.scaling} scaling'}",
        f"{len(features)} tracks compared",
    ]
    if features.left_out:
        lines[1] += f"; {features.left_out} left out, of which too few features are known"
    if features.filled:
        lines[1] += f"; {features.filled} have missing values imputed"
    console = Console()
    for line in [*lines, *notes]:
        console.print(f"[dim]{escape(line)}[/]")


def print_space(space: Space) -> None:
    """Says what was compared, and of which tracks, where it is not sound alone."""
    if isinstance(space, FeatureRecommender):
        print_basis(space)
    elif isinstance(space, HybridSpace):
        print_basis(space.features, (f"{percent(space.share)} of the score is sound",))


def print_query_comparison(comparison: QueryComparison) -> None:
    """Prints two answers side by side, how far they agree, and what sets them apart."""
    print_tables(query_table(comparison))
    console = Console()
    for item in comparison.disagreements:
        console.print(_apart(item))


def query_table(comparison: QueryComparison) -> Table:
    """The tracks that either recommender finds, with their place in both; those of both in bold."""
    first = {item.track.track_id: item for item in comparison.by_sound}
    found = [*first.values()]
    found += [item for item in comparison.by_features if item.track.track_id not in first]
    agreed = {item.track.track_id for item in comparison.agreed}
    rows = [
        (
            name_of(item.track),
            str(item.sound_rank),
            f"{item.sound_similarity:.3f}",
            str(item.feature_rank),
            f"{item.feature_similarity:.3f}",
        )
        for item in found
    ]
    chance = percent(comparison.k / comparison.candidates, 1)
    return Table(
        f"{name_of(comparison.query)}: the nearest {comparison.k} by sound, then by features",
        ("track", "rank by sound", "score", "rank by features", "score"),
        rows,
        f"{len(comparison.agreed)} of {comparison.k} in both, in bold"
        f" ({percent(comparison.overlap)}; by chance {chance}); rank correlation"
        f" {comparison.correlation:.2f} over {comparison.candidates:,} tracks",
        bold=[place for place, item in enumerate(found) if item.track.track_id in agreed],
    )


def comparison_tables(found: LibraryComparison) -> list[Table]:
    """How far two systems agree, what neighbors of each share, and the queries at both ends."""
    return [_agreement(found), _shared(found), _queries(found)]


def _agreement(found: LibraryComparison) -> Table:
    low, *_, high = found.correlation_percentiles.values()
    rows = [
        [f"in common of the first {found.k}", percent_interval(found.overlap)],
        ["by chance", percent(found.chance, 1)],
        ["rank correlation of the two scores", interval(found.correlation)],
        ["of nine queries in ten", f"{low:.2f} to {high:.2f}"],
    ]
    origin = _origin(found.sources)
    note = f"{found.queries:,} of {found.tracks:,} tracks queried; features {origin}"
    if found.tracks - 1 > JUDGED:
        note += f"; scores correlated by a sample of {JUDGED:,} tracks"
    if found.left_out:
        note += f"; {found.left_out:,} tracks left out, of which too few features are known"
    return Table("How far they agree", ["figure", "value"], rows, f"{note}.")


def _shared(found: LibraryComparison) -> Table:
    rows = [
        [noun(item.feature), interval(item.by_sound), interval(item.by_features)]
        for item in found.features
    ]
    return Table(
        "Difference between a query and its neighbors",
        ["feature", "by sound", "by features"],
        rows,
        f"Random tracks have a difference of 1; lower is more similar. {INTERVALS}",
    )


def _queries(found: LibraryComparison) -> Table:
    def lines(queries: Sequence[AgreedQuery]) -> list[list[str]]:
        return [
            [name_of(item.track), percent(item.overlap), f"{item.correlation:.2f}"]
            for item in queries[:_LISTED]
        ]

    rows = lines(found.most) + lines(found.least)[::-1]
    header = ["track", "in common", "rank correlation"]
    return Table("Where they agree most, and least", header, rows)


def _origin(sources: Mapping[str, str]) -> str:
    words = {"table": "from a table", "measured": "measured", "predicted": "predicted by the probe"}
    return " and ".join(words[source] for source in words if source in sources.values())


def _apart(item: Disagreement) -> str:
    match = item.match
    sound = f"{match.sound_rank} by sound"
    features = f"{match.feature_rank} by features"
    ranks = (sound, features) if item.near_by == "sound" else (features, sound)
    parts = []
    for name, part in item.features.items():
        if part > -_TELLING:
            continue
        pair = [value_text(name, value) for value in item.values.get(name, ())]
        values = f" ({pair[0]}, and {pair[1]} here)" if pair else ""
        parts.append(f"{noun(name)} {part:+.2f}{values}")
    if item.near_by == "features":
        parts.append(f"residual {item.unnamed:+.2f}")
    why = ", ".join(parts) or "no feature lowers its score"
    return f"[bold]{escape(name_of(match.track))}[/] is {ranks[0]}, but {ranks[1]}: {escape(why)}"
