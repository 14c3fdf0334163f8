"""What a catalog looks like: clusters, map, visual cues, the recommenders compared."""
