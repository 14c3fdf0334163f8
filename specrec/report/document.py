"""An evaluation as a folder: JSON, Markdown, and pictures."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from specrec.bootstrap import Estimate
from specrec.evaluation.protocol import Evaluation
from specrec.evaluation.stability import NEARLY_EQUAL
from specrec.report.evaluation import (
    INTERVALS,
    METRIC_NAMES,
    difference_text,
    evaluation_json,
    figure_text,
    remark,
    subject,
)
from specrec.writing import write_file


def write_evaluation(evaluation: Evaluation, folder: Path) -> None:
    """Writes `evaluation.json`, `evaluation.md` and the pictures that it shows."""
    from specrec.report.plots import draw_evaluation

    folder.mkdir(parents=True, exist_ok=True)
    write_file(folder / "evaluation.json", evaluation_json(evaluation) + "\n")
    pictures = [path.name for path in draw_evaluation(evaluation, folder)]
    write_file(folder / "evaluation.md", evaluation_markdown(evaluation, pictures))


def evaluation_markdown(evaluation: Evaluation, pictures: Iterable[str]) -> str:
    """All figures as tables (GitHub's Markdown), followed by the pictures."""
    first = next(iter(evaluation.embeddings))
    chosen = f" with `{evaluation.where}`" if evaluation.where else ""
    parts = [
        "# Evaluation",
        f"{len(evaluation.track_ids)} tracks of `{evaluation.library}`{chosen}. {INTERVALS}",
        "With the artist filter on, tracks by the query's artist are no candidates, nor, where the"
        " artist is unknown, those of its album.",
        _embeddings(evaluation),
    ]
    parts += [f"{name} is left out: {reason}" for name, reason in evaluation.left_out.items()]
    for retrieval in evaluation.retrieval:
        parts.append(f"## {subject(retrieval)}")
        if (why := remark(retrieval)) is not None:
            parts.append(why)
            continue
        parts.append(_metrics(retrieval.figures, figure_text))
        if retrieval.differences:
            parts.append(f"{first} minus each other embedding, on the same resampled queries:")
            parts.append(_metrics(retrieval.differences, difference_text))
    parts += ["## Hubs", _hubness(evaluation)]
    for name, table in _robustness(evaluation):
        parts += [f"## Altered files: {name}", table]
    parts += _explanations(evaluation)
    parts += [f"![{Path(name).stem}]({name})" for name in pictures]
    return "\n\n".join(parts) + "\n"


def _embeddings(evaluation: Evaluation) -> str:
    return _table(
        ("embedding", "dimensions", "from", "fingerprint"),
        (
            (name, str(item.dim), item.origin or "baseline", item.fingerprint or "")
            for name, item in evaluation.embeddings.items()
        ),
    )


def _metrics(figures: Mapping[str, Mapping[str, Estimate]], text: Callable[[Estimate], str]) -> str:
    return _table(
        ("embedding", *METRIC_NAMES.values()),
        (
            (name, *(text(of_embedding[metric]) for metric in METRIC_NAMES))
            for name, of_embedding in figures.items()
        ),
    )


def _hubness(evaluation: Evaluation) -> str:
    k = next(iter(evaluation.hubness.values())).k
    return (
        f"How often a track is among the first {k} of another (k-occurrence; its mean is {k}).\n\n"
    ) + _table(
        ("embedding", "skewness", "largest hub", "never recommended"),
        (
            (name, f"{item.skewness:.2f}", str(item.largest), f"{item.never_share:.1%}")
            for name, item in evaluation.hubness.items()
        ),
    )


def _robustness(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    columns = (
        "alteration", "median cosine", "lowest", f"at {NEARLY_EQUAL} or above",
        "original found first", "worst rank", "refused",
    )  # fmt: skip
    for name, stabilities in evaluation.robustness.items():
        rows = (
            (
                alteration,
                f"{item.median_cosine:.4f}",
                f"{item.lowest_cosine:.4f}",
                f"{item.nearly_equal_share:.1%}",
                f"{item.first_share:.1%}",
                str(item.worst_rank),
                str(item.refused),
            )
            for alteration, item in stabilities.items()
        )
        yield name, _table(columns, rows)


def _explanations(evaluation: Evaluation) -> Iterator[str]:
    if evaluation.explanations is None:
        return
    # Here, not above: what is measured of explanations needs torch.
    from specrec.report.explanation_tables import explanation_sections

    for section in explanation_sections(evaluation.explanations):
        yield f"## {section.title}"
        yield _table(section.header, section.rows)
        if section.note:
            yield section.note


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = [cell.replace("|", "\\|") for cell in header]
    lines = [head, ["---"] + ["---:"] * (len(head) - 1)]
    lines += [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
