"""Tests of specrec; `typecheck` is the run-time checker that pytest applies to all of it."""

import os
import tempfile

from beartype import BeartypeConf, beartype

typecheck = beartype(conf=BeartypeConf(is_pep484_tower=True))  # an int will do for a float

# librosa, our reference, compiles by numba. Two processes that fill one cache of compiled ufuncs
# damage it (numba #10128), and then each process that reads it dies: so each has its own.
_numba_cache = tempfile.TemporaryDirectory(prefix="numba-")
os.environ["NUMBA_CACHE_DIR"] = _numba_cache.name
