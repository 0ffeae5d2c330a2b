"""Tests that other packages run on their own models, nulls and analyses."""

from .check_model import check_model

__all__ = ["check_model"]
