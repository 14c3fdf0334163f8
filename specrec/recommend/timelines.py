"""Reads which concepts are heard in the tracks of a library, and when."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from specrec.audio.windows import window_spans
from specrec.descriptors.known import as_numbers
from specrec.explain.feature_stats import FeatureStats
from specrec.explain.timeline import Timeline, read_timeline
from specrec.index.generation import Generation
from specrec.index.table_file import as_array
from specrec.recommend.query import Query
from specrec.shapes import Float64


@dataclass(frozen=True, eq=False)
class Timelines:
    """The timelines of queries, and of the tracks of a library.

    Attributes:
        generation: Has the windows of the tracks.
        stats: Reads concepts from them.
    """

    generation: Generation
    stats: FeatureStats

    def read(self, query: Query | int) -> Timeline | None:
        """Reads the concepts of a query, or of the track in a row, over time.

        Returns:
            Its timeline; None for words, and for what words turned, which have no windows.

        Raises:
            LibraryError: If the windows of the track are damaged.
            ModelError: If the library is so old that it doesn't say how long windows are, and its
                model is gone.
        """
        if isinstance(query, Query):
            windows, seconds = query.windows, query.track.duration_seconds
        else:
            windows, seconds = self.generation.windows(query), self._seconds[query].item()
        if windows is None or not seconds or math.isnan(seconds):
            return None
        spans = window_spans(len(windows), seconds, self.generation.window_seconds)
        return read_timeline(self.stats, windows, spans, seconds)

    @cached_property
    def _seconds(self) -> Float64[np.ndarray, " tracks"]:
        return as_numbers(as_array(self.generation.stored_tracks["duration_seconds"]))
