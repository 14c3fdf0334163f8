"""Commands that measure a library: evaluate, probe."""

from pathlib import Path

import click

from specrec.cli.app import (
    app,
    baselines_option,
    group_option,
    json_option,
    label_option,
    library_argument,
    where_option,
)
from specrec.cli.values import MODEL, PATH
from specrec.errors import ModelError
from specrec.printing import say, say_json


@app.command()
@library_argument
@click.argument(
    "models",
    metavar="[MODEL]...",
    nargs=-1,
    type=MODEL,
    help="What to compare with: models, libraries of the same tracks, or stored embeddings"
    " (FILE.npz:ARRAY).",
)
@label_option(default=["artist"])
@where_option
@baselines_option
@click.option(
    "--robustness", is_flag=True, help="Also measure on re-encoded, shifted and resampled audio."
)
@click.option(
    "--explanations", is_flag=True, help="Also measure whether the explanations are true."
)
@click.option(
    "--concepts",
    metavar="COLUMN",
    multiple=True,
    help="Also judge the names of concepts by the labels in this column, such as genre.",
)
@click.option("--fewer-hubs", is_flag=True, help="Also rank as specrec query --fewer-hubs does.")
@click.option(
    "--output", "-o", metavar="FOLDER", type=PATH, help="Also write JSON, Markdown and plots there."
)
@json_option
def evaluate(
    library: Path,
    models: tuple[str, ...],
    label: tuple[str, ...],
    where: str | None,
    baselines: bool,
    robustness: bool,
    explanations: bool,
    concepts: tuple[str, ...],
    fewer_hubs: bool,
    output: Path | None,
    json: bool,
) -> None:
    """Measure how well tracks that share a label are found."""
    from specrec.evaluation.protocol import evaluate_library
    from specrec.recommend.collection import Collection
    from specrec.report.evaluation import evaluation_json, print_evaluation
    from specrec.report.pictures import check_writable
    from specrec.report.progress import progress_bar

    if output is not None:
        check_writable(output / "evaluation.json")
    with (
        progress_bar("embedding") as on_embed,
        progress_bar("altering") as on_alter,
        progress_bar("explaining") as on_explain,
        progress_bar("altering queries") as on_reload,
        progress_bar("masking") as on_mask,
        progress_bar("synthesizing") as on_synthesize,
    ):
        evaluation = evaluate_library(
            Collection.open(library),
            *label,
            where=where,
            models=models,
            baselines=baselines,
            robustness=robustness,
            explanations=explanations,
            concepts=concepts,
            fewer_hubs=fewer_hubs,
            on_embed=on_embed,
            on_alter=on_alter,
            on_explain=on_explain,
            on_reload=on_reload,
            on_mask=on_mask,
            on_synthesize=on_synthesize,
        )
    if json:
        say_json(evaluation_json(evaluation))
    else:
        print_evaluation(evaluation)
    if output is not None:
        from specrec.report.evaluation import write_evaluation

        write_evaluation(evaluation, output)


@app.command()
@library_argument
@group_option
@click.option(
    "--test",
    metavar="CONDITION",
    help="Tracks to measure on and not to fit on, written as for --where of specrec"
    " evaluate: \"split == 'test'\".",
)
@baselines_option
@click.option(
    "--output", "-o", metavar="MODEL", type=PATH, help="Write it into this model, not the library."
)
@json_option
def probe(
    library: Path,
    group: tuple[str, ...],
    test: str | None,
    baselines: bool,
    output: Path | None,
    json: bool,
) -> None:
    """Fit the probe that explanations rest on, and measure it.

    It is a linear model of the features that specrec index measures, and of columns of its table
    such as energy.
    """
    from specrec.evaluation.probing import probe_library
    from specrec.model.card import read_card
    from specrec.model.probe import PROBE_FILE, save_probe
    from specrec.recommend.collection import Collection
    from specrec.report.models import probing_json, probing_table
    from specrec.report.progress import progress_bar
    from specrec.report.table import print_tables

    opened = Collection.open(library)
    if output is not None and read_card(output).fingerprint != opened.generation.fingerprint:
        raise ModelError(f"{output}: not the model of {library}; give that one")
    with progress_bar("embedding") as on_embed:
        probing = probe_library(opened, group, test, baselines, on_embed)
    fitted = probing.probe if output is None else probing.probe.with_names_of(opened.probe)
    save_probe(fitted, (output or library) / PROBE_FILE)
    if json:
        say_json(probing_json(probing))
    else:
        print_tables(probing_table(probing))
        say(f"probe written to {(output or library) / PROBE_FILE}")
