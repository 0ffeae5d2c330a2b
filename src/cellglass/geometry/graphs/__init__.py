"""Graphs over points and what is measured along them."""
