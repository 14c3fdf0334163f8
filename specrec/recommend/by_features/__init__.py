"""Tracks compared by named features, such as tempo and energy; needs no sound."""
