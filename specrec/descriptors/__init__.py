"""Named audio features: their vocabulary, and how they are measured from a waveform."""
