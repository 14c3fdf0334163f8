"""Embeds a catalog; the files of a library on disk; the FAISS index.

Nothing is imported here: opening a library loads FAISS but not torch; building one loads both.
"""
