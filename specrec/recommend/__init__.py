"""Neighbors of a query, and why: what a library is asked."""
