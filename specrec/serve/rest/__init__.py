"""The REST interface, version 1: what a library holds and tells, as JSON.

Each module has a `router`. A document that changes in a way that its readers could notice gets
another version.
"""

from specrec.serve.rest import libraries, neighbors, tracks

__all__ = ["libraries", "neighbors", "tracks"]
