"""Collecting: what is new in every source becomes segments of the store."""
