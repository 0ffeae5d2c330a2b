"""Surrogate clouds, graphs, pairs and correspondences."""
