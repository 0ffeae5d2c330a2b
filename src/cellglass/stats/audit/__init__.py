"""Audit of published null draws: what a table of results says once they are recomputed."""
