"""Sparse dictionaries: training, artifact, bridges to other libraries."""
