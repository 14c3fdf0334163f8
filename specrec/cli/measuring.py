"""Commands that measure a library: evaluate, probe."""

from pathlib import Path
from typing import Annotated

import typer

from specrec.cli.app import (
    BaselinesOption,
    GroupOption,
    JsonOption,
    LabelOption,
    LibraryArgument,
    WhereOption,
    app,
)
from specrec.errors import ModelError
from specrec.printing import say, say_json


@app.command()
def evaluate(
    library: LibraryArgument,
    model: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL",
            help="What to compare with: models, libraries of the same tracks, or stored embeddings"
            " (FILE.npz:ARRAY).",
        ),
    ] = None,
    label: LabelOption = ["artist"],  # noqa: B006 (typer copies it)
    where: WhereOption = None,
    baselines: BaselinesOption = False,
    robustness: Annotated[
        bool,
        typer.Option(
            "--robustness", help="Also measure on re-encoded, shifted and resampled audio."
        ),
    ] = False,
    explanations: Annotated[
        bool,
        typer.Option("--explanations", help="Also measure whether the explanations are true."),
    ] = False,
    concepts: Annotated[
        list[str],
        typer.Option(
            "--concepts",
            metavar="COLUMN",
            help="Also judge the names of concepts by the labels in this column, such as genre.",
        ),
    ] = [],  # noqa: B006 (typer copies it)
    fewer_hubs: Annotated[
        bool, typer.Option("--fewer-hubs", help="Also rank as specrec query --fewer-hubs does.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FOLDER", help="Also write JSON, Markdown and plots there."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Measure how well tracks that share a label are found."""
    from specrec.evaluation.protocol import evaluate_library
    from specrec.recommend.collection import Collection
    from specrec.report.evaluation import evaluation_json, print_evaluation
    from specrec.report.progress import progress_bar

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
            models=tuple(model or ()),
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
def probe(
    library: LibraryArgument,
    group: GroupOption = [],  # noqa: B006 (typer copies it)
    test: Annotated[
        str | None,
        typer.Option(
            metavar="CONDITION",
            help="Tracks to measure on and not to fit on, written as for --where of specrec"
            " evaluate: \"split == 'test'\".",
        ),
    ] = None,
    baselines: BaselinesOption = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="MODEL", help="Write it into this model, not the library."
        ),
    ] = None,
    json: JsonOption = False,
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
