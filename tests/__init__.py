"""Tests of specrec; `typecheck` is the run-time checker that pytest applies to all of it."""

from beartype import BeartypeConf, beartype

typecheck = beartype(conf=BeartypeConf(is_pep484_tower=True))  # an int will do for a float
