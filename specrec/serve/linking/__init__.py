"""Finds out which song of a media server is which track of a library.

`servers` asks a server for its songs, `matching` finds their tracks, `run` does both and writes the
`specrec.serve.links.Links`.
"""
