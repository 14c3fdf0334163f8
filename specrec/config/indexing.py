"""Settings of `specrec index`."""

from dataclasses import dataclass, field

from specrec.config.rule import require
from specrec.config.shard import Shard


@dataclass
class RayConfig:
    """The group `ray`: how `backend=ray` divides the music, and over what.

    Attributes:
        address: Address of the Ray cluster; null for that in RAY_ADDRESS, else this machine alone.
        actors: How many processes embed at once; null for as many as the cluster has room for.
        cpus: How many cores each of them takes. They decode; one of them also embeds.
        gpus: How many GPUs each of them takes, or which share of one.
        shards: Into how many shards the files are divided; at least twice as many as `actors`.
        parts: Where the parts are kept: a folder that all machines see, or a URL such as
            s3://bucket/parts; null for the folder `parts` in the library.
        patience_seconds: For how long a process may show no sign of life before another one takes
            its shard over.
    """

    address: str | None = None
    actors: int | None = None
    cpus: float = 1.0
    gpus: float = 0.0
    shards: int = 32
    parts: str | None = None
    patience_seconds: float = 600.0

    def __post_init__(self) -> None:
        require(self.actors is None or self.actors >= 1, "ray.actors", self.actors, "1 or more")
        require(self.cpus > 0, "ray.cpus", self.cpus, "above 0")
        require(self.gpus >= 0, "ray.gpus", self.gpus, "0 or more")
        require(self.shards >= 1, "ray.shards", self.shards, "1 or more")
        patience = self.patience_seconds
        require(patience > 0, "ray.patience_seconds", patience, "above 0")


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
        shard: Which shard of the files, such as 3/8, the third of eight, becomes a library of its
            own, for `specrec merge`; null for all.
        prune: Whether tracks whose files are gone leave the library: true, false, or all, which is
            needed where most of them would.
        dry_run: Whether to say what a run would do, and do nothing.
        backend: What runs it: local, this process; or ray, processes on a Ray cluster.
        ray: Settings of `backend=ray`.
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
    shard: str | None = None
    prune: bool | str = False
    dry_run: bool = False
    backend: str = "local"
    ray: RayConfig = field(default_factory=RayConfig)

    def __post_init__(self) -> None:
        for name in ("audio", "library"):
            require(getattr(self, name).strip() != "", name, "nothing", "the path of a folder")
        if self.shard is not None:
            self.shard = str(Shard.parse(self.shard))
        self.prune = {"true": True, "false": False}.get(str(self.prune).lower(), self.prune)
        require(self.prune in (True, False, "all"), "prune", self.prune, "true, false or all")
        require(self.backend in ("local", "ray"), "backend", self.backend, "local or ray")
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
