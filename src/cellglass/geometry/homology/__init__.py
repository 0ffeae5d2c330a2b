"""Persistent homology: loops and voids, and how long they live."""
