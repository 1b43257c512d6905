"""Audit reports: what the store knew at one moment, frozen, and the files made of it."""
