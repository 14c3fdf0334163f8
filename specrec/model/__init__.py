"""The encoder, the saved model that owns it and its front end, and what is made of audio with them.

Nothing is imported here: `card`, `registry`, `probe` and `embedding` do without torch, so that
whoever needs just a model's name does not wait for it.
"""
