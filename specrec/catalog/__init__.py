"""Which tracks exist: folder scan, tags, tables, identity, splits, and what was skipped."""
