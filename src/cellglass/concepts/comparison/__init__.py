"""Concepts against neurons and linear components, on equal terms."""
