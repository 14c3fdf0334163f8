"""Recommendations by features, and the two recommenders compared, on the terminal and as JSON."""

import json
from collections.abc import Mapping, Sequence

import rich.table
from rich import box

from specrec.bootstrap import Estimate
from specrec.descriptors.vocabulary import noun, value_text
from specrec.recommend.by_both import HybridSpace
from specrec.recommend.by_features.recommender import FeatureRecommender
from specrec.recommend.space import Space
from specrec.report.console import Console, escape
from specrec.report.table import Table, print_tables
from specrec.report.terminal import name_of
from specrec.study.comparison import Disagreement, QueryComparison, RankedTrack
from specrec.study.library_comparison import AgreedQuery, LibraryComparison

FORMAT_VERSION = 1

_TELLING = 0.005  # the least part of a score that is printed as more than 0.00
_LISTED = 3  # queries on which two systems agree most and least
_METRICS = {"cosine": "the cosine", "euclidean": "the Euclidean distance"}


def comparison_json(comparison: QueryComparison | LibraryComparison) -> str:
    """A comparison as a JSON document."""
    document = {"format_version": FORMAT_VERSION, **comparison.to_dict()}
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


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
        lines[1] += f"; {features.filled} lack a feature and count as usual in it"
    console = Console()
    for line in [*lines, *notes]:
        console.print(f"[dim]{escape(line)}[/]")


def print_space(space: Space) -> None:
    """Says what was compared, and of which tracks, where it is not sound alone."""
    if isinstance(space, FeatureRecommender):
        print_basis(space)
    elif isinstance(space, HybridSpace):
        print_basis(space.features, (f"{100 * space.share:.0f} % of the score is sound",))


def print_query_comparison(comparison: QueryComparison) -> None:
    """Prints two answers side by side, how far they agree, and what sets them apart."""
    console = Console()
    table = rich.table.Table(box=box.SIMPLE_HEAD, title_justify="left")
    table.title = f"[bold]{escape(name_of(comparison.query))}[/]"
    table.add_column("#", justify="right", style="dim")
    for title, other in (("by sound", "by features"), ("by features", "by sound")):
        table.add_column(title, overflow="fold")
        table.add_column("score", justify="right")
        table.add_column(f"# {other}", justify="right")
    agreed = {item.track.track_id for item in comparison.agreed}
    pairs = zip(comparison.by_sound, comparison.by_features, strict=True)
    for place, (heard, known) in enumerate(pairs, 1):
        table.add_row(
            str(place),
            _name(heard, agreed),
            f"{heard.sound_similarity:.3f}",
            str(heard.feature_rank),
            _name(known, agreed),
            f"{known.feature_similarity:.3f}",
            str(known.sound_rank),
        )
    console.print(table)
    chance = comparison.k / comparison.candidates
    console.print(
        f"{len(comparison.agreed)} of {comparison.k} in both"
        f" ({100 * comparison.overlap:.0f} %; by chance {100 * chance:.1f} %);"
        f" rank correlation {comparison.correlation:.2f} over {comparison.candidates} tracks"
    )
    for item in comparison.disagreements:
        console.print(_apart(item))


def print_library_comparison(comparison: LibraryComparison) -> None:
    """Prints how far two systems agree over a library, and what neighbors of each share."""
    print_tables(*comparison_tables(comparison))


def comparison_tables(found: LibraryComparison) -> list[Table]:
    """How far two systems agree, what neighbors of each share, and the queries at both ends."""
    return [_agreement(found), _shared(found), _queries(found)]


def _agreement(found: LibraryComparison) -> Table:
    low, *_, high = found.correlation_percentiles.values()
    rows = [
        [f"in common of the first {found.k}", _percent(found.overlap)],
        ["by chance", f"{100 * found.chance:.1f} %"],
        ["rank correlation of the two scores", interval_text(found.correlation)],
        ["of nine queries in ten", f"{low:.2f} to {high:.2f}"],
    ]
    origin = _origin(found.sources)
    note = f"{found.queries:,} of {found.tracks:,} tracks queried; features {origin}"
    if found.left_out:
        note += f"; {found.left_out:,} tracks left out, of which too few features are known"
    return Table("How far they agree", ["figure", "value"], rows, f"{note}.")


def _shared(found: LibraryComparison) -> Table:
    rows = [
        [noun(item.feature), interval_text(item.by_sound), interval_text(item.by_features)]
        for item in found.features
    ]
    return Table(
        "Difference between a query and its neighbors",
        ["feature", "by sound", "by features"],
        rows,
        "Random tracks have a difference of 1; lower is more similar. In brackets: 95 % bootstrap"
        " intervals over queries.",
    )


def _queries(found: LibraryComparison) -> Table:
    def lines(queries: Sequence[AgreedQuery]) -> list[list[str]]:
        return [
            [name_of(item.track), f"{100 * item.overlap:.0f} %", f"{item.correlation:.2f}"]
            for item in queries[:_LISTED]
        ]

    rows = lines(found.most) + lines(found.least)[::-1]
    header = ["track", "in common", "rank correlation"]
    return Table("Where they agree most, and least", header, rows)


def _origin(sources: Mapping[str, str]) -> str:
    words = {"table": "from a table", "measured": "measured", "predicted": "predicted by the probe"}
    return " and ".join(words[source] for source in words if source in sources.values())


def _name(item: RankedTrack, agreed: set[str | None]) -> str:
    name = escape(name_of(item.track))
    return f"[bold]{name}[/]" if item.track.track_id in agreed else name


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
    why = ", ".join(parts) or "nothing counts against it"
    return f"[bold]{escape(name_of(match.track))}[/] is {ranks[0]}, but {ranks[1]}: {escape(why)}"


def interval_text(figure: Estimate) -> str:
    """A figure and its interval."""
    return f"{figure.value:.2f} ({figure.low:.2f} to {figure.high:.2f})"


def _percent(figure: Estimate) -> str:
    value, low, high = (100 * number for number in (figure.value, figure.low, figure.high))
    return f"{value:.1f} % ({low:.1f} to {high:.1f})"
