"""Adapters for those who outgrow one machine."""
