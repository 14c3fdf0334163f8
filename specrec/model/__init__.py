"""Models: the encoder, its front end and card, and the embedding of audio with them.

Nothing is imported here: `card`, `registry`, `probe` and `embedding` need no torch, so that whoever
only needs a model's name does not wait for it.
"""
