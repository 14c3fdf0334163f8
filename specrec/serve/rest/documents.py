"""The JSON documents of the REST interface, described for its OpenAPI document.

Nothing is checked against them when a request is answered, which would take longer than the answer;
the tests do that. What a document shares with the command line is written by the same code.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from specrec.catalog.scan import Skipped
from specrec.explain.contributions import Passage
from specrec.explain.explanation import Contribution, Reason
from specrec.explain.readings import Reading
from specrec.recommend.results import Track
from specrec.serve.watch import Update


class Document(BaseModel):
    """A part of an answer."""

    # Validators of answers are needed by tests alone, and building them takes time at the start.
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, defer_build=True)


class Answer(Document):
    """An answer."""

    format_version: Literal[1]
    """Version of the document's format."""


class Problem(BaseModel):
    """Problem details, as RFC 9457 has them."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    type: str
    """`about:blank`: the status says what kind of problem it is."""
    title: str
    """The kind of problem, in words."""
    status: int
    """The HTTP status."""
    detail: str
    """What is wrong with this request, and what to do."""


class ServedLibrary(Document):
    """A library that is served."""

    name: str
    """Its name, by which requests choose it."""
    tracks: int
    """Number of its tracks."""
    generation: str
    """Its state; it has another after an index run."""


class Libraries(Answer):
    """The libraries that are served."""

    libraries: list[ServedLibrary]
    """The libraries; the first is asked where a request names none."""


class Status(Answer):
    """What a library holds."""

    library: str
    """Its name."""
    generation: str
    """The state of the library from which all of this is; index runs make another."""
    created: str
    """When this state was written, in UTC."""
    library_format_version: int
    """Version of the format of its files."""
    tracks: int
    """Number of tracks."""
    hours: float
    """Their duration in hours."""
    measured: int
    """Number of tracks whose features were measured."""
    duplicates: int
    """Number of tracks whose recording another track has too."""
    skipped: dict[str, int]
    """Number of files that were left out, by reason."""
    ignored: int
    """Number of files that are not audio."""
    update: Update | None
    """How far the library is up to date with its music; null unless it is watched."""
    model: dict[str, Any]
    """Name, fingerprint and window_seconds of the model that embedded the tracks."""
    index: dict[str, Any]
    """Kind, measured recall and settings of the search index."""
    bytes_generation: int
    """Size of tables and index on disk."""
    bytes_segments: int
    """Size of the window embeddings on disk."""
    bytes_other: int
    """Size of what this state does not use."""


class CoverageAnswer(Answer):
    """What of the folder of music a library holds."""

    indexed: int
    """Number of tracks in the library."""
    pending: int
    """Number of audio files that the next index run reads: they are new, or have changed."""
    pending_files: list[str]
    """The first of them, by their paths in the folder of music."""
    gone: int
    """Number of tracks whose files are there no more."""
    gone_files: list[str]
    """The first of them."""
    skipped: int
    """Number of files that were left out."""
    skipped_files: list[Skipped]
    """The first of them, and why each was."""
    unmeasured: int
    """Number of tracks whose features were not measured."""
    unmeasured_files: list[str]
    """The first of them."""


class TrackPage(Answer):
    """A page of the tracks that fit a search."""

    tracks: list[Track]
    """The tracks of this page."""
    total: int
    """Number of tracks that fit, on all pages."""
    offset: int
    """How many come before this page."""


class HeardConcept(BaseModel):
    """When a concept is heard in a track."""

    concept: str
    """Its column."""
    passages: list[tuple[float, float]]
    """Start and end of each passage, in seconds."""


class OneTrack(Answer):
    """A track, and what is known of it."""

    track: Track
    """Its tags, and the columns of a table."""
    features: dict[str, Reading]
    """Its features and concepts by name: measured, from a table, or predicted."""
    heard: list[HeardConcept]
    """Which concepts are heard in it, and when; those that last longest come first."""


class ExplanationAnswer(Answer):
    """A similarity as a sum, and reasons in words."""

    similarity: float
    """The score, from -1 to 1: the sum of all contributions, `others` and the residual."""
    contributions: list[Contribution]
    """What groups of features add, the largest first; all of them, if asked for in full."""
    others: float
    """The sum of the contributions that are not listed."""
    residual: float
    """The part of the similarity that named features do not explain."""
    reasons: list[Reason]
    """The features in which both tracks stand out in the same way."""
    sentence: str
    """The reasons in words."""


class NeighborItem(Document):
    """A track that is similar to the query."""

    rank: int
    """Place among the neighbors, from 1."""
    similarity: float
    """From -1 to 1; with several queries, that to the nearest of them."""
    track: Track
    """The track."""
    explanation: ExplanationAnswer | None
    """Why it is similar; null if that was not asked for."""
    score: float | None
    """What it was ranked by, if that is not the similarity."""
    seed: int
    """Place of the nearest query among several, from 0."""


class NeighborsAnswer(Answer):
    """The neighbors of one or several queries."""

    query: Track
    """The first of the queries."""
    queries: list[Track]
    """The queries."""
    against: list[Track]
    """The tracks that the neighbors should not be like."""
    steer: dict[str, float]
    """By words, how much more of something the neighbors should have; less if negative."""
    neighbors: list[NeighborItem]
    """The neighbors, the best first."""
    notes: list[str]
    """What was left out, and why."""


class PathAnswer(Answer):
    """Tracks that lead from one sound to another."""

    start: Track
    """The track where the path begins."""
    steps: list[NeighborItem]
    """The tracks after it in order, each as a neighbor of the one before."""
    notes: list[str]
    """What could not be done as asked."""


class BothReadings(Document):
    """A feature of both tracks."""

    query: Reading
    """That of the query."""
    neighbor: Reading
    """That of the neighbor."""


class Windows(Document):
    """A similarity by pairs of windows."""

    values: list[list[float]]
    """What each pair adds: a row for each window of the query; their mean is the similarity."""
    query_spans: list[tuple[float, float]]
    """Start and end of the query's windows, in seconds."""
    neighbor_spans: list[tuple[float, float]]
    """Start and end of the neighbor's windows, in seconds."""


class Versus(Document):
    """Why the neighbor and not another track."""

    track: Track
    """The other track."""
    similarity: float
    """Its similarity to the query."""
    contributions: dict[str, float]
    """What each group of features adds to the neighbor's lead over the other track."""
    residual: float
    """The rest of that lead."""


class MatchAnswer(ExplanationAnswer):
    """The full explanation of one match."""

    query: Track
    """The query."""
    neighbor: Track
    """The neighbor."""
    passage: Passage | None
    """The most similar passages."""
    readings: dict[str, BothReadings]
    """Features of both tracks, by name."""
    windows: Windows | None
    """The similarity by pairs of windows; null unless tracks are compared by sound."""
    changed_percentiles: dict[str, tuple[float, float]]
    """By feature, its `needed_change` as percentiles of the library, from 0 to 100."""
    versus: Versus | None = None
    """Why the neighbor and not another track, if that was asked."""


class MapAxis(Document):
    """An axis of the map."""

    name: str
    """Its name."""
    explained: float | None
    """Share of the variance along it."""
    correlations: dict[str, float]
    """Rank correlation with each feature, the strongest first."""
    leads: list[str]
    """Words for where it leads."""
    loadings: dict[str, float]
    """Weight of each feature in it, where features are compared."""
    label: str
    """All of that in a line."""


class MapAnswer(Answer):
    """The tracks in two dimensions."""

    method: Literal["PCA", "t-SNE", "UMAP"]
    """How the map was made."""
    explained: list[float]
    """Share of the variance along the first components."""
    axes: list[MapAxis]
    """The two axes."""
    points: list[tuple[float, float]]
    """The coordinates of the tracks."""
    track_ids: list[str]
    """The tracks, in the order of the points."""


class ClusterItem(Document):
    """A cluster."""

    name: str
    """A name from its center."""
    size: int
    """Number of its tracks."""
    share: float
    """Share of all tracks."""
    silhouette: float | None
    """How clear it is, from -1 to 1."""
    typical: list[str]
    """Tracks nearest its center, by track_id."""
    profile: list[dict[str, Any]]
    """Where it stands in each feature, what stands out most first."""


class ClustersAnswer(Answer):
    """The tracks in clusters."""

    tracks: int
    """Number of tracks."""
    sources: dict[str, str]
    """Where the features are from, by name."""
    space: Literal["embeddings", "features"]
    """What tracks were compared by."""
    k: int
    """Number of clusters."""
    given: bool
    """Whether that number was given."""
    convincing: bool
    """Whether the clusters are clear."""
    account: str
    """Why there are so many, and how clear they are."""
    criteria: list[dict[str, Any]]
    """How well each number of clusters fits that was tried."""
    clusters: list[ClusterItem]
    """The clusters, the largest first."""
    cluster_of_track: dict[str, int]
    """Number of the cluster, from 1, by track_id."""


class Computing(Answer):
    """An answer that is being computed; ask again after `Retry-After` seconds."""

    state: Literal["computing"]
    """What is going on."""
    done: int
    """How many steps are done."""
    of: int
    """How many steps there are; 0 while that is not known."""


class ConceptItem(Document):
    """Something that can be asked for in words."""

    name: str
    """Its name."""
    family: str
    """`voice`, `instruments`, `style`, `mood`, `rhythm`, `timbre` or `setting`."""
    column: str
    """Its name in conditions."""
    words: list[str]
    """All words for it."""
    opposites: list[str]
    """Words for the lack of it."""
    tracks: int | None
    """How many tracks surely have it; null if the library does not tell."""


class ConceptsAnswer(Answer):
    """The vocabulary."""

    concepts: list[ConceptItem]
    """The concepts, by family."""


class PlaylistBody(Document):
    """A playlist as it is sent."""

    model_config = ConfigDict(defer_build=False)

    name: str
    """Its name."""
    track_ids: list[str]
    """The tracks, in order."""
    comment: str = ""
    """What else is said of it."""


class PlaylistItem(Document):
    """A playlist."""

    id: str
    """Its id."""
    name: str
    """Its name."""
    track_ids: list[str]
    """The tracks, in order."""
    comment: str
    """What else is said of it."""
    created: str
    """When it was saved first, in UTC."""
    changed: str
    """When it was saved last, in UTC."""
    version: str
    """A digest of it, which is its ETag too."""


class PlaylistAnswer(Answer):
    """A playlist, with its tracks."""

    playlist: PlaylistItem
    """The playlist."""
    tracks: list[Track | None]
    """Its tracks; null for those that the library does not hold now."""


class PlaylistsAnswer(Answer):
    """The playlists of a library."""

    playlists: list[PlaylistItem]
    """The playlists, by name."""
