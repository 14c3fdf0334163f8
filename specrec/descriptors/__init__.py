"""Named audio features: what they are, and how they are measured from the waveform."""
