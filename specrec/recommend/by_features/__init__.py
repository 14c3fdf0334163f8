"""Compares tracks by named features, such as tempo and energy; this needs no audio."""
