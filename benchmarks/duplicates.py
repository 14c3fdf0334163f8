"""How surely is the same recording found in another file?

    python benchmarks/duplicates.py LIBRARY

Files of a library are re-encoded in several ways and compared with their originals and with the
tracks most similar to them: recall is the share of re-encoded files that count as the original's
recording, precision the share of true pairs among all that do. Pairs that are found within the
library itself are printed, to be listened to: they count as false.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np

from specrec.audio.encoding import encode_wav, transcode
from specrec.audio.loading import load
from specrec.audio.waveform import Waveform
from specrec.errors import AudioError
from specrec.index.duplicates import find_duplicates, match_passages
from specrec.index.search_building import build_index
from specrec.model.embedding import embed_waveform
from specrec.recommend.collection import Collection

CODECS = {
    "MP3 128k": ("mp3", "libmp3lame", 128_000, ".mp3"),
    "MP3 64k": ("mp3", "libmp3lame", 64_000, ".mp3"),
    "Opus 48k": ("ogg", "libopus", 48_000, ".opus"),
    "AAC 96k": ("mp4", "aac", 96_000, ".m4a"),
}


@click.command(context_settings={"show_default": True})
@click.argument(
    "library",
    type=click.Path(path_type=Path),
    help="Folder that index.py wrote; its audio is read.",
)
@click.option(
    "--tracks", type=click.IntRange(min=1), default=60, help="How many files to re-encode."
)
@click.option("--seed", default=0)
def main(library: Path, tracks: int, seed: int) -> None:
    """Prints recall by alteration, and precision, as Markdown."""
    opened = Collection.open(library)
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(opened), min(tracks, len(opened)), replace=False)
    seconds = opened.tracks["duration_seconds"].to_numpy(dtype=np.float64)
    found: dict[str, list[bool]] = {}
    wrong = 0
    index = build_index(opened.embeddings)
    for row in chosen:
        path = opened.audio_root / opened.tracks["path"].iloc[row]
        for name, waveform in _altered(path, opened.model.encoder.front_end.sample_rate):
            made = embed_waveform(opened.model.encoder, waveform)
            _, near = index.search(made.embedding[None], 20)
            same = [
                int(other)
                for other in near[0]
                if abs(seconds[other] - made.seconds) <= np.clip(0.01 * made.seconds, 0.1, 2)
                and match_passages(
                    made.windows,
                    opened.generation.windows(other),
                    made.seconds,
                    seconds[other],
                    opened.generation.window_seconds,
                ).same
            ]
            found.setdefault(name, []).append(row in same)
            wrong += len(set(same) - {int(row)})
    print("| re-encoded as | files | found |\n|---|---|---|")
    for name, hits in found.items():
        print(f"| {name} | {len(hits)} | {np.mean(hits):.1%} |")
    hits = sum(sum(values) for values in found.values())
    print(
        f"\nprecision: {hits} of {hits + wrong} pairs are of one recording: "
        f"{hits / max(1, hits + wrong):.1%}"
    )
    own = find_duplicates(
        index,
        opened.embeddings,
        seconds,
        opened.generation.windows,
        opened.generation.window_seconds,
        np.arange(len(opened)),
    )
    print(f"\npairs within the library's {len(opened)} tracks: {len(own)}")
    for first, second, similarity in own:
        print(
            f"- {similarity:.3f} {opened.tracks['title'][first]}, {opened.tracks['title'][second]}"
        )


def _altered(path: Path, sample_rate: int) -> Iterator[tuple[str, Waveform]]:
    with TemporaryDirectory() as folder:
        for name, (container, codec, rate, suffix) in CODECS.items():
            file = Path(folder) / f"copy{suffix}"
            try:
                file.write_bytes(transcode(path, container, codec, rate))
                yield name, load(file, sample_rate)
            except AudioError as error:
                print(error)
        original = load(path, sample_rate)
        quieter = Waveform(0.5 * original.samples, sample_rate)
        file = Path(folder) / "quiet.wav"
        file.write_bytes(encode_wav(quieter))
        yield "WAV, 6 dB quieter", load(file, sample_rate)
        lead = np.zeros(sample_rate // 2, dtype=np.float32)
        yield (
            "half a second of silence before",
            Waveform(np.concatenate([lead, original.samples]), sample_rate),
        )


if __name__ == "__main__":
    main()
