"""Embeddings of cells and gene tokens, stored as memory-mapped shards."""
