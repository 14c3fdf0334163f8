"""What of a folder of music a library holds, and what it does not hold yet."""

from dataclasses import dataclass
from pathlib import Path

from specrec.catalog.scan import Skipped, scan_folder
from specrec.config import Shard
from specrec.errors import SkipReason
from specrec.index.generation import Generation, skipped_files


@dataclass(frozen=True)
class Coverage:
    """What of a folder of music a library holds; all paths are relative to the folder.

    Attributes:
        indexed: Number of tracks in the library.
        pending: Audio files that are new, or changed since they were read; the next index run
            reads them.
        gone: Files of which the library has the track, but which are there no more.
        skipped: Files that were left out, and why.
        unmeasured: Files of tracks whose features were not measured.
    """

    indexed: int
    pending: tuple[str, ...]
    gone: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    unmeasured: tuple[str, ...]


def find_coverage(generation: Generation) -> Coverage:
    """Compares a library with its folder of music, by names, sizes and times; reads no file.

    Raises:
        CatalogError: If the folder is not there.
    """
    scan = scan_folder(Path(generation.manifest["audio_root"]))
    if generation.shard is not None:
        scan = scan.share(Shard.parse(generation.shard))
    files = generation.files
    columns = [name for name in ("path", "size", "mtime_ns") if name in files]  # old ones lack two
    known = set(files[columns].itertuples(index=False, name=None))
    skipped = skipped_files(generation.skipped)
    empty = {item.path for item in skipped if item.reason == SkipReason.EMPTY}
    pending = [
        file.path
        for file in scan.files
        if tuple(getattr(file, name) for name in columns) not in known
        and not (file.size == 0 and file.path in empty)  # no run reads it, so none knows it
    ]
    here = {file.path for file in scan.files}
    gone = [path for path in generation.tracks["path"] if path not in here]
    bare = generation.descriptors.isna().all(axis=1).to_numpy(dtype=bool)
    unmeasured = generation.tracks["path"][bare]
    return Coverage(len(generation), tuple(pending), tuple(gone), tuple(skipped), tuple(unmeasured))
