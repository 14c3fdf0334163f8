"""Makes music and voices to train on, of kinds that open recordings lack.

    python -m benchmarks.training_music OUTPUT --pieces 600 --voices 300 --seed 0

What matters is the variety of instruments, styles and voices, so that a network that learns from
other models' answers hears many; composition is left to chance. It needs fluidsynth, a General
MIDI sound font and espeak-ng.
"""
