"""Which part of the training does what: one change at a time, in short runs.

    python benchmarks/ablations.py CORPUS OUT [--only NAME ...]

CORPUS holds `manifest.csv` with the columns file, track_id, source, artist and split; its test
split is not touched. Whole sources of the training split are held out, and the figures are mAP and
P@1 of finding tracks of the same source among these and the validation split. A run that is
finished is not repeated.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

HELD_OUT = (
    "naev-data",
    "widelands-data",
    "drascula-music",
    "fillets-ng-data",
    "C-C-Minetest-Server/phonograph_album_mcl",
    "megaglest-data",
    "planetblupi-music-ogg",
    "openclonk-data",
    "beat-feet/beat-feet",
)
BASE = (
    "data.label=source",
    "data.split_column=fold",
    "encoder.front_end.window_seconds=3",
    "training.epochs=3",
    "training.samples_per_track=2",
    "training.batch_size=16",
    "training.validate_every=3",
    "training.monitor=track_map",
)
CONTRASTIVE = {
    "NT-Xent (the base)": (),
    "seed 1": ("seed=1",),
    "seed 2": ("seed=2",),
    "window 1.5 s": ("encoder.front_end.window_seconds=1.5",),
    "window 6 s": ("encoder.front_end.window_seconds=6",),
    "64 mels": ("encoder.front_end.n_mels=64",),
    "hop 256": ("encoder.front_end.hop_length=256",),
    "16 kHz": ("encoder.front_end.sample_rate=16000", "encoder.front_end.f_max=7600"),
    "level as it is": ("encoder.front_end.level_db=null",),
    "half the width": ("encoder.architecture.widths=[16,32,64,128]",),
    "1.5 times the width": ("encoder.architecture.widths=[48,96,192,384]",),
    "MobileNetV3-large, random weights": ("encoder=mobilenet_v3", "encoder.pretrained=null"),
    "ResNet-18, random weights": ("encoder=resnet18", "encoder.pretrained=null"),
    "8 tracks a batch": ("training.batch_size=8",),
    "32 tracks a batch": ("training.batch_size=32",),
    "temperature 0.05": ("training.temperature=0.05",),
    "temperature 0.2": ("training.temperature=0.2",),
    "views within 3 s": ("training.max_view_offset_seconds=3",),
    "views of one window": ("training.max_view_offset_seconds=0",),
    "no augmentation": (
        "training.augment={gain_db: 0, noise_db: -100, eq_db: 0, mix_db: -10, mix_probability: 0,"
        " max_speed_factor: 1, frequency_mask: 0, time_mask: 0}",
    ),
    "strong mixing, speed 1.25": (
        "training.augment.mix_db=0",
        "training.augment.max_speed_factor=1.25",
    ),
    "projector": ("training.projector_dim=128",),
    "with source labels": ("training.label_weight=0.5",),
    "source labels only": ("training.label_weight=1", "training.contrast_weight=0"),
}


def main() -> None:
    """Runs what is not yet there and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", nargs="*", help="names of runs")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    table = development_table(options.corpus, options.out)
    rows = []
    for number, (name, overrides) in enumerate(CONTRASTIVE.items()):
        folder = options.out / f"{number:02d}"
        if not (folder / "model").exists() and (not options.only or name in options.only):
            train(table, folder, options.out / "cache", overrides)
        if (folder / "model").exists():
            rows.append({"run": name} | figures(folder))
    print("| run | mAP | P@1 |\n|---|---|---|")
    for row in rows:
        print(f"| {row['run']} | {row['mAP']:.3f} | {row['P@1']:.3f} |")


def development_table(corpus: Path, out: Path) -> Path:
    """The training and validation splits, with whole sources held out."""
    tracks = pd.read_csv(corpus / "manifest.csv", dtype={"track_id": str})
    tracks = tracks[tracks["split"] != "test"]
    held_out = (tracks["split"] == "valid") | tracks["source"].isin(HELD_OUT)
    known = set(tracks["artist"][held_out].dropna())
    tracks = tracks[held_out | ~tracks["artist"].isin(known)]
    tracks["fold"] = held_out.map({True: "valid", False: "train"})
    tracks["file"] = [str((corpus / file).resolve()) for file in tracks["file"]]
    tracks.to_csv(out / "tracks.csv", index=False)
    return out / "tracks.csv"


def train(table: Path, folder: Path, cache: Path, overrides: Sequence[str]) -> None:
    """One short run, in a process of its own."""
    where = [f"data.audio={table}", f"data.cache={cache}", f"output={folder}"]
    script = Path(__file__).parents[1] / "train.py"
    command = [sys.executable, str(script), *where, *BASE, *overrides]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(f"{folder}: {done.stderr.splitlines()[-1]}", file=sys.stderr)


def figures(folder: Path) -> dict[str, Any]:
    """The last validation of a run."""
    logs = sorted((folder / "logs").glob("version_*/metrics.csv"), key=os.path.getmtime)
    last = pd.read_csv(logs[-1]).dropna(subset="valid/track_map").iloc[-1]
    return {"mAP": last["valid/track_map"], "P@1": last["valid/track_p1"]}


if __name__ == "__main__":
    main()
