"""Mono audio with its sample rate."""

from dataclasses import dataclass

import numpy as np

from specrec.shapes import Float32


@dataclass(frozen=True, eq=False)
class Waveform:
    """Mono audio.

    Attributes:
        samples: The samples, full scale at -1 and 1; decoded MP3 may exceed it.
        sample_rate: Samples per second.
    """

    samples: Float32[np.ndarray, " samples"]
    sample_rate: int

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return len(self.samples) / self.sample_rate
