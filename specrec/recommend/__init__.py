"""Finds the neighbors of a query, and says why they are neighbors."""
