"""Enrichment of gene sets: over-representation and preranked running sums."""
