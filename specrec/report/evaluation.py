"""An evaluation as tables, on the terminal, as JSON, and as a folder with pictures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from specrec import __version__
from specrec.bootstrap import Estimate
from specrec.descriptors.vocabulary import noun
from specrec.evaluation.concepts import ConceptTruth
from specrec.evaluation.protocol import Evaluation
from specrec.evaluation.retrieval import Hubness, Retrieval
from specrec.evaluation.stability import NEARLY_EQUAL, Stability
from specrec.report.table import Table, print_tables
from specrec.report.text import INTERVALS, interval, json_document, percent, score
from specrec.writing import write_file

METRIC_NAMES = {
    "precision_at_1": "P@1",
    "precision_at_10": "P@10",
    "r_precision": "R-prec",
    "mean_average_precision": "mAP",
    "ndcg_at_10": "nDCG@10",
    "mean_reciprocal_rank": "MRR",
}
_DIFFERENCES = ("precision_at_1", "precision_at_10", "mean_average_precision")
_HOW_TO_READ = Table("", (), (), INTERVALS)


def evaluation_json(evaluation: Evaluation) -> str:
    """The whole evaluation as a JSON document."""
    return json_document({"specrec_version": __version__, **asdict(evaluation)})


def print_evaluation(evaluation: Evaluation) -> None:
    """Prints the figures, the differences, hubness, and what else was measured.

    Of the differences only some metrics; the JSON document has all.
    """
    print_tables(*evaluation_tables(evaluation, _DIFFERENCES), _HOW_TO_READ)


def print_retrieval(retrievals: Sequence[Retrieval]) -> None:
    """Prints a table for each label, without and with the artist filter."""
    print_tables(*map(retrieval_table, retrievals), _HOW_TO_READ)


def write_evaluation(evaluation: Evaluation, folder: Path) -> None:
    """Writes `evaluation.json`, `evaluation.md` and the pictures that it shows."""
    from specrec.report.plots import draw_evaluation

    write_file(folder / "evaluation.json", evaluation_json(evaluation) + "\n")
    pictures = [path.name for path in draw_evaluation(evaluation, folder)]
    write_file(folder / "evaluation.md", evaluation_markdown(evaluation, pictures))


def evaluation_markdown(evaluation: Evaluation, pictures: Iterable[str]) -> str:
    """All figures as tables (GitHub's Markdown), followed by the pictures."""
    chosen = f" with `{evaluation.where}`" if evaluation.where else ""
    parts = [
        "# Evaluation",
        f"{len(evaluation.track_ids)} tracks of `{evaluation.library}`{chosen}. {INTERVALS}",
        "With the artist filter on, tracks by the query's artist are no candidates, nor, where the"
        " artist is unknown, those of its album.",
        _embeddings(evaluation).to_markdown(),
        *(table.to_markdown() for table in evaluation_tables(evaluation, METRIC_NAMES)),
        *(f"![{Path(name).stem}]({name})" for name in pictures),
    ]
    return "\n\n".join(parts) + "\n"


def evaluation_tables(evaluation: Evaluation, differences: Iterable[str]) -> list[Table]:
    """All tables, in the order in which they are read.

    Args:
        evaluation: The evaluation.
        differences: Metrics of which the embeddings are compared with the first.
    """
    tables = []
    for retrieval in evaluation.retrieval:
        tables.append(retrieval_table(retrieval))
        if retrieval.differences and remark(retrieval) is None:
            first = next(iter(evaluation.embeddings))
            title = f"{first} minus each other embedding, on the same resampled queries"
            rows = _metric_rows(retrieval.differences, differences, signed=True)
            tables.append(Table(f"{subject(retrieval)}: {title}", _header(differences), rows))
    tables.append(hubness_table(evaluation.hubness, evaluation.left_out))
    tables += [
        _robustness_table(name, len(evaluation.track_ids), stabilities)
        for name, stabilities in evaluation.robustness.items()
    ]
    if evaluation.concepts is not None:
        tables.append(_concepts(evaluation.concepts))
    if evaluation.explanations is not None:
        # Here, not above: what is measured of explanations needs torch.
        from specrec.report.explanation_tables import explanation_tables

        tables += explanation_tables(evaluation.explanations)
    return tables


def _concepts(judged: Sequence[ConceptTruth]) -> Table:
    """How true the names of concepts are, one row a concept and column of labels."""
    rows = [
        (
            noun(item.concept),
            item.column,
            f"{item.positive} of {item.tracks}",
            score(item.auc),
            f"{item.right} of {item.claimed}",
        )
        for item in judged
    ]
    note = (
        "labeled: tracks that have the concept, by their labels. AUC: how well its amount tells"
        " them from the others, 0.5 by chance. right: tracks that have it, of those that are said"
        " to have it. In brackets: 95 % bootstrap intervals over artists"
    )
    if not rows:
        note = "No label in these columns names a concept, or of too few tracks."
    header = ("concept", "labels", "labeled", "AUC", "right")
    return Table("Names of concepts, by people's labels", header, rows, note, text_columns=2)


def _embeddings(evaluation: Evaluation) -> Table:
    rows = tuple(
        (name, str(item.dim), item.origin or "baseline", item.fingerprint or "")
        for name, item in evaluation.embeddings.items()
    )
    return Table("Embeddings", ("embedding", "dimensions", "from", "fingerprint"), rows)


def retrieval_table(retrieval: Retrieval) -> Table:
    """How often tracks of one label are found, one row an embedding."""
    if (why := remark(retrieval)) is not None:
        return Table(subject(retrieval), (), (), why)
    rows = _metric_rows(retrieval.figures, METRIC_NAMES)
    return Table(subject(retrieval), _header(METRIC_NAMES), rows)


def _header(metrics: Iterable[str]) -> tuple[str, ...]:
    return ("embedding", *(METRIC_NAMES[metric] for metric in metrics))


def _metric_rows(
    figures: Mapping[str, Mapping[str, Estimate]], metrics: Iterable[str], signed: bool = False
) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            name,
            *(interval(of[metric], 3, True) if signed else score(of[metric]) for metric in metrics),
        )
        for name, of in figures.items()
    )


def subject(retrieval: Retrieval) -> str:
    """Who looks for what, as a title."""
    if not retrieval.artist_filter:
        return f"Same {retrieval.label}: {retrieval.queries} queries"
    known = f" (artist or album known for {retrieval.known})" if retrieval.queries else ""
    return f"Same {retrieval.label}, artist filter on{known}: {retrieval.queries} queries"


def remark(retrieval: Retrieval) -> str | None:
    """Why a filtered table would say nothing, or nothing new."""
    if retrieval.queries == 0:
        return f"All tracks of the same {retrieval.label} are left out: nothing remains to find."
    if retrieval.artist_filter and retrieval.known == 0:
        return "No artist or album is known: the filter leaves out nothing."
    return None


def hubness_table(
    hubness: Mapping[str, Hubness], left_out: Mapping[str, str] | None = None
) -> Table:
    """How evenly tracks are recommended, one row an embedding.

    Args:
        hubness: Figures by embedding.
        left_out: Embeddings that could not be measured, and why.
    """
    k = next(iter(hubness.values())).k
    rows = tuple(
        (name, f"{item.skewness:.2f}", f"{item.largest} times", percent(item.never_share, 1))
        for name, item in hubness.items()
    )
    gone = [f"{name} is left out: {reason}." for name, reason in (left_out or {}).items()]
    return Table(
        f"Hubs: how often a track is among the first {k} of another (k-occurrence)",
        ("embedding", "skewness", "largest hub", "never recommended"),
        rows,
        " ".join([f"The mean is {k}.", *gone]),
    )


def _robustness_table(name: str, tracks: int, stabilities: Mapping[str, Stability]) -> Table:
    header = ("cosine after", "median", "lowest", f">= {NEARLY_EQUAL}", "original first",
              "worst rank", "refused")  # fmt: skip
    rows = tuple(
        (
            alteration,
            f"{item.median_cosine:.4f}",
            f"{item.lowest_cosine:.4f}",
            percent(item.nearly_equal_share, 1),
            percent(item.first_share, 1),
            str(item.worst_rank),
            str(item.refused or "-"),
        )
        for alteration, item in stabilities.items()
    )
    return Table(f"Altered files of {tracks} tracks against their originals: {name}", header, rows)
