"""Edges against reference networks: recovery, nulls, circularity, residuals."""
