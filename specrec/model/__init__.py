"""LogMel, the backbone, the Encoder, and the saved artefact that owns them all.

Only `specrec.model.resolve` does without torch; nothing is imported here, so that whoever needs
just a model's name does not wait for it.
"""
