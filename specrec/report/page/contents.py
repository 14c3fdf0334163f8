"""What is in a library, what was left out and why, and the words for features."""

import shlex
from collections.abc import Sequence

from specrec.descriptors.features import CONCEPTS
from specrec.descriptors.vocabulary import WORDS, noun, value_text
from specrec.errors import SkipReason
from specrec.explain.feature_stats import FeatureStats
from specrec.index.maintenance import library_status
from specrec.printing import counted
from specrec.recommend.by_features.recommender import FeatureRecommender
from specrec.recommend.collection import Collection
from specrec.report.page.data import SkippedFiles, Summary
from specrec.report.table import Table
from specrec.report.text import NONE, percent

_EXAMPLES = 5  # files shown of each reason

_SKIPPED = {
    SkipReason.MISSING: (
        "no such file, or a dead link",
        "put it back, or correct the table's path",
    ),
    SkipReason.UNREADABLE: ("no permission to read it", "change its permissions"),
    SkipReason.NOT_A_FILE: ("a pipe, a device or a folder", "nothing: it is no music file"),
    SkipReason.BAD_NAME: ("its name is not UTF-8", "rename it"),
    SkipReason.EMPTY: ("zero bytes", "copy or download it again"),
    SkipReason.NOT_AUDIO: ("no decoder finds audio in it", "nothing, if it is no music"),
    SkipReason.CORRUPT: ("damaged inside", "copy or download it again"),
    SkipReason.TRUNCATED: ("it ends before its header says", "copy or download it again"),
    SkipReason.TOO_SHORT: ("shorter than 1 s", "nothing: too short to compare"),
    SkipReason.SILENT: ("no sample above -80 dBFS", "nothing: there is nothing to hear"),
    SkipReason.CONSTANT: ("nothing but a constant level", "record it again"),
    SkipReason.NOT_FINITE: ("it has infinite samples or none that are numbers", "export it again"),
    SkipReason.DUPLICATE: (
        "the same bytes as another file",
        "nothing: the other is in the library",
    ),
    SkipReason.CRASHED: ("the decoder crashed on it", "convert it to another format"),
    SkipReason.TIMED_OUT: ("the decoder did not come to an end", "convert it to another format"),
    SkipReason.TOO_LARGE: (
        "decoding takes too much memory or time",
        "convert it to another format",
    ),
    SkipReason.REMOVED: ("removed with specrec remove", "specrec restore takes it in again"),
}


def summarize(collection: Collection) -> Summary:
    """What the library holds."""
    status = library_status(collection.folder)
    model, index = status.model, status.index
    figures = [
        _figure(status.tracks, "track"),
        (f"{status.hours:,.1f}", "hours of audio", "")
        if status.hours >= 1
        else _figure(round(60 * status.hours), "minute of audio", plural="minutes of audio"),
        _figure(status.duplicates, "duplicate", "the same recording as another track"),
        _figure(sum(status.skipped.values()), "file skipped", plural="files skipped"),
    ]
    if status.measured < status.tracks:
        missing = f"{status.tracks - status.measured:,}"
        remedy = "specrec index measure_features=true adds them"
        figures.append((missing, "without features", remedy))
    artists = collection.tracks["artist"].nunique()
    if artists:
        figures.insert(2, _figure(artists, "artist"))
    known = _listed([item.name for item in collection.stats.features])
    facts = {
        "Model": f"{model['name']} ({model['fingerprint']}), windows of"
        f" {collection.generation.window_seconds:g} s",
        "Index": f"{index['kind']}; finds {percent(float(index['measured_recall']), 1)} of the true"
        " ten nearest (measured)",
        "Features known": known or "none",
        "Features read from the embedding": _predicted(collection),
        "Written": f"{status.created}, format {status.format_version}",
    }
    return Summary(figures, facts)


def _figure(
    count: int, name: str, note: str = "", plural: str | None = None
) -> tuple[str, str, str]:
    figure, _, label = counted(count, name, plural).partition(" ")
    return figure, label, note


def _predicted(collection: Collection) -> str:
    if collection.probe is None:
        return f"none; specrec probe {shlex.quote(str(collection.folder))} fits them"
    usable = _listed([item.feature.name for item in collection.probe.usable()])
    return usable or "none well enough"


def _listed(names: Sequence[str]) -> str:
    """Names features one by one, and concepts, of which there are many, by their number."""
    nouns = [noun(name) for name in names if name not in CONCEPTS]
    concepts = len(names) - len(nouns)
    return ", ".join([*nouns, counted(concepts, "concept")] if concepts else nouns)


def list_skipped(collection: Collection) -> list[SkippedFiles]:
    """The files left out by reason, the most frequent first."""
    skipped = collection.generation.skipped
    groups = []
    for reason, count in skipped["reason"].value_counts().items():
        rows = skipped[skipped["reason"] == reason].head(_EXAMPLES)
        examples = list(zip(rows["path"].astype(str), rows["detail"].astype(str), strict=True))
        meaning, remedy = _SKIPPED[SkipReason(str(reason))]
        groups.append(SkippedFiles(str(reason), meaning, remedy, int(count), examples))
    return groups


def summarize_table(recommender: FeatureRecommender) -> Summary:
    """What a table of features holds."""
    tracks = recommender.tracks
    minutes = tracks["duration_seconds"].sum() / 60
    figures = [(f"{len(tracks):,}", "tracks", "")]
    if minutes:
        figures.append((f"{minutes / 60:,.0f}", "hours of music", ""))
    figures += [
        (f"{count:,}", name, "")
        for name, column in (("artists", "artist"), ("albums", "album"))
        if (count := tracks[column].nunique())
    ]
    left_out = f"{recommender.left_out:,} tracks, of which too few features are known"
    facts = {
        "Features compared": ", ".join(map(noun, recommender.space.names)),
        "Left out": left_out if recommender.left_out else "none",
        "Lacking a feature": f"{recommender.filled:,} tracks; missing values imputed",
    }
    return Summary(figures, facts)


def explain_words(stats: FeatureStats) -> Table:
    """The features that are known, what they mean, and the words for little and much of each."""
    rows = []
    for feature in stats.features:
        words, ordered = WORDS[feature.name], feature.kind != "class"
        share = ordered and feature.unit == "" and feature.name != "majorness"
        unit = f", {words.symbol}" if words.symbol else ", 0 to 1" if share else ""
        unit = ", standard deviations" if feature.name in CONCEPTS else unit
        median = value_text(feature.name, stats.median(feature.name)) if ordered else NONE
        low, high = words.low or NONE, words.high or NONE
        rows.append((words.noun, words.meaning, f"{feature.kind}{unit}", low, high, median))
    return Table(
        "Features",
        ("feature", "meaning", "kind, unit", "low", "high", "median here"),
        rows,
        "High and low mean percentiles of the tracks of this library. An amount is more or less of"
        " something; a confidence is how likely something is; a presence, whether it is there. What"
        " only the embedding tells is in standard deviations of the music that the model learned"
        " from."
        if rows
        else "The library knows no features.",
        text_columns=5,
    )
