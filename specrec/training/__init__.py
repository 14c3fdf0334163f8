"""Training an encoder: cached audio, views, losses, Lightning modules, fit. Not used by queries."""
