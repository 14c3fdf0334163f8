"""Settings of `specrec index`."""

from dataclasses import dataclass

from specrec.config.rule import require


@dataclass
class IndexConfig:
    """Settings of `specrec index`.

    Attributes:
        audio: A folder of music, or a table of tracks.
        library: The folder that is written.
        model: The name of an installed model, or the folder of another.
        device: The device that embeds: auto, cpu or cuda.
        workers: How many processes decode; 0 for one per core.
        batch_size: How many windows are embedded at once.
        windows_per_track: How many windows of a track are embedded, spread over it, which is
            faster; null to cover the whole track.
        measure_features: Whether to measure the tracks' features too (tempo, brightness ...), which
            explanations speak of.
        feature_table: A table of features (CSV, TSV, Parquet), such as Spotify's or Echo Nest's,
            whose rows are found by path, track_id or `clip_<row>`; null for none.
        index_type: The type of the search index: exact, ivf_pq or ivf_sq; auto goes by the number
            of tracks.
        prune: Whether tracks whose files are gone leave the library: true, false, or all, which is
            needed where most of them would.
        dry_run: Whether to say what a run would do, and do nothing.
    """

    audio: str
    library: str
    model: str
    device: str = "auto"
    workers: int = 0
    batch_size: int = 64
    windows_per_track: int | None = None
    measure_features: bool = True
    feature_table: str | None = None
    index_type: str = "auto"
    prune: bool | str = False
    dry_run: bool = False

    def __post_init__(self) -> None:
        for name in ("audio", "library"):
            require(getattr(self, name).strip() != "", name, "nothing", "the path of a folder")
        self.prune = {"true": True, "false": False}.get(str(self.prune).lower(), self.prune)
        require(self.prune in (True, False, "all"), "prune", self.prune, "true, false or all")
        kinds = ("auto", "exact", "ivf_pq", "ivf_sq")
        require(
            self.index_type in kinds, "index_type", self.index_type, f"one of {', '.join(kinds)}"
        )
        require(self.workers >= 0, "workers", self.workers, "0 or more")
        require(self.batch_size >= 1, "batch_size", self.batch_size, "1 or more")
        require(
            self.windows_per_track is None or self.windows_per_track >= 1,
            "windows_per_track",
            self.windows_per_track,
            "1 or more, or null for whole tracks",
        )
