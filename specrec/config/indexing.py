"""Settings of `specrec index`."""

from dataclasses import dataclass

from specrec.config.rule import require


@dataclass
class IndexConfig:
    """Settings of `specrec index`.

    Attributes:
        audio: Folder of music, or a table of tracks.
        library: Folder that is written.
        model: Name of an installed model, or the folder of another.
        device: Torch's: auto, cpu, cuda.
        workers: Processes that decode; 0 for one a core.
        batch_windows: Windows embedded at once.
        windows_per_track: Windows embedded of a track, spread over it, which is faster; null to
            cover the whole track.
        describe: Whether to measure the tracks' features too (tempo, brightness ...), of which
            explanations speak.
        features: A table of features (CSV, TSV, Parquet), such as Spotify's or Echo Nest's, whose
            rows are found by path, track_id or `clip_<row>`; null for none.
        search: Kind of the index: auto (by the number of tracks), exact, ivf_sq, ivf_pq.
        prune: Whether tracks whose files are gone leave the library: true, false, or all, which is
            needed where most of them would.
        dry_run: Whether only to say what a run would do.
    """

    audio: str
    library: str
    model: str
    device: str = "auto"
    workers: int = 0
    batch_windows: int = 64
    windows_per_track: int | None = None
    describe: bool = True
    features: str | None = None
    search: str = "auto"
    prune: bool | str = False
    dry_run: bool = False

    def __post_init__(self) -> None:
        for name in ("audio", "library"):
            require(getattr(self, name).strip() != "", name, "nothing", "the path of a folder")
        self.prune = {"true": True, "false": False}.get(str(self.prune).lower(), self.prune)
        require(self.prune in (True, False, "all"), "prune", self.prune, "true, false or all")
        kinds = ("auto", "exact", "ivf_sq", "ivf_pq")
        require(self.search in kinds, "search", self.search, f"one of {', '.join(kinds)}")
        require(self.workers >= 0, "workers", self.workers, "0 or more")
        require(self.batch_windows >= 1, "batch_windows", self.batch_windows, "1 or more")
        require(
            self.windows_per_track is None or self.windows_per_track >= 1,
            "windows_per_track",
            self.windows_per_track,
            "1 or more, or null for whole tracks",
        )
